"""The input tables as docs/campaign.md lists them: columns, what a cell may hold, what an absent one stands for.

One place says what a table looks like; reading, typing and checking follow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jobs.config.base import MOST_SLOTS

Kind = Literal["id", "text", "number", "whole", "flag", "moment"]
MOST_UNITS = 10**12
"""Largest number a cell may hold, either sign; sums of a whole table then still fit."""

OVERSOLD = "rows with on_hand below 0 (more was sold than there was): nothing is available"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    kind      what its cells hold: "id" (text kept as it is), "text", "number", "whole", "flag", "moment"
    required  the table must have it
    filled    no cell may be empty
    low       least number allowed; high likewise
    default   what an empty cell, or an absent column, stands for ("" for texts, NaN for numbers unless given)
    below     what a note says of numbers below `low`, which then count as `low`; "" = they are faults
    folded    a word of our own: upper and lower case, and spaces or dashes for "_", count for nothing
    own       a column of the shop's own, which no table of ours lists
    """

    name: str
    kind: Kind
    required: bool = False
    filled: bool = False
    low: float = -MOST_UNITS
    high: float = MOST_UNITS
    default: str | float | bool | None = None
    below: str = ""
    folded: bool = False
    own: bool = False


@dataclass(frozen=True)
class TableSchema:
    """One input table.

    optional   the table may be absent
    hollow     the table may have no rows
    unique     columns that together name a row, each combination once; () = rows may repeat
    keeps      columns not listed here are kept, as text, for rules and for the recommender
    """

    name: str
    columns: tuple[Column, ...]
    optional: bool = False
    hollow: bool = True
    unique: tuple[str, ...] = ()
    keeps: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the listed columns, in order."""
        return tuple(column.name for column in self.columns)


def _id(name: str, *, required: bool = True, filled: bool = True) -> Column:
    return Column(name, "id", required=required, filled=filled)


def _units(name: str, *, required: bool = False, default: int = 0) -> Column:
    return Column(name, "whole", required=required, filled=required, low=0, default=default)


CUSTOMERS = TableSchema(
    "customers",
    (
        _id("customer_id"),
        Column("warehouse", "text"),
        Column("wave", "text"),
        Column("slots", "whole", low=0, high=MOST_SLOTS, default=-1),  # -1: box_size of the campaign
        _id("box_id", required=False, filled=False),
    ),
    hollow=False,
    unique=("customer_id", "box_id"),
    keeps=True,
)
PRODUCTS = TableSchema(
    "products",
    (
        _id("product_id"),
        Column("name", "text", required=True),
        Column("category", "text", required=True),
        Column("brand", "text"),
        Column("family", "text"),
        Column("retail_value", "number", low=0),
        Column("unit_cost", "number", low=0),
        Column("weight_g", "number", low=0),
        Column("boxable", "flag", default=True),
        Column("on_site", "flag", default=True),
        Column("repurchasable", "flag", default=False),
    ),
    hollow=False,
    unique=("product_id",),
    keeps=True,
)
INVENTORY = TableSchema(
    "inventory",
    (
        _id("product_id"),
        Column("warehouse", "text"),
        Column("on_hand", "whole", required=True, filled=True, low=0, default=0, below=OVERSOLD),
        _units("reserved"),
        _units("safety_stock"),
        _units("at_least"),
    ),
    hollow=False,
    unique=("product_id", "warehouse"),
)
EVENTS = TableSchema(
    "events",
    (
        _id("customer_id"),
        _id("product_id"),
        Column("kind", "text", required=True, filled=True),
        Column("occurred_at", "moment", required=True, filled=True),
        Column("value", "number"),
    ),
)
SHIPMENTS = TableSchema(
    "shipments",
    (_id("customer_id"), _id("product_id"), Column("shipped_on", "moment", required=True, filled=True)),
    optional=True,
)
EDITS = TableSchema(
    "edits",
    (
        _id("customer_id", required=False, filled=False),
        _id("product_id", required=False, filled=False),
        Column("action", "text", required=True, filled=True, folded=True),
        Column("reason", "text"),
        _id("box_id", required=False, filled=False),
        Column("made_on", "moment"),  # only a replay of the past asks
    ),
    optional=True,
)
TABLES = {table.name: table for table in (CUSTOMERS, PRODUCTS, INVENTORY, EVENTS, SHIPMENTS, EDITS)}
ACTIONS = ("lock", "ban", "ban_everywhere", "drop_customer")
PRODUCT_LISTS = frozenset({"category", "brand", "family"})
"""Product columns that are values, however many words they have."""
PRODUCT_PLAIN = frozenset({"product_id", "boxable", "on_site", "repurchasable", "unit_cost"})
"""Columns of products that say nothing about taste."""
CUSTOMER_PLAIN = frozenset({"customer_id", "warehouse", "wave", "slots", "box_id", "subscription_id"})
"""Columns of customers that are logistics, not a profile."""
