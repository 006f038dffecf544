"""What a plan's boxes take: units of each item from each pool, and how much of each promise is sent.

Counted here once more, so that explanations borrow nothing from the second opinion that may have to judge them.
"""

from __future__ import annotations

import numpy as np

from optimizer.problem import BoxProblem, Int32, Int64


def units_packed(problem: BoxProblem, boxes: Int32) -> Int64:
    """int64 (n_pools, n_items) units that the boxes take from each pool."""
    customer, slot = np.nonzero(boxes >= 0)
    packed = np.zeros(problem.stock.shape, np.int64)
    np.add.at(packed, (problem.pools[customer], boxes[customer, slot]), 1)
    return packed


def quotas_sent(problem: BoxProblem, boxes: Int32) -> list[int]:
    """What is sent under each quota, in its own unit; exact, for amounts of any size."""
    customer, slot = np.nonzero(boxes >= 0)
    item, sent = boxes[customer, slot], []
    for quota in problem.quotas:
        counted = item if quota.customers is None else item[quota.customers[customer]]
        units = np.bincount(counted, minlength=problem.n_items).tolist()
        sent.append(sum(n * each for n, each in zip(units, quota.amount.tolist(), strict=True)))
    return sent


def quotas_missing(problem: BoxProblem, boxes: Int32) -> list[int]:
    """What is missing of each quota's at_least; 0 where it is kept, or there is none."""
    wanted = [quota.at_least or 0 for quota in problem.quotas]
    return [max(0, least - sent) for least, sent in zip(wanted, quotas_sent(problem, boxes), strict=True)]
