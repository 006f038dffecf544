"""The yardstick of a night: implicit's own fit of the same events, 64 factors and 15 sweeps, on all cores.

In a process of its own, after a small fit that loads what there is to load. Confidences are those the night fits on.
"""

from __future__ import annotations

import importlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

FACTORS, SWEEPS = 64, 15
SMALL = 500
"""Customers of the fit before the clock starts."""


@dataclass(frozen=True)
class Fit:
    """implicit's fit: wall seconds, seconds of all cores, and the matrix: customers and products with events, pairs."""

    seconds: float
    core_seconds: float
    customers: int
    products: int
    pairs: int


def fit(campaign: Path) -> Fit:
    """Measure implicit's fit of the campaign's events."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, campaign).result()


def _measured(campaign_path: Path) -> Fit:
    from threadpoolctl import threadpool_limits

    importlib.import_module("implicit.cpu.als")  # loads its own BLAS, which must be there before it can be pinned
    with threadpool_limits(1, "blas"):  # as implicit asks for; its own threads take all cores
        matrix = confidences_of(campaign_path)
        _fitted(matrix[:SMALL])
        started, spent = perf_counter(), process_time()
        _fitted(matrix)
        seconds, core_seconds = perf_counter() - started, process_time() - spent
        customers, products = matrix.shape
        return Fit(seconds, core_seconds, customers, products, matrix.nnz)


def confidences_of(campaign_path: Path) -> Any:
    """CSR float32 (customers, products) with events: 1 + alpha x strength, signed, as the night fits on."""
    import numpy as np

    from jobs.learning.interactions import interactions
    from jobs.nightly import read_campaign
    from recsys.base.events import strengths
    from recsys.parts import als

    campaign, tables = read_campaign(campaign_path)
    strength = strengths(interactions(campaign, tables, campaign.ship_date).events, campaign.half_life_days)
    confidence = als.confidences(strength, als.balanced_alpha(strength, als.AlsSettings().alpha))
    return confidence[np.diff(confidence.indptr) > 0][:, np.unique(confidence.indices)]


def _fitted(confidence: Any) -> None:
    from implicit.cpu.als import AlternatingLeastSquares

    from recsys.parts.als import AlsSettings

    model = AlternatingLeastSquares(
        factors=FACTORS,
        regularization=AlsSettings().regularization,
        alpha=1.0,  # already in the confidences
        iterations=SWEEPS,
        random_state=0,
    )
    model.fit(confidence, show_progress=False)
