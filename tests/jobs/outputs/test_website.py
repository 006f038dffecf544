"""website.sqlite: the lists come back as they went in, each row knows its release, and nothing half-made passes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.faults import CheckFailed
from jobs.outputs import website
from jobs.outputs.json_lists import customers_boxes, ranked_lists, sent_lists
from jobs.outputs.sent import Sent, sent_items
from jobs.outputs.website import KEYS, check_website, write_website
from jobs.posing.scores import InMemory

RELEASE: dict[str, str | int] = {"run_id": "glow-12ab", "published_at": "2026-12-01T03:10:00Z", "customers": 2}
CATALOGUE = [("P1", "Soap", "", "Body"), ('P"2\\', "Öl\n", "Zoë", "")]


@dataclass
class Lists:
    keys: list[str]
    product_ids: npt.NDArray[np.str_]
    idx: npt.NDArray[np.int32]
    score: npt.NDArray[np.float32]
    reason: npt.NDArray[np.int32]
    reasons: tuple[str, ...]


def lists() -> Lists:
    return Lists(
        keys=["7", "007", "Zoë"],
        product_ids=np.array(["P1", 'P"2\\', "P3"]),
        idx=np.array([[2, 0], [1, -1], [-1, -1]], np.int32),
        score=np.array([[1.5, -0.25], [1e-7, 0], [0, np.nan]], np.float32),
        reason=np.array([[0, 1], [1, 0], [0, 0]], np.int32),
        reasons=('because you bought "Soap"', "new\nthis month"),
    )


def flat(portions: object) -> list[str]:
    return [text for portion in portions for text in portion]  # type: ignore[attr-defined]


def boxes() -> tuple[Sent, list[str]]:
    scores = InMemory(np.array([[0.5, 0.25, 0.75], [1.0, 2.0, 3.0]], np.float32))
    return sent_items(np.array([[2, 0], [-1, -1]], np.int32), scores), ["=why not", "also"]


def write(path: Path, skip: str = "") -> dict[str, int]:
    sent, reasons = boxes()
    tables: dict[str, tuple[Sequence[str], list[list[str]]]] = {
        name: (lists().keys, list(ranked_lists(lists()))) for name in KEYS if name not in ("boxes", skip)
    }
    tables["boxes"] = (["a", "b"], list(sent_lists(2, ["P1", "P2", "P3"], sent, reasons)))
    return write_website(path, RELEASE, tables, CATALOGUE)


def test_lists_read_back_in_rank_order(tmp_path: Path) -> None:
    rows = write(tmp_path / "website.sqlite")
    with closing(sqlite3.connect(tmp_path / "website.sqlite")) as base:
        query = "SELECT release, items FROM recommendations WHERE customer_id = ?"
        found = {key: base.execute(query, (key,)).fetchone() for key in ("7", "007", "Zoë")}
        box = base.execute("SELECT items FROM boxes ORDER BY customer_id").fetchall()
        release = base.execute("SELECT run_id, published_at, customers FROM release").fetchall()
        named = base.execute(
            "SELECT product_id, release, name, brand, category FROM catalogue ORDER BY name"
        ).fetchall()
    assert json.loads(found["7"][1]) == [
        {"product_id": "P3", "score": 1.5, "reason": 'because you bought "Soap"'},
        {"product_id": "P1", "score": -0.25, "reason": "new\nthis month"},
    ]
    assert json.loads(found["007"][1]) == [{"product_id": 'P"2\\', "score": 1e-7, "reason": "new\nthis month"}]
    assert found["Zoë"] == ("glow-12ab", "[]")
    assert json.loads(box[0][0]) == [
        {"product_id": "P3", "score": 0.75, "reason": "=why not"},
        {"product_id": "P1", "score": 0.5, "reason": "also"},
    ]
    assert json.loads(box[1][0]) == []
    assert release == [tuple(RELEASE.values())]
    assert rows == {**dict.fromkeys(KEYS, 3), "boxes": 2, "catalogue": 2}
    assert named == [("P1", "glow-12ab", "Soap", "", "Body"), ('P"2\\', "glow-12ab", "Öl\n", "Zoë", "")]


@settings(deadline=None, max_examples=50)
@given(st.data(), st.text(max_size=8), st.integers(0, 4), st.integers(0, 5))
def test_the_fast_json_is_json_dumps(data: st.DataObject, word: str, n_keys: int, width: int) -> None:
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    found = Lists(
        keys=[str(key) for key in range(n_keys)],
        product_ids=np.array([word.replace("\x00", "") + str(product) for product in range(4)]),
        idx=np.sort(draw.integers(-1, 4, (n_keys, width)).astype(np.int32))[:, ::-1],
        score=draw.normal(size=(n_keys, width)).astype(np.float32),
        reason=draw.integers(0, 2, (n_keys, width)).astype(np.int32),
        reasons=(word, "new"),
    )
    texts = flat(ranked_lists(found))
    for row, text in enumerate(texts):
        expected = [
            {"product_id": found.product_ids[p], "score": found.score[row, place], "reason": found.reasons[why]}
            for place, (p, why) in enumerate(zip(found.idx[row], found.reason[row], strict=True))
            if p >= 0
        ]
        assert [{**entry, "score": np.float32(entry["score"])} for entry in json.loads(text)] == expected
    assert len(texts) == n_keys


def test_portions_do_not_change_the_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    sent, reasons = boxes()
    whole = flat(ranked_lists(lists())), flat(sent_lists(2, ["P1", "P2", "P3"], sent, reasons))
    monkeypatch.setattr("jobs.outputs.json_lists.LISTS_AT_ONCE", 1)
    assert (flat(ranked_lists(lists())), flat(sent_lists(2, ["P1", "P2", "P3"], sent, reasons))) == whole


def test_a_score_that_is_no_number_is_refused() -> None:
    bad = lists()
    bad.score[0, 0] = np.inf
    with pytest.raises(ValueError, match="finite"):
        list(ranked_lists(bad))


def test_a_missing_table_or_list_or_a_double_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected the tables"):
        write(tmp_path / "a.sqlite", skip="bestsellers")
    empty: dict[str, tuple[list[str], list[list[str]]]] = {name: ([], []) for name in KEYS}
    with pytest.raises(ValueError, match="boxes: expected 2 lists, found 1"):
        write_website(tmp_path / "b.sqlite", RELEASE, {**empty, "boxes": (["a", "b"], [["[]"]])}, [])
    with pytest.raises(sqlite3.IntegrityError):
        write_website(tmp_path / "c.sqlite", RELEASE, {**empty, "boxes": (["a", "a"], [["[]", "[]"]])}, [])


def test_rows_of_another_release_and_missing_rows_are_found(tmp_path: Path) -> None:
    rows = write(tmp_path / "website.sqlite")
    with closing(sqlite3.connect(tmp_path / "website.sqlite")) as base:
        base.execute("UPDATE boxes SET release = 'last night' WHERE customer_id = 'a'")
        base.execute("DELETE FROM bestsellers WHERE segment = '7'")
        with pytest.raises(CheckFailed) as refused:
            check_website(base, "glow-12ab", rows)
    assert refused.value.lines == (
        "website.sqlite, bestsellers: found 2 rows, 2 of glow-12ab, expected 3",
        "website.sqlite, boxes: found 2 rows, 1 of glow-12ab, expected 2",
    )


def test_what_was_written_is_read_back_before_it_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = website._write_catalogue

    def short(base: sqlite3.Connection, run_id: str, catalogue: Sequence[tuple[str, ...]]) -> None:
        whole(base, run_id, catalogue[1:])

    monkeypatch.setattr(website, "_write_catalogue", short)
    with pytest.raises(CheckFailed, match="catalogue: found 1 rows, 1 of glow-12ab, expected 2"):
        write(tmp_path / "website.sqlite")


def test_an_old_file_is_replaced_not_added_to(tmp_path: Path) -> None:
    write(tmp_path / "website.sqlite")
    assert write(tmp_path / "website.sqlite")["boxes"] == 2


def test_all_boxes_of_a_customer_are_told_together_and_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = ['[{"a": 1}]', "[]", '[{"b": 2}, {"c": 3}]', "[]"]
    first = np.array([0, 3, 4])
    whole = flat(customers_boxes([lists[:1], lists[1:]], ["one", 'tw"o', "three", ""], first))
    told = [tuple(json.loads(text) for text in row) for row in whole]

    assert told == [
        ([{"a": 1}, {"b": 2}, {"c": 3}], [[{"a": 1}], [], [{"b": 2}, {"c": 3}]], ["one", 'tw"o', "three"]),
        ([], [[]], [""]),
    ]
    monkeypatch.setattr("jobs.outputs.json_lists.LISTS_AT_ONCE", 1)
    assert flat(customers_boxes([lists], ["one", 'tw"o', "three", ""], first)) == whole


def test_one_box_each_is_told_as_where_somebody_has_two() -> None:
    lists, names = ['[{"a": 1}]', "[]", '[{"b": 2}]'], ["one", "", 'tw"o']
    alone = flat(customers_boxes([lists[:2], lists[2:]], names, np.arange(4)))
    beside = flat(customers_boxes([[*lists, "[]", "[]"]], [*names, "x", "y"], np.array([0, 1, 2, 3, 5])))

    assert alone == beside[:3]


def test_reasons_that_are_codes_already_give_the_same_boxes() -> None:
    sent, reasons = boxes()
    codes = pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.int32()), pa.array(reasons[::-1], pa.large_string()))
    told = [flat(sent_lists(2, ["P1", "P2", "P3"], sent, given_)) for given_ in (reasons, codes)]

    assert told[0] == told[1]


def test_a_list_alone_is_one_box_without_a_name(tmp_path: Path) -> None:
    write(tmp_path / "website.sqlite")
    with closing(sqlite3.connect(tmp_path / "website.sqlite")) as base:
        for items, each, names in base.execute("SELECT items, boxes, box_ids FROM boxes"):
            assert (each, names) == (f"[{items}]", '[""]')
