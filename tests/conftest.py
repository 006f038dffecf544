"""What all tests share: more examples in a long run (`--hypothesis-profile=long`), coverage only where it is held."""

from __future__ import annotations

import re

import pytest
from hypothesis import Phase, settings

MEASURED = re.compile(
    r"test_(verify|shortage|publish|reader|website|serve_releases|table|typed|multi_values|hostile|audit_raw)"
)
ROOMS = frozenset({"inputs", "cells", "joins", "reading"})
"""Tests that coverage is measured in (tests/coverage_floors.py): measuring slows what is written in Python by half."""
MORE = 5
"""So many times as many examples in a long run."""

settings.register_profile("long", print_blob=True)
settings.register_profile("once", phases=[Phase.explicit, Phase.generate], database=None)  # stop at the first failure


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests of other things out of coverage, and draw more examples where a long run is asked for."""
    if config.pluginmanager.hasplugin("_cov"):
        for item in items:
            if not (MEASURED.match(item.path.name) or item.path.parent.name in ROOMS):
                item.add_marker(pytest.mark.no_cover)
    if settings.get_current_profile_name() == "long":
        _draw_more(items)


def _draw_more(items: list[pytest.Item]) -> None:
    """Raise the examples of every drawn test; a profile alone leaves those that state their number as they are."""
    drawn = {id(test): test for test in map(_function, items) if hasattr(test, "_hypothesis_internal_use_settings")}
    for test in drawn.values():
        stated = test._hypothesis_internal_use_settings
        test._hypothesis_internal_use_settings = settings(stated, max_examples=MORE * stated.max_examples)


def _function(item: pytest.Item) -> object:
    test = getattr(item, "obj", None)
    return getattr(test, "__func__", test)
