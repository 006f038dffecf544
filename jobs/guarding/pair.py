"""One table of both nights, its rows put side by side by their ids."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.config.guard import ColumnLimit, ColumnsLimit

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pair:
    """One table of both nights.

    keys    columns that name a row: the id, and where the table has them the name of the box
    used    columns that rules, the warehouse and the lists go by: what is wrong there is sent wrongly
    keyed   of these, columns whose values a rule compares or counts
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
        now, before = (frame[self.keys[0]] for frame in (self.tonight, self.last))
        first = np.flatnonzero(~before.duplicated().to_numpy())
        at = pd.Index(before.iloc[first]).get_indexer(pd.Index(now))
        at = np.where(at >= 0, first[at], -1)
        if len(self.keys) > 1 and not (now.is_unique and before.is_unique):
            full = [pd.MultiIndex.from_frame(frame[list(self.keys)]) for frame in (self.tonight, self.last)]
            exact = full[1].get_indexer(full[0])
            at = np.where(exact >= 0, exact, at)
        here = np.flatnonzero(at >= 0)
        return here.astype(np.int64), at[here].astype(np.int64)

    def of(self, column: str) -> ColumnLimit:
        """The limits of a column, the table's filled in."""
        own, table = self.limit.columns.get(column, ColumnLimit()), self.limit
        lost = table.health if column in self.health else table.used if column in self.used else table.lost
        return ColumnLimit(
            filled=table.filled if own.filled is None else own.filled,
            lost=lost if own.lost is None else own.lost,
            changed=table.changed if own.changed is None else own.changed,
            known=table.known if own.known is None else own.known,
            times=table.times if own.times is None else own.times,
        )
