"""The story of a night that published nothing: `runs/refused/NAME`, beside the runs and never one of them.

Its lines and its log are written first, so that they are there whatever else fails; then all that it had found out.
"""

from __future__ import annotations

import json
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from jobs.ending import refusal_of
from jobs.evaluating.evaluate import Evaluation
from jobs.faults import AnotherNight, Exit, NoAcceptablePlan, Refusal, UsageRefused
from jobs.operating.trend import write_trend
from jobs.outputs.certificate import write_json
from jobs.outputs.stage import Night, evaluation_as_json, finish_manifest, write_all_but_website
from jobs.progress import Measured
from jobs.publishing.publish import STAGING
from jobs.report.page import render
from jobs.words import printable

FOLDER, FILE, LOG = "refused", "refused.json", "night.log"
TELLING = (Exit.INPUT_REFUSED, Exit.NO_ACCEPTABLE_PLAN, Exit.CHECK_FAILED, Exit.MODEL_REFUSED)
"""Endings of which everything is written that was found: nobody waits for the end, and nothing is lacking to write."""


class Stages(Protocol):
    """What was said and measured: `jobs.progress.Stages`."""

    told: list[str]
    measured: list[Measured]

    @property
    def current(self) -> str | None:
        """The stage that is running, or ran last."""
        ...

    def line(self, text: str) -> None: ...


class Story:
    """What a night has found out so far; the night fills it in.

    run_id      None = not known yet
    evaluation  how good the recommender is; None = not known yet
    night       makes all that a run is written from, once boxes are packed; None = they are not
    instead     the same where no plan fills every box: of the boxes that `policy = "ship_short"` would ship
    previous    folder of the published run; None = none is
    """

    run_id: str | None = None
    evaluation: Evaluation | None = None
    night: Callable[[], Night] | None = None
    instead: Callable[[], Night] | None = None
    previous: Path | None = None


@contextmanager
def story(runs: Path, keep: int, stages: Stages) -> Iterator[Story]:
    """Write the story of a night that ends early inside; what ended it goes through, with a line on where that is.

    keep  stories that stay, the newest

    Call it inside `night_lock`.
    """
    found = Story()
    try:
        yield found
    except (UsageRefused, AnotherNight):
        raise
    except BaseException as bad:
        with suppress(Exception):  # what ended the night matters more than what can be told of it
            place = _written(runs, keep, found, stages, bad)
            if place is not None:
                _name(bad, place, stages)
        raise


def _written(runs: Path, keep: int, found: Story, stages: Stages, bad: BaseException) -> Path | None:
    """The folder; None where none are kept."""
    if keep < 1:
        prune(runs, 0)
        return None
    refusal = refusal_of(bad)
    now = datetime.now(UTC)
    name = found.run_id or f"{now:%Y-%m-%dT%H%M%SZ}"
    aside = runs / f"{STAGING}refused"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        lines = _lines(bad, refusal)
        code = Exit.BUG if refusal is None else refusal.exit
        told = {"run_id": found.run_id, "at": f"{now:%Y-%m-%dT%H:%M:%SZ}", "exit": int(code)}
        write_json(aside / FILE, {**told, "stage": stages.current, "lines": lines})
        bug = [] if refusal is not None else traceback.format_exception(bad)
        (aside / LOG).write_text("\n".join([*stages.told, *lines, *bug]) + "\n", encoding="utf-8", errors="replace")
        if isinstance(bad, Refusal) and bad.exit in TELLING:
            no_plan = isinstance(bad, NoAcceptablePlan) and found.night is None
            _add_everything(aside, found.evaluation, found.instead if no_plan else found.night, found.previous, stages)
        folder = runs / FOLDER / name
        folder.parent.mkdir(exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    prune(runs, keep)
    return folder


def _add_everything(
    folder: Path,
    evaluation: Evaluation | None,
    make: Callable[[], Night] | None,
    previous: Path | None,
    stages: Stages,
) -> None:
    """Whatever was found out: files as a run has them, but for the website's; on a disk that refuses, none of them."""
    bare = {path.name for path in folder.iterdir()}
    try:
        if evaluation is not None:
            write_json(folder / "evaluation.json", evaluation_as_json(evaluation))
        if make is not None:
            night = make()
            write_all_but_website(folder, night, previous)
            write_trend(folder, folder.parent, night.packed.missing)
            (folder / "report.html").write_text(render(folder), encoding="utf-8")
            finish_manifest(folder, night, stages.measured)
    except Exception as bad:  # the lines are there: no second fault may hide what ended the night
        for path in folder.iterdir():
            if path.name not in bare:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        with (folder / LOG).open("a", encoding="utf-8") as log:
            log.write(f"What was found could not be written: {printable(str(bad))}\n")


def _lines(bad: BaseException, refusal: Refusal | None) -> list[str]:
    if refusal is not None:
        return list(refusal.lines)
    return [printable(line) for line in "".join(traceback.format_exception_only(bad)).splitlines()]


def _name(bad: BaseException, folder: Path, stages: Stages) -> None:
    """Let the last line name the folder, and the file to open first."""
    first = next(name for name in ("report.html", LOG) if (folder / name).is_file())
    line = f"What this night found is kept in {printable(str(folder))}; open {first} first"
    if isinstance(bad, Refusal):
        bad.lines = (*bad.lines, line)
    else:
        stages.line(line)


def prune(runs: Path, keep: int) -> None:
    """Remove the oldest stories beyond `keep`; what is no story stays."""
    folder = runs / FOLDER
    stories = [path for path in folder.iterdir() if (path / FILE).is_file()] if folder.is_dir() else []
    stories.sort(key=_age, reverse=True)
    for old in stories[keep:]:
        shutil.rmtree(old, ignore_errors=True)


def _age(folder: Path) -> tuple[str, str]:
    try:
        return str(json.loads((folder / FILE).read_text(encoding="utf-8"))["at"]), folder.name
    except (OSError, ValueError, KeyError, TypeError):
        return "", folder.name
