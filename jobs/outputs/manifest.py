"""manifest.json: what a run was made from, by what, how long it took, and what it consists of.

With it a night can be explained and repeated: the same inputs, configuration, seed and version give the same run_id.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from jobs.outputs.certificate import write_json
from jobs.starting.start import COLD, Start

FILE = "manifest.json"
PACKAGES = ("boxwise", "implicit", "numba", "numpy", "ortools", "pandas", "pyarrow", "scikit-learn", "scipy")
LONGEST_SLUG = 60


class Source(Protocol):
    """Where an input table came from: `jobs.inputs.tables.Source`."""

    @property
    def path(self) -> Path | None:
        """The file; None = a query."""
        ...

    @property
    def sha256(self) -> str: ...
    @property
    def n_rows(self) -> int: ...


class Measured(Protocol):
    """What a stage took: `jobs.progress.Measured`."""

    @property
    def stage(self) -> str: ...
    @property
    def seconds(self) -> float: ...
    @property
    def peak_mib(self) -> float: ...
    @property
    def cpu_seconds(self) -> float: ...
    @property
    def reused(self) -> bool: ...


def make_run_id(
    name: str,
    sources: Mapping[str, Source],
    campaign_toml: bytes,
    seed: int,
    start: Start = COLD,
    cut: Sequence[str] = (),
) -> str:
    """`<campaign>-<8 hex digits>`: the digits stand for every input, configuration, seed, software and start.

    name   the campaign's name; letters and digits are kept, everything else becomes "-"
    start  what the night starts from; a cold start adds nothing
    cut    what was done otherwise for want of time
    """
    digest = hashlib.sha256()
    tools = [f"{package} {there}" for package, there in versions().items()]
    parts = [*(f"{table} {sources[table].sha256}" for table in sorted(sources)), f"seed {seed}", *tools]
    parts += [] if start.from_run is None else [f"start {start.sha256}"]
    parts += [f"cut {words}" for words in cut]
    for part in (*(part.encode() for part in parts), campaign_toml):
        digest.update(len(part).to_bytes(8, "big") + part)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())[:LONGEST_SLUG].strip("-") or "run"
    return f"{slug}-{digest.hexdigest()[:8]}"


def write_manifest(
    run: Path,
    run_id: str,
    *,
    runs: Path,
    campaign_file: Path,
    sources: Mapping[str, Source],
    seeds: Mapping[str, int],
    start: Start = COLD,
    metrics: Mapping[str, Any],
    measured: Iterable[Measured],
    joins: Iterable[Mapping[str, Any]] = (),
    accepted: Iterable[Mapping[str, Any]] = (),
    learned_from: str = "",
    kept: Mapping[str, float] | None = None,
    deadline: Mapping[str, Any] | None = None,
) -> None:
    """Write manifest.json over every other file of the run; call it last.

    run            the staged folder; runs: where it will stand, from which paths of inputs are told
    campaign_file  the campaign.toml of the night
    start          what the night started from
    metrics        numbers and words to compare between nights; JSON values only
    joins          every reference between the input tables, counted; the next night compares its own with them
    accepted       changes against the night before that were beyond their limits and meant
    learned_from   digest of all that the recommender learned from, by which a later night sees whether that changed
    kept           what keeping finished stages took: "mib" on disk, "seconds"
    deadline       when the night had to be over, and what was done with less for it; None = at no moment
    """
    inputs = {
        table: {"file": _told(source.path, runs), "sha256": source.sha256, "rows": source.n_rows}
        for table, source in sources.items()
    }
    content = {
        "run_id": run_id,
        "written_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "campaign": {"file": _told(campaign_file, runs), "sha256": sha256_of(run / "inputs" / "campaign.toml")},
        "inputs": inputs,
        "joins": [dict(join) for join in joins],
        "accepted": [dict(change) for change in accepted],
        "versions": {"python": platform.python_version(), **versions()},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "seeds": dict(seeds),
        "started_from": {"run_id": start.from_run, "sha256": start.sha256},
        "learned_from": learned_from,
        "kept": {"mib": 0.0, "seconds": 0.0} if kept is None else dict(kept),
        "deadline": None if deadline is None else dict(deadline),
        "metrics": dict(metrics),
        "stages": [
            {
                "stage": done.stage,
                "seconds": round(done.seconds, 3),
                "peak_mib": round(done.peak_mib, 1),
                "cpu_seconds": round(done.cpu_seconds, 3),
                "reused": done.reused,
            }
            for done in measured
        ],
        "outputs": _outputs(run),
    }
    write_json(run / FILE, content)


def _outputs(run: Path) -> dict[str, Any]:
    """Every file of the run but the manifest, by its path: hash and size. Hashing leaves the interpreter to others."""
    paths = [path for path in sorted(run.rglob("*")) if path.is_file() and path != run / FILE]
    with ThreadPoolExecutor() as pool:
        hashes = list(pool.map(sha256_of, paths))
    return {
        path.relative_to(run).as_posix(): {"sha256": sha256, "bytes": path.stat().st_size}
        for path, sha256 in zip(paths, hashes, strict=True)
    }


def sha256_of(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _told(path: Path | None, runs: Path) -> str | None:
    """A path as seen from the runs folder, so that a campaign may be moved with its runs."""
    return None if path is None else Path(os.path.relpath(path.resolve(), runs.resolve())).as_posix()


def versions() -> dict[str, str]:
    """The version of everything that a night's figures may depend on, boxwise first."""
    return {package: _version(package) for package in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
