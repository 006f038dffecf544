"""Packing as the night does it: a shop and its scores in, a plan with its proof out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.config.campaign import Campaign
from jobs.faults import NoAcceptablePlan
from jobs.packing.granted import Granted, TakenBack, grant_locks
from jobs.posing.allowed import Allowed, allowed_pairs
from jobs.posing.deal import dealt
from jobs.posing.problem import box_problem
from jobs.posing.rule_effects import RuleEffect, rule_effects
from jobs.posing.scores import Scores
from jobs.posing.shop import Shop
from jobs.starting.named_prices import NamedPrices
from optimizer.explaining.fullest_box import AllowedBits
from optimizer.problem import BoxProblem, Plan, Prices, Termination
from optimizer.solve import solve

MOST_AGAIN = 5
"""How often a night is packed again because a lock left a customer without a box."""


@dataclass(frozen=True, eq=False)
class Solved:
    """What solving found, as it can be kept: the rest of a `Packed` is posed again from the shop.

    locked      int32 (n_customers, most locks of one customer) the locks that are kept, -1 = none; None = no lock is
    taken_back  locks that are not kept, and why
    """

    plan: Plan
    locked: npt.NDArray[np.int32] | None
    taken_back: tuple[TakenBack, ...]


@dataclass(frozen=True, eq=False)
class Packed:
    """A packed shop: everything that writing, checking and explaining the boxes needs.

    scores      (n_customers, n_items) in the positions of shop.customers and shop.items
    taken_back  locks that are not kept, and why
    """

    shop: Shop
    scores: Scores
    allowed: Allowed
    problem: BoxProblem
    plan: Plan
    taken_back: tuple[TakenBack, ...] = ()

    @property
    def solved(self) -> Solved:
        """What solving found."""
        return Solved(self.plan, self.problem.locked, self.taken_back)

    @cached_property
    def boxes(self) -> npt.NDArray[np.int32]:
        """int32 (n_customers, width) item positions, best first, -1 = missing slot."""
        assert self.plan.boxes is not None
        return self.plan.boxes

    @cached_property
    def locks_lost(self) -> frozenset[tuple[str, str]]:
        """customer_id and product_id of the locks that are not kept."""
        customers, products = self.shop.customers["customer_id"].tolist(), self.shop.items["product_id"].tolist()
        return frozenset((customers[one.customer_idx], products[one.item_idx]) for one in self.taken_back)

    @cached_property
    def pairs(self) -> AllowedBits:
        """Which pairs may be packed: from the masks alone, for scores may have to be made again to be read."""
        return AllowedBits.of_blocks(self.allowed)

    @cached_property
    def effects(self) -> tuple[RuleEffect, ...]:
        """What every eligibility rule forbids to whom."""
        return rule_effects(self.shop, self.allowed.rules)

    @cached_property
    def missing(self) -> npt.NDArray[np.int64]:
        """int64 (n_customers,) empty slots of each customer's box."""
        missing: npt.NDArray[np.int64] = self.problem.sizes.astype(np.int64) - (self.boxes >= 0).sum(axis=1)
        return missing

    @cached_property
    def packed_units(self) -> npt.NDArray[np.int64]:
        """int64 (n_pools, n_items) units packed."""
        customer, slot = np.nonzero(self.boxes >= 0)
        cell = self.problem.pools[customer].astype(np.int64) * self.problem.n_items + self.boxes[customer, slot]
        counts = np.bincount(cell, minlength=self.problem.n_pools * self.problem.n_items)
        return counts.reshape(self.problem.n_pools, self.problem.n_items)


def packed_as(shop: Shop, scores: Scores, solved: Solved) -> Packed:
    """A shop as it was packed before: posed again, and not solved again."""
    allowed = dealt(shop, scores, allowed_pairs(shop))
    problem = replace(box_problem(shop, scores, allowed), locked=solved.locked)
    return Packed(shop, scores, allowed, problem, solved.plan, solved.taken_back)


def pack(
    shop: Shop,
    scores: Scores,
    *,
    prices: NamedPrices | None = None,
    at_most_s: float | None = None,
    progress: Callable[..., Any] | None = None,
) -> Packed:
    """Pack the boxes of a shop.

    prices     those to start from, e.g. last night's
    at_most_s  seconds that all of this may take, beside [publish] deadline_s for the solver; None = any

    Raises NoAcceptablePlan when there is no plan.
    """
    started = monotonic()
    allowed = dealt(shop, scores, allowed_pairs(shop))
    granted = grant_locks(shop, box_problem(shop, scores, allowed))
    warm = None if prices is None else prices.at(shop.pools, list(shop.items["product_id"]), granted.problem.quotas)
    left = None if at_most_s is None else at_most_s - (monotonic() - started)
    plan, granted = _solved(shop.campaign, granted, progress, warm, left)
    if plan.termination is Termination.INFEASIBLE:
        raise NoAcceptablePlan(
            'no plan fills every box, and [short] policy is "stop"; "ship_short" would ship the rest'
        )
    if plan.boxes is None:
        raise NoAcceptablePlan("no plan was found in the time given; give the night, or [publish] deadline_s, more")
    return Packed(shop, scores, allowed, granted.problem, plan, granted.taken_back)


def _solved(
    campaign: Campaign,
    granted: Granted,
    progress: Callable[..., Any] | None,
    warm: Prices | None = None,
    at_most_s: float | None = None,
) -> tuple[Plan, Granted]:
    """The plan, and the locks that it keeps: none is paid for with a customer's whole box."""
    started = monotonic()
    deadline = min((limit for limit in (campaign.publish.deadline_s, at_most_s) if limit is not None), default=None)
    for again in range(MOST_AGAIN + 1):
        left = None if deadline is None else max(deadline - (monotonic() - started), 0.01)
        plan = solve(granted.problem, seed=campaign.seed, deadline_s=left, prices=warm, progress=progress)
        revised = granted.revised(plan)
        if revised is None or again == MOST_AGAIN:
            return plan, granted
        granted = revised
    raise AssertionError("the loop returns")


def refuse_too_many_short(packed: Packed) -> None:
    """Raise NoAcceptablePlan when more boxes are short than [short] max_share allows."""
    short = int((packed.missing > 0).sum())
    share = short / max(1, packed.problem.n_customers)
    limit = packed.shop.campaign.short.max_share
    if share > limit:
        raise NoAcceptablePlan(
            f"{short:,} of {packed.problem.n_customers:,} boxes are short ({share:.2%}); "
            f"[short] max_share allows {limit:.2%}. Nothing was published"
        )
