"""Releases for tests of the service: nights one after another, ids of every kind, or just the lists a test needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from jobs.outputs.website import KEYS, write_website
from jobs.publishing.publish import night_lock, publish, stage
from tests.jobs.releases import staged_release

HOSTILE = [
    "a/b", "a//b", "/", "//", "%2F", "%", "100%", "Zoë", "Zoe\u0308", "../x", "..", ".", "a b", "a+b", "?", "#", "&a=b",
    "x;y", '"><script>', "'; DROP TABLE boxes; --", "日本語", "🧴", "\u202etxt", "\u2028", "\x85", "\\", "healthz",
    "{key}", "x" * 200,
]  # fmt: skip
"""Ids that the input tables allow."""


def items_of(key: str) -> list[dict[str, object]]:
    """A list that gives its key away."""
    return [{"product_id": "a/b", "score": 0.5, "reason": f"for {key}"}]


Tables = Mapping[str, tuple[Sequence[str], Sequence[Sequence[str]]]]


def publish_release(runs: Path, number: int) -> None:
    """Night `number` of tests/jobs/releases.py."""
    run_id = f"glow-{number}"
    with night_lock(runs), stage(runs, run_id) as folder:
        staged_release(folder, run_id, number)
        publish(runs, folder, run_id, keep_runs=3)


def publish_hostile(runs: Path) -> None:
    """A release in which customers, products and segments all have hostile ids."""
    keys = dict.fromkeys(KEYS, HOSTILE) | {"bestsellers": ["", *(f"plan={own}" for own in HOSTILE)]}
    tables = {table: (mine, [[json.dumps(items_of(key)) for key in mine]]) for table, mine in keys.items()}
    _publish(runs, tables, HOSTILE)


def publish_lists(runs: Path, lists: Mapping[str, Sequence[str]]) -> None:
    """A release of one customer, C, and the products A, B, D and E; the lists of table -> product ids, else []."""
    products = ["A", "B", "D", "E"]
    keys = {table: ["C"] if KEYS[table] == "customer_id" else products for table in KEYS}
    keys |= {"bestsellers": [""], "baskets": []}
    tables = {}
    for table, mine in keys.items():
        items = [{"product_id": own, "score": 1.0, "reason": "liked"} for own in lists.get(table, [])]
        tables[table] = (mine, [[json.dumps(items) for _ in mine]])
    _publish(runs, tables, products)


def _publish(runs: Path, tables: Tables, products: Sequence[str]) -> None:
    release: dict[str, str | int] = {"run_id": "glow-1", "published_at": "2026-12-01T03:00:00Z"}
    with night_lock(runs), stage(runs, "glow-1") as folder:
        staged_release(folder, "glow-1", 1)
        write_website(folder / "website.sqlite", release, tables, [(own, f"Soap {own}", "", "") for own in products])
        publish(runs, folder, "glow-1", keep_runs=3)
