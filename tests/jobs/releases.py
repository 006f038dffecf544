"""Small releases that give themselves away: every list of night n says n, so that a torn or stale page is seen."""

from __future__ import annotations

import json
from pathlib import Path

from jobs.outputs.website import KEYS, write_website
from jobs.publishing.publish import COMPLETE
from jobs.publishing.website_reader import WebsiteReader

RELEASES = 20
CUSTOMERS = [*(f"C{number:03}" for number in range(200)), "Zoë"]
PRODUCTS = ["P1", "P2", "P3", "P4"]


def items(number: int, without: str = "") -> str:
    """A list of night `number`: all four products, best first."""
    listed = [
        {"product_id": product, "score": 1 - place / 8, "reason": f"of night {number}"}
        for place, product in enumerate(PRODUCTS)
        if product not in without
    ]
    return json.dumps(listed)


def write_release(path: Path, run_id: str, number: int) -> None:
    """website.sqlite of night `number`."""
    keys = {
        "recommendations": CUSTOMERS,
        "similar_products": PRODUCTS,
        "goes_with": PRODUCTS,
        "baskets": ['["P1","P2"]'],
        "bestsellers": ["", "hair_type=curly"],
        "boxes": CUSTOMERS,
    }
    assert set(keys) == set(KEYS)
    tables = {table: (mine, [[items(number, key) for key in mine]]) for table, mine in keys.items()}
    release: dict[str, str | int] = {"run_id": run_id, "published_at": f"2026-12-01T03:00:{number % 60:02}Z"}
    catalogue = [(product, f"Soap {number}", "Acme", "Body") for product in PRODUCTS]
    write_website(path, release, tables, catalogue)


def staged_release(folder: Path, run_id: str, number: int) -> None:
    """A staged run that may be published: its website is real, its other files say whose they are."""
    for name in COMPLETE:
        (folder / name).write_text(f"content of {run_id}")
    write_release(folder / "website.sqlite", run_id, number)
    (folder / "manifest.json").write_text(json.dumps({"run_id": run_id}))


def read_whole(reader: WebsiteReader) -> str:
    """Read one list and check that its content is of the release that it names; returns that release."""
    found = reader.read("recommendations", "C117")
    assert found is not None
    number = found.release.removeprefix("glow-")
    assert [item["reason"] for item in found.items] == [f"of night {number}"] * len(PRODUCTS), found
    return found.release
