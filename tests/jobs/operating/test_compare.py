"""What two runs differ in is told key by key, and which boxes changed is what anyone can count in the two files."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.csv_text import write_csv
from jobs.faults import UsageRefused
from jobs.operating.box_changes import box_changes
from jobs.operating.compare import compare_answer
from jobs.operating.nights import record_of
from jobs.operating.records import append_row
from jobs.operating.run_record import read_settings
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import publish_small

BOXES = st.dictionaries(
    st.tuples(st.sampled_from("AB"), st.sampled_from(["", "own"])),
    st.sets(st.sampled_from("PQRS"), min_size=1),
    max_size=4,
)


def write(folder: Path, boxes: dict[tuple[str, str], set[str]]) -> Path:
    folder.mkdir()
    rows = [(*box, product) for box, products in boxes.items() for product in products]
    write_csv(
        folder / "assignments.csv", pd.DataFrame(rows, columns=["customer_id", "box_id", "product_id"], dtype="str")
    )
    return folder


@settings(deadline=None, max_examples=100)
@given(BOXES, BOXES)
def test_boxes_are_counted_as_anyone_would(
    tmp_path_factory: pytest.TempPathFactory, a: dict[tuple[str, str], set[str]], b: dict[tuple[str, str], set[str]]
) -> None:
    folder = tmp_path_factory.mktemp("runs")

    found = box_changes(write(folder / "a", a), write(folder / "b", b))

    before, after = (Counter(product for products in boxes.values() for product in products) for boxes in (a, b))
    products = {own: (before[own], after[own]) for own in {*before, *after} if before[own] != after[own]}
    assert found is not None
    assert found["both"] == len(a.keys() & b.keys())
    assert found["changed"] == sum(a[box] != b[box] for box in a.keys() & b.keys())
    assert (found["new"], found["gone"]) == (len(b.keys() - a.keys()), len(a.keys() - b.keys()))
    assert {own["product_id"]: (own["a"], own["b"]) for own in found["products"]} == products
    assert [abs(own["b"] - own["a"]) for own in found["products"]] == sorted(
        (abs(after - before) for before, after in products.values()), reverse=True
    )


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs of the small campaign, with other quotas, stock and boxes."""
    folder = write_small_campaign(tmp_path_factory.mktemp("two") / "shop")
    first = publish_small(folder).folder
    toml = folder / "campaign.toml"
    toml.write_text(
        toml.read_text().replace('name = "Acme launch"', 'name = "Acme start"').replace("seed = 7", "seed = 8")
    )
    stock = (folder / "inventory.csv").read_text().splitlines()
    (folder / "inventory.csv").write_text("\n".join([*stock[:-1], ""]))
    return first, publish_small(folder, seed=1).folder


def told(content: Any, part: str) -> dict[str, tuple[Any, Any]]:
    return {one["key"]: (one["a"], one["b"]) for one in content[part]}


def test_settings_and_inputs_are_told_one_by_one(two: tuple[Path, Path]) -> None:
    answer = compare_answer(*two)

    settings = told(answer.content, "settings")
    assert settings["campaign.seed"] == (7, 8)
    assert settings["quota[Acme launch].at_least"] == (2, None)
    assert settings["quota[Acme start].at_least"] == (None, 2)
    assert {one["table"]: (one["rows_a"], one["rows_b"]) for one in answer.content["inputs"]} == {"inventory": (26, 25)}
    assert "  campaign.seed: 7 -> 8" in answer.lines
    assert answer.lines[1] == "inputs: inventory (26 -> 25)"
    assert answer.content["boxes"]["changed"] > 0
    assert answer.lines[-1 - len(answer.content["boxes"]["products"])].startswith("boxes: ")


def test_a_run_against_itself_is_the_same(two: tuple[Path, Path]) -> None:
    content = compare_answer(two[0], two[0]).content

    assert not any(content[part] for part in ("inputs", "settings", "code", "weights", "plan"))
    assert (content["boxes"]["changed"], content["boxes"]["products"]) == (0, [])


def test_intervals_that_lie_apart_are_told(tmp_path: Path) -> None:
    for name, value in (("a", 0.1), ("b", 0.3), ("c", 0.12)):
        (tmp_path / name).mkdir()
        row = {"part": "warm customers", "model": "boxwise", "metric": "nDCG@20", "n": 5}
        quality = [{**row, "value": value, "low": value - 0.05, "high": value + 0.05}]
        manifest = {"run_id": name, "metrics": {"evaluation": quality}}
        (tmp_path / name / "manifest.json").write_text(json.dumps(manifest))

    apart = {name: compare_answer(tmp_path / "a", tmp_path / name).content["quality"][0]["apart"] for name in "bc"}

    assert apart == {"b": True, "c": False}
    assert compare_answer(tmp_path / "a", tmp_path / "b").content["boxes"] is None


def test_a_removed_run_is_compared_by_its_line(two: tuple[Path, Path], tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(two[1], runs / two[1].name)
    row = {**record_of(two[0]), "ended_utc": "2026-11-28T02:21:06Z", "status": "published", "exit": 0}
    append_row(runs, row)

    content = compare_answer(runs / two[0].name, runs / two[1].name).content

    assert told(content, "settings")["campaign.seed"] == (7, 8)
    assert content["boxes"] is None
    with pytest.raises(UsageRefused, match=f'expected a run\'s folder \\(did you mean "{two[0].name}"'):
        compare_answer(runs / f"{two[0].name[:-1]}!", two[1])


def test_passwords_are_not_kept(tmp_path: Path) -> None:
    toml = tmp_path / "campaign.toml"
    toml.write_text(
        '[inputs.events]\nconnect = "postgres://me:hunter2@db"\nsql = "ATTACH \'password=hunter2\'"\n'
        '[inputs.edits]\nsql = "SELECT 1"\n[notify]\ncommand = ["curl", "-u", "hunter2"]\n'
        '[operate]\nlineage = "https://me:hunter2@host"\n'
    )

    kept = read_settings(toml)

    assert "hunter2" not in json.dumps(kept)
    assert kept["inputs.edits.sql"] == "SELECT 1"
    assert len(kept) == 5


def test_weights_that_an_older_run_did_not_keep_are_told_in_a_line(tmp_path: Path) -> None:
    for name, weights in (("a", {}), ("b", {"packing": {f"part {n}": n / 7 for n in range(40)}})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(json.dumps({"run_id": name}))
        (tmp_path / name / "weights.json").write_text(json.dumps(weights))

    answer = compare_answer(tmp_path / "a", tmp_path / "b")

    assert "weights of the score: told by b only; a is of an older boxwise" in answer.lines
    assert len(answer.content["weights"]) == 40
    assert "  packing.part 1: 0.142857 -> not said" not in answer.lines
