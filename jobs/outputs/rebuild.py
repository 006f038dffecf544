"""A published run, opened again from its own folder: shop, problem, boxes, prices and certificate.

What the night knew is in the folder, so that it can be verified or explained a year later on another machine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.config.load import load
from jobs.csv_text import read_csv
from jobs.faults import UsageRefused
from jobs.inputs.tables import Source, Tables
from jobs.outputs.inputs import read_inputs
from jobs.outputs.prices import read_prices
from jobs.outputs.scores_parquet import ScoresFile
from jobs.packing.exceptions import LOCK
from jobs.packing.granted import taken_from
from jobs.posing.allowed import Allowed, allowed_pairs
from jobs.posing.deal import dealt
from jobs.posing.problem import DENSE_PAIRS, box_problem
from jobs.posing.scores import InMemory, Rows, Scores
from jobs.posing.shop import Shop, box_ids, open_shop, positions
from optimizer.problem import BoxProblem, Prices


@dataclass(frozen=True, eq=False)
class Rebuilt:
    """What a night packed, in the positions of its shop.

    boxes       int32 (n_customers, width) item positions in the order of assignments.csv, -1 = missing slot
    locks_lost  customer_id and product_id of the locks that exceptions.csv tells as not kept
    """

    folder: Path
    shop: Shop
    scores: Scores
    allowed: Allowed
    problem: BoxProblem
    boxes: npt.NDArray[np.int32]
    locks_lost: frozenset[tuple[str, str]] = frozenset()

    @property
    def prices(self) -> Prices:
        """The prices of prices.csv. Raises ValueError naming every row that is not as the run needs it."""
        product_ids = list(self.shop.items["product_id"])
        return read_prices(self.folder / "prices.csv", self.shop.pools, product_ids, self.problem.quotas)

    @property
    def certificate(self) -> dict[str, Any]:
        """certificate.json."""
        content: dict[str, Any] = json.loads((self.folder / "certificate.json").read_text(encoding="utf-8"))
        return content


def find_run(run: Path) -> tuple[Path, dict[str, Any]]:
    """The run's own folder (links followed) and its manifest.

    Raises UsageRefused where there is no run.
    """
    folder = run.resolve()
    if not folder.is_dir():
        raise UsageRefused(f"there is no run at {run}: expected a run's folder, e.g. runs/current")
    try:
        manifest: Any = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        manifest["run_id"], manifest["outputs"]
    except (OSError, ValueError, KeyError, TypeError) as bad:
        hint = f"; did you mean {run / 'current'}?" if (folder / "current").exists() else ""
        raise UsageRefused(f"{run} is not a run: it holds no whole manifest.json{hint}") from bad
    return folder, manifest


def rebuild(folder: Path, *, whole: bool = True) -> Rebuilt:
    """Open a run from its inputs copy, scores.parquet and assignments.csv.

    whole   False = scores stay in their file and are read where they are asked for: for questions about few customers

    Raises ValueError (or OSError) when a file is missing or does not fit the others, a Refusal when the inputs copy is
    not one that a night would accept.
    """
    campaign = load(folder / "inputs" / "campaign.toml")
    events = pd.DataFrame({name: pd.Series(dtype="str") for name in ("customer_id", "product_id", "kind")})
    frames: dict[str, Any] = {**read_inputs(folder), "events": events}
    sources = {
        name: Source(name, folder / "inputs" / f"{name}.parquet", "", len(rows)) for name, rows in frames.items()
    }
    shop = open_shop(campaign, Tables(**frames, sources=sources, notes=()))
    file = ScoresFile(folder / "scores.parquet")
    for name, found, expected in (
        ("customers", file.customer_ids, shop.people),
        ("products", file.product_ids, shop.items["product_id"]),
    ):
        if list(found) != list(expected):
            raise ValueError(f"scores.parquet: its {name} are not those of the run's inputs, in their order")
    dense = whole and shop.n_customers * shop.n_items <= DENSE_PAIRS
    scores: Scores = InMemory(file.block(0, shop.n_people)) if dense else file
    scores = Rows(scores, shop.person) if shop.has_several else scores
    allowed = dealt(shop, scores, allowed_pairs(shop))
    lost = _locks_lost(folder)
    problem = _less_locks(shop, box_problem(shop, scores, allowed, whole=whole), lost)
    return Rebuilt(folder, shop, scores, allowed, problem, _boxes(folder, shop, problem.width), lost)


def _locks_lost(folder: Path) -> frozenset[tuple[str, str]]:
    told = read_csv(folder / "exceptions.csv")
    told = told[told["kind"] == LOCK]
    return frozenset(zip(told["customer_id"], told["product_id"], strict=True))


def _less_locks(shop: Shop, problem: BoxProblem, lost: frozenset[tuple[str, str]]) -> BoxProblem:
    """The problem without locks that were taken back; ids that are not the shop's are left to the audit."""
    if problem.locked is None or not lost:
        return problem
    named = pd.DataFrame(sorted(lost), columns=["customer_id", "product_id"], dtype="str")
    item = positions(named["product_id"], shop.items["product_id"])
    at, row = shop.rows_of(named["customer_id"])  # of her boxes only one has the lock
    return taken_from(problem, [(c, i) for c, i in zip(row.tolist(), item[at].tolist(), strict=True) if i >= 0])


def _boxes(folder: Path, shop: Shop, width: int) -> npt.NDArray[np.int32]:
    """The boxes of assignments.csv; rows of unknown boxes or products are left to the audit."""
    sent = read_csv(folder / "assignments.csv")
    customer = shop.rows(sent["customer_id"], box_ids(sent))
    item = positions(sent["product_id"], shop.items["product_id"])
    known = (customer >= 0) & (item >= 0)
    rows = pd.DataFrame({"customer": customer[known], "item": item[known]})
    place = rows.groupby("customer").cumcount().to_numpy()
    boxes = np.full((shop.n_customers, max(width, int(place.max(initial=-1)) + 1)), -1, np.int32)
    boxes[rows["customer"].to_numpy(), place] = rows["item"].to_numpy()
    return boxes
