"""Gowalla by the split of NGCF and LightGCN: recall@20 and nDCG@20 over all items, those of the train cells left out.

No order, no attributes: what is left of the recommender is its factors and its neighbours. Nothing is said of anybody,
so the priors of recsys.training know nothing, and the factors are those of recsys.parts.als as it leaves them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from benchmarks.public_data import ENDLESS, Cells
from recsys.base.seeds import sample
from recsys.parts import als
from recsys.parts.fold_in import fold_in
from recsys.parts.neighbours import nearest
from recsys.ranking.metrics import Bootstrap, Interval, hits, ndcg, recall
from recsys.ranking.rank import top_k
from recsys.scoring.blend import Weights
from recsys.scoring.model import Model, personal_moments
from recsys.training import Inputs, Settings, train

K = 20
N_NEIGHBOURS = 300
FACTORS = als.AlsSettings(n_factors=512, regularization=100.0, alpha=40.0, n_iterations=8)
SMALL = als.AlsSettings(n_factors=8, n_iterations=1)
"""For everything but the factors: solving rows once more with their priors takes very long at five hundred factors."""
WEIGHTS = (0.0, 0.15, 0.3, 0.6)
"""Of the neighbours, the affinity having 1: tried on validation."""
CHOSEN = 0.3
TABLES = ("BM25", "cosine")


@dataclass(frozen=True)
class Found:
    """One row of the report: what was ranked by, and its two figures."""

    name: str
    recall: Interval
    ndcg: Interval


def cosine(likes: sp.csr_matrix, n_neighbours: int) -> sp.csr_matrix:
    """Cosine of items by who chose them, a customer with n choices counting 1 / sqrt(n): CSR float32.

    S[i, j] = sum over customers c with both of 1 / n_c, over sqrt(customers of i x customers of j); the nearest
    are kept, the item itself is not.
    """
    per_customer = np.maximum(np.diff(likes.indptr), 1)
    per_item = np.maximum(np.bincount(likes.indices, minlength=likes.shape[1]), 1)
    weighted = sp.csr_matrix(sp.diags(per_customer**-0.5) @ likes.astype(np.float64) @ sp.diags(per_item**-0.5))
    columns = sp.csr_matrix(weighted.T)
    parts = []
    for lo in range(0, columns.shape[0], 4_000):
        part = sp.csr_matrix(columns[lo : lo + 4_000] @ weighted)
        part = sp.csr_matrix(part - sp.diags(part.diagonal(lo), lo, shape=part.shape))
        part.eliminate_zeros()
        parts.append(nearest(part, n_neighbours))
    return sp.csr_matrix(sp.vstack(parts))


def fitted(inputs: Inputs, factors: als.AlsSettings) -> Model:
    """The model with the factors of `factors`; its moments are still those of the small ones."""
    settings = Settings(
        als=SMALL,
        half_life_days=ENDLESS,
        popularity_days=ENDLESS,
        n_neighbours=N_NEIGHBOURS,
        ease_items=0,
    )
    model = train(inputs, settings).model
    strength = model.profiles
    own = als.fit(strength, inputs.customer_seeds, inputs.item_seeds, factors)
    customer = fold_in(als.confidences(strength, own.alpha), own.item, factors.regularization)
    return replace(model, customer_factors=customer, item_factors=own.item)


def lists(
    model: Model, customers: npt.NDArray[np.int64], seen: sp.csr_matrix, weights: Weights
) -> npt.NDArray[np.int32]:
    """The best K items of each customer that she has not seen: int32 (n, K)."""
    idx = np.empty((len(customers), K), np.int32)
    for lo, hi, block in model.score_blocks(customers, np.arange(model.shape[1]), weights):
        idx[lo:hi], _ = top_k(block, K, seen[customers[lo:hi]].toarray() == 0)
    return idx


def judged(data: Cells, trials: list[tuple[str, float]], factors: als.AlsSettings, most: int) -> Iterator[Found]:
    """Figures of each trial (kind of neighbours, their weight), over at most `most` customers with cells to find.

    Recall divides by all cells to find, nDCG by the best that K places could do.
    """
    model = fitted(data.inputs(), factors)
    asked = np.flatnonzero(np.diff(data.test.indptr))
    customers = asked[sample(data.customer_seeds[asked], most)]
    truth = sp.csr_matrix(data.test[customers])
    n_relevant, draws = np.diff(truth.indptr), Bootstrap.of(len(customers), seed=0)
    for kind in TABLES:
        if any(table == kind for table, _ in trials):
            other = model if kind == "BM25" else replace(model, similarity=cosine(data.train, N_NEIGHBOURS))
            ready = replace(other, moments=personal_moments(other))
            for weight in [weight for table, weight in trials if table == kind]:
                hit = hits(lists(ready, customers, data.train, Weights.of(affinity=1.0, neighbours=weight)), truth)
                figures = [draws.mean(one(hit, n_relevant)) for one in (recall, ndcg)]
                yield Found(f"affinity 1, neighbours {weight:g} ({kind})", figures[0], figures[1])


def report(data: Cells, settings: str, factors: als.AlsSettings = FACTORS, most: int = 6_000) -> Iterator[str]:
    """Lines of the report: on validation a table of trials, on test the one that was chosen there."""
    trials = [("cosine", CHOSEN)]
    if settings == "validation":
        data, trials = data.validation(seed=0), [(kind, weight) for kind in TABLES for weight in WEIGHTS]
    yield f"recall@{K} / nDCG@{K} [95 % interval over customers], {settings}; {factors}"
    for one in judged(data, trials, factors, most if settings == "validation" else data.train.shape[0]):
        figures = (f"{each.value:.4f} [{each.low:.4f}, {each.high:.4f}]" for each in (one.recall, one.ndcg))
        yield f"{one.name:40s} {' / '.join(figures)}"
    yield "published: LightGCN .182 / .155, UltraGCN .186 / .158"
