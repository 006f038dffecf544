"""The audit of the problem itself: a pair it forbids though nothing does would make a poorer plan look like the best.

For a sample of customers, drawn from the run's own name, the problem is held against jobs/checking/allowed_by_ids.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.checking.allowed_by_ids import AllowedByIds
from jobs.checking.audit_read import Mask, capped

MOST_CUSTOMERS = 5_000
"""Up to so many customers are all looked at; of more, so many are drawn."""


class Pairs(Protocol):
    """The pairs of a problem as the solver reads them."""

    def portions(self, customers: npt.NDArray[np.int32]) -> Iterator[tuple[slice, Any, Mask]]:
        """Which of the customers (positions, ascending), their utilities, bool (., n_items): True = may be packed."""
        ...


class Numbered(Protocol):
    """Whom and what the problem's positions stand for: frames with customer_id and product_id, and the warehouses."""

    @property
    def customers(self) -> pd.DataFrame: ...
    @property
    def items(self) -> pd.DataFrame: ...
    @property
    def pools(self) -> tuple[str, ...]: ...


class Problem(Protocol):
    """What is asked of a problem: `optimizer.problem.BoxProblem`."""

    @property
    def pairs(self) -> Pairs: ...
    @property
    def pools(self) -> npt.NDArray[np.int32]: ...
    @property
    def sizes(self) -> npt.NDArray[np.int32]: ...
    @property
    def locked(self) -> npt.NDArray[np.int32] | None: ...


class Posed(Protocol):
    """A problem as a night posed it."""

    @property
    def shop(self) -> Numbered: ...
    @property
    def problem(self) -> Problem: ...
    @property
    def locks_lost(self) -> frozenset[tuple[str, str]]: ...


def audit_allowed(posed: Posed, tables: Mapping[str, pd.DataFrame], rules: Mapping[str, Any], run_id: str) -> list[str]:
    """A line for every pair that the problem allows and the tables do not, or the other way round.

    tables  customers, products, inventory, shipments, edits as the night read them
    rules   campaign.toml as plain dictionaries
    run_id  draws the customers: the same run, the same sample

    Looked at as well: who gets a box at all, of what size, from which warehouse, and with what locked in.
    """
    edits, customers = tables["edits"], tables["customers"]["customer_id"].tolist()
    dropped = set(edits.loc[edits["action"] == "drop_customer", "customer_id"])
    active = sorted(set(customers) - dropped)
    chosen = sample(active, run_id)
    told = AllowedByIds(tables, rules, chosen)
    position = {customer_id: at for at, customer_id in enumerate(posed.shop.customers["customer_id"].tolist())}
    product_ids = posed.shop.items["product_id"].tolist()
    faults = [*_unlike("customer", set(position), set(active)), *_unlike("product", set(product_ids), told.boxable)]
    if faults:
        return faults
    by_warehouse = tables["inventory"]["warehouse"].nunique() > 1
    return [
        *capped(_pairs(posed, told, chosen, position, product_ids)),
        *capped(_boxes(posed, told, chosen, position, by_warehouse)),
    ]


def sample(customer_ids: list[str], run_id: str) -> list[str]:
    """Everyone, or as many as are looked at, drawn by the run's name; sorted."""
    if len(customer_ids) <= MOST_CUSTOMERS:
        return sorted(customer_ids)
    return sorted(Random(run_id).sample(sorted(customer_ids), MOST_CUSTOMERS))


def _unlike(what: str, found: set[str], expected: set[str]) -> list[str]:
    """A line for everyone whom the problem leaves out, or has and should not."""
    lines = [f"{what} {one}: is not in the plan's problem; the tables say it is" for one in sorted(expected - found)]
    lines += [f"{what} {one}: is in the plan's problem; the tables say it is not" for one in sorted(found - expected)]
    return capped(lines)


def _pairs(
    posed: Posed, told: AllowedByIds, chosen: list[str], position: dict[str, int], product_ids: list[str]
) -> Iterator[str]:
    """Pairs on which problem and tables do not agree."""
    rows = _rows(posed.problem, [position[customer_id] for customer_id in chosen])
    for customer_id in chosen:
        found = {product_ids[item] for item in np.flatnonzero(rows[position[customer_id]])}
        expected = told.allowed(customer_id)
        for product_id in sorted(found ^ expected):
            who, cells = f"customer {customer_id}, product {product_id}", told.cells(customer_id, product_id)
            if product_id in found:
                whys = [why for why, ids in told.forbidden(customer_id).items() if product_id in ids]
                words = f"the plan's problem allows it, the tables do not: {'; '.join(whys)}"
            else:
                words = (
                    "the plan's problem forbids it, the tables allow it: no rule, ban or earlier shipment is against it"
                )
            yield f"{who}: {words}" + (f" ({cells})" if cells else "")


def _rows(problem: Problem, positions: list[int]) -> dict[int, Mask]:
    """position -> bool (n_items,): what the problem allows to the customer there, read as the solver reads it."""
    ordered = np.array(sorted(positions), np.int32)
    rows: dict[int, Mask] = {}
    for which, _, allowed in problem.pairs.portions(ordered):
        rows.update(zip(ordered[which].tolist(), allowed, strict=True))
    return rows


def _boxes(
    posed: Posed, told: AllowedByIds, chosen: list[str], position: dict[str, int], by_warehouse: bool
) -> Iterator[str]:
    """Size, warehouse and locks of a box, where problem and tables do not agree."""
    problem, shop = posed.problem, posed.shop
    sizes, pools, items = problem.sizes, problem.pools, shop.items["product_id"].to_numpy(dtype=object)
    for customer_id in chosen:
        at, cells = position[customer_id], told.customers[customer_id]
        locked = [] if problem.locked is None else problem.locked[at].tolist()
        kept = {items[item] for item in locked if item >= 0}
        lost = {one for who, one in posed.locks_lost if who == customer_id and told.may_lack(customer_id, one)}
        facts = {
            "slots": (int(sizes[at]), int(cells["slots"])),
            "locks": (sorted(kept), sorted(told.locked(customer_id) - lost)),
        }
        if by_warehouse:
            facts["warehouse"] = (shop.pools[pools[at]], cells["warehouse"])
        for what, (found, expected) in facts.items():
            if found != expected:
                yield f"customer {customer_id}, {what}: the plan's problem says {found}, the tables say {expected}"
