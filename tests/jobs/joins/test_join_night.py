"""A whole night tells how its tables join: on the screen, in manifest.json, joins.json, exceptions.csv and the report.

The counts are made again from the files, by the csv module and sets: a second opinion.
"""

from __future__ import annotations

import csv
import html
import io
import json
from pathlib import Path
from typing import Any

import pytest

from jobs.checking.verify import verify
from jobs.csv_text import read_csv
from jobs.faults import InputRefused
from jobs.nightly import nightly
from jobs.progress import Stages
from tests.jobs.joined_shop import frames, respelled, write_shop
from tests.jobs.logged import logged

RESPELLED = (
    "events.csv: 396 of 440 events name a product of this campaign (12 of 18 distinct ids); 44 more (6 ids) would "
    'match after folding upper and lower case: "p02" for "P02", "p04" for "P04"'
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A published shop, a tenth of whose events name products in lower case; its folder and what the night said."""
    tables = respelled(frames(), "events", "product_id", str.lower, rows=0.1)
    folder = write_shop(tmp_path_factory.mktemp("joined") / "shop", tables, "[short]\nmax_share = 1.0\n")
    said = io.StringIO()
    nightly(folder, stages=Stages(said))
    return folder, "\n".join(logged(said.getvalue()))


def told(folder: Path) -> list[dict[str, Any]]:
    joins: list[dict[str, Any]] = json.loads((folder / "runs" / "current" / "joins.json").read_text())["joins"]
    return joins


def column(folder: Path, dotted: str) -> list[str]:
    """The cells of `table.column` in its CSV."""
    table, _, name = dotted.partition(".")
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def test_the_night_says_every_reference(shop: tuple[Path, str]) -> None:
    folder, said = shop

    lines = said.splitlines()
    assert RESPELLED in lines
    assert "shipments.csv: 120 of 120 shipments name a customer of this campaign (40 of 40 distinct ids)" in lines
    assert [join["words"] for join in told(folder) if join["words"] not in lines] == []
    assert len(told(folder)) == 8


def test_the_counts_are_those_of_the_files(shop: tuple[Path, str]) -> None:
    folder, _ = shop
    for join in told(folder):
        cells = [cell for cell in column(folder, f"{join['table']}.{join['column']}") if cell]
        known = set(column(folder, join["names"]))
        assert join["rows"] == len(cells)
        assert join["matched"] == sum(cell in known for cell in cells)
        assert (join["ids"], join["matched_ids"]) == (len(set(cells)), len(set(cells) & known))
        folded = {name.casefold() for name in known}
        assert join["respelled"] == sum(cell not in known and cell.casefold() in folded for cell in cells)
    assert sum(join["respelled"] for join in told(folder)) == 44


def test_the_manifest_holds_the_counts_for_the_next_night(shop: tuple[Path, str]) -> None:
    folder, _ = shop

    manifest = json.loads((folder / "runs" / "current" / "manifest.json").read_text())

    assert manifest["joins"] == [{k: v for k, v in join.items() if k != "words"} for join in told(folder)]
    assert verify(folder / "runs" / "current").faults == ()


def test_exceptions_tell_what_is_wrong_and_what_would_fix_it(shop: tuple[Path, str]) -> None:
    exceptions = read_csv(shop[0] / "runs" / "current" / "exceptions.csv")

    (row,) = exceptions[exceptions["kind"] == "left out"].to_dict("records")

    assert row["why"] == RESPELLED
    assert row["fix"] == "write product_id as product_id of products.csv is written"


def test_the_report_tells_every_reference(shop: tuple[Path, str]) -> None:
    page = html.unescape((shop[0] / "runs" / "current" / "report.html").read_text(encoding="utf-8"))

    assert [join["words"] for join in told(shop[0]) if join["words"] not in page] == []
    assert "What the tables say of each other" in page


def test_a_night_whose_shipments_lost_their_customers_changes_nothing(shop: tuple[Path, str]) -> None:
    folder, _ = shop
    before = (folder / "runs" / "current").readlink()
    kept = (folder / "shipments.csv").read_bytes()
    respelled(frames(), "shipments", "customer_id", lambda name: f"gone {name[::-1]}", rows=0.6)["shipments"].to_csv(
        folder / "shipments.csv", index=False
    )

    with pytest.raises(InputRefused, match=r"it fell from 100 % to 40 % .*shipments\.customer_id\.fallen"):
        nightly(folder, stages=Stages(io.StringIO()))

    (folder / "shipments.csv").write_bytes(kept)
    assert (folder / "runs" / "current").readlink() == before
