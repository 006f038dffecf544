"""`boxwise explain`: why this customer gets this box, and why not another product, told from a run's folder alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from jobs.checking.rebuild import Rebuilt, find_run, rebuild
from jobs.faults import UsageRefused
from jobs.outputs.csv_text import read_csv
from jobs.packing.rule_words import rule_in_words
from jobs.packing.shop import positions
from jobs.words import did_you_mean
from optimizer.explain import Alternative, why_not
from optimizer.problem import POINTS
from optimizer.worth import price_row


def explain(run: Path, customer_id: str, product_id: str | None = None) -> list[str]:
    """The lines that answer; see `boxwise explain --help`.

    Raises UsageRefused where there is no such run, customer or product.
    """
    folder, _ = find_run(run)
    found = rebuild(folder)
    shop = found.shop
    customer = _position(shop.customers["customer_id"], customer_id, "customer", shop.dropped["customer_id"])
    lines = [*_box(found, folder, customer, customer_id)]
    if product_id is not None:
        item = _position(shop.items["product_id"], product_id, "boxable product", ())
        lines += ["", *_why_not(found, customer, customer_id, item)]
    return lines


def _box(run: Rebuilt, folder: Path, customer: int, customer_id: str) -> Iterator[str]:
    """What is in the box, best first, each item with its score, its reason and what its stock is worth elsewhere."""
    row, shop, problem = run.shop.customers.iloc[customer], run.shop, run.problem
    sent = read_csv(folder / "assignments.csv", {"score": "float64"})
    sent = sent[sent["customer_id"] == customer_id]
    slots = int(problem.sizes[customer])
    where = f" from {row['warehouse']}" if row["warehouse"] else ""
    yield f"{customer_id} gets {len(sent)} of {slots} items{where}, worth {sent['score'].sum():.3f} points:"
    price = price_row(problem, run.prices, customer) / run.prices.unit / POINTS
    for line, item in zip(sent.itertuples(), positions(sent["product_id"], shop.items["product_id"]), strict=True):
        scarce = f"; scarce, a unit is worth {price[item]:.3f}" if price[item] > 0.0005 else ""
        yield f"  {line.slot}. {line.product_name} ({line.product_id}, {line.category}), score {line.score:.3f}{scarce}"
        yield f"     {line.reason}"
    if len(sent) < slots:
        told = read_csv(folder / "exceptions.csv")
        for line in told[told["customer_id"] == customer_id].itertuples():
            yield f"  Not full: {line.why}. To fix it: {line.fix}."


def _why_not(run: Rebuilt, customer: int, customer_id: str, item: int) -> Iterator[str]:
    """What stands between the customer and the product."""
    name = _name(run, item)
    if item in run.boxes[customer]:
        yield f"{name} is in the box."
        return
    told = why_not(run.problem, run.prices, customer, item)
    yield f"Why not {name}?"
    if not told.allowed:
        yield from (f"  It may not be packed for {customer_id}: {why}." for why in run.allowed.reasons(customer, item))
    elif told.with_item is None:
        rules = [rule_in_words(run.shop, rule) for rule, _ in told.blocked_by]
        held = f": {' and '.join(rules)} stand in the way" if rules else ""
        yield f"  No box that holds it obeys every rule{held}."
    else:
        yield from _dearer(run, told, customer)


def _dearer(run: Rebuilt, told: Alternative, customer: int) -> Iterator[str]:
    """It could be packed, at a cost: which, and what makes it dear."""
    yield f"  It may be packed, with a score of {told.utility / POINTS:.3f}."
    if not told.in_stock:
        yield "  But there is no stock of it in her warehouse."
    elif told.price > 500:
        yield f"  Its stock is scarce: a unit is worth {told.price / POINTS:.3f} points in other boxes."
    assert told.with_item is not None
    assert told.costs is not None
    now = [int(i) for i in run.boxes[customer] if i >= 0]
    goes = [_name(run, i) for i in now if i not in told.with_item]
    comes = [_name(run, i) for i in told.with_item if i not in now and i != told.item]
    swap = (
        f"  The best box with it leaves out {_listed(goes)}" if goes else "  The best box with it keeps all the others"
    )
    yield swap + (f" and brings {_listed(comes)}" if comes else "") + "."
    yield (
        f"  After paying for what is scarce, that box is worth {told.costs / POINTS:.3f} points less than her best one."
        if told.costs
        else "  That box is worth just as much: it was a tie."
    )
    for rule, saved in told.blocked_by[:3]:
        if saved is not None and saved > 500:
            yield f"  Without the rule on {rule_in_words(run.shop, rule)} it would cost {saved / POINTS:.3f} less."


def _name(run: Rebuilt, item: int) -> str:
    row = run.shop.items.iloc[item]
    return f"{row['name']} ({row['product_id']})"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _position(ids: object, wanted: str, what: str, dropped: object) -> int:
    known = np.asarray(ids, dtype=object)
    found = np.flatnonzero(known == wanted)
    if len(found):
        return int(found[0])
    if wanted in set(np.asarray(dropped, dtype=object)):
        raise UsageRefused(f"{what} {wanted} was dropped by a merchandiser's edit, and gets no box")
    raise UsageRefused(f"there is no {what} {wanted} in this run{did_you_mean(wanted, known)}")
