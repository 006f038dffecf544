"""`separator` of an eligibility rule: what stands between several values of a cell, beside the usual "|".

A separator belongs to a column of a table, so it counts wherever that column is read; two rules cannot give it two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from jobs.config.base import Name, Part
from jobs.config.faults import law
from jobs.config.toml_lines import Location
from jobs.words import shown

TABLE_OF = {"product": "products", "customer": "customers"}
"""The table whose column each key of an eligibility rule names."""


def may_separate(text: str) -> bool:
    """Can a text be a separator? Letters and digits would cut words."""
    return not any(map(str.isalnum, text))


def _sound(given: str) -> str:
    """Spaces around a separator say nothing, unless it is made of them."""
    if not may_separate(given):
        raise law(shown(given), 'a text without letters and digits, such as "," or ";"')
    return given.strip(" ") or " "


Text = Annotated[Name, AfterValidator(_sound)]


class Separator(Part):
    """What separates values in the cells of a rule's two columns, each; None = "|" only."""

    product: Text | None = None
    customer: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _for_both(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"product": given, "customer": given}
        if isinstance(given, (dict, cls)):
            return given
        raise law(shown(given), 'a text such as ",", or { product = ",", customer = ";" }')


def clashes(rules: Any) -> Iterator[tuple[Location, str, str]]:
    """Place, found and expected of every separator that an earlier rule gives otherwise for the same column.

    rules  [[eligibility]] as the file has it, sound or not
    """
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for at, rule in enumerate(rules if isinstance(rules, list) else ()):
        given = rule.get("separator") if isinstance(rule, dict) else None
        for key, table in TABLE_OF.items():
            said = given.get(key) if isinstance(given, dict) else given
            column = rule.get(key) if isinstance(rule, dict) else None
            if not isinstance(said, str) or not isinstance(column, str):
                continue
            text = said.strip(" ") or " "
            other, earlier = first.setdefault((table, column), (at, text))
            if earlier != text:
                law_ = f"{shown(earlier)}, which eligibility[{other + 1}].separator gives {column} of {table}"
                yield ("eligibility", at, "separator"), shown(said), law_
