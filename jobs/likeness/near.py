"""Values of two sides that are not the same and look as if they were meant to be: "Soy" here, "soy" there.

Two values that both occur on both sides are two things ("nut" and "nuts"): at least one of a pair has no counterpart.
Where health hangs on it, that does not hold of one value written in two ways: who is allergic to "soy" gets no "Soy".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from jobs.likeness.answers import flag
from jobs.likeness.folds import folded, number, pieces, separator_of, words
from jobs.likeness.typos import MOST_VALUES, Typos

SAME, FLAGS, PLURAL, LIST, TYPO, WITHIN = range(6)
"""How two values are near, the nearest first."""
MOST_WORDS = 300
"""Of longer texts, the first words are looked at."""
Phrase = tuple[str, ...]
K = TypeVar("K")


@dataclass(frozen=True)
class Near:
    """Two values that are nearly the same.

    mine, theirs  a value of each side
    how           SAME, FLAGS, ...
    separator     of a list: what separates its values
    """

    mine: str
    theirs: str
    how: int
    separator: str | None = None

    @property
    def turned(self) -> Near:
        """The same from the other side."""
        return Near(self.theirs, self.mine, self.how, self.separator)


def near_values(mine: Mapping[str, int], theirs: Mapping[str, int], *, strict: bool) -> list[Near]:
    """The nearest of the other side for every value that has no counterpart there; mine first, each pair once.

    mine, theirs  value to rows that hold it; where several are as near, the one of most rows counts
    strict        health hangs on it: a value within a longer one counts; and lists, and what is written in two ways,
                  even where they have a counterpart
    """
    sides = _Side(mine, theirs, strict), _Side(theirs, mine, strict)
    flags = all(flag(value) is not None for side in sides for value in side.rows)
    here, there = ([*_nearest(one, other, flags)] for one, other in (sides, sides[::-1]))
    told = {near.theirs for near in here}
    return [*here, *(near.turned for near in there if near.mine not in told)]


@dataclass(frozen=True)
class _Seen:
    """What is looked at of one value, made once."""

    value: str
    folded: str
    number: str | None
    words: Phrase
    stem: str
    pieces: tuple[str, ...]

    @classmethod
    def of(cls, value: str) -> _Seen:
        """Look at a value."""
        amount, said = number(value), words(value)
        stem = "".join(said) or folded(value)
        return cls(value, folded(value), amount, said[:MOST_WORDS], stem, pieces(value) if amount is None else ())

    @property
    def keys(self) -> Iterator[tuple[int, object]]:
        """What the whole value says, each with how two values are near that both say it."""
        if self.number is not None:
            yield SAME, ("number", self.number)
        elif self.folded:
            yield SAME, self.folded
            yield PLURAL, self.stem


class _Side:
    """Values of one side, and by what they are found."""

    def __init__(self, rows: Mapping[str, int], others: Mapping[str, int], strict: bool) -> None:
        self.rows, self.strict = rows, strict
        self.seen = [_Seen.of(value) for value in rows]
        self.alone = {value for value in rows if value not in others}
        ranked = sorted(self.alone, key=lambda value: (-rows[value], value))
        self.asked_for_typos = set(ranked[:MOST_VALUES])

    @cached_property
    def by_key(self) -> dict[tuple[int, object], list[str]]:
        """What whole values say, to the values."""
        return _inverted((key, one.value) for one in self.seen for key in one.keys)

    @cached_property
    def by_piece(self) -> dict[str, list[str]]:
        """What a list holds, to the lists."""
        return _inverted((_Seen.of(piece).stem, one.value) for one in self.seen for piece in one.pieces)

    @cached_property
    def by_phrase(self) -> dict[Phrase, list[str]]:
        """The words of whole values, to the values."""
        return _inverted((one.words, one.value) for one in self.seen if sum(map(len, one.words)) > 2)

    @cached_property
    def by_fold(self) -> dict[str, list[str]]:
        """Folded texts to the values; numbers are no texts."""
        return _inverted((one.folded, one.value) for one in self.seen if one.number is None)

    @cached_property
    def typos(self) -> Typos:
        """The folded values, by their letters; shorter ones count where health hangs on them."""
        return Typos(self.by_fold, 3 if self.strict else 6, 8 if self.strict else None)


def _nearest(side: _Side, other: _Side, flags: bool) -> Iterator[Near]:
    """For each value of this side, its nearest of the other."""
    within = _within(side, other) if side.strict else {}
    for one in side.seen:
        if one.value in side.alone:
            found = [*_near(one, side, other, flags), *within.get(one.value, []), *_lists(one, other, alone=True)]
        elif side.strict:
            same = (Near(one.value, near, SAME) for key in one.keys for near in other.by_key[key] if key[0] == SAME)
            found = [*same, *_lists(one, other, alone=False)]
        else:
            continue
        ranked = sorted(
            (near for near in found if near.theirs != one.value),
            key=lambda near: (near.how, -other.rows[near.theirs], near.theirs),
        )
        yield from ranked[:1]


def _near(one: _Seen, side: _Side, other: _Side, flags: bool) -> Iterator[Near]:
    """Values of the other side that are the same but for how they are written, or a typo."""
    for how, key in one.keys:
        for near in other.by_key.get((how, key), ()):
            yield Near(one.value, near, how)
    if flags:
        yield from (Near(one.value, near, FLAGS) for near in other.rows if flag(near) is flag(one.value))
    if one.number is None and one.value in side.asked_for_typos:
        for typo in other.typos.near(one.folded):
            if _is_likely(one.folded, typo, strict=other.strict):
                yield from (Near(one.value, near, TYPO) for near in other.by_fold[typo])


def _is_likely(text: str, typo: str, *, strict: bool) -> bool:
    """Is one a slip of the other? "soya" may be "soy"; "day" and "dry" are two words, "light" and "night" too."""
    if min(len(text), len(typo)) < 4:
        return text.startswith(typo) or typo.startswith(text)
    return text[0] == typo[0] or (strict and min(len(text), len(typo)) > 5)


def _lists(one: _Seen, other: _Side, *, alone: bool) -> Iterator[Near]:
    """Values of the other side that this one lists, or that list this one; two lists where health hangs on it."""
    for piece in one.pieces:
        stem = _Seen.of(piece).stem
        for near in other.by_key.get((PLURAL, stem), ()):
            yield Near(one.value, near, LIST, separator_of(one.value))
        if other.strict and alone:
            yield from (Near(one.value, near, LIST, separator_of(one.value)) for near in other.by_piece.get(stem, ()))
    if alone:
        for near in other.by_piece.get(one.stem, ()):
            yield Near(one.value, near, LIST, separator_of(near))


def _within(side: _Side, other: _Side) -> dict[str, list[Near]]:
    """Value of this side to values of the other whose words it holds, or that hold its words."""
    found: dict[str, list[Near]] = {}
    for holder, held in ((side, other), (other, side)):
        lengths = {len(phrase) for phrase in held.by_phrase}
        for one in holder.seen:
            for phrase in _phrases(one.words, lengths):
                for part in held.by_phrase.get(phrase, ()):
                    near = Near(one.value, part, WITHIN) if holder is side else Near(part, one.value, WITHIN)
                    found.setdefault(near.mine, []).append(near)
    return found


def _phrases(said: Phrase, lengths: Iterable[int]) -> Iterator[Phrase]:
    """Words that follow each other, of these lengths, fewer than all."""
    for length in lengths:
        if length < len(said):
            yield from (said[at : at + length] for at in range(len(said) - length + 1))


def _inverted(pairs: Iterable[tuple[K, str]]) -> dict[K, list[str]]:
    found: dict[K, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
