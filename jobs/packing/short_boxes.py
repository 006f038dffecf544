"""Why boxes are short, and what would fill them, in words: one pass over the whole night, one reason for each box."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from jobs.packing.pack import Packed
from jobs.packing.remedy_words import in_words
from jobs.posing.rule_words import listed, product_in_words, products_in_words, rule_in_words, to_pool
from optimizer.explaining.fullest_box import AllowedBits
from optimizer.explaining.remedies import freed_by, remedies_for_cut
from optimizer.explaining.shortage import REASONS, Reason, Shortages, shortages
from optimizer.problem import POINTS, Bool, Cut, Int32, Int64

TOLD = 3
"""Rules or products named in one sentence."""


@dataclass(frozen=True, eq=False)
class ShortWords:
    """The short boxes of a night, in words.

    told      positions, reasons and cuts of the optimizer
    why, fix  one each per short box, in the order of `told.customers`
    shared    why and fix of each of `told.cuts` that explains a box, by its position
    """

    told: Shortages
    why: list[str]
    fix: list[str]
    shared: dict[int, tuple[str, str]]


def short_words(packed: Packed, pairs: AllowedBits) -> ShortWords:
    """Why each box is short, and what would fix it."""
    told = shortages(packed.problem, packed.plan, pairs)
    shared = {int(number): _shared(packed, pairs, told, int(number)) for number in np.unique(told.cut[told.cut >= 0])}
    rules = _rules(packed, pairs, told)
    wanted = _wanted(packed, pairs, told)
    words = [
        shared[int(told.cut[at])]
        if told.cut[at] >= 0
        else _alone(packed, told, at, rules.get(at, []), wanted.get(at, []))
        for at in range(told.customers.size)
    ]
    return ShortWords(told, [why for why, _ in words], [fix for _, fix in words], shared)


def _alone(packed: Packed, told: Shortages, at: int, rules: list[str], wanted: list[int]) -> tuple[str, str]:
    """Why and fix of a box that no cut explains."""
    reason, shop = REASONS[told.reason[at]], packed.shop
    allowed, stocked, slots = int(told.n_allowed[at]), int(told.n_stocked[at]), int(told.slots[at])
    pool = int(packed.problem.pools[told.customers[at]])
    loosen = listed([f"loosen the rule on {rule_in_words(shop, name)}" for name in rules], "or")
    if reason is Reason.RULES:
        if allowed < slots:
            why = f"only {allowed} of {shop.n_items} products are allowed for this customer, for {slots} slots"
            return why + _shared_out(packed, int(told.customers[at])), "offer more products that fit this customer"
        largest = f" of more than {told.most_legal[at]}" if told.most_legal[at] else ""
        why = f"no box{largest} of the {allowed} allowed products obeys every rule"
        return why, f"{loosen or 'loosen more than one rule, or offer more products'} for customers like this one"
    if reason is Reason.STOCK:
        send = f"send stock of {listed([product_in_words(shop, item) for item in wanted], 'or')}{to_pool(shop, pool)}"
        send = send if wanted else f"send stock of products that fit this customer{to_pool(shop, pool)}"
        if stocked < slots:
            some = f"only {stocked}" if stocked else "none"
            any_stock = f"{'has' if stocked < 2 else 'have'} any stock{to_pool(shop, pool, 'in')}"
            why = f"{some} of the {allowed} products allowed for this customer {any_stock}, for {slots} slots"
            return why, send
        largest = f" of more than {told.most_stocked[at]} items" if told.most_stocked[at] else ""
        why = f"with what is in stock no box{largest} obeys every rule"
        return why, f"{send}, or {loosen}" if loosen else send
    return _priced(packed, told, at, pool)


def _shared_out(packed: Packed, row: int) -> str:
    """How many more went to her other boxes, in words; "" where there are none."""
    elsewhere = packed.allowed.elsewhere
    more = (
        0
        if elsewhere is None
        else int((elsewhere.block(row, row + 1) & packed.allowed.undealt.block(row, row + 1)).sum())
    )
    return f"; {more} more went to her other boxes, for no family comes twice" if more else ""


def _priced(packed: Packed, told: Shortages, at: int, pool: int) -> tuple[str, str]:
    """Why and fix of a box that could be fuller, but for prices or the plan's gap."""
    shop, box = packed.shop, packed.boxes[told.customers[at]]
    comes = [int(i) for i in told.fuller[at] if i >= 0 and i not in box]
    names = products_in_words(shop, comes, 2) if comes else "what would fill it"
    if REASONS[told.reason[at]] is Reason.WORTH:
        cost, counts = told.cost[at] / POINTS, packed.problem.rules.short_penalty / POINTS
        why = f"{names} would fill it, at {cost:.3f} points a slot to other boxes; a missing slot counts {counts:g}"
        more = f"send more of {names}{to_pool(shop, pool)}"
        return why, f"{more}, or raise the penalty of a missing slot above {cost:.3f}"
    gain = f"{names} would add {told.gain[at] / POINTS:.3f} points"
    within = "" if told.tolerance is None else f", of {told.tolerance / POINTS:.3f} that any plan could add"
    why = f"the plan left it so within its proved tolerance: {gain}{within}"
    return why, f"lock {names} for this customer, or give the night more time to pack"


def _shared(packed: Packed, pairs: AllowedBits, told: Shortages, number: int) -> tuple[str, str]:
    """Why and fix of a cut."""
    cut = told.cuts[number]
    remedies = remedies_for_cut(packed.problem, packed.plan, pairs, told, number)
    fix = in_words(packed, remedies, told.customers[told.cut == number], missing=cut.missing)
    return cut_in_words(packed, cut), fix or "send more stock of these products"


def cut_in_words(packed: Packed, cut: Cut) -> str:
    """A cut in one sentence: who shares what, and what they need."""
    shop, people = packed.shop, len(np.unique(packed.shop.person[cut.customers]))
    who = f"{people:,} customer{'s' if people > 1 else ''}"
    items = np.unique(cut.item).tolist()
    pools = listed([shop.pools[pool] for pool in np.unique(cut.pool) if shop.pools[pool]])
    where = f" in {pools}" if pools else ""
    few = products_in_words(shop, items)
    every = f"all {len(items)} products" if len(items) == shop.n_items else f"{len(items)} products ({few})"
    things = every if len(items) > 1 else few
    units = f"{cut.units:,} unit{'' if cut.units == 1 else 's'}"
    if cut.plain:
        empty = f"so {cut.missing:,} slot{' stays' if cut.missing == 1 else 's stay'} empty in any plan"
        return f"{who}{where} share {things} with {units}; they need {cut.needed:,}, {empty}"
    limits = [f"the limit of {packed.problem.quotas[cap].name}" for cap in cut.caps]
    stock = [f"{things} with {units}"] if items else []
    empty = f"{cut.missing:,} of the {cut.needed:,} slots that their rules let them fill"
    return f"{who}{where} depend on {listed([*limits, *stock])}: {empty} stay empty in any plan"


def _rules(packed: Packed, pairs: AllowedBits, told: Shortages) -> dict[int, list[str]]:
    """For boxes that rules or empty stock keep short: the rules that, taken out alone, would let them hold more."""
    found: dict[int, list[tuple[int, str]]] = {}
    ones = np.ones(packed.problem.n_items, np.int64)
    for at, stock in ((told.of(Reason.RULES), False), (told.of(Reason.STOCK), True)):
        some = at[(told.n_stocked if stock else told.n_allowed)[at] >= told.slots[at]]
        for pool, mine in _by_pool(packed, told, some):
            most = (told.most_stocked if stock else told.most_legal)[mine]
            usable: Bool | None = packed.problem.stock[pool] > 0 if stock else None
            freed = freed_by(packed.problem, pairs, told.customers[mine], most, ones, usable)
            for name, more in freed.items():
                for k in np.flatnonzero(more):
                    found.setdefault(int(mine[k]), []).append((-int(more[k]), name))
    return {at: [name for _, name in sorted(names)[:TOLD]] for at, names in found.items()}


def _wanted(packed: Packed, pairs: AllowedBits, told: Shortages) -> dict[int, list[int]]:
    """For boxes that empty stock keeps short: the items out of stock that most of such boxes could take."""
    found: dict[int, list[int]] = {}
    for pool, mine in _by_pool(packed, told, told.of(Reason.STOCK)):
        rows = pairs.rows(told.customers[mine]) & (packed.problem.stock[pool] == 0)
        rank = np.argsort(-rows.sum(axis=0), kind="stable")
        for at, row in zip(mine.tolist(), rows[:, rank], strict=True):
            found[at] = rank[np.flatnonzero(row)[:TOLD]].tolist()
    return found


def _by_pool(packed: Packed, told: Shortages, at: Int64) -> Iterator[tuple[int, Int64]]:
    pools: Int32 = packed.problem.pools[told.customers[at]]
    for pool in np.unique(pools):
        yield int(pool), at[pools == pool]
