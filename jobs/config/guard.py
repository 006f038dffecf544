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


class TableLimit(Part):
    """How far one table may be from last night's.

    may_be_empty  it may have no rows though it had some last night, and events though it is the first night
    fallen        the rows may fall by this part of themselves
    risen         the rows may grow by this part of themselves
    max_age       days from the newest moment to the ship date; None = any
    back          days that the newest moment may lie before last night's
    repeated      share of rows, more than last night, that say again what another row says
    filled, lost, changed, known, times  as in `ColumnLimit`, for columns without limits of their own
    used          `lost` of columns that rules and the warehouse use: what is lost there is sent wrongly
    columns       limits of single columns
    """

    may_be_empty: bool = False
    fallen: Share = 0.5
    risen: Annotated[float, Field(ge=0, le=1e9)] = 2.0
    max_age: Days | None = None
    back: Days = 3
    repeated: Share = 0.05
    filled: Share = 0.5
    lost: Share = 0.2
    changed: Share = 0.3
    known: Share = 0.3
    times: Times = 5.0
    used: Share = 0.02
    columns: dict[Name, ColumnLimit] = Field(default={})


class EventsLimit(TableLimit):
    """Events are many and only added to: half of them, or twice as many, is a fault of delivery."""

    fallen: Share = 0.25
    risen: Annotated[float, Field(ge=0, le=1e9)] = 0.6
    max_age: Days | None = 45


class ShipmentsLimit(TableLimit):
    """What was sent before must be known; in its second month a shop has twice as many."""

    fallen: Share = 0.25


class EditsLimit(TableLimit):
    """Edits come and go; only that all are gone is a fault."""

    fallen: Share = 1.0
    risen: Annotated[float, Field(ge=0, le=1e9)] = 1e9


class CustomersLimit(TableLimit):
    """Subscribers come and go by the tenth, not by the half."""

    fallen: Share = 0.3
    risen: Annotated[float, Field(ge=0, le=1e9)] = 1.0


class StockLimit(TableLimit):
    """Units run down and are filled up: of each warehouse `times` holds upwards, `run_down` downwards."""

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

    psi: Annotated[float, Field(ge=0, le=1e9)] = 0.5
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
