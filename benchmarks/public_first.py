"""Amazon Beauty, first ratings: a tenth of the items loses all its events, and gets the first few of them back.

What are few events worth beside what the attributes say? Asked of the affinity, with the map as the prior, without a
prior, and with the map alone, and of the whole score; on validation with several values of `HALF_TRUST`
(recsys/parts/fold_in.py) and of `HALF_KNOWN` (recsys/scoring/blend.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from benchmarks.auc import item_auc
from benchmarks.public_data import ENDLESS, Ordered
from benchmarks.public_new import SEEDS, TENTH, K
from recsys.base.events import profiles, strengths
from recsys.base.seeds import keyed
from recsys.parts import als
from recsys.parts.fold_in import HALF_TRUST, fold_in
from recsys.parts.ridge import fit_map
from recsys.ranking.metrics import hits, ndcg
from recsys.ranking.rank import top_k
from recsys.scoring.blend import HALF_KNOWN, LISTS, PACKING, how_known
from recsys.training import Settings, train

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

COUNTS = (0, 1, 3, 10, 30)
"""Events that an item has again."""
HALF_TRUSTS = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Tried on validation; customers' rows are the same for all, as they are built."""
HALF_KNOWNS = (0.0, 1.0, 3.0, 10.0)
"""Tried on validation, for the weights of the parts; 0 = an item weighs as a known one from its first event."""
SETTINGS = Settings(
    als=als.AlsSettings(n_factors=128, n_iterations=10), half_life_days=ENDLESS, popularity_days=ENDLESS
)


@dataclass(frozen=True, eq=False)
class Question:
    """Held-out items with takers enough, and the customers who are still to be found for them.

    customers  int64 (n,); items int64 (m,)
    took       CSR (n, m)  takers to be found; known likewise, the takers that were given back
    """

    customers: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    took: sp.csr_matrix
    known: sp.csr_matrix


def ask(data: Ordered, seed: int, count: int) -> tuple[Bools, Question]:
    """Events to train on, bool (n_events,), and the question after `count` events.

    Of each held-out item the first half of the takers, by hash, and at most the largest of COUNTS, may be given back;
    the others are to be found whatever the count. Items with fewer than twice `count` takers, or than two, are not
    asked for.
    """
    held = keyed(data.item_seeds, 1_000 + seed) % np.uint64(TENTH) == 0
    at = np.flatnonzero(held[data.item_idx])
    item, customer = data.item_idx[at], data.customer_idx[at]
    order = np.lexsort((keyed(data.customer_seeds[customer] ^ data.item_seeds[item], 31), item))
    n_takers = np.bincount(item, minlength=data.shape[1])
    place = np.empty(len(at), np.int64)
    place[order] = np.arange(len(at)) - np.repeat(np.cumsum(n_takers) - n_takers, n_takers)
    spare = place < np.minimum(n_takers[item] // 2, max(COUNTS))
    asked = held & (n_takers >= max(2 * count, 2))
    given = spare & (place < count) & asked[item]
    kept = ~held[data.item_idx]
    left = np.zeros(data.shape[0], bool)
    left[data.customer_idx[kept]] = True
    kept[at[given]] = True
    chosen = np.zeros((2, len(kept)), bool)
    chosen[0, at[~spare]], chosen[1, at[given]] = True, True
    items = np.flatnonzero(asked)
    took, known = (sp.csr_matrix(data.matrix(one)[:, items]) for one in chosen)
    customers = np.flatnonzero(left & (np.diff(took.indptr) > 0))
    return kept, Question(customers, items, sp.csr_matrix(took[customers]), sp.csr_matrix(known[customers]))


def answer(scores: Floats, question: Question) -> tuple[float, float]:
    """nDCG@K over the customers, and the mean item AUC; nobody is asked about an item she is known to have taken."""
    known, took = question.known.toarray() > 0, question.took.toarray() > 0
    idx, _ = top_k(scores, K, ~known)
    found = ndcg(hits(idx, question.took), np.diff(question.took.indptr))
    each = np.array([
        item_auc(scores[~known[:, item], item], took[~known[:, item], item]) for item in range(len(question.items))
    ])  # fmt: skip
    return float(found.mean()), float(np.nanmean(each))


def affinities(
    data: Ordered, kept: Bools, question: Question, trusts: tuple[float, ...]
) -> Iterator[tuple[str, Floats]]:
    """Affinities of a question, (n, m), the rows of its items made in each way; the customers' rows are the same."""
    inputs = data.inputs(kept)
    strength = strengths(inputs.events, ENDLESS)
    fitted = als.fit(strength, inputs.customer_seeds, inputs.item_seeds, SETTINGS.als)
    n_customers_of = np.bincount(strength.indices, minlength=data.shape[1])
    said = fit_map(inputs.item_features, fitted.item, n_customers_of, None, inputs.item_seeds).predict(
        inputs.item_features
    )
    confidence = als.confidences(sp.csr_matrix(strength.T), fitted.alpha)
    regularization = SETTINGS.als.regularization
    profile = profiles(inputs.events, ENDLESS, SETTINGS.step_back, SETTINGS.floor)
    items = fold_in(confidence, fitted.customer, regularization, said)
    mine = fold_in(als.confidences(profile, fitted.alpha), items, regularization)[question.customers]
    own = sp.csr_matrix(confidence[question.items])
    yield "map alone", mine @ said[question.items].T
    yield "no prior", mine @ fold_in(own, fitted.customer, regularization).T
    for trust in trusts:
        rows = fold_in(own, fitted.customer, regularization, said[question.items], trust)
        yield f"map as prior, half trust {trust:g}", mine @ rows.T


def whole_scores(
    data: Ordered, kept: Bools, question: Question, halves: tuple[float, ...]
) -> Iterator[tuple[str, Floats]]:
    """Scores of a question with all parts, (n, m), by each set of weights, for each value of HALF_KNOWN."""
    inputs = data.inputs(kept)
    model = train(inputs, SETTINGS).model
    n_customers_of = np.bincount(inputs.events.item_idx, minlength=data.shape[1])
    for half in halves:
        known = how_known(n_customers_of, half) if half else (n_customers_of > 0).astype(np.float32)
        one = replace(model, item_known=known)
        for name, weights in (("boxes", PACKING), ("lists", LISTS)):
            yield f"whole score, {name}, half known {half:g}", one.scores(question.customers, question.items, weights)


def report(data: Ordered, settings: str, counts: tuple[int, ...] = COUNTS, whole: bool = True) -> Iterator[str]:
    """Lines of the report: per number of events each way, means over the seeds of the setting."""
    trusts = HALF_TRUSTS if settings == "validation" else (HALF_TRUST,)
    halves = HALF_KNOWNS if settings == "validation" else (HALF_KNOWN,)
    for count in counts:
        found: dict[str, list[tuple[float, float]]] = {}
        asked = []
        for seed in SEEDS[settings]:
            kept, question = ask(data, seed, count)
            asked.append((len(question.customers), len(question.items)))
            for name, scores in affinities(data, kept, question, trusts):
                found.setdefault(name, []).append(answer(scores, question))
            if whole:
                for name, scores in whole_scores(data, kept, question, halves):
                    found.setdefault(name, []).append(answer(scores, question))
        n_customers, n_items = np.mean(asked, axis=0)
        yield f"{settings}, {count} events each: {n_customers:,.0f} customers, {n_items:,.0f} items"
        for name, figures in found.items():
            mean_ndcg, mean_auc = np.mean(figures, axis=0)
            yield f"  {name:34s} nDCG@{K} {mean_ndcg:.4f}  item AUC {mean_auc:.4f}"
