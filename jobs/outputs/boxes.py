"""boxes.csv: one row per box of the campaign, also those that are short, empty or dropped by an edit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.csv_text import write_csv
from jobs.outputs.sent import Sent
from jobs.posing.shop import box_ids

COLUMNS = ("customer_id", "warehouse", "wave", "items", "box_score", "retail_value", "flags", "box_id")
NUMBERS = {"items": "int64", "box_score": "float64", "retail_value": "float64"}
FLAGS = {
    "short": "fewer items than slots",
    "no box": "no item at all, though there are slots",
    "locked": "a merchandiser locked an item in",
    "dropped": "a merchandiser dropped the customer",
}
"""What `flags` may hold, several joined by "|", and what each means."""


def write_boxes(
    path: Path,
    customers: pd.DataFrame,
    items: pd.DataFrame,
    sent: Sent,
    locked: npt.NDArray[np.int32] | None,
    dropped: pd.DataFrame,
) -> None:
    """Write boxes.csv, ordered by customer_id, box_id.

    customers  frame, row = customer_idx: customer_id, warehouse, wave, slots, and box_id where boxes have names
    items      frame, row = item_idx; its retail_value may be unknown (NaN): then the box's is left empty
    locked     int32 (n_customers, any) item positions, -1 = none; None = nobody locked anything
    dropped    rows of the customers table that an edit dropped, same columns
    """
    names = ["customer_id", "warehouse", "wave"]
    frame = customers[names].assign(box_id=box_ids(customers))
    frame["items"] = np.bincount(sent.customer_idx, minlength=len(frame))
    frame["box_score"] = _per_customer(sent, sent.score.astype(np.float64), len(frame)).round(6)
    value = items["retail_value"].to_numpy(np.float64) if "retail_value" in items else np.full(len(items), np.nan)
    frame["retail_value"] = _per_customer(sent, value[sent.item_idx], len(frame)).round(6)
    has_lock = np.zeros(len(frame), dtype=bool) if locked is None else np.asarray((locked >= 0).any(axis=1))
    frame["flags"] = _flags(frame["items"].to_numpy(), customers["slots"].to_numpy(), has_lock)
    gone = dropped[names].assign(items=0, box_score=0.0, retail_value=0.0, flags="dropped", box_id=box_ids(dropped))
    both = pd.concat([frame, gone]) if len(gone) else frame
    write_csv(path, both.sort_values(["customer_id", "box_id"], kind="stable"), COLUMNS)


def _per_customer(sent: Sent, amount: npt.NDArray[np.float64], n_customers: int) -> npt.NDArray[np.float64]:
    """float64 (n_customers,) sums; a box that holds a NaN sums to NaN."""
    return np.bincount(sent.customer_idx, weights=amount, minlength=n_customers).astype(np.float64)


def _flags(n_items: npt.NDArray[np.int64], slots: npt.NDArray[np.int64], has_lock: npt.NDArray[np.bool_]) -> list[str]:
    """The flags of each box; the combinations are few, so each is worded once."""
    short, empty = n_items < slots, (n_items == 0) & (slots > 0)
    code = (short & ~empty) * 1 + empty * 2 + has_lock * 4
    words = [
        "|".join(name for bit, name in ((1, "short"), (2, "no box"), (4, "locked")) if number & bit)
        for number in range(8)
    ]
    return [words[number] for number in code]
