"""Why a lock is taken back, and what would help, in a merchandiser's words."""

from __future__ import annotations

import numpy as np

from jobs.packing.asked_locks import Asked, Words
from jobs.posing.rule_words import listed, product_in_words, products_in_words, rule_in_words, to_pool
from jobs.posing.shop import Shop
from optimizer.explaining.remedies import freed_by
from optimizer.problem import Bool, Int32, Int64

PIECE = 1_000
"""Customers asked about at a time: of so many, every rule is tried (optimizer.explaining.remedies.ASKED)."""


def stock_words(shop: Shop, item: int, pool: int, demand: int, units: int) -> Words:
    """More locks on a product than units."""
    ask = f"{demand:,} lock{'s' * (demand > 1)} on {product_in_words(shop, item)}{to_pool(shop, pool, 'in')}"
    had = "they went to the customers with the highest scores for it" if units else "nobody can have it"
    have = f"{units:,} unit{'s' * (units != 1)}"
    fix = f"send {demand - units:,} more of it{to_pool(shop, pool)}, or take the lock back"
    return f"{ask}, {have}: {had}", fix


def quota_words(name: str, demand: float, at_most: float) -> Words:
    """More asked for than a quota allows."""
    why = f"the locks ask for {demand:,g} of the quota {name}, which allows {at_most:,g}"
    return why, f"raise at_most of {name} by {demand - at_most:,g}, or take the lock back"


def plan_words() -> Words:
    """The whole plan had no box for the customer with it."""
    return (
        "with it the plan had no box for this customer at all",
        "send more of what goes with it, or take the lock back",
    )


def stop_words() -> Words:
    """With the locks no plan fills every box, and nothing less will do."""
    why = 'with the locks no plan fills every box, and [short] policy is "stop"'
    return why, 'send more stock, take locks back, or set [short] policy to "ship_short"'


def own_box_words(shop: Shop, asked: Asked, rows: Int32, items: Int64, kept: Bool, usable: Bool) -> list[Words]:
    """Of locks that cannot be in their customers' boxes beside the locks that are kept, one for each.

    rows    int32 (n,) of those who asked, each once; items: int64 (n,) what they asked for
    kept    bool (n_asked, n_items) locks that are kept; usable likewise: what may be in a box, with units left for it
    """
    tried = kept.copy()
    tried[rows, items] = True
    without = asked.fullest(rows, np.zeros_like(kept), usable)
    held = asked.fullest(rows, tried, usable, short="ship_short")
    against = _rules_against(asked, rows, tried, usable)
    words: list[Words] = []
    for at, row in enumerate(rows.tolist()):
        beside, slots = np.flatnonzero(kept[row]).tolist(), int(asked.few.sizes[row])
        if len(beside) >= slots:
            words.append(_too_many(len(beside) + 1, slots))
        elif not without[at]:
            why = "there is no box for this customer, whatever is locked"
            words.append((why, "see what would fill the box, on its own line"))
        else:
            with_it = f"beside {products_in_words(shop, beside)}, " if beside else ""
            words.append(_against(with_it, int(held[at]), slots, [rule_in_words(shop, name) for name in against[at]]))
    return words


def _rules_against(asked: Asked, rows: Int32, tried: Bool, usable: Bool) -> list[list[str]]:
    """For each of these customers the rules without any one of which there is a box with the locks `tried`."""
    problem, found = asked.locked(tried), []
    for lo in range(0, rows.size, PIECE):
        few = rows[lo : lo + PIECE]
        freed = freed_by(problem, asked.pairs, few, np.zeros(few.size, np.int64), asked.ones, usable[few])
        found += [[name for name, more in freed.items() if more[at] > 0] for at in range(few.size)]
    return found


def _too_many(n_locks: int, slots: int) -> Words:
    locks = f"{n_locks} locks" if n_locks > 1 else "a lock"
    return f"{locks} for a box of {slots} slot{'s' * (slots != 1)}", "give the box more slots, or take the lock back"


def _against(with_it: str, held: int, slots: int, rules: list[str]) -> Words:
    """What stands against it: that short boxes are not sent, or rules, each of which alone would have to go."""
    if held:
        why = f"{with_it}a box with it holds at most {held} of {slots} items, and short boxes are not sent"
        return why, 'set [short] policy to "ship_short", or take the lock back'
    held_up = f"against {listed(rules, 'or')}" if rules else "against more than one rule"
    loosen = f"loosen the rule on {listed(rules, 'or')}, or " if rules else ""
    return f"{with_it}no box with it is legal: it is {held_up}", f"{loosen}take the lock back"
