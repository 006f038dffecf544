"""One table of both nights, its rows put side by side by their ids."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.cells.arrow_texts import places, texts
from jobs.config.guard import ColumnLimit, ColumnsLimit

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pair:
    """One table of both nights.

    keys    columns that name a row: the id, and where the table has them the name of the box
    used    columns that rules, the warehouse and the lists go by: what is wrong there is sent wrongly
    keyed   of these, columns whose values an eligibility rule compares
    health  of these, columns that a rule which excludes goes by
    closed  warehouses of last night that have no stock list any more: who was served from one had to move
    """

    name: str
    file: str
    tonight: pd.DataFrame
    last: pd.DataFrame
    keys: tuple[str, ...]
    used: frozenset[str]
    keyed: frozenset[str]
    health: frozenset[str]
    limit: ColumnsLimit
    fewest: int
    closed: frozenset[str] = frozenset()

    @cached_property
    def matched(self) -> tuple[IntArray, IntArray]:
        """Positions, tonight and last night, of the rows that are in both.

        A box that has another name, or none any more, is matched by its customer: her profile is the same.
        """
        now, before = (texts(frame[self.keys[0]]) for frame in (self.tonight, self.last))
        at = places(now, before)
        named = [name for name in self.keys[1:] if any((side[name] != "").any() for side in (self.tonight, self.last))]
        if named:
            now, before = (_joined(frame, (self.keys[0], *named)) for frame in (self.tonight, self.last))
            exact = places(now, before)
            at = np.where(exact >= 0, exact, at)
        here = np.flatnonzero(at >= 0)
        return here, at[here]

    @cached_property
    def is_aligned(self) -> bool:
        """Whether both nights have the same rows in the same order."""
        (here, there), n = self.matched, len(self.tonight)
        return len(here) == n == len(self.last) and np.array_equal(here, there)

    def asked(self, column: str) -> ColumnLimit:
        """The limits that campaign.toml sets for this very column."""
        return self.limit.columns.get(column, ColumnLimit())

    def of(self, column: str) -> ColumnLimit:
        """The limits of a column, the table's filled in."""
        own, table = self.asked(column), self.limit
        lost = table.health if column in self.health else table.used if column in self.used else table.lost
        return ColumnLimit(
            filled=table.filled if own.filled is None else own.filled,
            lost=lost if own.lost is None else own.lost,
            changed=table.changed if own.changed is None else own.changed,
            known=table.known if own.known is None else own.known,
            times=table.times if own.times is None else own.times,
        )


def _joined(frame: pd.DataFrame, names: tuple[str, ...]) -> pa.Array:
    """One text for each row; no id holds a line break."""
    joined: Any = pc.binary_join_element_wise(
        *(texts(frame[name]) for name in names), pa.scalar("\n", pa.large_string())
    )
    return joined
