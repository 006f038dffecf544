"""Values that differ by a letter or two: one left out, put in, exchanged with its neighbour or for another.

Two texts that are so near have something in common once as many letters are left out of each (symmetric deletion), so
a value is compared with few others, however many there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

LONGEST = 40
"""Longer texts are not compared letter by letter."""
MOST_VALUES = 5_000
"""Of more values than these, the first are compared; two letters are looked for among half as many."""


class Typos:
    """Some folded texts, to be asked which of them are a typo away from another.

    one   shortest text in which one letter may differ
    two   likewise, two letters; None = never two
    """

    def __init__(self, texts: Iterable[str], one: int, two: int | None) -> None:
        """Index the texts."""
        self._one = one
        fit = [text for text in dict.fromkeys(texts) if one <= len(text) <= LONGEST][:MOST_VALUES]
        self._two = two if len(fit) <= MOST_VALUES // 2 else None
        self._lengths = {len(text) for text in fit}
        self._by_rest: dict[str, list[str]] = {}
        for text in fit:
            for rest in self._rests(text):
                self._by_rest.setdefault(rest, []).append(text)

    def near(self, text: str) -> list[str]:
        """The texts that are a typo away from this one, and differ in no digit; sorted."""
        may = range(len(text) - 2, len(text) + 3)
        if not self._one <= len(text) <= LONGEST or self._lengths.isdisjoint(may):
            return []
        found = {other for rest in self._rests(text) for other in self._by_rest.get(rest, ())}
        return sorted(other for other in found if other != text and self._is_typo(text, other))

    def _rests(self, text: str) -> Iterator[str]:
        yield text
        for count in range(1, self._most(len(text)) + 1):
            for gone in combinations(range(len(text)), count):
                yield "".join(c for at, c in enumerate(text) if at not in gone)

    def _most(self, length: int) -> int:
        """Letters that may differ in a text of this length; one more where the other text may be longer."""
        return 2 if self._two is not None and length >= self._two else 1

    def _is_typo(self, text: str, other: str) -> bool:
        if re.findall(r"\d+", text) != re.findall(r"\d+", other):
            return False
        return distance(text, other) <= self._most(min(len(text), len(other)))


def distance(text: str, other: str) -> int:
    """Letters left out, put in, exchanged for another, or with the next one, to make one text of the other."""
    above: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(text, start=1):
        before, above, row = above, row, [at]
        for place, its in enumerate(other, start=1):
            cost = min(above[place] + 1, row[place - 1] + 1, above[place - 1] + (letter != its))
            if at > 1 and place > 1 and letter == other[place - 2] and text[at - 2] == its:
                cost = min(cost, before[place - 2] + 1)
            row.append(cost)
    return row[-1]
