"""The values of a cell, as docs/campaign.md says it: between "|", and between the separator that a rule gives a column.

Read from campaign.toml as plain dictionaries; the night writes "|" where it read a separator, and here both are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

TABLES = {"product": "products", "customer": "customers"}
VAGUE = frozenset(
    [
        "other",
        "others",
        "unknown",
        "unsure",
        "notsure",
        "various",
        "several",
        "multiple",
        "seenotes",
        "seenote",
        "tbd",
        "allergic",
        "andere",
        "anderes",
        "sonstige",
        "sonstiges",
        "unbekannt",
        "autre",
        "autres",
        "inconnu",
        "otro",
        "otros",
        "otra",
        "otras",
        "desconocido",
        "altro",
        "altri",
        "sconosciuto",
        "anders",
        "overige",
        "onbekend",
        "outro",
        "outros",
    ]
)
"""Answers that say that there is something, and not what; without case, spaces and signs."""
Values = frozenset[str]


def separators(rules: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """(table, column) to what separates its values, as the eligibility rules of a campaign.toml give it."""
    found: dict[tuple[str, str], str] = {}
    for rule in rules.get("eligibility", []):
        given = rule.get("separator", {})
        for side, table in TABLES.items():
            sign = given if isinstance(given, str) else given.get(side)
            if sign is not None:
                found[table, rule[side]] = sign if sign.strip(" ") == "" else sign.strip(" ")
    return found


def reader(rules: Mapping[str, Any], table: str, column: str) -> Callable[[str], Values]:
    """What reads a cell of this column: its values, without blanks."""
    sign = separators(rules).get((table, column), "|")
    return lambda cell: frozenset(part.strip() for part in cell.replace(sign, "|").split("|")) - {""}


def known_values(rules: Mapping[str, Any], products: pd.DataFrame, column: str) -> Values:
    """Every value that a products column holds."""
    read, cells = reader(rules, "products", column), products[column]
    return frozenset().union(*(read(str(cell)) for cell in cells[cells.notna()].unique()))


def fits(rule: Mapping[str, Any], product: Values, customer: Values, known: Values) -> bool:
    """Does one rule of fit allow a product with these values to a customer with those?

    known  every value of the products column: who answers with a word that is none of them and says no more than that
           there is something has not answered
    """
    if not product:
        return True
    excludes = rule.get("sense", "include") == "exclude"
    shared = bool(product & customer)
    if excludes and shared:
        return False
    if not customer or (excludes and any(_is_vague(one) for one in customer - known)):
        return bool(rule.get("unknown", "deny") == "allow")
    return shared or excludes


def _is_vague(value: str) -> bool:
    plain = "".join(filter(str.isalnum, value.casefold()))
    return plain in VAGUE or (plain == "" and "?" in value)
