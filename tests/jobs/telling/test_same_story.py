"""However a night ends, everyone is told the same: exit code, log, runs, status, JSON, metrics, lineage and notice."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import jobs.nightly
from jobs.answers.schemas import document
from jobs.cli.main import app
from jobs.ending import exit_code
from jobs.faults import AnotherNight, CheckFailed, DiskRefused, Fault, InputRefused, ModelRefused, NoAcceptablePlan
from jobs.inputs.tables import Source
from jobs.nightly import Finished
from jobs.operating.records import read_rows
from jobs.progress import Stages
from jobs.reading.schemas import TABLES
from tests.jobs.json_shape import faults
from tests.jobs.open_metrics import read_metrics, value
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import publish_small

CAUGHT = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
NOTICE = (
    "import os; open('told', 'w').write('\\n'.join(os.environ['BOXWISE_' + k] for k in ('STATUS', 'EXIT', 'RUN_ID')))"
)
LINEAGE = {"published": "COMPLETE", "refused": "FAIL", "failed": "FAIL", "stopped": "ABORT"}
RUN_ID = "2026-12-small-0123abcd"
FAULT = Fault("customers.csv", 7, "slots", '"4.5"', "a whole number >= 0")


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """A command takes the signals over; here they are given back."""
    before = {number: signal.getsignal(number) for number in CAUGHT}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The small campaign, with a command to be told by."""
    folder = write_small_campaign(tmp_path)
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write('\n[operate]\nlineage = "lineage.jsonl"\n')
        file.write(f"\n[notify]\ncommand = {json.dumps([sys.executable, '-c', NOTICE])}\n")
    return folder


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def refuse(refusal: Exception) -> Callable[[], None]:
    def end() -> None:
        raise refusal

    return end


ENDS: dict[str, tuple[Callable[[], None], int, str, list[str]]] = {
    "input": (refuse(InputRefused([FAULT])), 3, "refused", [str(FAULT)]),
    "plan": (refuse(NoAcceptablePlan(["174 of 299 boxes are short", "more stock"])), 4, "refused", []),
    "check": (refuse(CheckFailed("a rule does not hold")), 5, "refused", []),
    "disk": (refuse(DiskRefused("the disk refuses: No space left on device")), 5, "refused", []),
    "model": (refuse(ModelRefused("worse than popularity")), 6, "refused", []),
    "another": (refuse(AnotherNight("another night is running")), 7, "refused", []),
    "stopped": (stop, 8, "stopped", ["stopped from outside by SIGTERM before it was done"]),
    "memory": (refuse(MemoryError()), 5, "refused", []),
    "bug": (refuse(KeyError("out of luck")), 1, "failed", ["KeyError: 'out of luck'", "in the stage pack"]),
}


def night_that(end: Callable[[], None]) -> Callable[..., Any]:
    """A night that has read its tables and ends so in the stage that packs."""

    def night(path: Path, *, stages: Stages, **_: Any) -> Finished:
        with stages.stage("extract"):
            stages.known(RUN_ID, {name: Source(name, path / f"{name}.csv", "ab12", 7) for name in TABLES})
        with stages.stage("pack"):
            end()
        raise AssertionError("it has ended")

    return night


def a_night(path: Path, *, stages: Stages, **_: Any) -> Finished:
    """A night that publishes."""
    with stages.stage("publish"):
        return Finished(publish_small(path), ("Published it",))


def run(monkeypatch: pytest.MonkeyPatch, night: Callable[..., Any], *words: str) -> int:
    monkeypatch.setattr(jobs.nightly, "nightly", night)
    with suppress(KeyError):  # a bug keeps its traceback, and Python ends in 1
        return exit_code(partial(app, ["nightly", *words]))
    return 1


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    exit_code(partial(app, [*words, "--json"]))
    return json.loads(capsys.readouterr().out)["answer"]


def told_everywhere(
    shop: Path, capsys: pytest.CaptureFixture[str], code: int, status: str, run_id: str | None
) -> dict[str, Any]:
    """Hold everything that was told against the exit code; the night as `runs` tells it."""
    newest: dict[str, Any] = asked(capsys, "runs", str(shop))["runs"][0]
    found = read_metrics((shop / "runs" / "metrics.prom").read_text("utf-8"))
    row = read_rows(shop / "runs")[-1]

    assert (newest["exit"], newest["status"], newest["run_id"]) == (code, status, run_id)
    assert (row["exit"], row["status"], row["run_id"]) == (code, status, run_id)
    assert (shop / "told").read_text() == f"{status}\n{code}\n{run_id or ''}"
    start, end = map(json.loads, (shop / "lineage.jsonl").read_text().splitlines()[-2:])
    assert (start["eventType"], end["eventType"]) == ("START", LINEAGE[status])
    assert start["run"]["runId"] == end["run"]["runId"]
    assert end["run"]["facets"].get("errorMessage", {"message": "exit 0"})["message"].startswith(f"exit {code}")
    assert bool(end["outputs"]) is (code == 0)
    assert {Path(one["name"]).stem for one in end["inputs"]} == set(TABLES)
    assert value(found, "boxwise_night_exit_code") == code
    assert {dict(labels)["status"] for labels, on in found["boxwise_night_status"].items() if on} == {status}
    assert asked(capsys, "status", str(shop))["last_night"] == newest
    return newest


@pytest.mark.parametrize("end", ENDS)
def test_a_night_that_does_not_publish(
    end: str, shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    how, code, status, lines = ENDS[end]

    assert run(monkeypatch, night_that(how), str(shop)) == code

    said = capsys.readouterr().err.splitlines()
    newest = told_everywhere(shop, capsys, code, status, RUN_ID)
    assert newest["stage"] == "pack"
    assert newest["lines"] == (lines or newest["lines"])
    assert newest["lines"] == said[-len(newest["lines"]) :] or end == "bug"
    assert any(f" {RUN_ID} pack      {status} after " in line and line.endswith(f" exit {code}") for line in said)
    state = asked(capsys, "status", str(shop))
    assert (state["state"], state["last_refusal"], state["last_success"]) == ("never", newest, None)


def test_a_night_that_publishes(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, a_night, str(shop)) == 0
    run_id = (shop / "runs" / "current").readlink().name
    first = told_everywhere(shop, capsys, 0, "published", run_id)

    assert run(monkeypatch, night_that(ENDS["plan"][0]), str(shop)) == 4
    told_everywhere(shop, capsys, 4, "refused", RUN_ID)

    state = asked(capsys, "status", str(shop))
    found = read_metrics((shop / "runs" / "metrics.prom").read_text("utf-8"))
    assert (state["state"], state["current"], state["last_success"]) == ("fine", run_id, first)
    assert value(found, "boxwise_current_run", run_id=run_id) == 1
    capsys.readouterr()
    assert run(monkeypatch, a_night, str(shop), "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert faults(answer, {"$ref": "#/$defs/nightly"}, document()) == []
    assert (answer["answer"]["run_id"], answer["lines"]) == (run_id, ["Published it"])
    again = told_everywhere(shop, capsys, 0, "published", run_id)
    assert again["current"]
    assert [night["current"] for night in asked(capsys, "runs", str(shop))["runs"]] == [True, False, False]


def test_a_log_of_json_holds_nothing_else(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for end in ("plan", "stopped", "bug", ""):
        capsys.readouterr()
        how, code, status, _ = ENDS.get(end) or (lambda: None, 0, "published", [])
        night = night_that(how) if end else a_night
        assert run(monkeypatch, night, str(shop), "--log-format", "json") == code
        lines = [json.loads(line) for line in "".join(capsys.readouterr()).splitlines()]
        assert lines
        assert all({"at", "run_id", "stage", "event", "line"} <= set(line) for line in lines)
        assert {line["event"] for line in lines} >= {"stage", "published" if not end else "ended"}
        assert {line["exit"] for line in lines if "exit" in line} == {code}
        assert read_rows(shop / "runs")[-1]["status"] == status


def test_who_cannot_be_told_keeps_nobody_else_from_it(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "runs").mkdir()
    (shop / "runs" / "history.jsonl").mkdir()
    (shop / "runs" / "metrics.prom").mkdir()

    assert run(monkeypatch, a_night, str(shop)) == 0

    said = capsys.readouterr().err
    assert "history.jsonl could not be written: " in said
    assert "[operate] metrics could not be written: " in said
    assert (shop / "told").read_text().startswith("published\n0\n")


def test_a_campaign_with_faults_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_small_campaign(tmp_path, replace={"campaign.toml": ("box_size = 3", "box_size = 0")})

    assert run(monkeypatch, jobs.nightly.nightly, str(folder)) == 3
    (newest,) = asked(capsys, "runs", str(folder))["runs"]

    assert (newest["status"], newest["run_id"], newest["exit"]) == ("refused", None, 3)
    assert "box_size" in newest["lines"][0]
