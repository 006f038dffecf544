"""What every table of campaign.toml has in common: no unknown keys, no guessing of types, limits that make sense.

A number in quotes is a text and true is no number; a fault is better than a night with a box of size 1.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, Strict

from jobs.config.faults import law
from jobs.words import shown

MOST_SLOTS = 100
"""Largest box."""
MOST_WEIGHT = 1_000_000
"""Largest weight of one event, either sign."""
Name = Annotated[str, Field(min_length=1, max_length=200)]
NotNegative = Annotated[float, Field(ge=0, le=100_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Names = Annotated[tuple[Name, ...], Strict(False)]
Limit = Annotated[float, Field(ge=0, le=1e12)]


def _choice(given: Any) -> Any:
    """One value, or a list of values of which one is enough."""
    values = given if isinstance(given, list) and given else [given]
    for value in values:
        if not isinstance(value, str) or not value:
            raise law(shown(value), "a text in quotes, or a list of them")
    return given


Choice = Annotated[str | list[str], PlainValidator(_choice)]


class Part(BaseModel):
    """A table of the TOML: no unknown keys, no guessing of types, no NaN, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


P = TypeVar("P", bound=Part)


def some_limit(part: P, low: str, high: str) -> P:
    """Raise unless the part has a limit, and its lower one is not above its upper one."""
    least, most = getattr(part, low), getattr(part, high)
    if least is None and most is None:
        raise law("neither", f"{low} or {high}")
    if least is not None and most is not None and least > most:
        raise law(shown(least), f"{low} <= {high}, which is {shown(most)}", key=low)
    return part
