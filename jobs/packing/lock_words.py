"""Why a lock is taken back, and what would help, in a merchandiser's words."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from jobs.posing.rule_words import listed, product_in_words, products_in_words, rule_in_words, to_pool
from jobs.posing.shop import Shop
from optimizer.explaining.fullest_box import AllowedBits, fullest
from optimizer.explaining.remedies import freed_by
from optimizer.problem import BoxProblem

Short = Literal["ship_short", "no_box", "stop"]
Words = tuple[str, str]
"""Why, and what would help."""


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


def own_box_words(shop: Shop, few: BoxProblem, row: int, item: int, beside: list[int], usable: np.ndarray) -> Words:
    """A lock that cannot be in the customer's box beside the locks that are kept.

    few     the problem of the customers with locks; row: which of them
    beside  items of the locks that are kept
    usable  bool (n_items,) what may be in this box, with units left for it
    """
    slots = int(few.sizes[row])
    if len(beside) >= slots:
        locks = f"{len(beside) + 1} locks" if beside else "a lock"
        return (
            f"{locks} for a box of {slots} slot{'s' * (slots != 1)}",
            "give the box more slots, or take the lock back",
        )
    who, pairs = np.array([row], np.int32), AllowedBits.of(few)

    def most(locked: list[int], short: Short) -> int:
        rules = replace(few.rules, short=short)
        one = replace(few, locked=_row_of(few, row, locked), rules=rules)
        return int(fullest(one, pairs, who, np.ones(few.n_items, np.int64), usable=usable[None, :])[0])

    if most([], few.rules.short) == 0:
        return "there is no box for this customer, whatever is locked", "see what would fill the box, on its own line"
    with_it = f"beside {products_in_words(shop, beside)}, " if beside else ""
    if (held := most([*beside, item], "ship_short")) > 0:
        why = f"{with_it}a box with it holds at most {held} of {slots} items, and short boxes are not sent"
        return why, 'set [short] policy to "ship_short", or take the lock back'
    one = replace(few, locked=_row_of(few, row, [*beside, item]))
    freed = freed_by(one, pairs, who, np.zeros(1, np.int64), np.ones(few.n_items, np.int64), usable[None, :])
    rules = [rule_in_words(shop, name) for name in freed]
    held_up = f"against {listed(rules, 'or')}" if rules else "against more than one rule"
    loosen = f"loosen the rule on {listed(rules, 'or')}, or " if rules else ""
    return f"{with_it}no box with it is legal: it is {held_up}", f"{loosen}take the lock back"


def _row_of(few: BoxProblem, row: int, locked: list[int]) -> np.ndarray:
    """Locks of one customer, and of nobody else."""
    locks = np.full((few.n_customers, max(1, len(locked))), -1, np.int32)
    locks[row, : len(locked)] = locked
    return locks
