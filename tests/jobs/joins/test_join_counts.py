"""Counting by codes says what counting row by row says, and folding a column what folding one id at a time says."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.inputs.references import OF_CAMPAIGN
from jobs.joins.counterparts import counterparts
from jobs.joins.folds import STEPS, plain
from jobs.joins.join import count
from jobs.joins.magnitudes import rounded

EVENTS = OF_CAMPAIGN[1]
QUOTES = "\"'`´‘’‚“”„′″«»"
NASTY = st.text(alphabet=" cCß7é\u0301ＡⅣﬁ0019,.\u00a0\u200b\ufeff'\"=’-_#:/E+١", max_size=9)
IDS = st.one_of(st.sampled_from(["7", "007", "C07", "c07", "C7", "8.7E+3", "8712", "", "x"]), NASTY)


def plain_one(text: str) -> str:
    """One id folded, in plain Python."""
    text = unicodedata.normalize("NFKC", text.casefold())
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc") and not "\ufe00" <= c <= "\ufe0f")
    text = "".join(c for c in text if c not in "\u115f\u2800\u3164")
    around = QUOTES + "".join(chr(n) for n in range(0x3100) if unicodedata.category(chr(n)).startswith("Z"))
    front = text.lstrip(around) if text[:1] != "=" or text[1:2] not in set(around) else text[1:].lstrip(around)
    text = front.rstrip(around)
    if re.fullmatch(r"[0-9]{1,3}([,.'’\s][0-9]{3})+([,.]0{1,2})?", text):
        text = re.sub(r"[^0-9]", "", re.sub(r"[,.][0-9]{1,2}$", "", text))
    whole = re.fullmatch(r"\+?([0-9]+)([,.]0{1,2}|\.0+)?", text)
    text = whole[1] if whole else text
    led = re.match(r"([^0-9]*)0+([0-9])", text)
    return led[1] + text[led.end() - 1 :] if led else text


@settings(deadline=None, max_examples=60)
@given(st.lists(NASTY, min_size=1, max_size=8))
def test_folding_a_column_is_folding_each_id(ids: list[str]) -> None:
    assert plain(pa.array(ids, pa.large_string())).to_pylist() == [plain_one(text) for text in ids]


@settings(deadline=None, max_examples=60)
@given(st.lists(NASTY, min_size=1, max_size=5), st.sets(st.sampled_from(sorted(STEPS))))
def test_folding_twice_changes_nothing_more_and_keeps_the_rows(ids: list[str], steps: set[str]) -> None:
    assert len(plain(pa.array(ids, pa.large_string()), steps)) == len(ids)
    assert plain(pa.array(ids, pa.large_string()), ()).to_pylist() == ids


@settings(deadline=None, max_examples=60)
@given(st.lists(IDS, max_size=30), st.lists(IDS, min_size=1, max_size=10, unique=True))
def test_counting_is_what_counting_row_by_row_says(rows: list[str], known: list[str]) -> None:
    texts = sorted(set(rows), reverse=True)
    n_rows = np.array([rows.count(text) for text in texts], np.int64)

    found = count(EVENTS, ("events.csv", "products.csv"), texts, n_rows, known, dict)

    filled = [text for text in rows if text]
    hits = [text for text in filled if text in known]
    assert (found.join.rows, found.join.matched) == (len(filled), len(hits))
    assert (found.join.ids, found.join.matched_ids) == (len(set(filled)), len(set(hits)))
    told = found.join.spelling
    assert (0 if told is None else told.ids) == len(found.would_be)
    assert (0 if told is None else told.rows) == sum(text in found.would_be for text in filled)
    assert not set(found.would_be) & {*known, ""}
    assert set(found.would_be.values()) <= set(known)


@settings(deadline=None, max_examples=60)
@given(st.lists(IDS, min_size=1, max_size=12, unique=True), st.lists(IDS, min_size=1, max_size=8, unique=True))
def test_an_unknown_id_is_found_by_folding_exactly_where_one_by_one_finds_it(mine: list[str], known: list[str]) -> None:
    unknown = [text for text in mine if text not in known]

    pairs = counterparts(unknown, known, {})

    first = pairs.ways.index("") if "" in pairs.ways else None
    found = {text for text, way in zip(pairs.unknown.to_pylist(), pairs.way, strict=True) if way == first}
    expected = {text for text in unknown if plain_one(text) and plain_one(text) in map(plain_one, known)}
    assert found == expected
    fits = {text: sum(plain_one(text) == plain_one(other) for other in known) for text in found}
    assert {t: int(n) for t, n in zip(pairs.unknown.to_pylist(), pairs.fits, strict=True) if t in found} == fits


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 10**20), st.integers(1, 15))
def test_a_rounded_number_is_nearest_with_so_many_digits(number: int, n_digits: int) -> None:
    digits, _, power = rounded(str(number), n_digits).partition("e")

    assert len(digits) == n_digits
    unit = 10 ** (int(power) + 1)
    assert abs(int(digits) * unit - number * 10**n_digits) * 2 <= unit
    assert 10 ** int(power) <= int(digits) * unit // 10**n_digits


@settings(deadline=None, max_examples=60)
@given(st.lists(IDS, min_size=2, max_size=12, unique=True), st.lists(IDS, min_size=1, max_size=8, unique=True))
def test_the_order_of_the_files_counts_for_nothing(mine: list[str], known: list[str]) -> None:
    n_rows = np.arange(1, len(mine) + 1)
    one = count(EVENTS, ("e", "p"), mine, n_rows, known, dict).join

    turned = count(EVENTS, ("e", "p"), mine[::-1], n_rows[::-1], known[::-1], dict).join

    assert turned == one
