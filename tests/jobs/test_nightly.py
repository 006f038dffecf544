"""The whole night on the small campaign: what it publishes, that it repeats itself, and how it ends when it refuses."""

import fcntl
import hashlib
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jobs import nightly as nightly_module
from jobs.checking.verify import verify
from jobs.csv_text import read_csv
from jobs.faults import Exit, Refusal
from jobs.nightly import nightly
from jobs.packing.pack import pack
from jobs.progress import Stages
from optimizer.problem import Termination
from tests.jobs.logged import logged
from tests.jobs.small_campaign import write_small_campaign

DETERMINISTIC = ("assignments.csv", "boxes.csv", "products.csv", "exceptions.csv", "scores.parquet", "prices.csv",
                 "certificate.json", "evaluation.json", "rules.json")  # fmt: skip


def night(folder: Path, *accept: str, fresh: bool = False):
    return nightly(folder, stages=Stages(io.StringIO()), accept=accept, fresh=fresh)


def digests(run: Path) -> dict[str, str]:
    return {name: hashlib.sha256((run / name).read_bytes()).hexdigest() for name in DETERMINISTIC}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_small_campaign(folder)
    night(folder)
    return folder


def test_a_night_publishes_every_file_and_the_second_opinion_agrees(published):
    current = published / "runs" / "current"
    names = {path.name for path in current.iterdir()}
    assert {"report.html", "website.sqlite", "changes.csv", "manifest.json", *DETERMINISTIC} <= names
    assert verify(current).faults == ()


def test_a_night_tells_what_each_rule_forbids_to_whom(published):
    """Run again: the same night, and what it says meanwhile."""
    said = io.StringIO()
    nightly(published, stages=Stages(said))
    lines = logged(said.getvalue())
    assert (
        "rule allergens: forbids 3 of 13 products to 3 of 11 customers, 7 pairs in all; 4 customers have no answer"
        in lines
    )
    rules = json.loads((published / "runs" / "current" / "rules.json").read_text())["eligibility"]
    assert [(rule["name"], rule["customers"], rule["products"], rule["pairs"]) for rule in rules] == [
        ("hair type", 10, 4, 25),
        ("allergens", 3, 3, 7),
    ]


def test_stages_come_in_the_order_of_the_house(published):
    stages = [stage["stage"] for stage in json.loads((published / "runs/current/manifest.json").read_text())["stages"]]
    assert stages == ["extract", "evaluate", "train", "score", "pack", "verify", "lists", "stage", "audit"]


def test_the_same_inputs_give_the_same_bytes_elsewhere(published, tmp_path):
    write_small_campaign(tmp_path)
    night(tmp_path)
    assert (tmp_path / "runs/current").readlink() == (published / "runs/current").readlink()
    assert digests(tmp_path / "runs/current") == digests(published / "runs/current")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot keep a program on one core")
def test_one_thread_gives_the_same_bytes_as_two(published, tmp_path):
    write_small_campaign(tmp_path)
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    code = (
        "import os, sys; os.sched_setaffinity(0, {0}); sys.argv[0] = 'boxwise'; from jobs.cli.main import main; main()"
    )
    command = [sys.executable, "-c", code, "nightly", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    assert digests(tmp_path / "runs/current") == digests(published / "runs/current")


def test_a_night_run_again_proves_itself(published):
    before = digests(published / "runs/current")
    again = night(published, fresh=True)
    assert again.published.was_there
    assert digests(published / "runs/current") == before


def test_events_after_the_ship_date_teach_nothing(published, tmp_path):
    write_small_campaign(tmp_path, append={"events.csv": "C01,P05,purchase,2027-01-01,\nC02,P09,view,2026-12-06,\n"})
    night(tmp_path)
    new, old = (read_csv(folder / "runs/current/assignments.csv") for folder in (tmp_path, published))
    assert new.drop(columns="run_id").equals(old.drop(columns="run_id"))
    told = read_csv(tmp_path / "runs/current/exceptions.csv")
    assert told[told["kind"] == "left out"]["why"].str.contains("2 ").any()


@pytest.mark.parametrize(
    ("replace", "code", "words"),
    [
        ({"campaign.toml": ("max_share = 1.0", "max_share = 0.0")}, Exit.NO_ACCEPTABLE_PLAN, "boxes are short"),
        ({"campaign.toml": ('policy = "ship_short"', 'policy = "stop"')}, Exit.NO_ACCEPTABLE_PLAN, "stop"),
        ({"campaign.toml": ("box_size = 3", "box_sise = 3")}, Exit.INPUT_REFUSED, "box_size"),
        ({"inventory.csv": ("P01,north,", "P91,north,")}, Exit.INPUT_REFUSED, "P91"),
    ],
)
def test_a_refused_night_leaves_the_published_run_alone(published, replace, code, words):
    name, (old, new) = next(iter(replace.items()))
    path, link = published / name, (published / "runs/current").readlink()
    text = path.read_text()
    stocks = (published / "inventory.csv").read_text()
    try:
        path.write_text(text.replace(old, new, 1))
        if name == "campaign.toml" and code == Exit.NO_ACCEPTABLE_PLAN:
            lines = (published / "inventory.csv").read_text().splitlines()
            (published / "inventory.csv").write_text("\n".join(lines[:6]) + "\n" + lines[-1] + "\n")
        with pytest.raises(Refusal) as refused:
            night(published, "inventory")
    finally:
        path.write_text(text)
        (published / "inventory.csv").write_text(stocks)
    assert refused.value.exit == code
    assert any(words in line for line in refused.value.lines)
    assert (published / "runs/current").readlink() == link
    assert not list((published / "runs").glob(".staging-*"))


def test_a_gap_that_is_too_wide_is_not_published(published, monkeypatch):
    import jobs.nightly as module
    from optimizer.problem import Plan

    monkeypatch.setattr(Plan, "gap", property(lambda plan: 0.5))
    path = published / "campaign.toml"
    text = path.read_text()
    try:
        path.write_text(text.replace("max_gap = 1.0", "max_gap = 0.01"))
        with pytest.raises(Refusal, match="max_gap") as refused:
            module.nightly(published, stages=Stages(io.StringIO()))
    finally:
        path.write_text(text)
    assert refused.value.exit == Exit.CHECK_FAILED


def test_another_night_on_the_same_runs_is_refused(published):
    with (published / "runs" / ".night.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(Refusal) as refused:
            night(published)
    assert refused.value.exit == Exit.ANOTHER_NIGHT


def test_faults_of_the_configuration_and_of_the_tables_are_told_together(tmp_path):
    write_small_campaign(
        tmp_path,
        replace={"campaign.toml": ("box_size", "box_sise"), "customers.csv": ("C01,north,1,", "C01,north,1,x")},
    )
    with pytest.raises(Refusal) as refused:
        night(tmp_path)
    files = {line.split(",")[0] for line in refused.value.lines}
    assert {"campaign.toml", "customers.csv"} <= files


@pytest.mark.parametrize("setting", ["refuse", "tell"])
def test_a_model_worse_than_the_published_one_is_refused_or_told(tmp_path, monkeypatch, setting):
    write_small_campaign(tmp_path)
    path = tmp_path / "campaign.toml"
    path.write_text(path.read_text().replace("max_gap = 1.0", f'max_gap = 1.0\nmodel_gate = "{setting}"'))
    before = night(tmp_path).published.run_id
    manifest = tmp_path / "runs/current/manifest.json"
    content = json.loads(manifest.read_text())
    for row in content["metrics"]["evaluation"]:
        row.update(value=3.0, low=3.0, high=3.0)
    manifest.write_text(json.dumps(content))
    monkeypatch.setattr("jobs.evaluating.gate.FEW", 1)  # the small campaign has few customers
    path.write_text(path.read_text() + "\n# another night\n")

    if setting == "refuse":
        with pytest.raises(Refusal, match=r"against last night's 3\.0000: worse by at least") as refused:
            night(tmp_path)
        assert refused.value.exit == Exit.MODEL_REFUSED
        assert (tmp_path / "runs/current").resolve().name == before
    else:
        finished = night(tmp_path)
        assert any("WARNING" in line and "worse by at least" in line for line in finished.lines)
        assert "worse by at least" in (tmp_path / "runs/current/report.html").read_text()


def test_an_edit_of_the_campaign_file_while_the_night_runs_is_for_tomorrow(tmp_path, monkeypatch):
    write_small_campaign(tmp_path)
    file = tmp_path / "campaign.toml"

    def pack_slowly(*given, **named):
        file.write_text(file.read_text("utf-8").replace("[[eligibility]]", "[[eligibility_]]"), "utf-8")
        return pack(*given, **named)

    monkeypatch.setattr(nightly_module, "pack", pack_slowly)
    night(tmp_path)

    kept = (tmp_path / "runs" / "current" / "inputs" / "campaign.toml").read_text("utf-8")
    assert "[[eligibility]]" in kept
    assert "[[eligibility_]]" in file.read_text("utf-8")


def test_a_plan_without_a_proof_is_told_so_and_refused(tmp_path, monkeypatch):
    write_small_campaign(tmp_path)

    def unproved(*given, **named):
        packed = pack(*given, **named)
        plan = replace(packed.plan, termination=Termination.FEASIBLE, upper_bound=None, prices=None)
        return replace(packed, plan=plan)

    monkeypatch.setattr(nightly_module, "pack", unproved)
    shown = io.StringIO()
    with pytest.raises(Refusal, match="no gap is proved") as refused:
        nightly(tmp_path, stages=Stages(shown))

    assert refused.value.exit == Exit.CHECK_FAILED
    assert "no gap proved" in shown.getvalue()


def test_locks_too_many_are_told_and_nobody_pays_for_them(tmp_path):
    """North has 4 units of P04 and six customers; the second opinion knows which locks were taken back."""
    north = ("C01", "C02", "C03", "C04", "C05", "C06")
    edits = "customer_id,product_id,action,reason\n" + "".join(f"{one},P04,lock,\n" for one in north)
    write_small_campaign(tmp_path, files={"edits.csv": edits})
    night(tmp_path)
    run = tmp_path / "runs" / "current"
    told, sent = read_csv(run / "exceptions.csv"), read_csv(run / "assignments.csv")
    lost = told[told["kind"] == "lock"]
    assert len(lost) == 2
    assert set(lost["what"]) == {"a lock that is not kept"}
    holders = set(sent.loc[sent["product_id"] == "P04", "customer_id"]) & set(north)
    assert holders | set(lost["customer_id"]) == set(north)
    assert set(north) <= set(sent["customer_id"]), "no lock costs a customer her whole box"
    assert verify(run).faults == ()
    (run / "exceptions.csv").write_text(
        (run / "exceptions.csv").read_text("utf-8-sig").replace("lock,C", "locked,C"), "utf-8-sig"
    )
    assert any("which a merchandiser locked in" in fault for fault in verify(run).faults)
