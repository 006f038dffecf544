"""Lists held against what customers then did, next to the baselines, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.evaluating.questions import Part, Score
from recsys.ranking.metrics import Bootstrap, Interval, hits, ndcg, recall
from recsys.ranking.rank import top_k
from recsys.scoring.model import GRID

K = 20
"""Length of the lists that are judged."""


@dataclass(frozen=True, eq=False)
class Judged:
    """One part, measured.

    rows     rows of Evaluation.table
    figures  (model, metric) -> figure with its interval
    ahead    model -> nDCG of the recommender minus nDCG of that model, by customer pairs
    """

    rows: list[dict[str, Any]]
    figures: dict[tuple[str, str], Interval]
    ahead: dict[str, Interval]


def judge(part: Part, seed: int) -> Judged:
    """Rank, count hits, and put intervals around the figures."""
    n = len(part.customers)
    if n == 0:
        return Judged([], {}, {})
    bootstrap = Bootstrap.of(n, seed)
    n_relevant = np.diff(part.truth.indptr)
    figures: dict[tuple[str, str], Interval] = {}
    ahead: dict[str, Interval] = {}
    ours: npt.NDArray[np.float64] | None = None
    for model in part.models:
        idx = ranked(part, part.models[model])
        hit = hits(idx, part.truth)
        quality = ndcg(hit, n_relevant)
        figures[model, f"recall@{K}"] = bootstrap.mean(recall(hit, n_relevant))
        figures[model, f"nDCG@{K}"] = bootstrap.mean(quality)
        figures[model, "coverage"] = bootstrap.coverage(idx, len(part.items))
        ours = quality if ours is None else ours
        ahead[model] = bootstrap.mean(ours - quality)
    rows = [
        {"part": part.name, "model": model, "metric": metric, "value": x.value, "low": x.low, "high": x.high, "n": n}
        for (model, metric), x in figures.items()
    ]
    return Judged(rows, figures, ahead)


def ranked(part: Part, score: Score) -> npt.NDArray[np.int32]:
    """The first K items of each customer not had before, by these scores: int32 (n_customers, K)."""
    out = np.empty((len(part.customers), K), np.int32)
    for lo in range(0, len(part.customers), GRID):
        allowed = part.seen[lo : lo + GRID].toarray() == 0
        out[lo : lo + GRID], _ = top_k(score(part.customers[lo : lo + GRID]), K, allowed)
    return out
