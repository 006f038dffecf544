"""A run folder small enough to count by hand, written by the csv module in the columns of docs/campaign.md."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobs.outputs.website import KEYS, write_website

ASSIGNMENTS = ["run_id", "customer_id", "slot", "product_id", "product_name", "brand", "category", "score", "reason"]
BOXES = ["customer_id", "warehouse", "wave", "items", "box_score", "retail_value", "flags"]
PRODUCTS = [
    "product_id",
    "name",
    "warehouse",
    "available",
    "packed",
    "left",
    "at_least",
    "short_by",
    "marginal_value",
    "eligible_customers",
    "brand",
    "category",
]
EXCEPTIONS = ["kind", "customer_id", "product_id", "warehouse", "what", "why", "fix"]
CHANGES = ["customer_id", "change", "product_id", "product_name", "why"]

ITEMS: dict[str, tuple[str, str, str]] = {
    "P1": ("Shampoo 12 oz", "Acme", "Hair"),
    "P2": ('<b>"Soap" & water</b>', "Acme", "Bath"),
    "P3": ("'=1+1", "Brand 7", "Bath"),  # guarded, as the writers guard a live formula
    "P4": ("Comb", "", "Hair"),
    "P5": ("Balm", "Brand 9", "Lips"),
}
PACKED: dict[str, list[tuple[str, float]]] = {
    "C1": [("P1", 0.91), ("P2", 0.72), ("P5", 0.33)],
    "C2": [("P1", 0.84), ("P4", 0.55)],
    "C3": [("P2", 0.61), ("P3", 0.47), ("P5", 0.12)],
    "C4": [],
}
RUN_ID = "2026-12-glow-0a1b2c3d"


def table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """One CSV as the run folder holds it: byte-order mark, RFC 4180, newlines."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([columns, *rows])


def write_small_run(folder: Path) -> Path:
    """Four customers and one who was dropped, five products in two warehouses, one promise missed."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        (RUN_ID, customer, slot, product, ITEMS[product][0], *ITEMS[product][1:], score, "because")
        for customer, items in PACKED.items()
        for slot, (product, score) in enumerate(items, start=1)
    ]
    table(folder / "assignments.csv", ASSIGNMENTS, rows)
    boxes = [
        ("C1", "east", "first", 3, 1.96, 31.5, "locked"),
        ("C2", "east", "first", 2, 1.39, 17.25, "short"),
        ("C3", "west", "first", 3, 1.2, 28.75, ""),
        ("C4", "west", "first", 0, 0, 0, "no box|locked"),
        ("C5", "west", "first", 0, 0, 0, "dropped"),
    ]
    table(folder / "boxes.csv", BOXES, boxes)
    stock = [
        ("P1", "east", 2, 2, 0, 0, 0, 0.215, 2),
        ("P1", "west", 4, 0, 4, 0, 0, 0, 2),
        ("P2", "east", 6, 1, 5, 0, 0, 0, 2),
        ("P2", "west", 1, 1, 0, 0, 0, 0.052, 2),
        ("P3", "east", 0, 0, 0, 0, 0, 0.9, 2),
        ("P3", "west", 1, 1, 0, 1, 0, 0.137, 1),
        ("P4", "east", 8, 1, 7, 3, 2, 0, 2),
        ("P4", "west", 0, 0, 0, 0, 0, 0, 2),
        ("P5", "east", 3, 1, 2, 0, 0, 0, 2),
        ("P5", "west", 13, 1, 12, 0, 0, 0, 2),
    ]
    products = [(row[0], ITEMS[row[0]][0], *row[1:], *ITEMS[row[0]][1:]) for row in stock]
    table(folder / "products.csv", PRODUCTS, products)
    exceptions = [
        ("no box", "C4", "", "west", "0 of 3 items", "its locks cannot be in one box", "take one lock off"),
        ("missed promise", "", "P4", "east", "1 of 3 units of Comb", "better used elsewhere", "a higher penalty"),
        ("no box", "C9", "", "west", "0 of 3 items", "nothing is allowed", ""),
    ]
    table(folder / "exceptions.csv", EXCEPTIONS, exceptions)
    changes = [("C1", "removed", "P3", "'=1+1", "out of stock"), ("C1", "added", "P5", "Balm", "new product")]
    table(folder / "changes.csv", CHANGES, [*changes, ("C3", "added", "P5", "Balm", "new product")])
    certificate = {"run_id": RUN_ID, "value": 4_550_000, "upper_bound": 4_551_000, "gap": 0.00022, "faults": []}
    (folder / "certificate.json").write_text(json.dumps({**certificate, "prices": "prices.csv"}), encoding="utf-8")
    judged = [
        {"part": "warm customers", "model": model, "metric": metric, "value": value, "low": low, "high": high, "n": 812}
        for model, value, low, high in (("boxwise", 0.084, 0.071, 0.097), ("popularity", 0.061, 0.055, 0.068))
        for metric in ("nDCG@20", "recall@20")
    ]
    told = ["For customers with a history it finds 12.3 of 100.", "  Better than popularity, beyond doubt."]
    evaluation = {"table": judged, "sentences": told}
    (folder / "evaluation.json").write_text(json.dumps(evaluation), encoding="utf-8")
    lists = {
        name: ([str(key) for key in range(61 + at)], [["[]"] * (1 + at) + ["[{}]"] * 60])
        for at, name in enumerate(name for name in KEYS if name != "boxes")
    }
    write_website(folder / "website.sqlite", {"run_id": RUN_ID}, {**lists, "boxes": ([], [])}, [])
    (folder / "inputs").mkdir(exist_ok=True)
    toml = '[campaign]\nname = "2026-12-glow"\nship_date = 2026-12-05\nbox_size = 3\n'
    (folder / "inputs" / "campaign.toml").write_text(toml, encoding="utf-8")
    return folder
