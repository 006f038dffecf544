"""How a fault is put in words: values shown short and printable, and the nearest known name for a typo.

Used by every module that refuses an input, so that the same thing is always said the same way.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable

SHOWN_CHARACTERS = 60
"""Longest text repeated in a message."""
CLOSE = 0.7
"""Likeness (difflib ratio) from which a known name is suggested."""


def printable(text: str) -> str:
    """The text on one line: control and invisible characters as escapes such as \\n."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown(value: object) -> str:
    """A value as a message repeats it: texts in quotes, cut at 60 characters with their length; numbers as written."""
    if isinstance(value, str):
        if len(value) <= SHOWN_CHARACTERS:
            return f'"{printable(value)}"'
        return f'"{printable(value[:SHOWN_CHARACTERS])}..." ({len(value):,} characters)'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan")
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}" if value else "an empty list"
    return str(value)


def listed(names: Iterable[str], *, most: int = 15) -> str:
    """Names in a row for a message: `a, b or c`, the tail cut after `most`."""
    given = [printable(name[:SHOWN_CHARACTERS]) for name in names]
    if len(given) > most:
        return ", ".join(given[:most]) + f" ... ({len(given):,} in all)"
    if len(given) < 2:
        return "".join(given)
    return ", ".join(given[:-1]) + " or " + given[-1]


def _key(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def nearest(word: str, known: Iterable[str], *, close: float = CLOSE) -> str | None:
    """The known name most like `word`, or None when none is close; ties go to the first in text order.

    Case, spaces and punctuation count for nothing, so `CustomerId` is close to `customer_id`; zeros in front neither.
    """
    if len(word) > 200:
        return None
    target = _key(word)
    candidates = sorted({name for name in known if abs(len(name) - len(word)) <= max(4, len(word) // 2)})
    if len(candidates) > 2_000:  # a catalogue: only those that share a beginning or an end are compared
        candidates = [name for name in candidates if name[:3] == word[:3] or name[-3:] == word[-3:]][:2_000]
    zeros = [name for name in candidates if _key(name).lstrip("0") == target.lstrip("0") != ""]
    if zeros:  # 7 for 007
        return zeros[0]
    best, best_ratio = None, close
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(target)
    for name in candidates:
        matcher.set_seq1(_key(name))
        if matcher.real_quick_ratio() <= best_ratio or matcher.quick_ratio() <= best_ratio:
            continue
        ratio = matcher.ratio()
        if ratio > best_ratio:
            best, best_ratio = name, ratio
    return best


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean "x"?)` for the nearest known name, or an empty text; to be put after what is expected."""
    name = nearest(word, known)
    return "" if name is None else f' (did you mean "{printable(name)}"?)'


def column_in_words(column: str) -> str:
    """A column's name as people say it: `for_hair` is "for hair"."""
    return " ".join(column.replace("_", " ").split())
