"""`--hypothesis-profile=long` (make test-long): every drawn test looks at several times as many examples as it says."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings

MORE = 5
"""So many times as many examples in a long run."""

settings.register_profile("long", print_blob=True)
settings.register_profile("once", phases=[Phase.explicit, Phase.generate], database=None)  # stop at the first failure


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Raise the examples of every drawn test; a profile alone leaves those that state their number as they are."""
    if settings.get_current_profile_name() != "long":
        return
    drawn = {id(test): test for test in map(_function, items) if hasattr(test, "_hypothesis_internal_use_settings")}
    for test in drawn.values():
        stated = test._hypothesis_internal_use_settings
        test._hypothesis_internal_use_settings = settings(stated, max_examples=MORE * stated.max_examples)


def _function(item: pytest.Item) -> object:
    test = getattr(item, "obj", None)
    return getattr(test, "__func__", test)
