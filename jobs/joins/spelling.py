"""What the ids that would match have in common, in words: the steps it takes, two examples, what nobody can tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.joins.counterparts import SAMPLE, Counterparts, steps_taken
from jobs.joins.folds import STEPS, bare, plain
from jobs.words import shown

EXAMPLES = 2
MOST_HOW = 3
"""Ways named in one line."""


@dataclass(frozen=True)
class Spelling:
    """Rows that would find what they name under another spelling.

    rows, ids  how many; how: "folding upper and lower case", ...
    examples   (as written, as the other table has it), one of each of the commonest ways first
    unclear    ids of which nobody can tell what they mean, for several of the other table would fit
    several    how many of the other table's ids the most unclear one fits
    """

    rows: int
    ids: int
    how: str
    examples: tuple[tuple[str, str], ...]
    unclear: int
    several: int


def spelling(pairs: Counterparts, n_rows: Mapping[str, int]) -> Spelling | None:
    """What was found for the unknown ids; None where nothing was.

    n_rows  rows of each unknown id
    """
    hit = np.flatnonzero(pairs.at >= 0)
    if not len(hit):
        return None
    texts, others = pairs.unknown.to_pylist(), pairs.known.to_pylist()
    counted: Counter[str] = Counter()
    first: dict[str, int] = {}
    for number, words in enumerate(pairs.ways):
        rows = np.flatnonzero(pairs.way == number)
        if words:
            _add(counted, first, words, len(rows), int(rows[0]))
            continue
        sample = rows[np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(np.int64)]
        for at, steps in zip(sample, steps_taken(pairs, sample), strict=True):
            _add(counted, first, " and ".join(STEPS[step] for step in steps), 1, int(at))
    common = sorted(counted, key=lambda words: (-counted[words], words))
    shown_rows = [first[words] for words in common]
    shown_rows += [int(at) for at in hit if int(at) not in shown_rows][:EXAMPLES]
    examples = [(texts[at], others[pairs.at[at]]) for at in shown_rows]
    examples += [(texts[at], others[pairs.last[at]]) for at in shown_rows[:1] if pairs.fits[at] > 1]
    return Spelling(
        sum(n_rows[texts[at]] for at in hit),
        len(hit),
        "; or ".join(common[:MOST_HOW]),
        tuple(examples[:EXAMPLES]),
        int((pairs.fits > 1).sum()),
        int(pairs.fits.max()),
    )


def _add(counted: Counter[str], first: dict[str, int], words: str, times: int, at: int) -> None:
    counted[words] += times
    first.setdefault(words, at)


KINDS = (
    ("e-mail addresses", r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    ("numbers", r"^\d+$"),
    ("UUIDs", r"^\{?[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?$"),
    ("links", r"^[a-zA-Z]+://"),
    ("ids with letters in front of a number", r"^\D+\d+$"),
    ("words without digits", r"^\D+$"),
)
MOSTLY = 0.9


def looks_like(pairs: Counterparts, other_file: str, *, some: bool) -> str:
    """Of which kinds the two sides are: "they look like e-mail addresses, those of customers.csv like numbers".

    "" where they are alike. Where all have letters in front, and would be the same without them, that is said instead.

    some  some ids are known, and only the others are looked at
    """
    if (pairs.at >= 0).any():
        return ""
    mine, theirs = (_kind(ids) for ids in (pairs.unknown, pairs.known))
    if mine and theirs and mine != theirs:
        return f"{'the others' if some else 'they'} look like {mine}, those of {other_file} like {theirs}"
    if some:
        return ""
    ours, others = bare(plain(pairs.unknown)), bare(plain(pairs.known))
    same = pc.is_in(ours, value_set=others)
    if pc.mean(same).as_py() < MOSTLY:
        return ""
    example = shown(pairs.unknown[0].as_py())
    like = others.index(ours[0]).as_py()
    near = f" ({example}, {shown(pairs.known[like].as_py())})" if like >= 0 else ""
    return f"what stands in front differs from {other_file}{near}"


def _kind(ids: pa.Array) -> str:
    """What nearly all of the ids look like; "" = nothing in particular."""
    for words, pattern in KINDS:
        if pc.mean(pc.match_substring_regex(ids, pattern)).as_py() >= MOSTLY:
            return words
    return ""
