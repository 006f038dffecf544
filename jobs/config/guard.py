"""[limits] of the guard: how far a table, a column or the scores may be from those of the last published night.

What each key means stands in docs/campaign.md; the defaults let an ordinary month turn, sale or new brand pass.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from jobs.config.base import Name, Part, Share
from jobs.config.faults import law
from jobs.words import shown

Times = Annotated[float, Field(ge=1, le=1e9)]
More = Annotated[float, Field(ge=0, le=1e9)]
Days = Annotated[int, Field(ge=0, le=100_000)]
EMPTY = "may be empty"


class ColumnLimit(Part):
    """How far one column may be from last night's; None = as the table says.

    filled   its share of filled cells may fall by this part of itself
    lost     of the rows that were there last night, this share may have lost their value
    changed  of the rows that were there last night, this share may hold another value
    known    at least this share of its values must have occurred last night
    times    the middle of a number column may be so many times what it was, or so small a part
    """

    filled: Share | None = None
    lost: Share | None = None
    changed: Share | None = None
    known: Share | None = None
    times: Times | None = None


class RowsLimit(Part):
    """How many rows a table may have, beside last night's.

    fallen  the rows may fall by this part of themselves
    risen   the rows may grow by this part of themselves
    """

    fallen: Share = 0.5
    risen: More = 2.0


class HollowLimit(RowsLimit):
    """A table that a shop may do without.

    may_be_empty  it may have no rows though it had some last night, and events though it is the first night
    """

    may_be_empty: bool = False


class DatedLimit(HollowLimit):
    """A table whose rows have a moment, and are only added to.

    max_age  days from the newest moment to the ship date
    back     days that the newest moment may lie before last night's
    """

    fallen: Share = 0.25
    max_age: Days | None = None
    back: Days = 3


class EventsLimit(DatedLimit):
    """[limits.events]. repeated: share of rows, more than last night, that say again what another row says."""

    max_age: Days | None = 59
    repeated: Share = 0.05


class ShipmentsLimit(DatedLimit):
    """[limits.shipments]. kept: at least this share of last night's rows must still be there."""

    kept: Share = 0.5


class EditsLimit(HollowLimit):
    """[limits.edits]: edits come and go; only that all are gone is a fault."""

    fallen: Share = 1.0
    risen: More = 1e9


class ColumnsLimit(RowsLimit):
    """A table whose rows are known by their ids, so that columns are compared cell by cell.

    filled, lost, changed, known, times  as in `ColumnLimit`, for columns without limits of their own
    used     `lost` of columns that rules, the warehouse and groups of products go by
    health   `lost` of what a rule that excludes goes by: whom or what it names
    columns  limits of single columns
    """

    filled: Share = 0.5
    lost: Share = 0.2
    used: Share = 0.02
    health: Share = 0.01
    changed: Share = 0.3
    known: Share = 0.3
    times: Times = 5.0
    columns: dict[Name, ColumnLimit] = Field(default={})


class CustomersLimit(ColumnsLimit):
    """[limits.customers]: subscribers come and go by the tenth, not by the half.

    kept  at least this share of last night's customers must be found by their ids
    """

    fallen: Share = 0.3
    risen: More = 1.0
    kept: Share = 0.5


class StockLimit(RowsLimit):
    """[limits.inventory]: units run down and are filled up.

    times     units of a warehouse may be so many times what they were, or what its boxes hold
    run_down  or so small a part of what they were, where somebody is served from it
    """

    times: Times = 5.0
    run_down: Times = 50.0


class ShipDate(Part):
    """[limits.ship_date]: days that the ship date may lie before, or after, that of the last published night."""

    back: Days = 31
    ahead: Days = 92


class ScoresLimit(Part):
    """[limits.scores]: how far the scores may have moved, all in all.

    psi  population stability index over last night's tenths
    ks   largest distance between the two distribution functions (Kolmogorov-Smirnov)
    """

    psi: More = 0.5
    ks: Share = 0.3


def _said(given: Any) -> Any:
    """`"may be empty"` is short for `{ may_be_empty = true }`."""
    if given == EMPTY:
        return {"may_be_empty": True}
    if isinstance(given, str):
        raise law(shown(given), f'"{EMPTY}", or a table of limits')
    return given


Events = Annotated[EventsLimit, BeforeValidator(_said)]
Shipments = Annotated[ShipmentsLimit, BeforeValidator(_said)]
Edits = Annotated[EditsLimit, BeforeValidator(_said)]
