"""A value without what people write this way or that: case, accents, spaces, hyphens, an "s" at the end of a word.

Two values with the same fold are nearly the same; which fold it is says why.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

KEPT_MARKS = "%#&@*/"
"""Punctuation that may tell two values apart."""
_SEPARATOR = re.compile(r"[,;:/\\~^\n\r\t+&、，；：·•¦‖｜]|\\n| - |<br ?/?>")
"""What shops put between several values in one cell, where "|" is expected."""
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,30})?")
_LATIN_ACCENTS = 200
"""Combining classes from here on are accents and the like; lower ones make letters of other scripts."""


def folded(value: str) -> str:
    """The value without case, accents, white space, characters that cannot be seen, hyphens, underscores and quotes.

    "" where nothing is left, as of "-".
    """
    text = _plain(value)
    if text.isalpha():
        return text
    return "".join(c for c in text if unicodedata.category(c)[0] not in "ZCP" or c in KEPT_MARKS)


def number(value: str) -> str | None:
    """The value as a number written one way ("07", "7.0" and "7,00" are "7"), None where it is none."""
    text = unicodedata.normalize("NFKC", value).strip()
    if not _NUMBER.fullmatch(text):
        return None
    return f"{Decimal(text.replace(',', '.')).normalize() + 0:f}"


def words(value: str) -> tuple[str, ...]:
    """The words of a value, folded, each in the singular as English makes it: "Tree-Nuts" is ("tree", "nut")."""
    return tuple(map(_singular, re.findall(r"\w+", _plain(value).replace("_", " "))))


def pieces(value: str) -> tuple[str, ...]:
    """The values of a cell that separates them otherwise than by "|"; () where it holds one only."""
    parts = _SEPARATOR.split(value)
    return tuple(dict.fromkeys(part.strip() for part in parts if folded(part))) if len(parts) > 1 else ()


def separator_of(value: str) -> str | None:
    """The first separator in a cell other than "|", as a campaign.toml would name it."""
    found = _SEPARATOR.search(value)
    return None if found is None else found[0]


def _plain(value: str) -> str:
    """In lower case, without accents, compatible forms made one."""
    if value.isascii():
        return value.lower()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    kept = (c for c in text if unicodedata.combining(c) < _LATIN_ACCENTS and unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", "".join(kept))


def _singular(word: str) -> str:
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    for ending, one in (("ies", "y"), ("oes", "o"), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch")):
        if word.endswith(ending) and len(word) > 4:
            return word.removesuffix(ending) + one
    return word.removesuffix("shes") + "sh" if word.endswith("shes") else word.removesuffix("s")
