"""What the edits lock beyond what there is: units, limits of quotas, slots and rules of one box. Told before the night.

Counted without packing anything, so that a merchandiser knows it at once; which locks are kept is decided at night.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from jobs.posing.problem import box_rules, quota_scale, quotas
from jobs.posing.rule_words import listed, product_in_words, rule_in_words, to_pool
from jobs.posing.shop import Shop
from jobs.reading.collect import MOST_LINES, Note
from optimizer.problem import BoxRules, GroupLimit, Int32


def lock_notes(shop: Shop, locked: Int32 | None) -> list[Note]:
    """A note for everything of which the locks ask more than there is, dearest first.

    locked  int32 (n_customers, any) item positions, -1 = none; None = nobody locked anything
    """
    if locked is None:
        return []
    path = shop.tables.sources["edits"].path
    file = "[inputs.edits] sql" if path is None else path.name
    notes: list[Note] = []
    for kind in (_units(shop, locked), _quotas(shop, locked), _boxes(shop, locked)):
        told = [Note(file, count, None, words) for count, words in kind]
        notes += told[:MOST_LINES]
        if len(told) > MOST_LINES:
            more = sum(note.count for note in told[MOST_LINES:])
            notes.append(
                Note(file, more, None, f"more locks are too many in the same way, on {len(told) - MOST_LINES:,} lines")
            )
    return notes


def _units(shop: Shop, locked: Int32) -> Iterator[tuple[int, str]]:
    """Products with more locks than units, those that lack most first."""
    row, nth = np.nonzero(locked >= 0)
    demand = np.zeros_like(shop.stock)
    np.add.at(demand, (shop.pool[row], locked[row, nth]), 1)
    lack = demand - shop.stock
    pools, items = np.nonzero(lack > 0)
    for at in np.lexsort((items, pools, -lack[pools, items])):
        pool, item = int(pools[at]), int(items[at])
        asked, units, more = int(demand[pool, item]), int(shop.stock[pool, item]), int(lack[pool, item])
        where = to_pool(shop, pool, "in")
        have = f"{units:,} unit{'s' * (units != 1)}"
        words = f"lock{'s' * (asked > 1)} on {product_in_words(shop, item)}{where}, {have}"
        yield asked, f"{words}: send {more:,} more{to_pool(shop, pool)} or take {more:,} back"


def _quotas(shop: Shop, locked: Int32) -> Iterator[tuple[int, str]]:
    """Quotas whose `at_most` is below what the locks ask for."""
    row, nth = np.nonzero(locked >= 0)
    items = locked[row, nth]
    for rule, quota in zip(shop.campaign.quotas, quotas(shop), strict=False):
        if quota.at_most is None:
            continue
        amount = quota.amount[items] * (1 if quota.customers is None else quota.customers[row])
        over = int(amount.sum()) - quota.at_most
        if over > 0:
            scale, what = quota_scale(shop, rule), rule.amount or "units"
            asks, allows = f"{int(amount.sum()) / scale:,g}", f"{quota.at_most / scale:,g}"
            words = f"ask for {asks} {what} of the quota {rule.name}, which allows {allows}"
            yield int((amount > 0).sum()), f"locks {words}: raise its at_most by {over / scale:,g} or take some back"


def _boxes(shop: Shop, locked: Int32) -> Iterator[tuple[int, str]]:
    """Customers whose own locks are too many for one box."""
    rules, slots = box_rules(shop), shop.customers["slots"].tolist()
    for customer in np.flatnonzero((locked >= 0).sum(axis=1) > np.minimum(slots, 1)).tolist():
        items = [int(item) for item in locked[customer] if item >= 0]
        who, box = shop.customers["customer_id"].iloc[customer], shop.box_ids.iloc[customer]
        who += f" in box {box}" if box else ""
        more = len(items) - slots[customer]
        if more > 0:
            room = f"{slots[customer]} slot{'s' * (slots[customer] != 1)}"
            yield len(items), f"lock{'s' * (len(items) > 1)} for {who}, whose box has {room}: take {more} back"
        elif against := _against(rules, items):
            names = listed([rule_in_words(shop, name) for name in against])
            yield len(items), f"locks for {who} that one box cannot hold together, against {names}: take some back"


def _against(rules: BoxRules, items: list[int]) -> list[str]:
    """Names of the rules that a box which holds these items cannot obey, whatever else it holds."""
    inside = set(items)
    found = [group.name for group in rules.groups if _too_many(group, items)]
    found += [
        band.name
        for band in rules.bands
        if band.high is not None and sum(int(band.amount[item]) for item in items) > band.high
    ]
    return found + [
        f"apart {pair.i} {pair.j}" for pair in rules.pairs if pair.kind == "apart" and {pair.i, pair.j} <= inside
    ]


def _too_many(group: GroupLimit, items: list[int]) -> bool:
    """More of one group than a box may hold?"""
    if group.at_most is None:
        return False
    limits = np.broadcast_to(np.asarray(group.at_most), (int(group.labels.max(initial=-1)) + 1,))
    counts = Counter(int(group.labels[item]) for item in items if group.labels[item] >= 0)
    return any(count > limits[label] for label, count in counts.items())
