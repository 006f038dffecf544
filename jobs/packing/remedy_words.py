"""Remedies in a merchandiser's words: what to send where, what to loosen, what to raise, and how much it would fill.

What nobody should be talked into is left out: a ban, an allergen (a rule that excludes), a family sent before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jobs.packing.pack import Packed
from jobs.posing.problem import quota_scale
from jobs.posing.rule_words import listed, product_in_words, rule_in_words, to_pool
from optimizer.explaining.remedies import Remedy
from optimizer.problem import POINTS, Bool, Int32

SHOWN = 3
"""Remedies put in words, best first: the best of each kind before a second of any."""


def in_words(
    packed: Packed, remedies: Sequence[Remedy], who: Int32, *, scale: int = 1, missing: int | None = None
) -> str:
    """The best few remedies as one part of a sentence: "send 12 more of ...; or loosen ..."; "" where there is none.

    who      the customers that it is about, for what keeps a product from them
    scale    how many of the optimizer's units one unit of a quota's column is
    missing  empty slots that it is about: a remedy that fills fewer says how many
    """
    told = [(remedy, words) for remedy in remedies if (words := _one(packed, remedy, who, scale))]
    kinds = [remedy.kind for remedy, _ in told]
    first = [at for at, kind in enumerate(kinds) if kind not in kinds[:at]]
    shown = sorted([*first, *(at for at in range(len(told)) if at not in first)][:SHOWN])
    return "; or ".join(told[at][1] + _part(told[at][0], missing) for at in shown)


def _part(remedy: Remedy, missing: int | None) -> str:
    if missing is None or remedy.fills >= missing:
        return ""
    most = "up to " if remedy.at_most else ""
    return f" (fills {most}{remedy.fills:,} slot{'' if remedy.fills == 1 else 's'})"


def _one(packed: Packed, remedy: Remedy, who: Int32, scale: int) -> str:
    shop, amount = packed.shop, f"{remedy.units / scale:,.10g}"
    if remedy.kind == "stock":
        assert remedy.pool is not None
        assert remedy.item is not None
        return f"send {remedy.units:,} more of {product_in_words(shop, remedy.item)}{to_pool(shop, remedy.pool)}"
    if remedy.kind == "allow":
        wider = f"let boxes take {amount} more: more customers who may receive it, or looser rules of the box"
        return wider if remedy.item is None else _allow(packed, remedy, who)
    if remedy.kind == "rule":
        return f"loosen the rule on {rule_in_words(shop, remedy.name or '')}"
    if remedy.kind == "cap":
        scales = {rule.name: quota_scale(shop, rule) for rule in shop.campaign.quotas}
        more = remedy.units / scales.get(remedy.name or "", 1)
        return f"raise the limit of {remedy.name} by {more:,.10g} at least"
    if remedy.kind == "penalty":
        return f"raise its penalty above {remedy.units * scale / POINTS:,.3f} if it matters more than a better fit"
    return f"promise {amount} only" if remedy.units else "take the promise back"


def _allow(packed: Packed, remedy: Remedy, who: Int32) -> str:
    """Let customers receive a product that is left over, where only a rule of fit keeps it from them."""
    assert remedy.pool is not None
    assert remedy.item is not None
    here, item = who[packed.problem.pools[who] == remedy.pool], remedy.item
    fits, barred = np.zeros(here.size, np.bool_), np.zeros(here.size, np.bool_)
    rules = []
    for rule, table in zip(packed.shop.campaign.eligibility, packed.allowed.rules, strict=True):
        bars = ~table.allowed[table.code[here], item]
        if rule.sense == "exclude":
            barred |= bars
        else:
            fits |= bars
            rules += [f"the {table.name} rule"] if bars.any() else []
    for _, bars in _bars(packed, here, item):
        barred |= bars
    freed = int((fits & ~barred).sum())
    if not freed:
        return ""
    left = int(packed.problem.stock[remedy.pool, item] - packed.packed_units[remedy.pool, item])
    where, name = to_pool(packed.shop, remedy.pool, "in"), product_in_words(packed.shop, item)
    keeps = f"{listed(rules)} {'keeps' if len(rules) == 1 else 'keep'} it from {freed:,} of them"
    return f"offer them {name}, of which {left:,} {'is' if left == 1 else 'are'} left{where}: {keeps}"


def kept_from(packed: Packed, who: Int32, item: int, most: int = 2) -> list[str]:
    """What keeps an item from these customers, commonest first: "the hair type rule keeps it from 12 of them"."""
    counts: dict[str, int] = {}
    for table in packed.allowed.rules:
        barred = int((~table.allowed[table.code[who], item]).sum())
        counts[f"the {table.name} rule keeps it from {barred:,} of them"] = barred
    for words, bars in _bars(packed, who, item):
        counts[words.format(f"{int(bars.sum()):,} of them")] = int(bars.sum())
    ranked = sorted(counts.items(), key=lambda count: (-count[1], count[0]))
    return [words for words, count in ranked[:most] if count]


def _bars(packed: Packed, who: Int32, item: int) -> Iterator[tuple[str, Bool]]:
    """What bars an item, other than rules of fit, and for whom."""
    allowed = packed.allowed
    yield "{} received it, or its family, before", allowed.shipped[who, item].toarray().reshape(-1)
    yield "a merchandiser banned it for {}", allowed.banned[who, item].toarray().reshape(-1)
    for reason, mask in allowed.everywhere.items():
        yield reason + " ({})", np.full(len(who), bool(mask[item]))
    if allowed.elsewhere is not None:
        yield "it went to another box of {}", allowed.elsewhere.pairs(who, np.full(len(who), item))
