"""Publishing into a folder, of a web server or a shared disk: the website's file alone, by the steps of a night.

The folder looks like a folder of runs, so everything that reads runs reads it: `current` is turned in one step, older
releases stay for going back, and `overrides.sqlite` lies beside them.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jobs.config.load import load as load_campaign
from jobs.faults import CheckFailed, UsageRefused
from jobs.outputs.manifest import sha256_of
from jobs.publishing import overrides
from jobs.publishing.exposed import CURRENT
from jobs.publishing.overrides import Hidden
from jobs.publishing.publish import Published, current_run, night_lock, refuse_one_run, stage
from jobs.publishing.publish import publish as publish_run
from jobs.publishing.publish import rollback as go_back
from jobs.publishing.targets import Say
from jobs.publishing.website_reader import WebsiteReader
from jobs.publishing.website_source import FILE, Website, open_website
from jobs.words import shown

MANIFEST = "manifest.json"
EXAMPLE = "file:///srv/shop"


def publish(run: Path, url: str, keep: int | None = None, *, say: Say = lambda _: None) -> tuple[str, ...]:
    """Copy website.sqlite and manifest.json of a run into the folder and make them `current` there; lines that say so.

    keep  releases kept, >= 1; None = [publish] keep_runs of the run's own campaign.toml

    Raises UsageRefused (no run, malformed address, a folder of nights), CheckFailed (the run's file, the disk),
    AnotherNight.
    """
    folder = place(url)
    source, website = open_website(run)
    if (folder / CURRENT / "assignments.csv").exists():
        raise UsageRefused(f"{folder} is a folder of nights, expected one of its own for the website")
    most = load_campaign(source / "inputs" / "campaign.toml").publish.keep_runs if keep is None else keep
    started = time.perf_counter()
    with night_lock(folder), stage(folder, website.run_id) as staged:
        if current_run(folder) == website.run_id:
            return (f"{website.run_id} is what readers of {folder} see already: nothing was done.",)
        say(f"{website.path.stat().st_size / 2**20:,.0f} MiB")
        _copy(source, website, staged)
        done = publish_run(folder, staged, website.run_id, most, complete=(FILE, MANIFEST))
        say("readers see it")
    return _told(done, website, folder, time.perf_counter() - started)


def rollback(url: str) -> tuple[str, ...]:
    """Turn back to the release published before; repeated, further back. Raises UsageRefused when there is none."""
    folder = place(url)
    left, back = go_back(folder)
    return (f"{back} is what readers of {folder} see again; {left} is kept.",)


def hide(url: str, product_ids: Iterable[str], reason: str) -> tuple[str, ...]:
    """Hide products from every list but the boxes, at once; those that were not hidden before, in text order."""
    folder = place(url)
    before = {row.product_id for row in overrides.hidden(folder)}
    return tuple(row.product_id for row in overrides.hide(folder, product_ids, reason) if row.product_id not in before)


def unhide(url: str, product_ids: Iterable[str]) -> tuple[str, ...]:
    """Show products again, at once; those that were hidden, in text order."""
    folder = place(url)
    before = [row.product_id for row in overrides.hidden(folder)]
    left = {row.product_id for row in overrides.show(folder, product_ids)}
    return tuple(product_id for product_id in before if product_id not in left)


def names(url: str) -> dict[str, str]:
    """Every product_id of the release that readers see, and what the product is called."""
    return WebsiteReader(place(url)).names()


def hidden(url: str) -> tuple[Hidden, ...]:
    """The hidden products, in text order of their ids."""
    return tuple(overrides.hidden(place(url)))


def place(url: str) -> Path:
    """The folder of an address. Raises UsageRefused unless it is `file:///an/absolute/folder`, and not a run's."""
    wrong = UsageRefused(f"URL: found {shown(url)}, expected an absolute folder, e.g. {EXAMPLE}")
    try:
        parts = urlsplit(url)
        path = Path(unquote(parts.path, errors="strict"))
        is_file = path.exists() and not path.is_dir()
    except (ValueError, OSError):  # brackets that are no host, bytes that are no text, too long a name
        raise wrong from None
    strange = parts.netloc not in ("", "localhost") or parts.query or parts.fragment or "\0" in str(path)
    if strange or not path.is_absolute():
        raise wrong
    if is_file:
        raise UsageRefused(f"URL: {path} is a file, expected a folder")
    refuse_one_run(path)
    return path


def _copy(source: Path, website: Website, staged: Path) -> None:
    shutil.copyfile(website.path, staged / FILE)
    shutil.copyfile(source / MANIFEST, staged / MANIFEST)
    if sha256_of(staged / FILE) != website.sha256:
        raise CheckFailed(f"{FILE} did not arrive whole in {staged.parent}; nothing was published")


def _told(done: Published, website: Website, folder: Path, seconds: float) -> tuple[str, ...]:
    how = "its release was still there" if done.was_there else f"{len(website.tables)} tables"
    lines = [f"{website.run_id} is published to {folder}: {how}, {seconds:.1f} s."]
    if done.before is not None:
        lines.append(f"Before it: {done.before}; --rollback goes back there.")
    if done.pruned:
        lines.append(f"Removed: {', '.join(done.pruned)}.")
    return tuple(lines)
