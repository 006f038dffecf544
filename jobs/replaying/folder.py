"""The folder of a replay: a campaign for every night, one folder of runs for all, and what came of each night.

It holds one replay at a time. Nights that still are what they would be stay; those after them make room for new ones.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jobs.faults import Exit, UsageRefused
from jobs.publishing import history
from jobs.publishing.disk import told_in_a_line
from jobs.publishing.publish import current_run, night_lock, rollback

MARK, NIGHT, RUNS = ".replay", "night.json", "runs"
LASTING = (Exit.PUBLISHED, Exit.INPUT_REFUSED, Exit.NO_ACCEPTABLE_PLAN, Exit.MODEL_REFUSED)
"""How a night ends that would end so again; the others depend on the machine, and are tried again."""


@dataclass(frozen=True)
class Past:
    """What came of one night.

    ship_date  the day that it was for
    made_from  stands for everything that the night depends on; the same text, the same night
    exit       as `boxwise nightly` would have ended
    run_id     the run that was published; None where the night was refused
    lines      what the night said at its end, or why it was refused
    anew       it was made in this call, and not in one before
    """

    ship_date: date
    made_from: str
    exit: Exit
    run_id: str | None
    lines: tuple[str, ...]
    anew: bool = False


@contextmanager
def opened(into: Path) -> Iterator[None]:
    """Hold the folder of a replay, made if it is not there.

    Raises UsageRefused where it is somebody else's, AnotherNight while another replay holds it.
    """
    with told_in_a_line("open the replay", into, "nothing was done"):
        if into.exists() and not into.is_dir():
            raise UsageRefused(f"--into: found {into}, which is no folder, expected a new one or that of a replay")
        if into.is_dir() and not (into / MARK).is_file() and any(into.iterdir()):
            raise UsageRefused(f"--into: found other files in {into}, expected a new folder or that of a replay")
        into.mkdir(parents=True, exist_ok=True)
        (into / MARK).touch()
    with night_lock(into):
        yield


def night_folder(into: Path, day: date) -> Path:
    """The campaign folder of the night of a day."""
    return into / day.isoformat()


def past_of(into: Path, day: date) -> Past | None:
    """What came of the night of a day in an earlier call; None = nothing that can be gone by."""
    try:
        told: Any = json.loads((night_folder(into, day) / NIGHT).read_text(encoding="utf-8"))
        run_id = None if told["run_id"] is None else str(told["run_id"])
        past = Past(day, str(told["made_from"]), Exit(told["exit"]), run_id, tuple(map(str, told["lines"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if past.exit not in LASTING:
        return None
    stands = run_id is None or ((into / RUNS / run_id / "manifest.json").is_file() and run_id in _standing(into))
    return past if stands else None


def write_past(into: Path, past: Past) -> None:
    """Keep what came of a night, for the next call."""
    told = {"ship_date": past.ship_date.isoformat(), "made_from": past.made_from, "exit": int(past.exit)}
    told |= {"run_id": past.run_id, "lines": list(past.lines)}
    path = night_folder(into, past.ship_date) / NIGHT
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(path)


def go_back(into: Path, kept: Sequence[Past]) -> int:
    """Turn back to the last published night of those kept, and remove every other night; how many runs went."""
    runs = into / RUNS
    keep = [past.run_id for past in kept if past.run_id is not None]
    days = {past.ship_date.isoformat() for past in kept}
    for folder in sorted(into.iterdir()):
        if _is_day(folder.name) and folder.name not in days:
            shutil.rmtree(folder)
    if not keep:
        gone = len(_standing(into))
        shutil.rmtree(runs, ignore_errors=True)
        return gone
    if current_run(runs) != keep[-1]:
        rollback(runs, keep[-1])
    mine = {path.name for path in runs.iterdir() if (path / "manifest.json").is_file() and not path.is_symlink()}
    for run_id in sorted(mine - set(keep)):
        shutil.rmtree(runs / run_id)
    return len(mine - set(keep))


def _is_day(name: str) -> bool:
    """The name of a night's folder, whole or begun."""
    with suppress(ValueError):
        return date.fromisoformat(name).isoformat() == name
    return False


def _standing(into: Path) -> list[str]:
    return history.standing(history.read(into / RUNS))
