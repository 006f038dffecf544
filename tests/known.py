"""A value that may be missing, where a test knows that it is there."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def known(value: T | None) -> T:
    """The value; None fails the test."""
    assert value is not None
    return value
