"""Publishing: a run is built aside, forced to disk, and becomes `runs/current` in one atomic step, or not at all.

One night at a time (a lock), one folder per run, one link that readers follow; going back is turning the link back.
"""

from __future__ import annotations

import fcntl
import filecmp
import json
import os
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from jobs.faults import AnotherNight, CheckFailed, UsageRefused
from jobs.publishing import history, overrides, shipped
from jobs.publishing.disk import told_in_a_line
from jobs.publishing.exposed import CURRENT, LOCK, refuse_hostile

TURNING = ".turn.lock"
STAGING, LINK, TRASH, TAKEN = ".staging-", ".link-", ".trash-", ".taken-"
COMPLETE = (
    "assignments.csv", "boxes.csv", "products.csv", "exceptions.csv", "changes.csv", "report.html",
    "website.sqlite", "scores.parquet", "prices.csv", "certificate.json", "manifest.json",
)  # fmt: skip
"""Without these a run is not published."""
REPEATABLE = frozenset(COMPLETE) - {"changes.csv", "report.html", "website.sqlite", "manifest.json"}
"""Same inputs, same bytes; the others hold a clock or depend on what was published before."""


@dataclass(frozen=True)
class Published:
    """What a publication did.

    folder     the run's own folder
    before     run that was current before; None = there was none
    was_there  the same inputs had been published before: the folder of then was kept
    pruned     runs removed by keep_runs, oldest first
    """

    run_id: str
    folder: Path
    before: str | None
    was_there: bool
    pruned: tuple[str, ...]


@contextmanager
def night_lock(runs: Path) -> Iterator[None]:
    """Hold the only night on these runs; the system frees the lock when the process ends, however it ends.

    Raises AnotherNight (who, since when), UsageRefused where `runs/current` is none of ours, CheckFailed (the disk).
    """
    try:
        runs.mkdir(parents=True, exist_ok=True)
    except OSError as bad:
        raise UsageRefused(f"runs cannot be kept in {runs}: {bad.strerror}") from bad
    with told_in_a_line("take the lock", runs / LOCK, "nothing was done"):
        refuse_hostile(runs)
        file = _locked(runs)
    with file:
        yield


@contextmanager
def taken(runs: Path) -> Iterator[Path]:
    """A hidden folder beside the runs for the night's own copies of its inputs; gone afterwards.

    Call it inside `night_lock`, as `stage`. Raises CheckFailed in one line when the disk refuses the folder itself;
    what it refuses later, while files are copied into it, goes through as it is.
    """
    folder = runs / f"{TAKEN}{os.getpid()}"
    try:
        with told_in_a_line("copy the inputs", folder, "nothing was published"):
            for left in runs.glob(f"{TAKEN}*"):
                _remove(left)
            folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def stage(runs: Path, run_id: str) -> Iterator[Path]:
    """A hidden folder beside the runs to build one in; it is gone afterwards unless it was published.

    Call it inside `night_lock`: what nights that were killed left behind is removed first.

    Raises CheckFailed in one line when the disk is full or may not be written.
    """
    folder = runs / f"{STAGING}{run_id}"
    try:
        with told_in_a_line("write the run", folder, "nothing was published"):
            with _turning(runs):
                for left in runs.iterdir():
                    if left.name.startswith((STAGING, LINK, TRASH)):
                        _remove(left)
            folder.mkdir()
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(runs: Path, staged: Path, run_id: str, keep_runs: int, *, complete: Sequence[str] = COMPLETE) -> Published:
    """Make the staged folder the current run: all of it, or nothing.

    complete  files without which it is not published

    Where the run exists already (same inputs) its files must be the same bytes; the old folder is kept, made current.

    Raises CheckFailed when the staged run is not complete, or differs from the run of the same name.
    """
    missing = [name for name in complete if not (staged / name).is_file()]
    if missing:
        raise CheckFailed(f"the run is not complete: no {', '.join(missing)}; nothing was published")
    if _name_in_manifest(staged) != run_id:
        raise CheckFailed(f"manifest.json names run {_name_in_manifest(staged)}, expected {run_id}")
    folder = runs / run_id
    was_there = folder.exists()
    if folder.is_symlink():
        raise CheckFailed(f"{folder} is a link, expected the run's own folder: take it away; nothing was published")
    if was_there:
        _refuse_differences(folder, staged)
    else:
        sync_tree(staged)
        staged.rename(folder)
        _sync(runs)
    overrides.make_sure(runs)
    with _turning(runs):
        before = current_run(runs)
        history.heal(runs, before)
        _point(runs, run_id)
        pruned: tuple[str, ...] = ()
        with suppress(OSError):  # readers see the run already: what the disk refuses now, the next night makes up for
            if before != run_id:
                history.append(runs, run_id, "publish")
            pruned = _prune(runs, keep_runs)
    return Published(run_id, folder, before, was_there, pruned)


def rollback(runs: Path, to: str | None = None) -> tuple[str, str]:
    """Turn `runs/current` back to the run published before it; returns (from, to). Repeated, it goes further back.

    to  go back to this run, which stands, in one step; None = the one before

    It waits for no night: one that runs meanwhile goes on, and is published on top of what readers then see.

    Raises UsageRefused when there is no such run, or keep_runs has removed it; CheckFailed when the disk refuses.
    """
    if not runs.is_dir():
        raise UsageRefused(f"there are no runs in {runs}: nothing to go back to")
    with told_in_a_line("turn back", runs, "readers see what they saw"), _turning(runs):
        now = current_run(runs)
        stack = history.heal(runs, now)
        if now is None:
            raise UsageRefused(f"nothing is published in {runs}: nothing to go back to")
        if len(stack) < 2:
            raise UsageRefused(f"{now} is the first published run: there is no earlier one to go back to")
        target = stack[-2] if to is None else to
        if not _is_run(runs / target):
            raise UsageRefused(f"the run before {now} was {target}, which keep_runs has removed: nothing to go back to")
        _point(runs, target)
        with suppress(OSError):  # as for `publish`
            history.append(runs, target, "rollback")
        return now, target


def refuse_other_folders(runs: Path) -> None:
    """Raise UsageRefused for a folder where nothing ever will be published; where nothing is yet, all is well."""
    if not runs.is_dir():
        raise UsageRefused(f"found no folder {runs}, expected the runs of a campaign, e.g. data/demo/runs")
    refuse_one_run(runs)
    if (runs / "campaign.toml").exists() and not (runs / CURRENT).is_symlink():
        raise UsageRefused(f"found a campaign, {runs}, expected its folder of runs, e.g. {runs / 'runs'}")


def refuse_one_run(folder: Path) -> None:
    """Raise UsageRefused for the folder of a run: what is put into it, no reader of the runs ever finds."""
    if (folder / "manifest.json").exists():
        raise UsageRefused(f"found one run, {folder}, expected the folder of runs around it")


def current_run(runs: Path) -> str | None:
    """The run that `runs/current` points at; None when nothing is published."""
    link = runs / CURRENT
    return link.readlink().name if link.is_symlink() and _is_run(link) else None


@contextmanager
def _turning(runs: Path) -> Iterator[None]:
    """Hold the link and its history for a moment: who comes meanwhile waits. Refuses what `refuse_hostile` does."""
    refuse_hostile(runs)
    with os.fdopen(os.open(runs / TURNING, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _locked(runs: Path) -> TextIO:
    """The open file of the lock, with our name in it. Raises AnotherNight."""
    file = os.fdopen(os.open(runs / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666), "r+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)
        file.write(
            f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
        )
        file.flush()
    except BlockingIOError:
        file.seek(0)
        who = file.read().strip() or "a process that has not said its name yet"
        file.close()
        raise AnotherNight(f"another night is running on {runs}: {who}") from None
    except BaseException:
        file.close()
        raise
    return file


def sync_tree(folder: Path) -> None:
    """Force every file and folder below `folder`, and itself, to disk."""
    for path in sorted(folder.rglob("*"), reverse=True):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _point(runs: Path, run_id: str) -> None:
    """Turn the link: readers see the old run or the new one, never neither."""
    link = runs / f"{LINK}{run_id}"
    link.unlink(missing_ok=True)
    link.symlink_to(run_id, target_is_directory=True)
    link.replace(runs / CURRENT)
    _sync(runs)


def _is_run(folder: Path) -> bool:
    """Is this a folder that boxwise published: does its manifest name it?"""
    return _name_in_manifest(folder) == folder.resolve().name


def _name_in_manifest(folder: Path) -> str | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest.get("run_id") if isinstance(manifest, dict) else None


def _refuse_differences(folder: Path, staged: Path) -> None:
    names = sorted(
        path.relative_to(root).as_posix() for root in (folder, staged) for path in root.rglob("*") if path.is_file()
    )
    repeatable = sorted(name for name in set(names) if name in REPEATABLE or name.startswith("inputs/"))
    _, differ, absent = filecmp.cmpfiles(folder, staged, repeatable, shallow=False)
    if differ or absent:
        raise CheckFailed(
            f"{folder.name} was made from these very inputs before, but {', '.join(sorted(differ + absent))} "
            f"would differ: somebody changed the files in {folder}, or the software. "
            "Move that folder away to publish anew"
        )


def _prune(runs: Path, keep_runs: int) -> tuple[str, ...]:
    """Remove the oldest runs beyond keep_runs; the current run, the one before it and what shipped last stay."""
    entries = history.read(runs)
    recent = list(dict.fromkeys(entry.run_id for entry in reversed(entries)))
    keep = {*recent[: max(keep_runs, 1)], *history.standing(entries)[-2:]}
    mine = {path.name for path in runs.iterdir() if path.is_dir() and not path.is_symlink() and _is_run(path)}
    keep |= shipped.last_shipped(runs, mine)
    age = {run_id: place for place, run_id in enumerate(recent)}
    gone = sorted(mine - keep, key=lambda run_id: (-age.get(run_id, len(age)), run_id))
    for run_id in gone:
        (runs / run_id).rename(runs / f"{TRASH}{run_id}")
        shutil.rmtree(runs / f"{TRASH}{run_id}", ignore_errors=True)
    return tuple(gone)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
