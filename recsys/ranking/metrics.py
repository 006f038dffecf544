"""How good lists are: recall@k, nDCG@k and coverage, each with a bootstrap interval over customers.

Intervals resample customers, the same draws for every model, so that differences between models can be judged in pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Array = npt.NDArray[Any]


def hits(idx: Array, truth: sp.csr_matrix) -> npt.NDArray[np.bool_]:
    """Which entries of the lists are among the truth: bool (n, k).

    idx    int (n, k)  columns, best first, -1 = no more
    truth  CSR (n, m)  a stored value = the customer took this item later
    """
    n, m = truth.shape
    rows = np.repeat(np.arange(n, dtype=np.int64), np.diff(truth.indptr))
    wanted = np.sort(rows * m + truth.indices)
    keys = np.arange(n, dtype=np.int64)[:, None] * m + np.maximum(idx, 0)
    at = np.minimum(np.searchsorted(wanted, keys), max(len(wanted) - 1, 0))
    found = wanted[at] == keys if len(wanted) else np.zeros(keys.shape, bool)
    return np.asarray(found & (idx >= 0))


def recall(hit: npt.NDArray[np.bool_], n_relevant: Array) -> npt.NDArray[np.float64]:
    """Share of what each customer took later that the list holds: float64 (n,), 0..1."""
    return np.asarray(hit.sum(axis=1) / n_relevant, np.float64)


def ndcg(hit: npt.NDArray[np.bool_], n_relevant: Array) -> npt.NDArray[np.float64]:
    """Sum of 1 / log2(place + 1) over hits, over the same sum of a perfect list of length k: float64 (n,), 0..1."""
    discount = 1 / np.log2(np.arange(2, hit.shape[1] + 2))
    perfect = np.concatenate(([0.0], np.cumsum(discount)))
    return np.asarray(hit @ discount / perfect[np.minimum(n_relevant, hit.shape[1])], np.float64)


@dataclass(frozen=True)
class Interval:
    """A figure and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """How often each customer is drawn in each of the resamples: int32 (n_draws, n_customers)."""

    counts: Array

    @classmethod
    def of(cls, n_customers: int, seed: int, n_draws: int = 1_000) -> Bootstrap:
        """Draw the resamples once; every model and metric is judged on the same ones."""
        rng = np.random.default_rng(seed)
        counts = np.empty((n_draws, n_customers), np.int32)
        for draw in range(n_draws):
            counts[draw] = np.bincount(rng.integers(0, n_customers, n_customers), minlength=n_customers)
        return cls(counts)

    def mean(self, values: npt.NDArray[np.float64]) -> Interval:
        """Mean over customers, with the 2.5 % and 97.5 % points of the resampled means."""
        means = np.einsum("dc,c->d", self.counts, values) / len(values)
        low, high = np.quantile(means, (0.025, 0.975))
        return Interval(float(values.mean()), float(low), float(high))

    def coverage(self, idx: Array, n_items: int, n_draws: int = 200) -> Interval:
        """Share of the items that stand in at least one list.

        A resample holds fewer different customers, so it covers less: the spread of the resamples is put around the
        figure itself.
        """
        value, drawn = _covered(idx, n_items), self._drawn(idx, n_items, n_draws)
        low, high = np.quantile(drawn, (0.025, 0.975)) - drawn.mean()
        return Interval(value, float(np.clip(value + low, 0, value)), float(np.clip(value + high, value, 1)))

    def _drawn(self, idx: Array, n_items: int, n_draws: int) -> npt.NDArray[np.float64]:
        """Coverage in each of the first resamples: which items stand in a list of somebody drawn, as one product."""
        rows, places = np.nonzero(idx >= 0)
        ones = np.ones(len(rows), np.float32)
        holds = sp.csr_matrix((ones, (idx[rows, places], rows)), shape=(n_items, len(idx)))
        somebody = np.ascontiguousarray(self.counts[:n_draws].T > 0, np.float32)
        return np.asarray((holds @ somebody > 0).mean(axis=0), np.float64)


def _covered(idx: Array, n_items: int) -> float:
    listed = np.zeros(n_items, bool)
    listed[idx[idx >= 0]] = True
    return float(listed.mean())
