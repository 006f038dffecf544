"""Packing problems to measure on, each of any size and from a seed: what kinds of campaign there are, in numbers only.

`KINDS` names them. The items and their rules are the same for any number of customers, so that sizes can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.instance_scores import (
    BOX,
    Bool,
    FactorBlocks,
    Int32,
    Int64,
    Tastes,
    eligibility,
    forbid,
    history,
    pools_of,
    stock_of,
    stream,
)
from optimizer.problem import Band, BoxProblem, BoxRules, GroupLimit, PairRule, Quota


@dataclass(frozen=True, eq=False)
class Catalogue:
    """What is known of M items. Labels int32 (M,), drawn independently, so that they cross; amounts int64 (M,).

    category  8 kinds; brand one per four items; form 3 kinds (full size, sample, tool); family two items each
    value     retail value in cents, 300 to 3,000; cost about a quarter of it; weight in grams, 20 to 250
    """

    category: Int32
    brand: Int32
    form: Int32
    family: Int32
    value: Int64
    cost: Int64
    weight: Int64

    @classmethod
    def drawn(cls, m: int, seed: int) -> Catalogue:
        """m items. The first ones have one of every label, so that every label exists."""
        rng = stream(seed, "items")

        def labels(n_labels: int) -> Int32:
            drawn = rng.integers(0, n_labels, m, np.int32)
            drawn[:n_labels] = np.arange(min(n_labels, m))
            return drawn

        value = rng.integers(300, 3000, m)
        cost = np.rint(value * rng.uniform(0.2, 0.3, m)).astype(np.int64)
        category, brand, form = labels(8), labels(max(BOX + 1, m // 4)), labels(3)
        family = (np.arange(m) // 2).astype(np.int32)
        return cls(category, brand, form, family, value, cost, rng.integers(20, 250, m))


def of_average(amount: Int64, factor: float, boxes: int = 1) -> int:
    """A limit: `factor` times what so many full boxes of average items hold."""
    return int(boxes * BOX * amount.mean() * factor)


def promise(name: str, items: Any, m: int, at_least: float, customers: Bool | None = None) -> Quota:
    """A promise that units of these items are sent, 0.2 points for each one missing."""
    amount = np.zeros(m, np.int64)
    amount[items] = 1
    return Quota(name, amount, at_least=int(at_least), customers=customers, penalty=200_000)


def item_promises(stock: Int64, seed: int, count: int) -> tuple[Quota, ...]:
    """`count` drawn items, each with four fifths of its stock promised."""
    m = stock.shape[1]
    chosen = np.sort(stream(seed, "promises").permutation(m)[:count])
    return tuple(promise(f"item {i}", int(i), m, 0.8 * stock[:, i].sum()) for i in chosen)


def box_rules(items: Catalogue) -> BoxRules:
    """At most two of a category, one of a brand, one of a family; retail value 0.85 to 1.4 times the average box's."""
    groups = (
        GroupLimit("category", items.category, at_most=2),
        GroupLimit("brand", items.brand, at_most=1),
        GroupLimit("family", items.family, at_most=1),
    )
    low, high = of_average(items.value, 0.85), of_average(items.value, 1.4)
    return BoxRules(BOX, groups, (Band("retail value", items.value, low, high),))


def _shop(n: int, m: int, seed: int, family: Int32 | None, setting: Any) -> BoxProblem:
    """Scores, eligibility and stock; with families, nothing of two that a warm customer was sent before."""

    def dealt(*, supply: float = 1.3, pools: int = 1, cold: float = 0.0, step: int = 0) -> BoxProblem:
        tastes, allowed = Tastes.drawn(n, m, seed, step=step), eligibility(n, m, seed)
        rng = stream(seed, "cold")
        who = np.sort(rng.permutation(n)[: int(cold * n)])
        if family is not None:
            received = history(n, int(family.max(initial=0)) + 1, seed)
            received[who] = -1
            forbid(allowed, family, received)
        profile = who[rng.integers(0, min(50, max(1, who.size)), who.size)]
        tastes.customer[who], allowed[who] = tastes.customer[profile], allowed[profile]
        pool = pools_of(n, pools, seed)
        return BoxProblem(tastes.points(), allowed, stock_of(n, m, seed, supply, pool), pool=pool)

    return dealt(**setting)


def plain(n: int, m: int, seed: int = 0, **setting: Any) -> BoxProblem:
    """Stock and eligibility only.

    supply   units in stock per slot, 1.3 unless said
    pools    warehouses, 1 unless said
    cold     share of customers who are one of 50 profiles, scores and eligibility alike, spread among the others
    step     micro-points that scores are rounded to, 0 = whole micro-points
    """
    return _shop(n, m, seed, None, setting)


def ruled(n: int, m: int, seed: int = 0, *, promised: float = 0.2, **setting: Any) -> BoxProblem:
    """`plain` with `box_rules`, a history of shipments, and promises for a fifth of the items."""
    items = Catalogue.drawn(m, seed)
    shop = _shop(n, m, seed, items.family, setting)
    return replace(shop, rules=box_rules(items), quotas=item_promises(shop.stock, seed, int(m * promised)))


def ties(n: int, m: int, seed: int = 0, *, rules: bool = False, **setting: Any) -> BoxProblem:
    """Half the customers cold, 50 identical profiles, scores of three digits; `plain`, or `ruled` with rules=True."""
    return (ruled if rules else plain)(n, m, seed, **{"cold": 0.5, "step": 1000, **setting})


def scarce(n: int, m: int, seed: int = 0, **setting: Any) -> BoxProblem:
    """`ruled` with nine units in stock for ten slots."""
    return ruled(n, m, seed, **{"supply": 0.9, **setting})


def quotas(n: int, m: int, seed: int = 0, **setting: Any) -> BoxProblem:
    """`ruled` with promises of 40 items, of 20 brands to one of four overlapping segments each, and three budgets."""
    items, shop = Catalogue.drawn(m, seed), ruled(n, m, seed, promised=0, **setting)
    rng = stream(seed, "segments")
    segments = rng.random((4, n)) < np.array([0.5, 0.4, 0.3, 0.2])[:, None]
    of_brand = np.bincount(items.brand, shop.stock.sum(axis=0))
    to_brands = tuple(
        promise(f"brand {b}", items.brand == b, m, 0.9 * who.mean() * of_brand[b], who)
        for b, who in ((b, segments[b % 4]) for b in range(min(20, of_brand.size)))
    )
    luxury = np.where(items.value > np.quantile(items.value, 0.8), 1, 0).astype(np.int64)
    budgets = tuple(
        Quota(name, amount, at_most=of_average(amount, factor, n))
        for name, amount, factor in (
            ("cost", items.cost, 0.98),
            ("weight", items.weight, 0.95),
            ("luxury", luxury, 0.9),
        )
    )
    return replace(shop, quotas=(*item_promises(shop.stock, seed, min(40, m)), *to_brands, *budgets))


def bands(n: int, m: int, seed: int = 0, *, count: int = 3, **setting: Any) -> BoxProblem:
    """`ruled` with two or three bands that pull against each other: rich in value, light, and cheap to buy."""
    items, shop = Catalogue.drawn(m, seed), ruled(n, m, seed, **setting)
    pulling = (
        Band("retail value", items.value, low=of_average(items.value, 1.0)),
        Band("weight", items.weight, high=of_average(items.weight, 0.9)),
        Band("cost", items.cost, of_average(items.cost, 0.8), of_average(items.cost, 1.1)),
    )
    return replace(shop, rules=replace(shop.rules, bands=pulling[:count]))


def adversarial(n: int, m: int, seed: int = 0, **setting: Any) -> BoxProblem:
    """Brand, category and form cross, each with limits, two with at-least sides; pairs apart and together."""
    items, shop = Catalogue.drawn(m, seed), plain(n, m, seed, **setting)
    n_pairs = max(1, m // 20)
    drawn = stream(seed, "rules").permutation(m)[: 4 * n_pairs].reshape(2, n_pairs, 2)
    groups = (
        GroupLimit("brand", items.brand, at_most=1),
        GroupLimit("category", items.category % 4, at_most=2, at_least=_first(items.category % 4, 1)),
        GroupLimit("form", items.form, at_most=3, at_least=_first(items.form, 2)),
    )
    kinds = (("apart", drawn[0].tolist()), ("together", drawn[1].tolist()))
    pairs = tuple(PairRule(kind, i, j) for kind, two in kinds for i, j in two)  # type: ignore[arg-type]
    return replace(shop, rules=BoxRules(BOX, groups, pairs=pairs))


def _first(labels: Int32, count: int) -> list[int]:
    """At least one of each of the first `count` groups, none of the others."""
    return [1 if label < count else 0 for label in range(int(labels.max()) + 1)]


def blocks(n: int, m: int, seed: int = 0, *, n_factors: int = 64) -> BoxProblem:
    """The rules of `ruled`; scores and eligibility made block by block from factors, profiles and history."""
    items, stock = Catalogue.drawn(m, seed), stock_of(n, m, seed)
    utility = FactorBlocks.drawn(n, m, seed, items.family, n_factors)
    return BoxProblem(utility, None, stock, rules=box_rules(items), quotas=item_promises(stock, seed, m // 5))


KINDS: dict[str, Callable[..., BoxProblem]] = {
    "plain": plain,
    "ruled": ruled,
    "ties": ties,
    "scarce": scarce,
    "quotas": quotas,
    "bands": bands,
    "adversarial": adversarial,
    "blocks": blocks,
}
"""Every kind of problem: KINDS[kind](n_customers, n_items, seed, **setting)."""
