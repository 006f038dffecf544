"""What every eligibility rule does tonight: what it forbids to whom, counted on the masks that boxes are packed by.

A rule that forbids nothing to anyone is seen here, whatever the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from jobs.inputs.multi_values import column
from jobs.posing.allowed import RuleTable
from jobs.posing.shop import Shop


@dataclass(frozen=True)
class RuleEffect:
    """What one rule forbids to whom, of those who may get a box and what may go in.

    customers    customers to whom it forbids at least one product; products likewise; pairs of both. A customer of
                 several boxes counts once for each
    n_customers  customers in all; n_products likewise
    unanswered   customers whose cell is empty
    for_all      products whose cell is empty: the rule leaves them to everyone
    """

    name: str
    sense: str
    unknown: str
    customers: int
    products: int
    pairs: int
    n_customers: int
    n_products: int
    unanswered: int
    for_all: int

    @property
    def words(self) -> str:
        """One line for a merchandiser."""
        if not self.pairs:
            return f"rule {self.name}: forbids nothing to anyone"
        whom = f"{self.customers:,} of {self.n_customers:,} customer{'s' * (self.n_customers != 1)}"
        what = f"{self.products:,} of {self.n_products:,} product{'s' * (self.n_products != 1)}"
        pairs = f"{self.pairs:,} pair{'s' * (self.pairs != 1)} in all"
        empty = f"; {self.unanswered:,} customer{'s have' if self.unanswered != 1 else ' has'} no answer"
        return f"rule {self.name}: forbids {what} to {whom}, {pairs}" + (empty if self.unanswered else "")


def rule_effects(shop: Shop, tables: Iterable[RuleTable]) -> tuple[RuleEffect, ...]:
    """The effect of every eligibility rule, in the order of the file.

    tables  the rules as allowed_pairs answered them
    """
    return tuple(_effect(shop, position, table) for position, table in enumerate(tables))


def _effect(shop: Shop, position: int, table: RuleTable) -> RuleEffect:
    rule = shop.campaign.eligibility[position]
    with_cell = np.bincount(table.code, minlength=len(table.allowed)).astype(np.int64)
    kept = ~table.allowed[with_cell > 0]
    per_cell = kept.sum(axis=1, dtype=np.int64)
    here = with_cell[with_cell > 0]
    return RuleEffect(
        name=rule.name,
        sense=rule.sense,
        unknown=rule.unknown,
        customers=int(here[per_cell > 0].sum()),
        products=int(kept.any(axis=0).sum()),
        pairs=int(here @ per_cell),
        n_customers=shop.n_customers,
        n_products=shop.n_items,
        unanswered=int((~column(shop.customers[rule.customer]).known).sum()),
        for_all=int((~column(shop.items[rule.product]).known).sum()),
    )


def as_json(effects: Iterable[RuleEffect]) -> list[dict[str, Any]]:
    """The effects as rules.json keeps them."""
    return [asdict(effect) for effect in effects]
