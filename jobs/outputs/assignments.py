"""assignments.csv: one row per item in a box, for the people who pack and check them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from jobs.csv_text import write_csv
from jobs.outputs.sent import Sent, coded, spread

COLUMNS = (
    "run_id", "customer_id", "slot", "product_id", "product_name", "brand", "category", "score", "reason", "box_id",
)  # fmt: skip
NUMBERS = {"slot": "int64", "score": "float32"}


def write_assignments(
    path: Path,
    run_id: str,
    customer_ids: Sequence[str] | pd.Series,
    items: pd.DataFrame,
    sent: Sent,
    reasons: Sequence[str] | pa.DictionaryArray,
    box_ids: Sequence[str] | pd.Series | None = None,
) -> None:
    """Write assignments.csv, ordered by customer_id, box_id, slot.

    customer_ids  (n_customers,) the customer of each box, sorted
    items         frame of the boxable products: product_id, name, brand, category
    reasons       (n_sent,) why this product for this customer, in the order of `sent`
    box_ids       (n_customers,) the name of each box; None = none has one
    """
    table = {
        "run_id": spread([run_id], np.zeros(len(sent))),
        "customer_id": spread(customer_ids, sent.customer_idx),
        "slot": sent.slot,
        "product_id": spread(items["product_id"], sent.item_idx),
        "product_name": spread(items["name"], sent.item_idx),
        "brand": spread(items["brand"], sent.item_idx),
        "category": spread(items["category"], sent.item_idx),
        "score": sent.score,
        "reason": coded(reasons),
        "box_id": spread([""] * len(customer_ids) if box_ids is None else box_ids, sent.customer_idx),
    }
    write_csv(path, pa.table(table), COLUMNS)
