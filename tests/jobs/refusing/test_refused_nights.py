"""A night that is refused leaves its story beside the runs: what it found, and why; nobody else ever reads it."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from jobs.csv_text import read_csv
from jobs.explaining.explain import explain
from jobs.faults import Exit, Refusal
from jobs.nightly import nightly
from jobs.outputs.rebuild import find_run
from jobs.progress import Stages
from jobs.publishing.publish import current_run, rollback
from jobs.publishing.targets import target
from jobs.refusing.story import FILE, FOLDER, LOG, prune
from jobs.stopping import Stopped
from tests.jobs.small_campaign import write_small_campaign

FEW = {
    "inventory.csv": "product_id,warehouse,on_hand,reserved,safety_stock,at_least\n"
    + "".join(f"P{number:02d},{place},2,0,0,0\n" for place in ("north", "south") for number in (1, 2, 3, 6, 7, 8))
}


def refused(shop: Path, *accept: str) -> tuple[Refusal, str]:
    """How the night ended, and what it said meanwhile."""
    said = io.StringIO()
    with pytest.raises(Refusal) as ended:
        nightly(shop, stages=Stages(said), accept=accept)
    return ended.value, said.getvalue()


def stories(shop: Path) -> list[Path]:
    return sorted((shop / "runs" / FOLDER).iterdir())


def told(story: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((story / FILE).read_text(encoding="utf-8"))
    assert set(found) == {"run_id", "at", "exit", "stage", "lines"}
    return found


def without_runs(shop: Path, folder: Path, **files: str) -> Path:
    shutil.copytree(shop, folder, ignore=shutil.ignore_patterns("runs"))
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published night, then one with little stock that is refused: too many boxes are short."""
    shop = write_small_campaign(tmp_path_factory.mktemp("short") / "shop")
    nightly(shop, stages=Stages(io.StringIO()))
    toml = (shop / "campaign.toml").read_text(encoding="utf-8").replace("max_share = 1.0", "max_share = 0.0")
    (shop / "campaign.toml").write_text(toml, encoding="utf-8")
    (shop / "inventory.csv").write_text(FEW["inventory.csv"], encoding="utf-8")
    refusal, said = refused(shop, "inventory", "products")
    (shop / "said.txt").write_text(said, encoding="utf-8")
    (shop / "lines.txt").write_text("\n".join(refusal.lines), encoding="utf-8")
    assert refusal.exit == Exit.NO_ACCEPTABLE_PLAN
    return shop


def test_the_story_says_how_it_ended_and_the_last_line_names_it(short: Path) -> None:
    (story,) = stories(short)
    found = told(story)
    *lines, last = (short / "lines.txt").read_text(encoding="utf-8").splitlines()
    assert (found["run_id"], found["exit"], found["stage"]) == (story.name, 4, "verify")
    assert found["lines"] == lines
    assert "boxes are short" in lines[0]
    assert last == f"What this night found is kept in {story}; open report.html first"
    log = (story / LOG).read_text(encoding="utf-8")
    assert (short / "said.txt").read_text(encoding="utf-8").strip() in log
    assert lines[0] in log


def test_the_story_has_all_that_a_night_without_the_limit_would_have_told(short: Path, tmp_path: Path) -> None:
    (story,) = stories(short)
    other = shutil.copytree(short, tmp_path / "shop", symlinks=True)
    toml = (other / "campaign.toml").read_text(encoding="utf-8").replace("max_share = 0.0", "max_share = 1.0")
    (other / "campaign.toml").write_text(toml, encoding="utf-8")

    run = nightly(other, stages=Stages(io.StringIO()), accept=["inventory", "products"]).published.folder

    exceptions = read_csv(story / "exceptions.csv")
    assert (exceptions["kind"] == "short").any() or (exceptions["kind"] == "no box").any()
    assert exceptions.equals(read_csv(run / "exceptions.csv"))
    assert {path.name for path in run.iterdir()} - {path.name for path in story.iterdir()} == {"website.sqlite"}
    for name in ("boxes.csv", "products.csv", "prices.csv", "evaluation.json", "changes.csv"):
        assert (story / name).read_bytes() == (run / name).read_bytes(), name
    page, published = ((folder / "report.html").read_text(encoding="utf-8") for folder in (story, run))
    assert "not full" in page
    assert told(story)["lines"][0] in page
    assert ("must not be packed" in page, "must not be packed" in published) == (True, False)


def test_where_no_plan_fills_every_box_the_story_says_which_are_short_and_why(short: Path, tmp_path: Path) -> None:
    toml = (short / "campaign.toml").read_text(encoding="utf-8").replace('policy = "ship_short"', 'policy = "stop"')
    shop = shutil.copytree(short, tmp_path / "shop", symlinks=True)
    (shop / "campaign.toml").write_text(toml, encoding="utf-8")
    with_limit = stories(short)[0]

    refusal, _ = refused(shop, "inventory", "products")

    assert "no plan fills every box" in refusal.lines[0]
    (story,) = {path for path in stories(shop) if path.name != with_limit.name}
    assert told(story)["stage"] == "pack"
    assert (story / "exceptions.csv").read_bytes() == (with_limit / "exceptions.csv").read_bytes()
    assert (story / "report.html").is_file()


def test_a_story_is_never_published(short: Path) -> None:
    (story,) = stories(short)
    before = current_run(short / "runs")
    assert before is not None
    assert before != story.name
    with pytest.raises(Refusal):
        target(str(f"file://{short}/site")).publish(story, f"file://{short}/site", None, say=lambda _: None)
    with pytest.raises(Refusal, match="first published run"):
        rollback(short / "runs")
    assert current_run(short / "runs") == before


def test_a_story_can_be_asked_why(short: Path) -> None:
    (story,) = stories(short)
    assert find_run(story)[1]["run_id"] == story.name
    customer = read_csv(story / "boxes.csv")["customer_id"].iloc[0]
    assert any(customer in line for line in explain(story, customer))


def test_tables_that_are_refused_leave_lines_and_log_under_the_hour(short: Path, tmp_path: Path) -> None:
    shop = without_runs(short, tmp_path / "shop", events_csv="customer_id,product_id\n")

    refusal, _ = refused(shop)

    (story,) = stories(shop)
    found = told(story)
    assert (found["run_id"], found["exit"], found["stage"]) == (None, 3, "extract")
    assert story.name.startswith(found["at"][:11])
    assert found["lines"] == list(refusal.lines[:-1])
    assert {path.name for path in story.iterdir()} == {FILE, LOG}
    assert not (shop / "runs" / "current").exists()


def test_a_configuration_that_is_refused_leaves_its_lines_where_the_runs_are(short: Path, tmp_path: Path) -> None:
    shop = without_runs(short, tmp_path / "shop", campaign_toml='[campaign]\nname = 7\nruns = "elsewhere"\n')
    refused(shop)
    assert not (shop / "elsewhere").exists()  # there were never runs
    (shop / "elsewhere").mkdir()

    refusal, _ = refused(shop)

    (story,) = (shop / "elsewhere" / FOLDER).iterdir()
    assert told(story)["stage"] is None
    assert str(story) in refusal.lines[-1]


@pytest.mark.parametrize(
    ("ending", "code", "words"),
    [
        (Stopped("SIGTERM"), 8, "stopped from outside by SIGTERM"),
        (ZeroDivisionError("a bug"), 1, "ZeroDivisionError: a bug"),
        (MemoryError(), 5, "too little memory"),
        (OSError(28, "No space left on device"), 5, "the disk refuses"),
    ],
)
def test_every_other_ending_is_told_too_and_stays_what_it_was(
    short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: BaseException, code: int, words: str
) -> None:
    def ends(*_: object, **__: object) -> None:
        raise ending

    monkeypatch.setattr("jobs.nightly.evaluate", ends)
    shop = without_runs(short, tmp_path / "shop")

    with pytest.raises(type(ending)) as ended:
        nightly(shop, stages=Stages(io.StringIO()))

    assert ended.value is ending
    (story,) = stories(shop)
    found = told(story)
    assert (found["exit"], found["stage"], found["run_id"]) == (code, "evaluate", story.name)
    assert words in found["lines"][0]
    assert ("Traceback" in (story / LOG).read_text(encoding="utf-8")) == (code == Exit.BUG)


def test_what_cannot_be_written_hides_nothing(short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = shutil.copytree(short, tmp_path / "shop", symlinks=True)
    monkeypatch.setattr("jobs.refusing.story.render", lambda _: 1 / 0)

    refusal, _ = refused(shop, "inventory", "products")

    (story,) = stories(shop)
    assert refusal.exit == Exit.NO_ACCEPTABLE_PLAN
    assert {path.name for path in story.iterdir()} == {FILE, LOG}
    assert "could not be written: division by zero" in (story / LOG).read_text(encoding="utf-8")


def test_the_newest_stories_stay(tmp_path: Path) -> None:
    for day in range(1, 6):
        (tmp_path / FOLDER / f"night-{9 - day}").mkdir(parents=True)
        (tmp_path / FOLDER / f"night-{9 - day}" / FILE).write_text(json.dumps({"at": f"2026-12-0{day}T00:00:00Z"}))
    (tmp_path / FOLDER / "by hand").mkdir()

    prune(tmp_path, 2)

    assert {path.name for path in (tmp_path / FOLDER).iterdir()} == {"night-4", "night-5", "by hand"}


def test_none_are_kept_where_none_are_wanted(short: Path, tmp_path: Path) -> None:
    toml = (short / "campaign.toml").read_text(encoding="utf-8").replace("[publish]", "[publish]\nkeep_refused = 0")
    shop = without_runs(short, tmp_path / "shop", campaign_toml=toml, events_csv="customer_id\n")
    refusal, _ = refused(shop)
    assert not (shop / "runs" / FOLDER).exists()
    assert "is kept in" not in refusal.lines[-1]
