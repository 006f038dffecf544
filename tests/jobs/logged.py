"""What a log without a terminal tells, line by line, without the head of each: moment, run and stage."""

from __future__ import annotations

import re

HEAD = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S+ \S+ +")


def logged(log: str) -> list[str]:
    """The words of every line; each must have its head."""
    heads = [HEAD.match(line) for line in log.splitlines()]
    assert all(heads), log
    return [HEAD.sub("", line, count=1) for line in log.splitlines()]
