"""`boxwise explain RUN --promise NAME`: is a promise or quota kept, what does it cost, and why is it missed?"""

from __future__ import annotations

from collections.abc import Iterator

from jobs.explaining.repacked import repacked
from jobs.faults import UsageRefused
from jobs.outputs.rebuild import Rebuilt
from jobs.packing.missed_promises import Named, missed_words, named_quotas
from jobs.packing.pack import Packed
from jobs.words import did_you_mean
from optimizer.explaining.fullest_box import AllowedBits
from optimizer.explaining.sent import quotas_sent
from optimizer.problem import POINTS


def promise_lines(run: Rebuilt, wanted: str) -> Iterator[str]:
    """What is to be said of every promise or quota of that name; a product's id names its promises.

    Raises UsageRefused where there is none.
    """
    packed = repacked(run)
    named, totals = named_quotas(packed), quotas_sent(packed.problem, packed.boxes)
    ids = ["" if name.item is None else packed.shop.items["product_id"].iloc[name.item] for name in named]
    found = [q for q, name in enumerate(named) if wanted in (name.label, packed.problem.quotas[q].name, ids[q])]
    if not found:
        known = sorted({*(name.label for name in named), *(one for one in ids if one)})
        raise UsageRefused(f"there is no promise or quota {wanted} in this run{did_you_mean(wanted, known)}")
    pairs = packed.pairs
    for number in found:
        yield from _lines(packed, pairs, number, named[number], totals[number])


def _lines(packed: Packed, pairs: AllowedBits, number: int, name: Named, sent: int) -> Iterator[str]:
    """How far it is kept, what it costs, and what stands in the way."""
    quota, prices = packed.problem.quotas[number], packed.plan.prices
    asked = [f"at least {quota.at_least / name.scale:,.10g}"] if quota.at_least is not None else []
    asked += [f"at most {quota.at_most / name.scale:,.10g}"] if quota.at_most is not None else []
    yield f"{name.label}: {sent / name.scale:,.10g} sent, {' and '.join(asked)} asked for"
    assert prices is not None
    for price, way in ((prices.at_least[number], "unit less asked for"), (prices.at_most[number], "unit more allowed")):
        adds = int(price) * name.scale / prices.unit / POINTS
        if adds > 0.0000005:
            yield f"  One {way} would add {adds:.3f} points at the most."
    for missed in missed_words(packed, pairs, number):
        yield f"  Missed: {missed.why}."
        yield f"  To fix it: {missed.fix}."
