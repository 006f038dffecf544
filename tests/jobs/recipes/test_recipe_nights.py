"""What `boxwise init` writes is enough for a whole night, untouched: one per recipe, from exports to boxes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from jobs.check import check
from jobs.nightly import nightly
from jobs.progress import Stages
from jobs.recipes.init import PLATFORMS, init
from tests.jobs.recipes.writers import WRITERS

pytest.importorskip("duckdb", reason="a recipe's queries run in DuckDB, the extra sql")
BOXES = {"shopify": 9, "recharge": 9, "woocommerce": 9, "csv": 10}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_night_publishes(platform: str, tmp_path: Path) -> None:
    folder = WRITERS[platform](tmp_path / "s")
    init(platform, folder)
    assert check(folder)[-1].endswith("ready for the night: no fault")

    finished = nightly(folder, stages=Stages(stream=io.StringIO()))

    assert f"{BOXES[platform]} boxes, {5 * BOXES[platform]} items, 0 not full" in finished.lines[1]
    with (folder / "runs" / "current" / "assignments.csv").open(encoding="utf-8-sig") as file:
        packed = list(csv.DictReader(file))
    assert len({row["customer_id"] for row in packed}) == BOXES[platform]
    assert not [row for row in packed if "@" in "".join(row.values())]
