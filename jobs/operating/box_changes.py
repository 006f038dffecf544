"""Which boxes of two runs hold other products, and which products come and go, counted from both assignments.csv."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jobs.csv_text import read_csv

FILE = "assignments.csv"


def box_changes(a: Path, b: Path) -> dict[str, Any] | None:
    """Counts of boxes, and units of every product whose units changed, largest change first. None = a file is gone.

    A box is one customer's and, where she has several, one box_id's; the order of its items counts for nothing.
    """
    try:
        one, other = (_items(run) for run in (a, b))
    except (OSError, ValueError, KeyError):
        return None
    both = one.merge(other, how="outer", on=["box", "product_id"], indicator=True)
    differs = set(both.loc[both["_merge"] != "both", "box"])
    boxes_a, boxes_b = set(one["box"]), set(other["box"])
    units = pd.DataFrame({"a": one["product_id"].value_counts(), "b": other["product_id"].value_counts()})
    units = units.fillna(0).astype(np.int64)
    units = units[units["a"] != units["b"]].rename_axis("product_id").reset_index()
    units = units.assign(by=(units["b"] - units["a"]).abs()).sort_values(["by", "product_id"], ascending=[False, True])
    products = zip(units["product_id"].tolist(), units["a"].tolist(), units["b"].tolist(), strict=True)
    return {
        "both": len(boxes_a & boxes_b),
        "changed": len(differs & boxes_a & boxes_b),
        "new": len(boxes_b - boxes_a),
        "gone": len(boxes_a - boxes_b),
        "products": [{"product_id": product, "a": n_a, "b": n_b} for product, n_a, n_b in products],
    }


def _items(run: Path) -> pd.DataFrame:
    """box (customer and box_id) and product_id of every item."""
    sent = read_csv(run / FILE)
    boxes = sent["box_id"] if "box_id" in sent else pd.Series("", index=sent.index)
    items = pd.DataFrame({"box": sent["customer_id"] + "\n" + boxes, "product_id": sent["product_id"]})
    return items.astype(object)  # of two files without a row, pandas cannot join Arrow's texts
