"""`boxwise overrides`: hide products from the website now, show them again, or list what is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.faults import UsageRefused
from jobs.publishing.overrides import Hidden
from jobs.publishing.publish import refuse_other_folders
from jobs.publishing.targets import target
from jobs.words import did_you_mean, printable, shown


@dataclass(frozen=True)
class Store:
    """A place that a shop reads from, by its address: see `jobs.publishing.targets`."""

    url: str

    def names(self) -> dict[str, str]:
        """Every product_id of the release that readers see, and what the product is called."""
        return target(self.url).names(self.url)

    def hidden(self) -> list[Hidden]:
        """What is hidden, by product_id."""
        return list(target(self.url).hidden(self.url))

    def hide(self, product_ids: Sequence[str], reason: str) -> list[Hidden]:
        """Hide products, at once, for every reader; returns all that are hidden then."""
        target(self.url).hide(self.url, product_ids, reason)
        return self.hidden()

    def show(self, product_ids: Sequence[str]) -> list[Hidden]:
        """Show products again, at once, for every reader; returns all that are hidden then."""
        target(self.url).unhide(self.url, product_ids)
        return self.hidden()


def store(where: str) -> Store:
    """A folder of runs, or an address that runs are published to. Raises UsageRefused for any other folder."""
    if ":/" not in where:  # one slash is a typing error: no folder is called so, and what follows may hold a password
        refuse_other_folders(Path(where))
        where = Path(where).resolve().as_uri()
    return Store(where)


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
