"""Where the website's tables can be published to: one line per kind of address, told by what stands before `://`.

Each kind is a module that offers what `Target` lists. Its libraries are imported when it is asked for, so that a shop
without that kind of store need not have them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from jobs.faults import UsageRefused
from jobs.publishing.overrides import Hidden
from jobs.words import did_you_mean, listed

Say = Callable[[str], None]


class Target(Protocol):
    """What a module of `TARGETS` offers. Every function may raise a Refusal, which never tells a password."""

    def publish(self, run: Path, url: str, keep: int | None = None, *, say: Say = ...) -> tuple[str, ...]:
        """Make the website's tables of a run what readers see; lines that say what was done.

        keep  releases kept, >= 1; None = [publish] keep_runs of the run's own campaign.toml
        say   hears in words what is being done
        """

    def rollback(self, url: str) -> tuple[str, ...]:
        """Turn back to the release published before; lines that say what was done."""

    def hide(self, url: str, product_ids: Iterable[str], reason: str) -> tuple[str, ...]:
        """Hide products from every list but the boxes, at once; those that were not hidden before, in text order."""

    def unhide(self, url: str, product_ids: Iterable[str]) -> tuple[str, ...]:
        """Show products again, at once; those that were hidden, in text order."""

    def names(self, url: str) -> dict[str, str]:
        """Every product_id of the release that readers see, and what the product is called."""

    def hidden(self, url: str) -> tuple[Hidden, ...]:
        """The hidden products, in text order of their ids."""


@dataclass(frozen=True)
class Kind:
    """A kind of target: its module, what an address looks like, and the extra that brings its libraries."""

    module: str
    example: str
    extra: str | None = None


_POSTGRES = Kind("jobs.publishing.postgres.target", "postgresql://user@host:5432/database", "postgres")
TARGETS = {
    "postgresql": _POSTGRES,
    "postgres": _POSTGRES,
    "file": Kind("jobs.publishing.folder", "file:///srv/shop"),
}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def target(url: str) -> Target:
    """The module for an address. Raises UsageRefused when nothing is known for it, or its extra is not installed."""
    examples = listed(dict.fromkeys(kind.example for kind in TARGETS.values()))
    told = _SCHEME.match(url)
    if told is None:  # the text itself is not repeated: it may hold a password
        raise UsageRefused(f"URL: found no address, expected {examples}")
    scheme = told[1].lower()
    if scheme not in TARGETS:
        raise UsageRefused(f"URL: found {scheme}://, expected {examples}{did_you_mean(scheme, TARGETS)}")
    kind = TARGETS[scheme]
    try:
        return cast(Target, import_module(kind.module))
    except ImportError as bad:
        if kind.extra is None or (bad.name or "").partition(".")[0] == "jobs":
            raise
        needs = f"publishing to {scheme}:// needs what is not installed here ({str(bad).splitlines()[0]})"
        raise UsageRefused(f"{needs}: pip install 'boxwise[{kind.extra}]'") from bad
