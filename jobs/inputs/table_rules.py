"""What the cells of one table, and the tables together, must agree on: ids once, known ids, known kinds, known actions.

Every check adds faults and goes on; a column that already has faults is left alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.config.campaign import Campaign
from jobs.inputs.table_types import TypedTable
from jobs.reading.collect import Collected
from jobs.reading.schemas import ACTIONS, TABLES
from jobs.words import did_you_mean, listed, shown

Mask = npt.NDArray[np.bool_]
BOX = "box_id"


def check_unique(typed: TypedTable, collected: Collected, expected: str | None = None) -> None:
    """Each row of customers, products and inventory is named once; `expected` says so in other words."""
    unique = tuple(name for name in TABLES[typed.raw.name].unique if name != BOX or name in typed.given)
    if not unique or unique[0] in typed.bad:
        return
    codes = [typed.texts(name) for name in unique]
    keys = pd.MultiIndex.from_arrays([code for code, _ in codes]) if len(codes) > 1 else pd.Index(codes[0][0])
    again = keys.duplicated()
    again &= codes[0][0] != _code_of("", codes[0][1])
    if not again.any():
        return
    first = pd.Series(np.arange(len(keys))).groupby([code for code, _ in codes]).transform("first").to_numpy()

    def found(at: int) -> str:
        names = " in ".join(shown(texts[code[at]]) for code, texts in codes if texts[code[at]])
        return f"{names} again (first in row {typed.raw.row(int(first[at])):,})"

    collected.cells(typed.raw, unique[0], again, found, expected or "each " + " and ".join(unique) + " once")


def _code_of(text: str, texts: list[str]) -> int:
    return texts.index(text) if text in texts else -1


def check_boxable(products: TypedTable, collected: Collected) -> None:
    """Something can go into a box."""
    if products.table.num_rows and "boxable" not in products.bad and not _any_boxable(products):
        collected.fault(products.raw.file, None, "boxable", "no boxable product", "at least one")


def _any_boxable(products: TypedTable) -> bool:
    return bool(products.table.column("boxable").to_numpy().any())


def check_kinds(events: TypedTable, campaign: Campaign, collected: Collected) -> None:
    """Every kind of event has a weight in [signals], one line per unknown kind; those with a centre have a value."""
    codes, texts = events.texts("kind")
    for code, kind in enumerate(texts):
        if kind in campaign.signals or kind == "":
            continue
        rows = np.flatnonzero(codes == code)
        if len(rows):
            known = list(campaign.signals)
            expected = (
                f"a kind of [signals]: {listed(known)}{did_you_mean(kind, known)}" if known else "[signals] to name it"
            )
            collected.fault(
                events.raw.file,
                events.raw.row(int(rows[0])),
                "kind",
                f"{shown(kind)} in {len(rows):,} row{'s' * (len(rows) > 1)}",
                expected,
            )
    if "value" in events.bad:
        return
    centred = [kind for kind, signal in campaign.signals.items() if signal.centre is not None and signal.weight != 0]
    of_kind = np.array([text in centred for text in texts], dtype=bool)[codes]
    empty = of_kind & np.isnan(events.table.column("value").to_numpy()) & events.sound("value")
    what = "a number, for [signals] gives this kind a centre"
    name = "no column value" if "value" not in events.given else "an empty cell"
    collected.cells(events.raw, "value", empty, lambda _: name, what)


def without_future(typed: TypedTable, column: str, campaign: Campaign, collected: Collected) -> pa.Table:
    """The rows dated on the ship date or before; those left out are noted."""
    end = pd.Timestamp(campaign.ship_date) + pd.Timedelta(days=1) if campaign.ship_date.year < 9999 else None
    if end is None or not typed.table.num_rows:
        return typed.table
    late = pc.fill_null(pc.greater_equal(typed.table.column(column), pa.scalar(end, pa.timestamp("us"))), False)
    positions = np.flatnonzero(late.to_numpy())
    if not len(positions):
        return typed.table
    words = f"row{'s' * (len(positions) > 1)} dated after the ship date {campaign.ship_date} left out"
    collected.note(typed.raw.file, len(positions), typed.raw.row(int(positions[0])), words)
    return typed.table.filter(pc.invert(late))


def check_inventory(inventory: TypedTable, products: TypedTable | None, collected: Collected) -> None:
    """Notes on stock: rows whose available units fall below zero, boxable products without a row."""
    names = ("on_hand", "reserved", "safety_stock")
    on_hand, reserved, safety_stock = (inventory.table.column(name).to_numpy() for name in names)
    below = np.flatnonzero((on_hand - reserved - safety_stock < 0) & inventory.sound(*names))
    if len(below) and "on_hand" not in inventory.bad:
        words = f"row{'s' * (len(below) > 1)} with more reserved and kept safe than there is: 0 available"
        collected.note(inventory.raw.file, len(below), inventory.raw.row(int(below[0])), words)
    if products is None or {"product_id", "boxable"} & products.bad or "product_id" in inventory.bad:
        return
    codes, ids = products.texts("product_id")
    stocked = set(inventory.texts("product_id")[1])
    without = np.array([text not in stocked for text in ids], dtype=bool)[codes]
    bare = np.flatnonzero(without & products.table.column("boxable").to_numpy())
    if len(bare):
        words = f"boxable product{'s' * (len(bare) > 1)} without a row, so without stock; the first is"
        collected.note(inventory.raw.file, len(bare), None, f"{words} {shown(ids[codes[bare[0]]])}")


def check_warehouses(customers: TypedTable, inventory: TypedTable, collected: Collected) -> tuple[str, ...]:
    """Where the inventory names warehouses, each row names one; what a customer may name, () = nothing is asked."""
    if "warehouse" in customers.bad or "warehouse" in inventory.bad:
        return ()
    codes, texts = inventory.texts("warehouse")
    known = sorted({text for text in texts if text})
    if not known:
        return ()
    empty = codes == _code_of("", texts)
    collected.cells(inventory.raw, "warehouse", empty, lambda _: "an empty cell", "a warehouse, as other rows have one")
    return (*known, "") if len(known) == 1 else tuple(known)  # a single warehouse serves who names none


def check_edits(edits: TypedTable, products: TypedTable | None, collected: Collected) -> None:
    """Known actions, with the ids they need and no others; no lock against a ban."""
    if {"customer_id", "product_id", "action"} & edits.bad:
        return
    frame = edits.table.select(["customer_id", "product_id", "action"]).to_pandas().astype("str")
    action = frame["action"]
    known = action.isin(ACTIONS)
    collected.cells(
        edits.raw,
        "action",
        (~known).to_numpy() & edits.sound("action"),
        lambda at: shown(action[at]),
        lambda at: listed(ACTIONS) + did_you_mean(action[at], ACTIONS),
    )
    for column, needed, barred in (
        ("customer_id", ("lock", "ban", "drop_customer"), "ban_everywhere"),
        ("product_id", ("lock", "ban", "ban_everywhere"), "drop_customer"),
    ):
        empty = frame[column] == ""
        lacks = action.isin(needed) & empty
        collected.cells(
            edits.raw, column, lacks.to_numpy(), lambda _: "an empty cell", lambda at: f"an id, for a {action[at]}"
        )
        idle = (action == barred) & ~empty
        hint = " (did you mean ban?)" if barred == "ban_everywhere" else ""
        collected.cells(
            edits.raw,
            column,
            idle.to_numpy(),
            lambda at, column=column: shown(frame[column][at]),  # type: ignore[misc]
            f"an empty cell, for a {barred}{hint}",
        )
    _check_contradictions(edits, frame, collected)
    if products is not None and not {"product_id", "boxable"} & products.bad and _any_boxable(products):
        codes, ids = products.texts("product_id")
        boxable = dict(zip((ids[code] for code in codes), products.table.column("boxable").to_pylist(), strict=True))
        idle = (action == "lock") & ~frame["product_id"].map(lambda product: boxable.get(product, True)).astype(bool)
        collected.cells(
            edits.raw,
            "product_id",
            idle.to_numpy(),
            lambda at: shown(frame["product_id"][at]),
            "a boxable product, for a lock",
        )


def _check_contradictions(edits: TypedTable, frame: pd.DataFrame, collected: Collected) -> None:
    """A lock of what another row bans."""
    bans = frame[frame["action"] == "ban"]
    everywhere = set(frame.loc[frame["action"] == "ban_everywhere", "product_id"])
    rows = {
        pair: row
        for row, pair in reversed(
            list(zip(bans.index, zip(bans["customer_id"], bans["product_id"], strict=True), strict=True))
        )
    }
    pairs = list(zip(frame["customer_id"], frame["product_id"], strict=True))
    locked = frame["action"] == "lock"
    hit = np.array(
        [lock and (pair in rows or pair[1] in everywhere) for lock, pair in zip(locked, pairs, strict=True)], dtype=bool
    )

    def found(at: int) -> str:
        banned = f"banned in row {edits.raw.row(rows[pairs[at]])}" if pairs[at] in rows else "banned everywhere"
        return f"a lock of {shown(pairs[at][1])} for {shown(pairs[at][0])}, which is {banned}"

    collected.cells(edits.raw, "action", hit, found, "either a lock or a ban")
