"""What each column of customers and products is used for: does it teach the recommender, may a reason name it?

Personal columns and bookkeeping teach nothing unless [model] asks for them by name; they and what is private are never
said unless [reasons] asks. Rules may use any column. What is left out is told once, by a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.cells.markup import plain_text
from jobs.inputs.column_kinds import NOT_READ, Kind, kind_by_cells, kind_by_name
from jobs.reading.collect import Collected
from jobs.reading.schemas import CUSTOMER_PLAIN, PRODUCT_LISTS, PRODUCT_PLAIN, TABLES

if TYPE_CHECKING:
    import pandas as pd

    from jobs.config.campaign import Campaign

PLAIN = {"customers": CUSTOMER_PLAIN, "products": PRODUCT_PLAIN}
PLATFORM = frozenset({"box_id", "subscription_id"})
"""Columns with a meaning of their own that say nothing about taste, besides those of PLAIN."""


@dataclass(frozen=True)
class Use:
    """One column.

    kind     what it is, where that is why it is not used like any other; None = a column like any other
    teaches  the recommender reads it
    said     a reason may name it and its values to a shopper
    """

    kind: Kind | None
    teaches: bool
    said: bool


def column_uses(campaign: Campaign, frames: Mapping[str, pd.DataFrame], table: str) -> dict[str, Use]:
    """The use of every column of a table, in its order.

    frames  customers and products, by name; table: one of them
    """
    model = campaign.model
    text = set(model.text) - (set(frames["products"].columns) if table == "customers" else set())
    return {name: _use(campaign, frames[table], table, name, text | set(model.learn)) for name in frames[table].columns}


def not_read(uses: Mapping[str, Use]) -> frozenset[str]:
    """The columns that teach nothing."""
    return frozenset(name for name, use in uses.items() if not use.teaches)


def not_said(uses: Mapping[str, Use]) -> frozenset[str]:
    """The columns that no reason may name."""
    return frozenset(name for name, use in uses.items() if not use.said)


def _use(campaign: Campaign, frame: pd.DataFrame, table: str, name: str, asked: set[str]) -> Use:
    model, reasons = campaign.model, campaign.reasons
    plain = name in PLAIN[table] | PLATFORM
    kind = None if plain or name in TABLES[table].names else kind_by_name(name, table) or kind_by_cells(frame[name])
    if kind is None and name in _forbidding(campaign, table):
        kind = "private"
    teaches = not plain and name not in model.ignore and (kind not in NOT_READ or name in asked)
    said = name not in reasons.never_say and (kind is None or name in reasons.say)
    return Use(kind, teaches, said)


def _forbidding(campaign: Campaign, table: str) -> set[str]:
    """Columns of rules that forbid by a shared value: what customers cannot have, and what is in products."""
    rules = [rule for rule in campaign.eligibility if rule.sense == "exclude"]
    return {rule.customer if table == "customers" else rule.product for rule in rules}


def say_uses(
    campaign: Campaign, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str], collected: Collected
) -> None:
    """The notes on what is not read, and on what is not said, one each per table.

    files  table -> its file as its writer knows it
    """
    for table in PLAIN:
        uses = column_uses(campaign, frames, table)
        mute = {name: use.kind for name, use in uses.items() if use.kind and not use.teaches}
        mute = {name: kind for name, kind in mute.items() if name not in campaign.model.ignore}
        kept = {name: use.kind for name, use in uses.items() if use.kind and use.teaches and not use.said}
        kept = {name: kind for name, kind in kept.items() if name not in campaign.reasons.never_say}
        end = "[model] learn asks for them"
        collected.note(files[table], len(mute), None, f"column{_s(mute)} not learned from: {_why(mute)}; {end}")
        end = "[reasons] say asks for them"
        collected.note(
            files[table],
            len(kept),
            None,
            f"column{_s(kept)} learned from, never named to a shopper: {_why(kept)}; {end}",
            is_use=True,
        )


def say_markup(
    campaign: Campaign, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str], collected: Collected
) -> None:
    """A note per table on cells whose markup is neither learned from nor told; the tables keep them as they are."""
    for table in PLAIN:
        uses, counts = column_uses(campaign, frames, table), {}
        for name, use in uses.items():
            cells = frames[table][name]
            if use.teaches and cells.dtype == "str":
                marked = [cell for cell in cells.unique() if plain_text(cell) != cell]
                counts[name] = int(cells.isin(marked).sum()) if marked else 0
        told = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
        words = f"cell{'s' * (sum(counts.values()) != 1)} with markup or links, which are neither learned from nor told"
        collected.note(files[table], sum(counts.values()), None, f"{words}: {told}")


def say_long(
    campaign: Campaign, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str], collected: Collected
) -> None:
    """A note per table on texts of which the recommender reads the beginning only.

    What customers wrote is read as text only where [model] text asks for it; other cells are values, and read whole.
    """
    most, asked = campaign.limits.text, set(campaign.model.text)
    for table in PLAIN:
        uses, frame = column_uses(campaign, frames, table), frames[table]
        free = asked - set(frames["products"]) if table == "customers" else asked | set(frame) - PRODUCT_LISTS
        texts = [name for name, use in uses.items() if use.teaches and name in free and frame[name].dtype == "str"]
        counts = {name: int((frame[name].str.len() > most).sum()) for name in texts}
        told, n = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count), sum(counts.values())
        words = (
            f"cell{'s' * (n != 1)} longer than {most:,} characters: the recommender reads the beginning of a free text"
        )
        collected.note(files[table], n, None, f"{words} ({told})")


def _s(columns: Mapping[str, Kind | None]) -> str:
    return "s" * (len(columns) != 1)


def _why(columns: Mapping[str, Kind | None]) -> str:
    """The columns by what they are: `names (First Name, Last Name), notes (Note)`."""
    kinds = dict.fromkeys(str(kind) for kind in columns.values())
    return ", ".join(f"{kind} ({', '.join(name for name, one in columns.items() if one == kind)})" for kind in kinds)
