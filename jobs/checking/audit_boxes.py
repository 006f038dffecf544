"""The audit of single boxes: every rule of campaign.toml that binds one customer, told from ids and cells alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from jobs.checking.allowed_by_ids import fits, known_values, of_all_boxes, text
from jobs.evidence.audit_read import Evidence, capped, millionths, plain, reader
from jobs.evidence.joined import IntArray, Mask, among, box_keys, distinct, is_among, place, who_is


def audit_boxes(run: Evidence) -> list[str]:
    """A line for every item that may not be in its box and every box that breaks a rule."""
    kinds = (_ids(run), _names(run), _order(run), _twice(run), _shipped(run), _eligible(run), _bans(run))
    boxes = (_slots(run), _groups(run), _bands(run), _pairs(run), _locks(run))
    return [line for kind in (*kinds, *boxes) for line in capped(kind)]


def _ids(run: Evidence) -> Iterator[str]:
    """Known customers and boxable products of this run, nobody who was dropped, and a reason for each."""
    boxable = run.inputs["products"]["boxable"].to_numpy(dtype=bool)
    dropped = run.dropped[run.customer] & (run.customer >= 0)
    there = place(run.sent["customer_id"], run.people) >= 0
    checks = (
        ((run.sent["run_id"] != run.run_id).to_numpy(), f"run_id is not {run.run_id}"),
        ((run.customer < 0) & ~there, "this customer is not in the campaign"),
        ((run.customer < 0) & there, "this customer has no such box in the campaign"),
        (run.product < 0, "this product is not in the campaign"),
        ((run.product >= 0) & ~boxable[run.product], "this product is not boxable"),
        (dropped, "a merchandiser dropped this customer"),
        ((run.sent["reason"].str.strip() == "").to_numpy(), "the reason is empty"),
    )
    for wrong, words in checks:
        for row in np.flatnonzero(wrong):
            yield f"{run.row(row)}: {words}"


def _names(run: Evidence) -> Iterator[str]:
    """Name, brand and category are the product's."""
    for column, source in (("product_name", "name"), ("brand", "brand"), ("category", "category")):
        told, expected = run.sent[column], run.inputs["products"][source]
        code = place(expected, distinct(told))  # of the text that it should be; -1 = nowhere in the file
        for row in run.known[told.cat.codes.to_numpy()[run.known] != code[run.product[run.known]]]:
            words = f'found "{told[row]}", expected "{expected[run.product[row]]}"'
            yield f"{run.row(row)}, column {column}: {words}"


def _order(run: Evidence) -> Iterator[str]:
    """Ordered by customer_id, box_id; the slots of a box are 1, 2, 3, ..."""
    ids = run.sent["customer_id"].to_numpy(dtype=object)
    if not len(ids):
        return
    boxes = run.sent["box_id"].to_numpy(dtype=object) if "box_id" in run.sent else np.full(len(ids), "", object)
    other, same = np.append(False, ids[1:] < ids[:-1]), np.append(False, ids[1:] == ids[:-1])
    for row in np.flatnonzero(other | (same & np.append(False, boxes[1:] < boxes[:-1]))):
        yield f"{run.row(row)}: stands after customer {ids[row - 1]}, expected the order of customer_id, box_id"
    new = ~(same & np.append(True, boxes[1:] == boxes[:-1]))
    first = np.maximum.accumulate(np.where(new, np.arange(len(ids)), 0))
    expected = np.arange(len(ids)) - first + 1
    found = run.sent["slot"].to_numpy()
    for row in np.flatnonzero(found != expected):
        yield f"{run.row(row)}, column slot: found {found[row]:g}, expected {expected[row]}"


def _twice(run: Evidence) -> Iterator[str]:
    """No product and no family twice in one box, nor in two boxes of one customer."""
    box, product = run.customer[run.known], run.product[run.known]
    family, names = run.coded("products", "family")
    same, in_box, in_any = (
        _again(whose * width + what)
        for whose, what, width in (
            (box, product, len(family)),
            (box, family[product], len(names)),
            (run.person[box], family[product], len(names)),
        )
    )
    for at in np.flatnonzero(same):
        yield f"{run.row(run.known[at])}: this product is in the box more than once"
    for at in np.flatnonzero(in_box & ~same):
        yield f"{run.row(run.known[at])}: the box holds two of family {names[family[product[at]]]}"
    for at in np.flatnonzero(in_any & ~same & ~in_box):
        told = f"family {names[family[product[at]]]} is in another box of this customer too"
        yield f"{run.row(run.known[at])}: {told}"


def _again(keys: IntArray) -> Mask:
    """bool per key: did it stand there before?"""
    ordered = np.sort(keys)
    if not (ordered[1:] == ordered[:-1]).any():  # as nearly always: no need to know where
        return np.zeros(len(keys), dtype=bool)
    return np.asarray(pd.Series(keys).duplicated(), dtype=bool)


def _shipped(run: Evidence) -> Iterator[str]:
    """Nothing of a family that the customer has received before; an unknown product is a family of its own."""
    shipments, products = run.inputs["shipments"], run.inputs["products"]
    family, names = run.coded("products", "family")
    product = place(shipments["product_id"], products["product_id"])
    sent = np.append(family, -1)[product]
    sent[product < 0] = place(shipments["product_id"][product < 0], names)
    customer = place(shipments["customer_id"], run.people)
    here = (customer >= 0) & (sent >= 0)
    now = family[run.product[run.known]]
    hit = is_among(run.person[run.customer[run.known]] * len(names) + now, customer[here] * len(names) + sent[here])
    for at in np.flatnonzero(hit):
        yield f"{run.row(run.known[at])}: family {names[now[at]]} was sent to this customer before"


def _eligible(run: Evidence) -> Iterator[str]:
    """Every eligibility rule, decided once per distinct pair of cells."""
    for rule in run.rules.get("eligibility", []):
        name = rule.get("name", rule["product"])
        read_p, read_c = (reader(run.rules, f"{side}s", rule[side]) for side in ("product", "customer"))
        known = known_values(run.rules, run.inputs["products"], rule["product"])
        code_p, cells_p = run.coded("products", rule["product"])
        code_c, cells_c = run.coded("customers", rule["customer"])
        code_p, code_c = code_p[run.product[run.known]], code_c[run.customer[run.known]]
        pair = code_p * max(len(cells_c), 1) + code_c
        which, pairs = pd.factorize(pair)
        may = np.array(
            [
                fits(rule, read_p(cells_p[one // len(cells_c)]), read_c(cells_c[one % len(cells_c)]), known)
                for one in pairs.tolist()
            ],
            dtype=bool,
        )
        for at in np.flatnonzero(~may[which]) if len(pairs) else ():
            cells = f'{rule["product"]} "{cells_p[code_p[at]]}", {rule["customer"]} "{cells_c[code_c[at]]}"'
            yield f"{run.row(run.known[at])}: the {name} rule does not allow it ({cells})"
        yield from _of_other_boxes(run, rule, name)


def _of_other_boxes(run: Evidence, rule: dict[str, str], name: str) -> Iterator[str]:
    """What a rule excludes from one box of a customer is in none of her boxes."""
    joined = of_all_boxes(run.rules, rule, run.inputs["customers"])
    known = known_values(run.rules, run.inputs["products"], rule["product"])
    read, read_theirs = (reader(run.rules, f"{side}s", rule[side]) for side in ("product", "customer"))
    if not joined:
        return
    whose, cells, held = (
        run.of_customer("customer_id"),
        run.of_customer(rule["customer"]),
        run.of_product(rule["product"]),
    )
    asked = run.inputs["customers"]["customer_id"].isin(joined.keys()).to_numpy()
    for at in np.flatnonzero(asked[run.customer[run.known]]):
        its, own, theirs = read(text(held[at])), read_theirs(text(cells[at])), joined[whose[at]]
        if theirs and fits(rule, its, own, known) and not fits(rule, its, theirs, known):
            words = f"the {name} rule of another of her boxes does not allow it ({', '.join(sorted(theirs - own))})"
            yield f"{run.row(run.known[at])}: {words}"


def _bans(run: Evidence) -> Iterator[str]:
    """Nothing that a merchandiser banned, for the customer or for everyone."""
    edits = run.inputs["edits"]
    everywhere = set(edits.loc[edits["action"] == "ban_everywhere", "product_id"])
    for row in np.flatnonzero(run.sent["product_id"].isin(everywhere).to_numpy()):
        yield f"{run.row(row)}: a merchandiser banned this product for everyone"
    for row in np.flatnonzero(among(run.sent, edits[edits["action"] == "ban"])):
        yield f"{run.row(row)}: a merchandiser banned this product for this customer"


def _slots(run: Evidence) -> Iterator[str]:
    """No more items than slots, and no fewer where the policy on short boxes forbids it."""
    customers, items = run.inputs["customers"], run.box_items
    slots = customers["slots"].to_numpy(np.int64)
    policy = run.rules.get("short", {}).get("policy", "ship_short")
    active = ~run.dropped
    short = {"ship_short": np.zeros(len(items), bool), "no_box": (items > 0) & (items < slots), "stop": items < slots}
    for position in np.flatnonzero(items > slots):
        yield f"customer {run.customer_id(position)}: {items[position]} items in {slots[position]} slots"
    for position in np.flatnonzero(short[policy] & active):
        words = f'{items[position]} items in {slots[position]} slots, and [short] policy is "{policy}"'
        yield f"customer {run.customer_id(position)}: {words}"


def _groups(run: Evidence) -> Iterator[str]:
    """At most and at least so many of each value of a products column."""
    customer = run.customer[run.known]
    boxes = np.flatnonzero(run.box_items > 0)
    products = run.inputs["products"]
    for rule in run.rules.get("group", []):
        read = reader(run.rules, "products", rule["by"])
        cells = [read(str(cell)) for cell in products[rule["by"]].astype("str").fillna("")]
        offered = {value for cell, boxable in zip(cells, products["boxable"], strict=True) if boxable for value in cell}
        for value in sorted(offered) if rule.get("value") is None else [rule["value"]]:
            member = np.array([value in cell for cell in cells], dtype=bool)[run.product[run.known]]
            count = np.bincount(customer[member], minlength=len(run.box_items))
            over = np.flatnonzero(count > rule.get("at_most", np.inf))
            under = boxes[count[boxes] < rule.get("at_least", 0)]
            for limit, wrong in (("at most", over), ("at least", under)):
                for position in wrong:
                    found = f"{count[position]} items of {rule['by']} {value}"
                    expected = f"expected {limit} {rule[limit.replace(' ', '_')]}"
                    yield f"customer {run.customer_id(position)}: {found} in the box, {expected}"


def _bands(run: Evidence) -> Iterator[str]:
    """The box's total of a number column lies between its limits."""
    boxes = np.flatnonzero(run.box_items > 0)
    for rule in run.rules.get("band", []):
        products = run.inputs["products"]
        amount = millionths(products[rule["column"]].where(products["boxable"], 0.0))
        total = np.zeros(len(run.box_items), np.int64)
        np.add.at(total, run.customer[run.known], amount[run.product[run.known]])
        for limit, sign in (("low", 1), ("high", -1)):
            if limit not in rule:
                continue
            wrong = boxes[sign * total[boxes] < sign * millionths(rule[limit])]
            for position in wrong:
                words = f"{rule['column']} of the box is {plain(total[position])}, expected {limit} {rule[limit]:g}"
                yield f"customer {run.customer_id(position)}: {words}"


def _pairs(run: Evidence) -> Iterator[str]:
    """Products that must not share a box, or must all travel together."""
    for rule in run.rules.get("pair", []):
        member = run.sent["product_id"].isin(rule["products"]).to_numpy() & (run.customer >= 0)
        count = np.bincount(run.customer[member], minlength=len(run.box_items))
        apart = rule["kind"] == "apart"
        for position in np.flatnonzero(count > 1 if apart else (count > 0) & (count != len(rule["products"]))):
            names = ", ".join(rule["products"])
            words = "expected at most one of" if apart else "expected all or none of"
            yield f"customer {run.customer_id(position)}: the box holds {count[position]} of them, {words} {names}"


def _locks(run: Evidence) -> Iterator[str]:
    """A box that ships holds everything that a merchandiser locked into it, but for what exceptions.csv takes back.

    A lock that names no box is in one of the customer's boxes, unless one of them does not ship: that may have been it.
    """
    edits, customers = run.inputs["edits"], run.inputs["customers"]
    locks = edits[(edits["action"] == "lock") & ~edits["customer_id"].isin(run.gone)]
    row = place(box_keys(locks), box_keys(customers))
    theirs = customers["customer_id"].isin(set(locks["customer_id"])).to_numpy() & ~run.dropped
    rows = run.known[theirs[run.customer[run.known]]]
    held = set(zip(run.customer[rows].tolist(), run.sent["product_id"].iloc[rows], strict=True))
    mine: dict[str, list[int]] = {}
    for at, customer in zip(np.flatnonzero(theirs).tolist(), customers["customer_id"][theirs], strict=True):
        mine.setdefault(customer, []).append(at)
    told = run.files["exceptions.csv"].query("kind == 'lock'")[["customer_id", "product_id", "what"]]
    lacks = told.pop("what").eq("a lock that is not kept").to_numpy()
    taken_back = set(told.itertuples(index=False, name=None))
    asked_for = zip(locks["customer_id"], locks["product_id"], locks["box_id"], row.tolist(), strict=True)
    for customer, product, box, at in dict.fromkeys(asked_for):
        if (customer, product) in taken_back:
            continue
        asked = mine.get(customer, []) if not box else [] if at < 0 or run.dropped[at] else [at]
        if asked and all(run.box_items[one] > 0 for one in asked) and not any((one, product) in held for one in asked):
            yield f"customer {who_is(customer, box)}: the box does not hold {product}, which a merchandiser locked in"
    pair = ["customer_id", "product_id"]
    unasked = ~among(told, locks[pair]) | (among(told, run.sent[pair]) == lacks)
    for customer, product in told.loc[unasked].itertuples(index=False):
        yield f"exceptions.csv: a lock of {product} for {customer} is told as not kept: it is, or nobody asked"
