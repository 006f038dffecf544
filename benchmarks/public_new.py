"""Amazon Beauty, new products: a tenth of the items loses all its events, and is then ranked by attributes alone.

Asked two ways: which of them does a customer want (nDCG@20), and which customers want this one (item AUC). Factors are
chosen on validation, whose items are drawn with other seeds than those of test; the weights are the project's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from benchmarks.auc import item_auc
from benchmarks.public_data import ENDLESS, Ordered
from recsys.base.seeds import keyed
from recsys.parts import als
from recsys.ranking.metrics import hits, ndcg
from recsys.ranking.rank import top_k
from recsys.scoring.blend import LISTS, PACKING, PartWeights, Weights
from recsys.scoring.model import Model
from recsys.training import Settings, train

K = 20
TENTH = 10
SEEDS = {"validation": (100,), "test": (0, 1, 2)}
TRIED = ((128, 20.0), (256, 20.0), (256, 60.0))
"""Factors and alpha tried on validation, the best nDCG@20 wins; with more, solving rows with their priors is slow."""
CHOSEN = (256, 60.0)
WEIGHTS = {
    "content cosine": PartWeights(attributes=1.0),
    "ridge map": PartWeights(affinity=1.0),
    "preferences": PartWeights(preferences=1.0),
    "boxwise, packing": PACKING.new,
    "boxwise, lists": LISTS.new,
    **{f"boxwise, popularity {weight:g}": replace(LISTS.new, popularity=weight) for weight in (1.0, 2.0, 4.0)},
}
"""Popularity is what the attributes predict. It moves all customers alike, so no item AUC by it.
The weight 2 was best on validation (128 factors)."""


@dataclass(frozen=True, eq=False)
class Question:
    """Held-out items, and the customers who took any of them and have events left.

    customers  int64 (n,); items int64 (m,)
    took       CSR (n, m)
    """

    customers: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    took: sp.csr_matrix


@dataclass(frozen=True)
class Answer:
    """nDCG@20, and the item AUC as a plain mean over items and weighted by how many took each."""

    ndcg: float
    auc: float
    auc_by_takers: float

    def __str__(self) -> str:
        """The three figures."""
        return f"nDCG@{K} {self.ndcg:.4f}  item AUC {self.auc:.4f}  by takers {self.auc_by_takers:.4f}"


def ask(data: Ordered, seed: int) -> tuple[npt.NDArray[np.bool_], Question]:
    """Hold out items by hash: events to train on, bool (n_events,), and the question."""
    held = keyed(data.item_seeds, 1_000 + seed) % np.uint64(TENTH) == 0
    kept = ~held[data.item_idx]
    left = np.zeros(data.shape[0], bool)
    left[data.customer_idx[kept]] = True
    truth = sp.csr_matrix(data.matrix(~kept)[:, np.flatnonzero(held)])
    customers = np.flatnonzero(left & (np.diff(truth.indptr) > 0))
    return kept, Question(customers, np.flatnonzero(held), sp.csr_matrix(truth[customers]))


def answer(scores: npt.NDArray[np.float32], question: Question) -> Answer:
    """Judge scores (n, m) of a question."""
    idx, _ = top_k(scores, K)
    found = ndcg(hits(idx, question.took), np.diff(question.took.indptr))
    took = question.took.toarray() > 0
    each = np.array([item_auc(scores[:, item], took[:, item]) for item in range(len(question.items))])
    told = ~np.isnan(each)
    return Answer(
        float(found.mean()), float(each[told].mean()), float(np.average(each[told], weights=took.sum(axis=0)[told]))
    )


def fitted(data: Ordered, kept: npt.NDArray[np.bool_], question: Question, n_factors: int, alpha: float) -> Model:
    """The model; the held-out items are the catalogue that parts are standardised over."""
    reference = np.zeros(data.shape[1], bool)
    reference[question.items] = True
    settings = Settings(
        als=als.AlsSettings(n_factors=n_factors, alpha=alpha, n_iterations=10),
        half_life_days=ENDLESS,
        popularity_days=ENDLESS,
    )
    return train(data.inputs(kept, reference), settings).model


def answers(model: Model, question: Question) -> Iterator[tuple[str, Answer]]:
    """The answer by each of WEIGHTS, and of the ridge map's own products, which nothing standardises."""
    raw = model.customer_factors[question.customers] @ model.item_factors[question.items].T
    yield "ridge map, not standardised", answer(raw, question)
    for name, weights in WEIGHTS.items():
        of_new = replace(Weights.of(affinity=1.0), new=weights)
        yield name, answer(model.scores(question.customers, question.items, of_new), question)


def report(data: Ordered, settings: str, tried: tuple[tuple[int, float], ...] = TRIED) -> Iterator[str]:
    """Lines of the report: on validation each setting, on test the chosen one; every seed, then the means."""
    for n_factors, alpha in tried if settings == "validation" else (CHOSEN,):
        found: dict[str, list[Answer]] = {}
        for seed in SEEDS[settings]:
            kept, question = ask(data, seed)
            yield (
                f"{settings}, seed {seed}, {n_factors} factors, alpha {alpha:g}: "
                f"{len(question.customers)} customers, {len(question.items)} items"
            )
            for name, one in answers(fitted(data, kept, question, n_factors, alpha), question):
                found.setdefault(name, []).append(one)
                yield f"  {name:30s} {one}"
        for name, all_of in found.items() if len(SEEDS[settings]) > 1 else ():
            mean = Answer(*np.mean([(one.ndcg, one.auc, one.auc_by_takers) for one in all_of], axis=0).tolist())
            yield f"mean {name:30s} {mean}"
