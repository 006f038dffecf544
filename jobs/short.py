"""Why a box is short, and what would fill it: the rules, the shelves or the promises that stand in the way."""

from __future__ import annotations

import numpy as np

from jobs.pack import Packed


def why_short(packed: Packed, customer_idx: int) -> tuple[str, str]:
    """Why a customer's box is not full, and what would fix it, each in words."""
    problem = packed.problem
    slots = int(problem.sizes[customer_idx])
    _, allowed = problem.block(customer_idx, customer_idx + 1)
    may = np.flatnonzero(allowed[0])
    if len(may) < slots:
        return (
            f"only {len(may)} of {problem.n_items} products are allowed for this customer, fewer than the {slots} slots",
            "offer more products that fit this customer",
        )
    pool = int(problem.pools[customer_idx])
    left = problem.stock[pool] - packed.packed_units[pool]
    there = int((problem.stock[pool][may] > 0).sum())
    if there < slots:
        return (
            f"only {there} of the {len(may)} products allowed for this customer are in stock",
            "send stock of products that fit this customer",
        )
    open_now = int((left[may] > 0).sum())
    return (
        f"{len(may)} products are allowed, {open_now} of them are left in stock, "
        "and no full box of them obeys every rule",
        "send more stock of what ran out (products.csv, marginal_value), or loosen a group, band or pair rule",
    )
