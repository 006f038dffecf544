"""Every `boxwise ...` that stands in a file of examples/, as words of the command line."""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

_SHELL = re.compile(r"boxwise (?P<words>(?:nightly|check|publish|replay|verify|serve|rollback) [^\n\"'`>|;&]*)")
_LIST = re.compile(r"(?:^|\s)(?:command|args|ENTRYPOINT|CMD):? (\[[^\]]*\])", re.MULTILINE)
_IMAGE = re.compile(r"boxwise:[0-9.]+ (?P<words>\w+[^\n\"'>|;&]*)")


def commands_of(path: Path) -> list[list[str]]:
    """The words after `boxwise` of every command in a file: of a shell, in quotes, or as a list of words."""
    text = path.read_text(encoding="utf-8")
    found = [shlex.split(_plain(match["words"])) for match in (*_SHELL.finditer(text), *_IMAGE.finditer(text))]
    lists = [json.loads(words) for words in _LIST.findall(text)]
    for first, second in pairwise(lists):
        if first == ["boxwise"] and second != ["--help"]:
            found.append(second)
    return found


def _plain(words: str) -> str:
    """A place that is filled in (`{shlex.quote(self.campaign)}`) is one word."""
    return re.sub(r"\{[^}]*\}", "PLACE", words)
