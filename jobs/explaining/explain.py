"""`boxwise explain`: why this box, why not that product, what one more unit would add, why a promise is missed.

Told from a run's folder alone. A question about one customer reads that customer's row and no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from jobs.csv_text import read_csv
from jobs.explaining.product import product_lines
from jobs.explaining.promise import promise_lines
from jobs.faults import UsageRefused
from jobs.outputs.rebuild import Rebuilt, find_run, rebuild
from jobs.posing.rule_words import listed, product_in_words, rule_in_words
from jobs.posing.shop import box_ids, positions
from jobs.words import did_you_mean
from optimizer.explaining.marginal_value import price_row
from optimizer.explaining.why_not import Alternative, Obstacle, why_not
from optimizer.problem import POINTS


def explain(
    run: Path, customer_id: str | None = None, product_id: str | None = None, promise: str | None = None
) -> list[str]:
    """The lines that answer; see `boxwise explain --help`.

    Raises UsageRefused where there is no such run, customer, product or promise, or none is named.
    """
    folder, _ = find_run(run)
    if customer_id is None and product_id is None and promise is None:
        raise UsageRefused("expected a customer, --product or --promise to explain, found none of them")
    found = rebuild(folder, whole=customer_id is None)
    lines: list[str] = []
    item = None
    if product_id is not None:
        item = _position(found.shop.items["product_id"], product_id, "boxable product", ())
    if customer_id is not None:
        dropped = found.shop.dropped["customer_id"]
        person = _position(found.shop.people, customer_id, "customer", dropped)
        for customer in range(*found.shop.first[person : person + 2].tolist()):
            lines += [*([""] if lines else []), *_box(found, folder, customer, customer_id)]
            if item is not None:
                lines += ["", *_why_not(found, customer, customer_id, item)]
    elif item is not None:
        lines += product_lines(found, item)
    if promise is not None:
        lines += [*([""] if lines else []), *promise_lines(found, promise)]
    return lines


def _box(run: Rebuilt, folder: Path, customer: int, customer_id: str) -> Iterator[str]:
    """What is in the box, best first, each item with its score, its reason and, where it is scarce, its price."""
    row, shop, problem = run.shop.customers.iloc[customer], run.shop, run.problem
    box_id = shop.box_ids.iloc[customer]
    sent = _of(read_csv(folder / "assignments.csv", {"score": "float64"}), customer_id, box_id)
    slots = int(problem.sizes[customer])
    where = f" from {row['warehouse']}" if row["warehouse"] else ""
    box = f" in box {box_id}" if box_id else ""
    yield f"{customer_id} gets{box} {len(sent)} of {slots} items{where}, worth {sent['score'].sum():.3f} points:"
    price = price_row(problem, run.prices, customer) / run.prices.unit / POINTS
    for line, item in zip(sent.itertuples(), positions(sent["product_id"], shop.items["product_id"]), strict=True):
        scarce = f"; scarce, a unit is worth {price[item]:.3f}" if price[item] > 0.0005 else ""
        yield f"  {line.slot}. {line.product_name} ({line.product_id}, {line.category}), score {line.score:.3f}{scarce}"
        yield f"     {line.reason}"
    if len(sent) < slots:
        told = read_csv(folder / "exceptions.csv")
        for line in _of(told, customer_id, box_id).itertuples():
            yield f"  Not full: {line.why}."
            yield f"  To fix it: {line.fix}."


def _of(frame: pd.DataFrame, customer_id: str, box_id: str) -> pd.DataFrame:
    """The rows of one box; in a run from before boxes had names, of its customer."""
    return frame[(frame["customer_id"] == customer_id) & (box_ids(frame) == box_id)]


def _why_not(run: Rebuilt, customer: int, customer_id: str, item: int) -> Iterator[str]:
    """What stands between the customer and the product."""
    name = product_in_words(run.shop, item)
    if item in run.boxes[customer]:
        yield f"{name} is in the box."
        return
    told = why_not(run.problem, run.prices, customer, item)
    yield f"Why not {name}?"
    if told.obstacle is Obstacle.NOT_ALLOWED:
        yield from (f"  It may not be packed for {customer_id}: {why}." for why in run.allowed.reasons(customer, item))
    elif told.with_item is None:
        rules = [rule_in_words(run.shop, rule) for rule, _ in told.blocked_by]
        held = f": {listed(rules)} stand in the way" if rules else ""
        yield f"  No box that holds it obeys every rule{held}."
    else:
        yield from _dearer(run, told, customer)


def _dearer(run: Rebuilt, told: Alternative, customer: int) -> Iterator[str]:
    """It could be packed, at a cost: which, and what makes it dear."""
    yield f"  It may be packed, with a score of {told.utility / POINTS:.3f}."
    if told.obstacle in (Obstacle.NO_STOCK, Obstacle.ELSEWHERE):
        yield from _no_stock(run, told, customer)
        return
    if told.price > 500:
        yield f"  Its stock is scarce: a unit is worth {told.price / POINTS:.3f} points in other boxes."
    assert told.with_item is not None
    assert told.costs is not None
    now = [int(i) for i in run.boxes[customer] if i >= 0]
    goes = [product_in_words(run.shop, i) for i in now if i not in told.with_item]
    comes = [product_in_words(run.shop, i) for i in told.with_item if i not in now and i != told.item]
    swap = (
        f"  The best box with it leaves out {listed(goes)}" if goes else "  The best box with it keeps all the others"
    )
    yield swap + (f" and brings {listed(comes)}" if comes else "") + "."
    yield (
        f"  After paying for what is scarce, that box is worth {told.costs / POINTS:.3f} points less than her best one."
        if told.costs
        else "  That box is worth just as much: it was a tie."
    )
    for rule, saved in told.blocked_by[:3] if told.costs else ():
        if saved is not None and saved > 500:
            yield f"  Without the rule on {rule_in_words(run.shop, rule)} it would cost {saved / POINTS:.3f} less."


def _no_stock(run: Rebuilt, told: Alternative, customer: int) -> Iterator[str]:
    if told.obstacle is Obstacle.NO_STOCK:
        yield "  But there is no stock of it, in any warehouse." if len(run.shop.pools) > 1 else "  But there is none."
        return
    units = run.problem.stock[:, told.item]
    others = [f"{run.shop.pools[p]} has {units[p]:,}" for p in np.flatnonzero(units)]
    yield f"  But there is no stock of it in {run.shop.pools[run.problem.pools[customer]]}; {listed(others)}."


def _position(ids: object, wanted: str, what: str, dropped: object) -> int:
    known = np.asarray(ids, dtype=object)
    found = np.flatnonzero(known == wanted)
    if len(found):
        return int(found[0])
    if wanted in set(np.asarray(dropped, dtype=object)):
        raise UsageRefused(f"{what} {wanted} was dropped by a merchandiser's edit, and gets no box")
    raise UsageRefused(f"there is no {what} {wanted} in this run{did_you_mean(wanted, known)}")
