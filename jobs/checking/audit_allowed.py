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

from jobs.checking.allowed_by_ids import AllowedByIds, Box
from jobs.evidence.audit_read import capped
from jobs.evidence.joined import Mask, box_keys, dropped_rows, place, who_is

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
    customers = tables["customers"]
    active = customers[~dropped_rows(customers, tables["edits"])]
    chosen = sample(active["customer_id"].drop_duplicates().to_numpy(object).tolist(), run_id)
    told = AllowedByIds(tables, rules, chosen)
    product_ids = posed.shop.items["product_id"].tolist()
    faults = [
        *_unlike("customer", *_either(posed.shop.customers, active)),
        *_unlike("product", set(product_ids) - told.boxable, told.boxable - set(product_ids)),
    ]
    if faults:
        return faults
    theirs = np.flatnonzero(posed.shop.customers["customer_id"].isin(chosen).to_numpy())
    position = dict(zip(_names(posed.shop.customers.iloc[theirs]), theirs.tolist(), strict=True))
    by_warehouse = tables["inventory"]["warehouse"].nunique() > 1
    return [
        *capped(_pairs(posed, told, chosen, position, product_ids)),
        *capped(_boxes(posed, told, chosen, position, by_warehouse)),
    ]


def _names(customers: pd.DataFrame) -> list[Box]:
    """customer_id and box_id of every row; "" where boxes have no names."""
    boxes = customers["box_id"].to_numpy(object) if "box_id" in customers.columns else [""] * len(customers)
    return list(zip(customers["customer_id"].to_numpy(object), boxes, strict=True))


def _either(found: pd.DataFrame, expected: pd.DataFrame) -> tuple[set[str], set[str]]:
    """The boxes, in words, that only one of two tables of customers holds: the first, and the second."""
    return _without(found, expected), _without(expected, found)


def _without(some: pd.DataFrame, others: pd.DataFrame) -> set[str]:
    """The boxes of some customers that are not among the others, in words."""
    lacking = place(box_keys(some), box_keys(others).drop_duplicates()) < 0
    return {who_is(*box) for box in _names(some[lacking])}


def sample(customer_ids: list[str], run_id: str) -> list[str]:
    """Everyone, or as many as are looked at, drawn by the run's name; sorted."""
    if len(customer_ids) <= MOST_CUSTOMERS:
        return sorted(customer_ids)
    return sorted(Random(run_id).sample(sorted(customer_ids), MOST_CUSTOMERS))


def _unlike(what: str, found: set[str], expected: set[str]) -> list[str]:
    """A line for everyone whom the problem leaves out, who only is expected, or whom only the problem has."""
    lines = [f"{what} {one}: is not in the plan's problem; the tables say it is" for one in sorted(expected)]
    lines += [f"{what} {one}: is in the plan's problem; the tables say it is not" for one in sorted(found)]
    return capped(lines)


def _pairs(
    posed: Posed, told: AllowedByIds, chosen: list[str], position: dict[Box, int], product_ids: list[str]
) -> Iterator[str]:
    """Pairs on which problem and tables do not agree.

    A customer's only box may hold all that the tables allow; of several boxes each family is open in exactly one of
    those that may hold it, there with all its products, and in one that has a lock on it.
    """
    boxes = [(customer_id, box_id) for customer_id in chosen for box_id in told.boxes[customer_id]]
    rows = _rows(posed.problem, [position[box] for box in boxes])
    for customer_id in chosen:
        mine = [(customer_id, box_id) for box_id in told.boxes[customer_id]]
        found = {box: {product_ids[item] for item in np.flatnonzero(rows[position[box]])} for box in mine}
        may = {box: told.allowed(*box) for box in mine}
        expected = may if len(mine) == 1 else {box: found[box] & may[box] for box in mine}
        for box in mine:
            for product_id in sorted(found[box] ^ expected[box]):
                yield _unlike_pair(told, box, product_id, found=product_id in found[box])
        if len(mine) > 1:
            yield from _undealt(told, mine, found, may)


def _unlike_pair(told: AllowedByIds, box: Box, product_id: str, *, found: bool) -> str:
    who, cells = f"customer {who_is(*box)}, product {product_id}", told.cells(box[0], product_id, box[1])
    if found:
        whys = [why for why, ids in told.forbidden(*box).items() if product_id in ids]
        words = f"the plan's problem allows it, the tables do not: {'; '.join(whys)}"
    else:
        words = "the plan's problem forbids it, the tables allow it: no rule, ban or earlier shipment is against it"
    return f"{who}: {words}" + (f" ({cells})" if cells else "")


def _undealt(
    told: AllowedByIds, mine: list[Box], found: dict[Box, set[str]], may: dict[Box, set[str]]
) -> Iterator[str]:
    """Families that are open in none of a customer's boxes, in several, or not whole."""
    theirs, opened = ({box: _by_family(told, ids[box]) for box in mine} for ids in (may, found))
    for family in sorted({family for box in mine for family in theirs[box]}):
        where = [box for box in mine if family in opened[box]]
        who = f"customer {mine[0][0]}, family {family}"
        if len(where) != 1:
            names = ", ".join(f'"{box_id}"' for _, box_id in where) or "none"
            yield f"{who}: the plan's problem opens it to {names} of the customer's boxes, expected exactly one"
        elif missing := sorted(theirs[where[0]].get(family, set()) - opened[where[0]][family]):
            listed = ", ".join(missing)
            yield f"{who}: the plan's problem forbids {listed} in box {where[0][1]}, the tables allow it"


def _by_family(told: AllowedByIds, product_ids: set[str]) -> dict[str, set[str]]:
    families: dict[str, set[str]] = {}
    for product_id in product_ids:
        families.setdefault(told.family(product_id), set()).add(product_id)
    return families


def _rows(problem: Problem, positions: list[int]) -> dict[int, Mask]:
    """position -> bool (n_items,): what the problem allows to the customer there, read as the solver reads it."""
    ordered = np.array(sorted(positions), np.int32)
    rows: dict[int, Mask] = {}
    for which, _, allowed in problem.pairs.portions(ordered):
        rows.update(zip(ordered[which].tolist(), allowed, strict=True))
    return rows


def _boxes(
    posed: Posed, told: AllowedByIds, chosen: list[str], position: dict[Box, int], by_warehouse: bool
) -> Iterator[str]:
    """Size, warehouse and locks of a box, where problem and tables do not agree."""
    problem, shop = posed.problem, posed.shop
    sizes, pools, items = problem.sizes, problem.pools, shop.items["product_id"].to_numpy(dtype=object)
    gone: dict[str, list[str]] = {}
    for who, product_id in posed.locks_lost:
        gone.setdefault(who, []).append(product_id)
    for customer_id in chosen:
        locked: dict[Box, list[str]] = {}
        for box_id in told.boxes[customer_id]:
            box = (customer_id, box_id)
            at, cells = position[box], told.customers[box]
            held = [] if problem.locked is None else problem.locked[at].tolist()
            locked[box] = sorted(items[item] for item in held if item >= 0)
            facts = {"slots": (int(sizes[at]), int(cells["slots"]))}
            if by_warehouse:
                facts["warehouse"] = (shop.pools[pools[at]], cells["warehouse"])
            for what, (found, expected) in facts.items():
                if found != expected:
                    yield f"customer {who_is(*box)}, {what}: the plan's problem says {found}, the tables say {expected}"
        lost = {one for one in gone.get(customer_id, ()) if told.may_lack(customer_id, one)}
        yield from _locks(told, customer_id, locked, lost)


def _locks(told: AllowedByIds, customer_id: str, locked: dict[Box, list[str]], lost: set[str]) -> Iterator[str]:
    """Every lock is in the box that it names, one that names none in one box; and nothing else is locked in.

    lost  locks that the plan may go without, and does
    """
    named = {box_id: told.locked(customer_id, box_id) - lost for box_id in told.boxes[customer_id] if box_id}
    free = told.locked(customer_id, "") - lost
    for box, found in locked.items():
        mine = named.get(box[1], set())
        elsewhere = {one for other, ids in locked.items() if other != box for one in ids}
        expected = sorted(mine | (free - elsewhere) if len(locked) == 1 else mine | (free & (set(found) - elsewhere)))
        if found != expected:
            yield f"customer {who_is(*box)}, locks: the plan's problem says {found}, the tables say {expected}"
    nowhere = sorted(free - {one for ids in locked.values() for one in ids})
    if nowhere and len(locked) > 1:
        yield f"customer {customer_id}, locks: the plan's problem locks {', '.join(nowhere)} into no box, the tables do"
