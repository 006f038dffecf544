"""`boxwise verify`: one altered cell, stock figure, price or input is found, each with the words that say which."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from jobs.checking.verify import Report, verify
from jobs.faults import UsageRefused
from jobs.outputs.rebuild import rebuild
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import pack_small, publish_small
from tests.known import worths


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_campaign(tmp_path_factory.mktemp("small"))
    publish_small(folder)
    return folder


@pytest.fixture
def campaign(published: Path, tmp_path: Path) -> Path:
    """A campaign folder with a published run, which a test may spoil."""
    return Path(shutil.copytree(published, tmp_path / "moved", symlinks=True))


@pytest.fixture
def run(campaign: Path) -> Path:
    return campaign / "runs" / "current"


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def assert_found(report: Report, *lines: str) -> None:
    for line in lines:
        assert any(line in fault for fault in report.faults), "\n".join(report.faults)


def test_an_honest_run_says_what_was_looked_at(run: Path) -> None:
    report = verify(run)
    assert report.faults == ()
    assert report.lines[0].endswith("18 files are as the night wrote them")
    assert report.lines[1].startswith("11 boxes, 30 items: every rule")
    assert report.lines[2] == "what 11 customers may receive worked out again from the tables"
    assert "no plan is worth more than" in report.lines[3]
    assert report.lines[4] == "the campaign's 7 input files are still those of the night"
    assert verify(run.resolve()) == report


def test_a_run_opens_again_as_it_was_packed(published: Path) -> None:
    night, again = pack_small(published), rebuild((published / "runs" / "current").resolve())
    assert again.boxes.tolist() == night.boxes.tolist()
    assert worths(again.problem).tolist() == worths(night.problem).tolist()
    assert again.problem.stock.tolist() == night.problem.stock.tolist()
    assert night.plan.prices is not None
    assert again.prices.stock.tolist() == night.plan.prices.stock.tolist()
    assert again.certificate["upper_bound"] == night.plan.upper_bound


def test_one_altered_cell_of_assignments(run: Path) -> None:
    replace(run / "assignments.csv", "C01,1,P01,Foam cleanser,Acme,skin", "C01,1,P09,Repair mask,Corva,hair")
    assert_found(
        verify(run),
        "assignments.csv: was changed after the night wrote it",
        "customer C01, product P09: the hair type rule does not allow it",
        "second opinion, customer C01, product P09, allowed",
        "products.csv, row 2, product P01 in north, column packed: found 3, expected 2",
        "website.sqlite, boxes: customer C01 is not shown the box of assignments.csv",
        "certificate.json: value is",
    )


def test_one_altered_word_of_assignments(run: Path) -> None:
    replace(run / "assignments.csv", "Foam cleanser", "Foam Cleanser")
    assert_found(verify(run), 'column product_name: found "Foam Cleanser", expected "Foam cleanser"')


def test_one_altered_stock_figure_in_products(run: Path) -> None:
    replace(run / "products.csv", "P01,Foam cleanser,north,3,3", "P01,Foam cleanser,north,4,3")
    assert_found(
        verify(run),
        "products.csv: was changed after the night wrote it",
        "products.csv, row 2, product P01 in north, column available: found 4, expected 3",
    )


def test_one_altered_stock_figure_in_the_runs_own_copy(run: Path) -> None:
    path = run / "inputs" / "inventory.parquet"
    frame = pd.read_parquet(path)
    frame.loc[(frame["product_id"] == "P01") & (frame["warehouse"] == "north"), "on_hand"] -= 1
    frame.to_parquet(path)
    assert_found(
        verify(run, inputs_as_kept=True),
        "inputs/inventory.parquet: was changed after the night wrote it",
        "stock: 3 of product P01 in north are packed, the inventory has 2",
        "second opinion, product P01, stock",
        "certificate.json: upper_bound is",
    )


def test_one_altered_stock_figure_in_the_campaign(campaign: Path, run: Path) -> None:
    replace(campaign / "inventory.csv", "P02,north,6,0,1,0", "P02,north,7,0,1,0")
    replace(campaign / "inventory.csv", "P13,south,5,1,1,0\n", "")
    report = verify(run)
    assert report.faults == (
        "inventory.csv: was changed after the night read it",
        "inventory.csv: product P13 in south: the night read it, today it is not there",
        "inventory.csv: product P02 in north on_hand is 7, the night read 6; 0 are packed",
    )
    kept = verify(run, inputs_as_kept=True)
    assert kept.faults == ()
    assert kept.lines[4] == "the run's own copy of its inputs was used; today's files were not looked at"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "north,P01,,47228,10,",
            "north,P01,,47227,10,",
            "row 2: price 47227 of product P01 is 0.0047227 points, the row",
        ),
        ("P02,,7273,", "P02,,0,", "certificate.json: upper_bound is"),
        (
            "cost budget,3,10,3e-7",
            "cost budget,4,10,3e-7",
            "row 31: price 4 of cost budget is 4e-07 points, the row says 3e-7",
        ),
    ],
)
def test_one_altered_price(run: Path, old: str, new: str, words: str) -> None:
    replace(run / "prices.csv", old, new)
    assert_found(verify(run), "prices.csv: was changed after the night wrote it", words)


def test_an_altered_price_with_its_points_moves_the_bound(run: Path) -> None:
    replace(run / "prices.csv", "north,P01,,47228,10,0.0047228", "north,P01,,99999,10,0.0099999")
    assert_found(
        verify(run),
        "column marginal_value: found 0.004723, expected 0.01",
        "certificate.json: upper_bound is",
        "certificate.json: gap is",
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("P01,,47228", "P01,,lots", 'found price "lots", expected a whole number'),
        ("stock,north,P01,,47228,10,0.0047228\n", "", "prices.csv: no row for product P01 in north"),
        ("at_most,,,cost budget,3,", "at_most,,,cost budget,-3,", 'found price "-3"'),
        ("at_least,,,Acme launch,7,10", "at_least,,,Acme launch,70000000,10", "expected at_least price of Acme launch"),
    ],
)
def test_prices_that_prove_nothing(run: Path, old: str, new: str, words: str) -> None:
    replace(run / "prices.csv", old, new)
    assert_found(verify(run), words)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("value", 1, "certificate.json: value is 1, the boxes of assignments.csv are worth"),
        ("upper_bound", 1, "certificate.json: upper_bound is 1, prices.csv proves"),
        ("gap", 0.0, "certificate.json: gap is 0.0, found"),
        ("faults", ["a rule"], "certificate.json: tells 1 faults, expected none"),
        ("n_customers", 3, "certificate.json: n_customers is 3, expected 11"),
    ],
)
def test_one_altered_word_of_the_certificate(run: Path, key: str, value: object, words: str) -> None:
    path = run / "certificate.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    assert_found(verify(run), "certificate.json: was changed after the night wrote it", words)


def test_a_missing_file_and_a_renamed_run(run: Path) -> None:
    folder = run.resolve()
    (folder / "report.html").unlink()
    other = folder.rename(folder.with_name("other"))
    assert_found(verify(other), "report.html: is missing", "manifest.json: names run", "expected other")


@pytest.mark.parametrize("name", ["assignments.csv", "prices.csv", "scores.parquet", "inputs/edits.parquet"])
def test_spoilt_files_are_lines_not_a_crash(run: Path, name: str) -> None:
    (run / name).write_bytes(b"spoilt")
    assert_found(verify(run), f"{name}: was changed after the night wrote it", "cannot be re")


def test_changed_inputs_are_told_cell_by_cell(campaign: Path, run: Path) -> None:
    replace(campaign / "campaign.toml", "box_size = 3", "box_size = 4")
    replace(campaign / "products.csv", "P12,Mascara,make-up,Dune,,10.0", "P12,Mascara,make-up,Dune,,10.5")
    replace(campaign / "edits.csv", "C10,P05,ban", "C10,P04,ban")
    replace(campaign / "customers.csv", "C05,north,2,,basic", "C05,south,2,,basic")
    replace(campaign / "events.csv", "C01", "C02")
    assert_found(
        verify(run),
        'campaign.toml, line 4: "box_size = 4" was not in the file that the night read',
        'campaign.toml: "box_size = 3" was in the file that the night read',
        "products.csv: product P12 retail_value is 10.5, the night read 10.0",
        'edits.csv: "C10, P04, ban, asked for no oils" is there 1 times, the night read it 0 times',
        "customers.csv: customer C05 warehouse is south, the night read north",
        "events.csv: was changed after the night read it",
    )


def test_inputs_that_would_be_refused_today(campaign: Path, run: Path) -> None:
    replace(campaign / "inventory.csv", "P02,north,6,0", "P02,north,-6.5,0")
    (campaign / "shipments.csv").unlink()
    assert_found(
        verify(run),
        "inventory.csv: was changed after the night read it",
        "today's inputs would be refused: inventory.csv, row 3, column on_hand",
        "shipments.csv: was there when the night read it, and is gone",
    )


def test_a_run_without_its_campaign_stands_by_itself(run: Path, tmp_path: Path) -> None:
    alone = Path(shutil.copytree(run.resolve(), tmp_path / "archive" / "runs" / run.resolve().name))
    report = verify(alone)
    assert report.faults == ()
    assert "not here any more" in report.lines[4]


def test_what_is_not_a_run_is_refused(campaign: Path) -> None:
    with pytest.raises(UsageRefused, match="there is no run at"):
        verify(campaign / "nowhere")
    with pytest.raises(UsageRefused, match=r"is not a run: .* did you mean .*runs/current"):
        verify(campaign / "runs")
