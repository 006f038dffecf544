"""Ids that a spreadsheet took for numbers: `8.71E+12` for 8712000000017, and long ones of which 15 digits are left."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

_EXPONENT = re.compile(r"(\d)(?:[.,](\d{1,20}))?e\+?(\d{1,3})", re.ASCII)
KEPT_DIGITS = 15
"""What a spreadsheet keeps of a number."""


def exponents(ids: Iterable[str]) -> list[str | None]:
    """The magnitude of each folded id that has an exponent, `871e12`: its digits, and the power of ten of the first."""
    found = [_EXPONENT.fullmatch(text) for text in ids]
    return [None if m is None or m[1] == "0" else f"{m[1]}{m[2] or ''}e{int(m[3])}" for m in found]


def rounded(digits: str, n_digits: int) -> str:
    """The magnitude of a whole number without zeros in front, rounded half up to so many digits."""
    length = len(digits)
    if length <= n_digits:
        return f"{digits.ljust(n_digits, '0')}e{length - 1}"
    kept = int(digits[:n_digits]) + (digits[n_digits] >= "5")
    return f"{kept // 10}e{length}" if kept == 10**n_digits else f"{kept}e{length - 1}"


def whole(ids: pa.Array) -> list[str | None]:
    """The folded ids that are whole numbers of up to 40 digits."""
    return [str(text) if number else None for text, number in zip(ids.to_pylist(), _is_whole(ids), strict=True)]


def _is_whole(ids: pa.Array) -> list[bool]:
    found: list[bool] = pc.match_substring_regex(ids, r"^\d{1,40}$").to_pylist()
    return found


def kept_digits(ids: pa.Array) -> list[str | None]:
    """The first 15 digits and the length of every whole number that is longer; None for all others."""
    long = pc.match_substring_regex(ids, r"^\d{16,40}$").to_pylist()
    texts = ids.to_pylist()
    return [f"{text[:KEPT_DIGITS]} {len(text)}" if hit else None for text, hit in zip(texts, long, strict=True)]
