"""history.jsonl keeps every whole line, whatever a crash or a stranger leaves in it, and takes lines of two at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jobs.operating.records import FILE, append_row, moment, read_rows
from jobs.operating.run_record import flat

ROW = {"ended_utc": "2026-11-28T02:21:06Z", "status": "refused", "exit": 3}


def row(number: int) -> dict[str, Any]:
    return {**ROW, "number": number}


def test_what_is_appended_is_read_in_order(tmp_path: Path) -> None:
    runs = tmp_path / "not" / "there"
    assert read_rows(runs) == []
    for number in range(3):
        append_row(runs, row(number))

    assert read_rows(runs) == [row(number) for number in range(3)]


def test_a_line_cut_short_is_left_out_and_taken_away(tmp_path: Path) -> None:
    append_row(tmp_path, row(1))
    whole = (tmp_path / FILE).read_bytes()
    append_row(tmp_path, row(2))
    for cut in range(len(whole), len(whole) * 2 - 1):
        (tmp_path / FILE).write_bytes((whole + whole)[:cut])
        assert read_rows(tmp_path) == [row(1)]
    append_row(tmp_path, row(3))

    assert read_rows(tmp_path) == [row(1), row(3)]
    assert (tmp_path / FILE).read_bytes().count(b"\n") == 2


def test_lines_that_tell_no_night_are_passed_over(tmp_path: Path) -> None:
    lines = [
        "",
        "null",
        "[1]",
        "{}",
        '{"status": "refused"}',
        '{"status": 3, "ended_utc": "2026-11-28"}',
        "\ufeff",
        "{",
    ]
    (tmp_path / FILE).write_text("\n".join([*lines, json.dumps(ROW), ""]), encoding="utf-8")

    assert read_rows(tmp_path) == [ROW]


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: append_row(tmp_path, row(number)), range(40)))

    assert sorted(told["number"] for told in read_rows(tmp_path)) == list(range(40))


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(tmp_path_factory: Any, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("runs")
    (folder / FILE).write_bytes(content)

    assert isinstance(read_rows(folder), list)


def test_a_moment_without_a_zone_is_utc() -> None:
    assert moment("2026-11-28T02:21:06") == moment("2026-11-28T02:21:06Z") == moment("2026-11-28T03:21:06+01:00")
    assert moment("yesterday") is None
    assert moment(None) is None


def test_settings_go_by_dotted_names() -> None:
    toml = {"quota": [{"name": "Acme", "at_least": 2}], "group": [{"by": "brand"}], "website": {"segments": ["a", "b"]}}

    assert flat(toml) == {
        "quota[Acme].name": "Acme",
        "quota[Acme].at_least": 2,
        "group[0].by": "brand",
        "website.segments": ["a", "b"],
    }
    assert flat({"band": [{"low": float("inf")}]}) == {"band[0].low": "inf"}
