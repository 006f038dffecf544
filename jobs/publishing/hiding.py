"""`boxwise overrides`: hide products from the website now, show them again, or list what is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jobs.faults import UsageRefused
from jobs.publishing import overrides
from jobs.publishing.overrides import Hidden
from jobs.publishing.publish import refuse_other_folders
from jobs.publishing.targets import target
from jobs.serving.reader import WebsiteReader
from jobs.words import did_you_mean, printable, shown


class Store(Protocol):
    """A place that a shop reads from, where products can be hidden."""

    def names(self) -> dict[str, str]:
        """Every product_id of the release that readers see, and what the product is called."""
        ...

    def hidden(self) -> list[Hidden]:
        """What is hidden, by product_id."""
        ...

    def hide(self, product_ids: Sequence[str], reason: str) -> list[Hidden]:
        """Hide products; returns all that are hidden then."""
        ...

    def show(self, product_ids: Sequence[str]) -> list[Hidden]:
        """Show products again; returns all that are hidden then."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder of runs, or of copies of website.sqlite."""

    folder: Path

    def names(self) -> dict[str, str]:
        """Of table catalogue; raises NothingPublished."""
        return WebsiteReader(self.folder).names()

    def hidden(self) -> list[Hidden]:
        """Of overrides.sqlite."""
        return overrides.hidden(self.folder)

    def hide(self, product_ids: Sequence[str], reason: str) -> list[Hidden]:
        """Replace overrides.sqlite."""
        return overrides.hide(self.folder, product_ids, reason)

    def show(self, product_ids: Sequence[str]) -> list[Hidden]:
        """Replace overrides.sqlite."""
        return overrides.show(self.folder, product_ids)


@dataclass(frozen=True)
class Address:
    """A place that a run was published to: see `jobs.publishing.targets`."""

    url: str

    def names(self) -> dict[str, str]:
        """Of what readers see there."""
        return target(self.url).names(self.url)

    def hidden(self) -> list[Hidden]:
        """In the order of the ids."""
        return list(target(self.url).hidden(self.url))

    def hide(self, product_ids: Sequence[str], reason: str) -> list[Hidden]:
        """At once, for every reader."""
        target(self.url).hide(self.url, product_ids, reason)
        return self.hidden()

    def show(self, product_ids: Sequence[str]) -> list[Hidden]:
        """At once, for every reader."""
        target(self.url).unhide(self.url, product_ids)
        return self.hidden()


def store(where: str) -> Store:
    """A folder of runs, or an address that runs are published to. Raises UsageRefused for any other folder."""
    if ":/" in where:  # one slash is a typing error: no folder is called so, and what follows may hold a password
        return Address(where)
    refuse_other_folders(Path(where))
    return Folder(Path(where))


def override(store: Store, hide: Sequence[str], show: Sequence[str], reason: str) -> list[str]:
    """Hide and show products, and say in one line each what is hidden then.

    Raises UsageRefused, with every fault and nothing done: a product that the release does not have, one to be shown
    that is not hidden, or both hidden and shown; a reason that is no text.
    """
    names, before = store.names(), {row.product_id for row in store.hidden()}
    faults = [
        f"--hide: found {shown(product)}, expected a product_id of the published run{did_you_mean(product, names)}"
        for product in hide
        if product not in names
    ]
    faults += [
        f"--show: found {shown(product)}, which is not hidden{did_you_mean(product, before)}"
        for product in show
        if product not in before
    ]
    faults += [f"{shown(product)} cannot be hidden and shown at once" for product in hide if product in set(show)]
    if any("\ud800" <= c <= "\udfff" for c in reason):
        faults.append(f"--reason: found {shown(reason)}, expected text in UTF-8")
    if faults:
        raise UsageRefused([*faults, "nothing was changed"])
    now = store.hidden()
    if hide:
        now = store.hide(hide, reason)
    if show:
        now = store.show(show)
    return hidden_lines(now, names)


def hidden_lines(rows: Sequence[Hidden], names: dict[str, str]) -> list[str]:
    """What is hidden, in words."""
    if not rows:
        return ["No product is hidden: the website shows the lists as the night made them."]
    several = f"{len(rows)} products are" if len(rows) > 1 else "1 product is"
    lines = [f"{several} hidden from every list of the website (boxes are packed and told as planned):"]
    for row in rows:
        name = names.get(row.product_id, "not in the published run")
        why = f": {printable(row.reason)}" if row.reason else ""
        lines.append(f"  {printable(row.product_id)} ({printable(name)}), since {row.hidden_at}{why}")
    return lines
