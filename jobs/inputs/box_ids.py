"""Several boxes for one customer: which column tells her rows apart, what it must hold, and what is said about it.

A gift or a second plan is a row of its own in customers; history, tastes and no repeats are the customer's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from jobs.inputs.table_rules import check_unique
from jobs.inputs.table_types import TypedTable
from jobs.reading.collect import Collected
from jobs.reading.schemas import CUSTOMER_PLAIN
from jobs.words import did_you_mean, shown

BOX_COLUMNS = ("box_id", "subscription_id")
"""Columns of customers that may name the box, the first that is there counts."""
Codes = npt.NDArray[np.int64]


def box_column(customers: TypedTable) -> str | None:
    """The column of the file that names the box of each row; None where it has none."""
    return next(
        (name for name in BOX_COLUMNS if name in customers.given and name in customers.table.column_names), None
    )


def people(customers: pd.DataFrame) -> pd.DataFrame:
    """Every customer once: of several boxes the row of the first by box_id, whose profile stands for her.

    customers  by customer_id, then box_id
    """
    ids = customers["customer_id"]
    return customers if ids.is_unique else customers[~ids.duplicated().to_numpy()].reset_index(drop=True)


def check_boxes(customers: TypedTable, collected: Collected) -> None:
    """Each customer once, or each of her boxes once where a column names them; notes on what follows from it."""
    name = box_column(customers)
    if "customer_id" in customers.bad:
        return
    if name is None:
        hint = "each customer_id once; where a customer has several boxes, a column box_id tells them apart"
        check_unique(customers, collected, hint)
        return
    if name in customers.bad:
        return
    who, people_ids = _codes(customers, "customer_id")
    box, boxes = _codes(customers, name)
    known = customers.sound("customer_id")
    several = _again(who, keep=False) & known
    nameless = np.array([not text for text in boxes], bool)[box]
    times = np.bincount(who, minlength=len(people_ids))
    collected.cells(
        customers.raw,
        name,
        several & nameless,
        lambda _: "an empty cell",
        lambda at: f"a {name}, for {shown(people_ids[who[at]])} stands in {times[who[at]]:,} rows",
    )
    pair = who * len(boxes) + box
    again = _again(pair, keep="first") & ~nameless & known
    first = pd.Series(np.arange(len(pair))).groupby(pair).transform("first").to_numpy() if again.any() else pair
    collected.cells(
        customers.raw,
        name,
        again,
        lambda at: (
            f"{shown(boxes[box[at]])} of {shown(people_ids[who[at]])} again "
            f"(first in row {customers.raw.row(int(first[at])):,})"
        ),
        f"each customer_id and {name} once",
    )
    _say(customers, name, who, box, boxes, several, collected)


def _say(
    customers: TypedTable,
    name: str,
    who: Codes,
    box: Codes,
    boxes: list[str],
    several: npt.NDArray[np.bool_],
    collected: Collected,
) -> None:
    """What the column is taken for, and whose profile counts where the rows of a customer differ."""
    file = customers.raw.file
    named = int(np.array([bool(text) for text in boxes], bool)[box].sum())
    other = [one for one in BOX_COLUMNS if one != name and one in customers.given]
    words = f"rows whose column {name} is taken for the name of the box, the box_id" if name != "box_id" else ""
    words = words or "rows whose column box_id names the box"
    words += f"; it says nothing to the recommender{''.join(map(_unused, other))}"
    collected.note(file, named, None, words, is_use=name == "box_id" and not other)
    n_several = len(np.unique(who[several]))
    plural = "customers have" if n_several > 1 else "customer has"
    told = f"{plural} several boxes, in {int(several.sum()):,} rows told apart by {name}"
    collected.note(file, n_several, None, told, is_use=True)
    rows = np.flatnonzero(several)
    rank = np.argsort(np.argsort(np.array(boxes, dtype=object), kind="stable"), kind="stable")
    rows = rows[np.lexsort((rank[box[rows]], who[rows]))]
    first = np.append(True, who[rows][1:] != who[rows][:-1]) if len(rows) else np.zeros(0, bool)
    leader = rows[np.maximum.accumulate(np.where(first, np.arange(len(rows)), 0))]
    differ = np.zeros(len(rows), bool)
    for column in customers.table.column_names:
        if column not in CUSTOMER_PLAIN and pa.types.is_dictionary(customers.table.column(column).type):
            codes, _ = _codes(customers, column)
            differ |= codes[rows] != codes[leader]
    odd = len(np.unique(who[rows[differ]]))
    words = f"{'customers' if odd > 1 else 'customer'} whose rows differ in their profile: to the recommender the first"
    collected.note(file, odd, None, f"{words} row by {name} counts; rules look at each box's own row")


def _unused(column: str) -> str:
    return f"; {column} is there as well, and names no box"


def box_id_of(customers: TypedTable) -> pa.Table:
    """The table with its column box_id filled, from whichever column names the boxes."""
    name, table = box_column(customers), customers.table
    if name in (None, "box_id") or not pa.types.is_dictionary(table.column(name).type):
        return table
    return table.set_column(table.column_names.index("box_id"), "box_id", table.column(name))


def check_edit_boxes(edits: TypedTable, customers: TypedTable, collected: Collected) -> None:
    """The boxes that edits name are boxes of their customers; a ban holds for all boxes of a customer."""
    if "box_id" not in edits.given and "subscription_id" in edits.raw.names and box_column(customers) is not None:
        words = "column of edits is not read: subscription_id; the box of a lock or of drop_customer stands in box_id"
        collected.note(edits.raw.file, 1, None, words)
    name = box_column(customers)
    bad = {"customer_id", "box_id", "action"} & edits.bad or {"customer_id", name} & customers.bad
    if bad or "box_id" not in edits.given:
        return
    frame = edits.table.select(["customer_id", "box_id", "action"]).to_pandas().astype("str")
    named = (frame["box_id"] != "").to_numpy() & edits.sound("box_id", "customer_id")
    if not named.any():
        return
    theirs = _boxes_of(customers, name, set(frame.loc[named, "customer_id"]))
    customer, box = frame["customer_id"].to_numpy(object), frame["box_id"].to_numpy(object)
    everyone = (frame["action"] == "ban_everywhere").to_numpy() & named
    collected.cells(edits.raw, "box_id", everyone, lambda at: shown(box[at]), "an empty cell, for a ban_everywhere")
    unknown = np.zeros(len(frame), bool)
    for at in np.flatnonzero(named & ~everyone):
        unknown[at] = customer[at] in theirs and box[at] not in theirs[customer[at]]

    def expected(at: int) -> str:
        known = sorted(theirs[customer[at]] - {""})
        one_of = (
            f"one of {', '.join(map(shown, known[:6]))}" if known else "an empty cell: she has one box, without a name"
        )
        return f"a box of {shown(customer[at])}, {one_of}{did_you_mean(box[at], known)}"

    collected.cells(edits.raw, "box_id", unknown, lambda at: shown(box[at]), expected)
    bans = np.flatnonzero((frame["action"] == "ban").to_numpy() & named & ~unknown)
    if len(bans):
        words = f"ban{'s' * (len(bans) > 1)} with a box_id: a ban holds for all boxes of its customer"
        collected.note(edits.raw.file, len(bans), edits.raw.row(int(bans[0])), words)


def _boxes_of(customers: TypedTable, name: str | None, wanted: set[str]) -> dict[str, set[str]]:
    """The boxes of the customers asked for; "" = one without a name."""
    who, ids = _codes(customers, "customer_id")
    rows = np.flatnonzero(np.array([one in wanted for one in ids], bool)[who])
    boxes = np.full(len(who), "", object)
    if name is not None:
        box, texts = _codes(customers, name)
        boxes[rows] = np.array(texts, object)[box[rows]]
    theirs: dict[str, set[str]] = {}
    for row in rows.tolist():
        theirs.setdefault(ids[who[row]], set()).add(boxes[row])
    return theirs


def _codes(typed: TypedTable, name: str) -> tuple[Codes, list[str]]:
    """A code per row and the texts they stand for, each text once."""
    codes, texts = typed.texts(name)
    same, distinct = pd.factorize(np.array(texts, dtype=object))
    return same.astype(np.int64)[codes], list(distinct)


def _again(codes: Codes, *, keep: object) -> npt.NDArray[np.bool_]:
    """bool (n_rows,): rows whose code stands elsewhere too; keep="first" leaves the first of each out."""
    found: npt.NDArray[np.bool_] = pd.Index(codes).duplicated(keep=keep)  # type: ignore[arg-type]
    return found
