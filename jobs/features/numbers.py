"""Numbers and dates as ranges that know their neighbours: 19.99 and 20.01 are alike, whatever the range's border.

Each range has a middle; a number between two middles belongs to both, more to the nearer one (the hat functions of
linear interpolation). So what is learned over them is a line without jumps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.features.blocks import Block, block, with_empty
from jobs.features.cells import Cells

N_RANGES = 8
"""Ranges of a column of numbers."""
FEW = 16
"""Up to so many distinct numbers are values of their own."""
NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
CODE_ZERO = r"^-?0[0-9]"
CODE_LONG = r"^[0-9]{8,}$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]+(Z|[+-][0-9:]+)?)?$"

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measure:
    """The cells of a column as numbers.

    value  float64 (n_distinct,)  NaN where the cell is empty; dates count in days since 1970
    shown  a number in words
    """

    value: Doubles
    shown: Callable[[float], str]


def measured(cells: Cells) -> Measure | None:
    """The column as numbers, where every cell that says something is a number, or every one a date; else None.

    Numbers with a zero in front (00042) are codes and no numbers, and so are columns of nothing but eight digits or
    more (EAN, telephone).
    """
    texts = cells.distinct.to_pylist() if cells.all_match(NUMBER) or cells.all_match(DAY) else []
    if not texts:
        return None
    said, value = np.flatnonzero(cells.said), np.full(len(texts), np.nan)
    given = [texts[position] for position in said.tolist()]
    if cells.all_match(NUMBER):
        value[said] = [float(text) for text in given]
        is_code = cells.any_match(CODE_ZERO) or cells.all_match(CODE_LONG)
        return Measure(value, shown_number) if not is_code and np.isfinite(value[said]).all() else None
    moments = pd.to_datetime(pd.Series(given), format="ISO8601", utc=True, errors="coerce")
    if moments.isna().any():
        return None
    value[said] = (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    return Measure(value, shown_day)


def shown_number(value: float) -> str:
    """Four digits that count, no exponent: 12345.6 is "12350"."""
    return f"{float(f'{value:.4g}'):.15g}"


def shown_day(value: float) -> str:
    """Days since 1970 as the date they lie on."""
    return str(np.datetime64(int(np.floor(value)), "D"))


def canonical(cells: Cells, measure: Measure) -> Cells:
    """Numbers written one way, so that 12 and 12.0 are one value; dates stay as they are."""
    if measure.shown is not shown_number:
        return cells
    return Cells.merged(["" if np.isnan(value) else f"{value:.15g}" for value in measure.value.tolist()], cells.code)


def range_block(name: str, cells: Cells, measure: Measure, *, keep_empty: bool) -> Block:
    """One column per range; a number's two weights, each by its nearness, are scaled to length 1 later.

    A range is named by where it is the nearest one: "12 to 18".
    """
    said = np.flatnonzero(cells.said)
    value = measure.value[said]
    middle = middles(value, cells.count[said])
    value, ends = np.clip(value, middle[0], middle[-1]), (value.min(), value.max())
    right = np.clip(np.searchsorted(middle, value, side="right"), 1, len(middle) - 1)
    share = (value - middle[right - 1]) / (middle[right] - middle[right - 1])
    entries = np.concatenate((1 - share, share)), np.tile(said, 2), np.concatenate((right - 1, right))
    borders = [ends[0], *((middle[1:] + middle[:-1]) / 2).tolist(), ends[1]]
    names = [f"{measure.shown(low)} to {measure.shown(high)}" for low, high in pairwise(borders)]
    made = block(name, cells, entries, names)
    return with_empty(made, cells) if keep_empty else made


def middles(value: Doubles, count: npt.NDArray[np.int64]) -> Doubles:
    """The middles of N_RANGES ranges of equal count, rising; at least two.

    value  distinct numbers, more than FEW
    count  rows of each

    Where one number stands in nearly all rows, equal counts of rows would leave a single range: then each range holds
    equally many distinct numbers.
    """
    at = (np.arange(N_RANGES) + 0.5) / N_RANGES
    found = np.unique(np.quantile(np.repeat(value, count), at))
    return found if len(found) > 1 else np.unique(np.quantile(np.unique(value), at))
