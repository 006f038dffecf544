"""What all tests share: how many examples are drawn, coverage only where it is held, threads that sleep when idle.

`make test` draws a part of the examples that a test states, `--hypothesis-profile=long` draws several times as many.
"""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import Phase, settings

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything loads OpenMP: threads that spin halve two workers

MEASURED = re.compile(
    r"test_(verify|shortage|publish|reader|website|serve_releases|table|typed|multi_values|hostile|audit_raw)"
)
ROOMS = frozenset({"inputs", "cells", "joins", "reading"})
"""Tests that coverage is measured in (tests/coverage_floors.py): measuring slows what is written in Python by half."""
MORE = 5
"""So many times as many examples in a long run."""
FEWER = 4
"""One in so many of the stated examples is drawn in a usual run."""
LEAST = 25
"""So many are drawn in any run, where as many are stated."""

USUAL = ("default", "ci")
"""Profiles of a usual run: the second is what hypothesis takes where the environment says CI."""

settings.register_profile("long", print_blob=True)
settings.register_profile("once", phases=[Phase.explicit, Phase.generate], database=None)  # stop at the first failure


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests of other things out of coverage, and draw as many examples as this kind of run does."""
    if config.pluginmanager.hasplugin("_cov"):
        for item in items:
            if not (MEASURED.match(item.path.name) or item.path.parent.name in ROOMS):
                item.add_marker(pytest.mark.no_cover)
    drawn = {id(test): test for test in map(_function, items) if hasattr(test, "_hypothesis_internal_use_settings")}
    for test in drawn.values():
        stated = test._hypothesis_internal_use_settings
        test._hypothesis_internal_use_settings = settings(stated, max_examples=examples(stated.max_examples))


def examples(stated: int) -> int:
    """How many examples this run draws where a test states so many; a profile alone keeps what is stated."""
    profile = settings.get_current_profile_name()
    if profile in USUAL:
        return min(stated, max(LEAST, stated // FEWER))
    return MORE * stated if profile == "long" else stated


def _function(item: pytest.Item) -> object:
    test = getattr(item, "obj", None)
    return getattr(test, "__func__", test)
