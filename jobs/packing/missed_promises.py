"""Why promises and quotas are missed, and what would keep them, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from jobs.packing.pack import Packed
from jobs.packing.remedy_words import in_words, kept_from
from jobs.posing.problem import promise_name, quota_scale
from jobs.posing.rule_words import listed, product_in_words, to_pool
from optimizer.explaining.fullest_box import AllowedBits
from optimizer.explaining.missed_promise import Hindrance, Unsent, unsent
from optimizer.explaining.remedies import remedies_for_promise
from optimizer.problem import POINTS, Int32


@dataclass(frozen=True)
class Named:
    """A quota as people know it.

    label        "promise of Day cream (P02) from north", or the quota's own name
    pool, item   of a promise in the inventory, else None
    scale        how many of the optimizer's units one unit of its column is
    """

    label: str
    pool: int | None
    item: int | None
    scale: int


def named_quotas(packed: Packed) -> list[Named]:
    """The names of all quotas, in their order."""
    shop, rules = packed.shop, packed.shop.campaign.quotas
    named = [Named(rule.name, None, None, quota_scale(shop, rule)) for rule in rules]
    promised = {
        promise_name(shop, int(pool), int(item)): (int(pool), int(item))
        for pool, item in zip(*np.nonzero(shop.promised), strict=True)
    }
    for quota in packed.problem.quotas[len(rules) :]:
        pool, item = promised[quota.name]
        label = f"promise of {product_in_words(shop, item)}{to_pool(shop, pool, 'from') if len(shop.pools) > 1 else ''}"
        named.append(Named(label, pool, item, 1))
    return named


@dataclass(frozen=True)
class Missed:
    """One missed quota in words."""

    named: Named
    what: str
    why: str
    fix: str


def missed_words(packed: Packed, pairs: AllowedBits, only: int | None = None) -> Iterator[Missed]:
    """Every missed quota, or the one at position `only`: what is missing, why, and what would fix it."""
    named = named_quotas(packed)
    for why in unsent(packed.problem, packed.plan, pairs, only):
        name = named[why.quota]
        least, sent = why.at_least / name.scale, why.sent / name.scale
        what = f"{name.label}: {sent:,.10g} of {least:,.10g} sent, {least - sent:,.10g} short"
        remedies = remedies_for_promise(packed.problem, packed.plan, why)
        fix = in_words(packed, remedies, _segment(packed, why.quota), scale=name.scale)
        yield Missed(name, what, _why(packed, why, name), fix or "give the night more time to pack")


def _segment(packed: Packed, number: int) -> Int32:
    """int32 positions of the customers whose boxes count."""
    quota = packed.problem.quotas[number]
    everyone = np.arange(packed.problem.n_customers, dtype=np.int32)
    return everyone if quota.customers is None else everyone[quota.customers]


def _why(packed: Packed, why: Unsent, named: Named) -> str:
    """The hindrance, with its numbers."""
    quota, scale = packed.problem.quotas[why.quota], named.scale
    most, stock, takes = (f"{amount / scale:,.10g}" for amount in (why.most, why.in_stock, why.takes))
    if why.hindrance is Hindrance.STOCK:
        verb = "is" if why.in_stock == scale else "are"
        asked = f"{why.at_least / scale:,.10g} are asked for"
        return f"only {stock} {verb} in stock, {asked}" if why.in_stock else "there is no stock of it"
    if why.hindrance is Hindrance.CUSTOMERS:
        may = f"only {why.n_customers:,} customers may" if why.n_customers else "no customer may"
        may += " receive it" if (quota.amount > 0).sum() == 1 else " receive any of it"
        may += "" if why.takes == why.n_customers else f", and their boxes can hold {takes} at most"
        kept = [] if named.item is None else kept_from(packed, _segment(packed, why.quota), named.item)
        return f"{may}: {listed(kept)}" if kept else may
    if why.hindrance is Hindrance.BOTH:
        return f"{most} can be sent at most: {stock} that are in stock, and {takes} of the rest that boxes can hold"
    penalty, missing = quota.penalty * scale / POINTS, why.missing / scale
    if why.hindrance is Hindrance.WORTH:
        if why.cost is None:
            return f"sending more would cost other boxes more than its penalty of {penalty:g} points"
        cost = max(why.cost, quota.penalty) * scale / POINTS
        each = f"about {cost:.3f} points each" if missing != 1 else f"about {cost:.3f} points"
        more = "more than" if why.cost > quota.penalty else "as much as"
        return f"sending the missing {missing:,.10g} would cost other boxes {each}, {more} its penalty of {penalty:g}"
    bound, value = packed.plan.upper_bound, packed.plan.value
    gap = (
        ""
        if bound is None or value is None
        else f": no plan is better by more than {(bound - value) / POINTS:.3f} points"
    )
    return f"the plan left it so within its proved tolerance{gap}"
