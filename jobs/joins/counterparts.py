"""For ids that stand in no other table: the ids they would be under another spelling, and which spelling that is.

Ways are tried from the surest to the boldest; what one way finds is not looked at again. All on distinct ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.joins import magnitudes
from jobs.joins.folds import STEPS, bare, more_ends, plain, shared_ends, without_ends, without_punctuation

Ints = npt.NDArray[np.int64]
SAMPLE = 500
"""Pairs of one way that are looked at to say which steps it takes."""
FEWEST_IN_COLUMN = 0.5
"""Share of the ids that must stand in another column before it is named: a few are there by chance."""
EXPONENT = "reading the exponent"
KEPT = f"comparing {magnitudes.KEPT_DIGITS} digits, which is all that a spreadsheet keeps of a number"
PREFIX = "stripping a prefix or zeros in front"
ENDS = "stripping what all ids of one table begin or end with"
PUNCTUATION = "leaving out hyphens and the like"
COLUMN = "looking them up in column {} instead"


@dataclass(frozen=True, eq=False)
class Counterparts:
    """What each unknown id would be.

    unknown  the ids, sorted; known: the ids of the other table, sorted
    at       int64 (n_unknown,) position in `known`, -1 = under no spelling; where several fit, the first
    last     likewise, the last that fits
    fits     int64 (n_unknown,) how many of `known` fit
    ways     the ways that found any, in words, in the order they were tried; way: int64 (n_unknown,) which one, -1
    """

    unknown: pa.Array
    known: pa.Array
    at: Ints
    last: Ints
    fits: Ints
    ways: tuple[str, ...]
    way: Ints


Keys = list[str | None]
Way = tuple[str, Keys, Keys]
"""Words, then a key for each unknown and each known id; None = has none. Equal keys fit."""


def counterparts(unknown: Sequence[str], known: Sequence[str], columns: Mapping[str, Sequence[str]]) -> Counterparts:
    """Look for every unknown id under other spellings.

    columns  other columns of the table that holds `known`, cell by cell in the order of `known`
    """
    order = np.argsort(np.asarray(known, dtype=object), kind="stable")
    theirs = pa.array([known[at] for at in order], pa.large_string())
    ours = pa.array(sorted(unknown), pa.large_string())
    at, last, fits, way = (np.full(len(ours), fill, np.int64) for fill in (-1, -1, 0, -1))
    ways: list[str] = []
    open_ = np.arange(len(ours))
    sorted_columns = {name: [cells[at] for at in order] for name, cells in columns.items()}
    in_columns = {COLUMN.format(name) for name in columns}
    for words, mine, others in _ways(ours, theirs, sorted_columns):
        found, final, count = _look_up([mine[position] for position in open_], others)
        hit = found >= 0
        if hit.any() and (words not in in_columns or hit.mean() >= FEWEST_IN_COLUMN):
            rows = open_[hit]
            at[rows], last[rows], fits[rows], way[rows] = found[hit], final[hit], count[hit], len(ways)
            ways.append(words)
            open_ = open_[~hit]
        if not len(open_):
            break
    return Counterparts(ours, theirs, at, last, fits, tuple(ways), way)


def _look_up(mine: Keys, others: Keys) -> tuple[Ints, Ints, Ints]:
    """Per key of `mine`: the first and the last position in `others` with it, and how many; -1, -1, 0 = none."""
    keys = pd.Series([key or None for key in others], dtype="str").dropna()
    codes, distinct = pd.factorize(keys)
    rows = keys.index.to_numpy()
    first, last = np.zeros((2, len(distinct)), np.int64)
    first[codes[::-1]], last[codes] = rows[::-1], rows
    counts = np.bincount(codes, minlength=len(distinct))
    found = pd.Index(distinct).get_indexer(pd.Index(mine, dtype="str"))
    hit = found >= 0
    answers = []
    for values, none in ((first, -1), (last, -1), (counts, 0)):
        answer = np.full(len(mine), none, np.int64)
        answer[hit] = values[found[hit]]
        answers.append(answer)
    return answers[0], answers[1], answers[2]


def _ways(ours: pa.Array, theirs: pa.Array, columns: Mapping[str, Sequence[str]]) -> Iterator[Way]:
    mine, others = plain(ours), plain(theirs)
    yield "", mine.to_pylist(), others.to_pylist()
    for name, cells in columns.items():
        keys = plain(pa.array(cells, pa.large_string())).to_pylist()
        yield COLUMN.format(name), mine.to_pylist(), keys
    yield from _numbers(mine, others)
    yield from _prefixes(mine, others)
    yield PUNCTUATION, without_punctuation(mine).to_pylist(), without_punctuation(others).to_pylist()


def _numbers(mine: pa.Array, others: pa.Array) -> Iterator[Way]:
    """What a spreadsheet makes of long numbers, on either side."""
    for near, far, turned in ((mine, others, False), (others, mine, True)):
        written = magnitudes.exponents(near.to_pylist())
        for n_digits in sorted({len(key.partition("e")[0]) for key in written if key is not None}):
            keys = [key if key is not None and key.index("e") == n_digits else None for key in written]
            fits = [None if text is None else magnitudes.rounded(text, n_digits) for text in magnitudes.whole(far)]
            yield (EXPONENT, fits, keys) if turned else (EXPONENT, keys, fits)
    yield KEPT, magnitudes.kept_digits(mine), magnitudes.kept_digits(others)


def _prefixes(mine: pa.Array, others: pa.Array) -> Iterator[Way]:
    """One side has something in front (or behind) that the other has not; B7 is not taken for C7."""
    for near, far, turned in ((mine, others, False), (others, mine, True)):
        stripped, as_is = bare(near), bare(far)
        keys = _where(stripped, pc.not_equal(stripped, near))
        fits = _where(far, pc.equal(as_is, far))
        yield (PREFIX, fits, keys) if turned else (PREFIX, keys, fits)
        front, back = more_ends(shared_ends(near), shared_ends(far))
        for ends in ((front, ""), ("", back), (front, back)):
            if any(ends):
                shorter, whole = without_ends(near, *ends).to_pylist(), far.to_pylist()
                yield (ENDS, whole, shorter) if turned else (ENDS, shorter, whole)


def _where(ids: pa.Array, mask: pa.Array) -> list[str | None]:
    texts: list[str | None] = pc.if_else(mask, ids, None).to_pylist()
    return texts


def steps_taken(found: Counterparts, rows: Ints) -> list[tuple[str, ...]]:
    """For some rows found by the first way: the fewest steps under which the two ids are one."""
    mine, others = found.unknown.take(pa.array(rows)), found.known.take(pa.array(found.at[rows]))
    kept = np.ones((len(rows), len(STEPS)), dtype=bool)
    names = list(STEPS)
    for column in range(len(names)):
        tried = kept.copy()
        tried[:, column] = False
        same = np.zeros(len(rows), dtype=bool)
        for pattern in np.unique(tried, axis=0):
            of_it = np.flatnonzero((tried == pattern).all(axis=1))
            steps = [name for name, on in zip(names, pattern, strict=True) if on]
            left, right = (plain(side.take(pa.array(of_it)), steps) for side in (mine, others))
            same[of_it] = pc.equal(left, right).to_numpy(zero_copy_only=False)
        kept[same, column] = False
    return [tuple(name for name, on in zip(names, row, strict=True) if on) for row in kept]
