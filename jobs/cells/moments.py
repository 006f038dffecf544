"""Dates and moments, as databases, lakes and shop platforms write them: microseconds in UTC, without a zone.

The year comes first, for `03/04/2026` can mean two days; a zone is an offset or UTC, for EST can mean several.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.cells.cell_texts import WrongColumnError
from jobs.cells.problems import Mask, Problem, mask_of
from jobs.reading.plain_types import in_words
from jobs.reading.schemas import Column

WHAT = "a date or time written like 2026-12-31 or 2026-12-31 18:30:00, from 1900 to 2199"
_USUAL = r"^(19|20|21)\d\d-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?$"
"""Read as it is."""
_OTHER = (
    r"^(?P<year>(?:19|20|21)\d\d)[-/](?P<month>\d\d)[-/](?P<day>\d\d)"
    r"(?:(?:[Tt]| +)(?P<time>\d\d:\d\d(?::\d\d)?)(?P<fraction>[.,]\d+)?"
    r"(?: *(?P<utc>[Zz]|UTC|utc|GMT)| *(?P<offset>[+-]\d\d(?::?\d\d)?)(?: *UTC)?)?)?$"
)
"""Brought into the usual form first."""


def moments(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """timestamp[us] in UTC without a zone; a moment that names its zone is converted."""
    kind = given.type
    if pa.types.is_date(kind):
        given = given.cast(pa.date32()).cast(pa.timestamp("us"), safe=False)
    if pa.types.is_timestamp(given.type):
        values = given.cast(pa.timestamp("us", given.type.tz), safe=False).cast(pa.timestamp("us"))
        empty = mask_of(pc.is_null(given))
        wrong = ~mask_of(pc.and_(pc.greater_equal(pc.year(values), 1900), pc.less(pc.year(values), 2200))) & ~empty
    elif pa.types.is_dictionary(kind) or pa.types.is_large_string(kind):
        values, empty, wrong = _written(given)
    else:
        raise WrongColumnError(in_words(kind), WHAT)
    return values, [Problem(wrong, WHAT), Problem(empty & spec.filled, WHAT)]


def _written(given: pa.Array) -> tuple[pa.Array, Mask, Mask]:
    """Moments of texts, which cells are empty, and which are none."""
    text = pc.fill_null(pc.utf8_trim_whitespace(given.cast(pa.large_string())), "")
    empty = mask_of(pc.equal(text, ""))
    usual = pc.match_substring_regex(text, _USUAL)
    others = np.flatnonzero(~mask_of(usual) & ~empty)
    written = pc.if_else(usual, text, None)
    if len(others):
        written = pc.replace_with_mask(written, pa.array(~mask_of(usual) & ~empty), _usual_form(text.take(others)))
    parsed = pd.to_datetime(pd.Series(written.to_pandas()), format="ISO8601", utc=True, errors="coerce")
    values = pa.array(parsed.dt.tz_localize(None).dt.as_unit("us"), from_pandas=True)
    return values, empty, parsed.isna().to_numpy() & ~empty


def _usual_form(text: pa.Array) -> pa.Array:
    """Moments written in another way, in the usual one; null where they are none."""
    parts = pc.extract_regex(text, _OTHER)
    year, month, day, time, fraction, utc, offset = (
        parts.field(name).cast(pa.large_string())
        for name in ("year", "month", "day", "time", "fraction", "utc", "offset")
    )
    dash, blank, nothing = (pa.scalar(mark, pa.large_string()) for mark in ("-", " ", ""))
    date = pc.binary_join_element_wise(year, month, day, dash)
    fraction = pc.utf8_slice_codeunits(pc.replace_substring(fraction, ",", "."), 0, 10)
    zone = pc.if_else(pc.equal(utc, ""), offset, pa.scalar("Z", pa.large_string()))
    moment = pc.binary_join_element_wise(date, blank, time, fraction, zone, nothing)
    return pc.if_else(parts.is_valid(), pc.if_else(pc.equal(time, ""), date, moment), None)
