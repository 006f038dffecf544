"""`boxwise explain` for people and for programs: the lines, and what is in the boxes of the customer asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jobs.answers.reply import Answer
from jobs.csv_text import read_csv
from jobs.explaining.explain import explain
from jobs.posing.shop import box_ids


def explained(run: Path, customer_id: str | None, product_id: str | None, promise: str | None) -> Answer:
    """What `explain` says, also as JSON. Raises UsageRefused as it does."""
    lines = explain(run, customer_id, product_id, promise)
    content: dict[str, Any] = {
        "run_id": run.resolve().name,
        "customer_id": customer_id,
        "product_id": product_id,
        "promise": promise,
        "items": [] if customer_id is None else _items(run, customer_id),
        "words": lines,
    }
    return Answer(tuple(lines), content)


def _items(run: Path, customer_id: str) -> list[dict[str, Any]]:
    """Her rows of assignments.csv, box after box, best first."""
    sent = read_csv(run / "assignments.csv", {"score": "float64"})
    sent = sent.assign(box_id=box_ids(sent))[sent["customer_id"] == customer_id]
    names = ("box_id", "product_id", "product_name", "category", "reason")
    return [
        {**{name: str(row[name]) for name in names}, "slot": int(row["slot"]), "score": float(row["score"])}
        for row in sent.to_dict("records")
    ]
