"""Cells of every Arrow type there is: converted, or refused in words; never a bug, never a silent guess."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.cells.cell_texts import WrongColumnError
from jobs.cells.typed import Typed, convert
from jobs.checking.audit_raw import NOTHING
from jobs.config.load import load
from jobs.csv_text import write_csv
from jobs.inputs.tables import check, read
from jobs.reading.schemas import Column, Kind
from tests.jobs.small_campaign import FILES, write_small_campaign

KINDS: tuple[Kind, ...] = ("id", "text", "number", "whole", "flag", "moment")


def typed(values: pa.Array, kind: Kind, **more: object) -> Typed:
    return convert(pa.chunked_array([values]), Column("c", kind, **more))  # type: ignore[arg-type]


def arrays() -> Iterator[tuple[str, pa.Array]]:
    """Three rows of everything; the last is null where it can be."""
    ones = pa.array([1, 1, None])
    for kind in (pa.int8(), pa.uint8(), pa.int32(), pa.int64(), pa.uint64(), pa.float32(), pa.float64()):
        yield str(kind), ones.cast(kind)
    yield "decimal", ones.cast(pa.decimal128(30, 2))
    yield "half", pa.array(np.array([1, 1, np.nan], np.float16))
    yield "beyond int64", pa.array([2**64 - 1] * 3, pa.uint64())
    yield "least int64", pa.array([-(2**63)] * 3)
    yield "infinite", pa.array([np.inf, np.nan, 1.0])
    yield "null", pa.nulls(3)
    yield "bool", pa.array([True, False, None])
    texts = pa.array(["x", " y ", None])
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()):
        yield str(kind), texts.cast(kind)
    yield "dictionary", texts.dictionary_encode()
    yield "dictionary of numbers", ones.dictionary_encode()
    yield "dictionary with null", pa.DictionaryArray.from_arrays(pa.array([0, 1, 1]), pa.array(["a", None]))
    yield "dictionary with repeats", pa.DictionaryArray.from_arrays(pa.array([0, 1, 1]), pa.array(["a", "a"]))
    day = pa.array([datetime.date(2026, 1, 1)] * 3)
    yield "date32", day
    yield "date64", day.cast(pa.date64())
    for unit in ("s", "ms", "us", "ns"):
        yield f"moment {unit}", day.cast(pa.timestamp(unit))
        yield f"moment {unit} with zone", day.cast(pa.timestamp(unit)).cast(pa.timestamp(unit, "Europe/Paris"))
    yield "moment out of range", pa.array([-(2**62)] * 3).cast(pa.timestamp("us"))
    yield "time", pa.array([datetime.time(1)] * 3)
    yield "duration", pa.array([datetime.timedelta(1)] * 3)
    yield "list", pa.array([["a", "b"], ["a", None], None])
    yield "list of numbers", pa.array([[1], [2], None])
    yield "structure", pa.array([{"a": 1}] * 3)


ARRAYS = dict(arrays())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ARRAYS)
def test_any_type_is_converted_or_refused(name: str, kind: Kind) -> None:
    try:
        got = typed(ARRAYS[name], kind)
    except WrongColumnError as wrong:
        found, expected = wrong.args
        assert found.startswith("a column of ")
        assert expected
        return

    assert len(got.values) == 3
    assert got.values.null_count == 0 or kind == "moment"
    for problem in got.problems:
        assert problem.bad.shape == (3,)
        assert all(got.found(at) for at in np.flatnonzero(problem.bad).tolist())


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("uint64", "id", ["1", "1", ""]),
        ("beyond int64", "id", ["18446744073709551615"] * 3),
        ("dictionary of numbers", "id", ["1", "1", ""]),
        ("string_view", "text", ["x", "y", ""]),
        ("dictionary with null", "text", ["a", "", ""]),
        ("list", "text", ["a|b", "a", ""]),
        ("float", "text", ["1", "1", ""]),
        ("bool", "text", ["true", "false", ""]),
        ("date32", "text", ["2026-01-01"] * 3),
        ("decimal", "whole", [1, 1, 0]),
        ("bool", "flag", [True, False, False]),
        ("int8", "flag", [True, True, False]),
        ("moment s with zone", "moment", [datetime.datetime(2026, 1, 1)] * 3),
    ],
)
def test_values(name: str, kind: Kind, values: list[object]) -> None:
    got = typed(ARRAYS[name], kind)

    assert got.values.to_pylist() == values
    assert got.problems == ()


@pytest.mark.parametrize("name", ["bool", "date32", "list", "structure", "duration", "time"])
def test_ids_are_never_made_of_what_may_have_lost_something(name: str) -> None:
    with pytest.raises(WrongColumnError):
        typed(ARRAYS[name], "id")


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1.0), (" 1.50 ", 1.5), ("+2", 2.0), ("-.5", -0.5), ("3.", 3.0), ("1e3", 1000.0), ("1E-3", 0.001)],
)
def test_numbers_as_people_write_them(text: str, number: float) -> None:
    assert typed(pa.array([text]), "number").values.to_pylist() == [number]


@pytest.mark.parametrize("text", ["1,5", "1 000", "1_000", "0x10", "1e", "e3", "--1", "$1", "1%", "١", "-inf", "1e99"])
def test_what_is_no_number(text: str) -> None:
    assert [problem.bad.tolist() for problem in typed(pa.array([text, "1"]), "number").problems] == [[True, False]]


@pytest.mark.parametrize(
    "text",
    [
        "2026-1-1",
        "01.02.2026",
        "2026-02-29",
        "2026-13-01",
        "20260101",
        "2026-01-01 25:00",
        "1899-12-30",
        "2026-W01-1",
        "now",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    assert [problem.bad.tolist() for problem in typed(pa.array([text, "2026-01-01"]), "moment").problems] == [
        [True, False]
    ]


ANY_TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)


def says_something(text: str) -> bool:
    """No part of it is what programs write for an empty cell: those are empty."""
    return not any(NOTHING.fullmatch(part.strip()) for part in text.split("|"))


@settings(max_examples=40, deadline=None)
@given(st.lists(ANY_TEXT.filter(says_something), min_size=15, max_size=15))
def test_names_survive_our_own_csv_and_come_back(names: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = write_small_campaign(Path(folder))
        plain = read(load(path)).products
        write_csv(path / "products.csv", plain.assign(name=names))

        again = read(load(path)).products

    stripped = [name.strip() for name in names]
    wanted = [name or product for name, product in zip(stripped, plain["product_id"], strict=True)]
    assert again["name"].tolist() == wanted


SPLINTERS = st.sampled_from(
    [b'"', b'""', b",", b"\n", b"\r", b"\0", b"\xff", b"'", b";", b" ", b"nan", b"-", b"\xef\xbb\xbf", b"x" * 300]
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.lists(st.tuples(st.floats(0, 1), SPLINTERS, st.integers(0, 40)), max_size=4))
def test_no_broken_file_is_a_bug(name: str, splinters: list[tuple[float, bytes, int]]) -> None:
    data = FILES[name].encode()
    for place, splinter, gone in splinters:
        at = round(place * len(data))
        data = data[:at] + splinter + data[at + gone :]
    with TemporaryDirectory() as folder:
        faults, notes, _ = check(write_small_campaign(Path(folder), files={name: data}))

    assert all(str(line).isprintable() for line in (*faults, *notes))
