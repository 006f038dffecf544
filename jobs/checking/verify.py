"""The second opinion on a finished run: files as written, rules kept, value and bound recomputed, inputs unchanged.

Everything is told from the run's folder alone; the campaign's own files are only asked whether they are still the same.
What jobs/outputs/rebuild.py opens is the accused: the night's problem, made again by the night's own code.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jobs.checking.audit import audit
from jobs.checking.audit_allowed import MOST_CUSTOMERS, audit_allowed
from jobs.checking.verify_inputs import changed_inputs, sha256_of
from jobs.evidence.audit_read import capped, read_rules, read_tables
from jobs.evidence.read_csv import read_csv
from jobs.faults import Refusal
from jobs.outputs.rebuild import Rebuilt, find_run, rebuild
from optimizer.verify import Fault, check, plan_value, price_bound

START = "start.json"
POINTS = 1_000_000
"""Micro-points in a point, as docs/packing.md says."""


@dataclass(frozen=True)
class Report:
    """What the second opinion says.

    faults  a plain line each; empty = the run is what it says it is
    lines   what was looked at, for a run without faults
    """

    faults: tuple[str, ...]
    lines: tuple[str, ...]


def verify(run: Path, *, inputs_as_kept: bool = False) -> Report:
    """Verify a run folder, or a link to one.

    inputs_as_kept  do not compare with the campaign's files of today: later they are expected to differ

    Raises UsageRefused where there is no run.
    """
    folder, manifest = find_run(run)
    with ThreadPoolExecutor(1) as pool:
        files = pool.submit(lambda: [*_files(folder, manifest)])
        faults = audit(folder)
        faults = [*files.result(), *faults]
    proof: tuple[str, ...] = ()
    try:
        found = rebuild(folder)
        rules = read_rules(folder / "inputs" / "campaign.toml")
        with ThreadPoolExecutor(1) as pool:
            proved = pool.submit(_proof, found)
            faults += audit_allowed(found, read_tables(folder), rules, manifest["run_id"])
            wrong, proof = proved.result()
        faults += wrong
    except Refusal as refused:
        faults += [f"the run's copy of its inputs would be refused: {line}" for line in refused.lines]
    except (OSError, ValueError, KeyError) as bad:
        faults += [f"the proof cannot be recomputed: {line}" for line in str(bad).splitlines()]
    looked = "the run's own copy of its inputs was used; today's files were not looked at"
    if not inputs_as_kept:
        changed, looked = changed_inputs(folder, manifest)
        faults += changed
    lines = (
        f"{manifest['run_id']}: {len(manifest['outputs'])} files are as the night wrote them",
        *proof,
        looked,
    )
    return Report(tuple(dict.fromkeys(faults)), lines)


def _files(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Every output is there, with the bytes the manifest tells."""
    if manifest["run_id"] != folder.name:
        yield f"manifest.json: names run {manifest['run_id']}, expected {folder.name}"
    for name, written in manifest["outputs"].items():
        if not (folder / name).is_file():
            yield f"{name}: is missing"
        elif sha256_of(folder / name) != written["sha256"]:
            yield f"{name}: was changed after the night wrote it"
    start = manifest.get("started_from")  # None = a run of an older version, which told no start
    if start is not None and (folder / START).is_file() and sha256_of(folder / START) != start["sha256"]:
        yield f"{START}: is not the start that manifest.json tells"


def _proof(run: Rebuilt) -> tuple[list[str], tuple[str, ...]]:
    """Faults of the boxes, the value and the bound; and, in words, what was recomputed."""
    told, problem = run.certificate, run.problem
    faults = capped(_in_ids(run, fault) for fault in check(problem, run.boxes))
    value = plan_value(problem, run.boxes)
    if told["value"] != value:
        faults.append(f"certificate.json: value is {told['value']}, the boxes of assignments.csv are worth {value}")
    faults += capped(_price_cells(run))
    bound = price_bound(problem, run.prices, run.boxes)
    if told["upper_bound"] != bound:
        faults.append(f"certificate.json: upper_bound is {told['upper_bound']}, prices.csv proves {bound}")
    gap = (bound - value) / max(1, abs(bound))
    if not isinstance(told["gap"], float | int) or not np.isclose(told["gap"], gap, rtol=1e-9, atol=1e-12):
        faults.append(f"certificate.json: gap is {told['gap']}, found {gap}")
    if value > bound:
        faults.append(f"the boxes are worth {value}, more than the bound {bound} that prices.csv proves")
    if told["faults"]:
        faults.append(f"certificate.json: tells {len(told['faults'])} faults, expected none")
    if told["n_customers"] != problem.n_customers:
        faults.append(f"certificate.json: n_customers is {told['n_customers']}, expected {problem.n_customers}")
    return faults, (
        f"{problem.n_customers:,} boxes, {int((run.boxes >= 0).sum()):,} items: "
        "every rule, stock figure, cap and score recomputed from the files",
        f"what {min(problem.n_customers, MOST_CUSTOMERS):,} customers may receive worked out again from the tables",
        f"worth {value / POINTS:,.6f} points, and no plan is worth more than {bound / POINTS:,.6f}: gap {gap:.2e}",
    )


def _in_ids(run: Rebuilt, fault: Fault) -> str:
    """A fault of the optimizer's second opinion, with ids in front of its positions."""
    shop, where = run.shop, []
    if fault.customer_idx is not None:
        where.append(f"customer {shop.customers['customer_id'].iloc[fault.customer_idx]}")
    if fault.item_idx is not None:
        where.append(f"product {shop.items['product_id'].iloc[fault.item_idx]}")
    return f"second opinion, {', '.join([*where, fault.rule])}: {fault.words}"


def _price_cells(run: Rebuilt) -> Iterator[str]:
    """price, unit and points of a row of prices.csv tell the same; an altered cell is named."""
    frame = read_csv(run.folder / "prices.csv")
    price, unit, told = (pd.to_numeric(frame[column], errors="coerce") for column in ("price", "unit", "points"))
    points = price / unit / POINTS  # a cell that is no number is told by whoever reads the prices
    for row in np.flatnonzero((points - told).abs() > 1e-12 + 1e-12 * points.abs()):
        line = frame.iloc[row]
        what = line["quota"] or f"product {line['product_id']}"
        words = f"price {line['price']} of {what} is {points.iloc[row]:.12g} points, the row says {line['points']}"
        yield f"prices.csv, row {row + 2}: {words}"
