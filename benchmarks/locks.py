"""How long locks take as they grow in number: `python -m benchmarks.locks [CUSTOMERS ...]`.

A made-up shop in which most customers have picked a product themselves, far more of one than there are units. Prints
the seconds of each step at each size, and how the cost grows with the number of customers (1 = in proportion).
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.checking.audit_allowed import audit_allowed
from jobs.config.campaign import Campaign
from jobs.config.load import load
from jobs.datasets.synth import write_synth
from jobs.evidence.audit_read import rules_of
from jobs.inputs.tables import Tables, read
from jobs.packing.exceptions import exceptions
from jobs.packing.granted import grant_locks
from jobs.packing.lock_notes import lock_notes
from jobs.packing.pack import pack
from jobs.posing.allowed import allowed_pairs
from jobs.posing.problem import box_problem, locks
from jobs.posing.scores import InMemory
from jobs.posing.shop import Shop, open_shop

T = TypeVar("T")
SIZES = (3_000, 30_000, 300_000)
PICKING, WANTED_BY, TWO = 0.85, 0.25, 0.1
"""Shares of customers who pick one, who pick the one that many want, and of those who picked who pick a second."""


def picks(shop: Shop, seed: int = 0) -> pd.DataFrame:
    """Locks of products that their customers may receive: customer_id, product_id, action, reason."""
    rng, allowed, found = np.random.default_rng(seed), allowed_pairs(shop), []
    for lo in range(0, shop.n_customers, 4_096):
        may = allowed.block(lo, min(lo + 4_096, shop.n_customers))
        draws = rng.random((2, *may.shape)) * may
        first, second = draws.argmax(axis=2)
        first = np.where(may[:, 0] & (rng.random(len(may)) < WANTED_BY), 0, first)
        some = may.any(axis=1) & (rng.random(len(may)) < PICKING)
        more = some & (second != first) & (rng.random(len(may)) < TWO)
        for who, what in ((some, first), (more, second)):
            found.append(np.column_stack([lo + np.flatnonzero(who), what[who]]))
    pairs: npt.NDArray[np.int64] = np.concatenate(found)
    customers, products = shop.customers["customer_id"].to_numpy(object), shop.items["product_id"].to_numpy(object)
    named = {"customer_id": customers[pairs[:, 0]], "product_id": products[pairs[:, 1]]}
    return pd.DataFrame({**named, "action": "lock", "reason": "her own pick"})


def steps(campaign: Campaign, tables: Tables) -> dict[str, float]:
    """Seconds of each step that locks take part in."""
    took: dict[str, float] = {}

    def timed(name: str, step: Callable[[], T]) -> T:
        started = time.perf_counter()
        done = step()
        took[name] = time.perf_counter() - started
        return done

    shop = open_shop(campaign, tables)
    allowed = allowed_pairs(shop)
    asked = timed("read and check", lambda: locks(shop, allowed))
    timed("count for check", lambda: lock_notes(shop, asked))
    scores = InMemory(np.random.default_rng(1).random((shop.n_customers, shop.n_items), dtype=np.float32))
    problem = box_problem(shop, scores, allowed)
    timed("choose", lambda: grant_locks(shop, problem))
    packed = timed("pack, all in all", lambda: pack(shop, scores))
    told = timed("tell", lambda: exceptions(packed))
    rules = rules_of(campaign.path.read_bytes())
    faults = timed("second opinion", lambda: audit_allowed(packed, vars(tables), rules, ""))
    assert not faults, faults[:3]
    took["locks"] = float((tables.edits["action"] == "lock").sum())
    took["not kept"] = float((told["kind"] == "lock").sum())
    return took


def measured(n_customers: int, n_products: int = 200) -> dict[str, float]:
    """The steps of a made-up shop of this size."""
    with tempfile.TemporaryDirectory() as folder:
        write_synth(Path(folder), customers=n_customers, products=n_products, seed=0)
        campaign = load(Path(folder))
        (Path(folder) / "edits.csv").unlink()
        picks(open_shop(campaign, read(campaign))).to_csv(Path(folder) / "edits.csv", index=False)
        return steps(campaign, read(campaign))


def table(found: dict[int, dict[str, float]]) -> list[str]:
    """Lines of seconds by size, and the growth between the smallest and the largest."""
    sizes = sorted(found)
    lines = ["".join([f"{'customers':<20}", *(f"{size:>12,}" for size in sizes), f"{'growth':>9}"])]
    for name in found[sizes[0]]:
        cells = [found[size][name] for size in sizes]
        said = [f"{cell:>12,.0f}" if name in ("locks", "not kept") else f"{cell:>10.2f} s" for cell in cells]
        if len(sizes) > 1 and min(cells) > 0:
            said.append(f"{math.log(cells[-1] / cells[0], sizes[-1] / sizes[0]):>9.2f}")
        lines.append("".join([f"{name:<20}", *said]))
    return lines


if __name__ == "__main__":
    wanted = tuple(map(int, sys.argv[1:])) or SIZES
    measured(1_000)  # compiles what the others are to be timed without
    print("\n".join(table({size: measured(size) for size in wanted})))
