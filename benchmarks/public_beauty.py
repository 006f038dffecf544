"""Amazon Beauty, leave last out: find each customer's last item among all items she has not had (HR@10, nDCG@10).

Weights are chosen on validation, where the item before the last is to be found and the last is never looked at, by a
coordinate search over the standardised parts; `CHOSEN` is what it found.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from benchmarks.public_data import ENDLESS, Ordered
from recsys.base.seeds import sample
from recsys.parts import als
from recsys.ranking.metrics import Bootstrap
from recsys.scoring.blend import PERSONAL, Floats, PartWeights, Weights
from recsys.scoring.model import GRID, Columns, Model
from recsys.training import Settings, train

Ints = npt.NDArray[np.int64]

K = 10
SETTINGS = Settings(
    als=als.AlsSettings(n_factors=128, n_iterations=10), half_life_days=ENDLESS, popularity_days=ENDLESS
)
START = PartWeights(affinity=1.0, preferences=0.3, attributes=0.7, neighbours=0.7, sequence=1.0, popularity=0.1)
CHOSEN = PartWeights(affinity=1.0, preferences=0.6, attributes=0.7, sequence=1.0, popularity=0.2)
PARTS = (*PERSONAL, "popularity")
MULTIPLIERS = (0.0, 0.5, 2.0)
PUBLISHED = (
    ("SASRec (Kang and McAuley 2018)", 0.061, 0.032),
    ("S3-Rec (Zhou et al. 2020)", 0.065, 0.033),
    ("ALS, tuned", 0.074, 0.039),
    ("EASE", 0.078, 0.045),
)


def split(data: Ordered, settings: str) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Events to train on, bool (n_events,), and the item to be found per customer, int64 (n_customers,), -1 = none."""
    last = {"test": 0, "validation": 1}[settings]
    kept = data.steps > last
    truth = np.full(data.shape[0], -1, np.int64)
    asked = data.steps == last
    truth[data.customer_idx[asked]] = data.item_idx[asked]
    return kept, np.where(np.isin(np.arange(data.shape[0]), data.customer_idx[kept]), truth, -1)


def ranks(scores: Floats, seen: npt.NDArray[np.bool_], truth: Ints) -> Ints:
    """How many unseen items stand before the one to be found, all ties before it: int64 (n,), 0 = found first.

    scores  (n, n_items); seen bool likewise; truth (n,) column to be found, which counts as unseen
    """
    rows = np.arange(len(scores))
    before = (scores >= scores[rows, truth][:, None]) & ~seen
    before[rows, truth] = False
    return np.asarray(before.sum(axis=1), np.int64)


def gain(rank: Ints) -> float:
    """Mean of 1 / log2(rank + 2): nDCG of a list without end."""
    return float((1 / np.log2(rank + 2.0)).mean())


def search(parts: Floats, seen: npt.NDArray[np.bool_], truth: Ints, start: PartWeights) -> tuple[PartWeights, float]:
    """Weights that find the truth best, and their gain; never below the gain of `start`.

    Part by part each weight is multiplied by 0, 0.5 and 2; what raises the gain stays; until a whole round raises it
    no more. No step is made for less than 1e-5.

    parts  float32 (len(PARTS), n, n_items) standard scores
    """
    weights = np.array(start.all)
    total = np.einsum("p,pnm->nm", weights.astype(np.float32), parts)
    best, better = gain(ranks(total, seen, truth)), True
    while better:
        better = False
        for part in np.flatnonzero(weights):
            for multiplier in MULTIPLIERS:
                tried = weights.copy()
                tried[part] *= multiplier
                if not tried[:-1].any():
                    continue
                moved = total + np.float32(tried[part] - weights[part]) * parts[part]
                found = gain(ranks(moved, seen, truth))
                if found > best + 1e-5:
                    weights, total, best, better = tried, moved, found, True
    return PartWeights(*weights.tolist()), best


def standard_parts(model: Model, customers: Ints) -> Floats:
    """All parts in standard scores, in the order of PARTS: float32 (len(PARTS), n, n_items)."""
    columns = Columns.of(model, np.arange(model.shape[1]))
    out = np.empty((len(PARTS), len(customers), model.shape[1]), np.float32)
    for lo in range(0, len(customers), GRID):
        block = customers[lo : lo + GRID]
        for part in range(len(PERSONAL)):
            out[part, lo : lo + len(block)] = model.standard(part, block, columns)
    out[-1] = columns.popularity
    return out


def ranks_of(model: Model, customers: Ints, seen: sp.csr_matrix, truth: Ints, weights: PartWeights) -> Ints:
    """The same as `ranks`, by the model's own scores, over all items."""
    out = np.empty(len(customers), np.int64)
    for lo, hi, block in model.score_blocks(customers, np.arange(model.shape[1]), Weights(weights, weights, weights)):
        who = customers[lo:hi]
        out[lo:hi] = ranks(block, seen[who].toarray() > 0, truth[who])
    return out


def report(
    data: Ordered, settings: str, training: Settings = SETTINGS, most: int = 4_000, weights: PartWeights = CHOSEN
) -> Iterator[str]:
    """Lines of the report: on validation each part alone and the search over `most` customers; on test `weights`."""
    kept, truth = split(data, settings)
    model = train(data.inputs(kept), training).model
    seen, asked = data.matrix(kept), np.flatnonzero(truth >= 0)
    yield f"HR@{K} / nDCG@{K} [95 % interval over customers], {settings}, {len(asked)} customers"
    if settings == "validation":
        some = asked[sample(data.customer_seeds[asked], most)]
        parts, had = standard_parts(model, some), seen[some].toarray() > 0
        for part, name in enumerate(PARTS):
            yield f"{name + ' alone':30s} {_figures(ranks(parts[part], had, truth[some]))}"
        start = gain(ranks(np.einsum("p,pnm->nm", np.array(START.all, np.float32), parts), had, truth[some]))
        weights, best = search(parts, had, truth[some], START)
        yield f"search over {len(some)} customers: mean gain {start:.4f} -> {best:.4f}"
        del parts
    yield f"{weights}"
    yield f"{'boxwise':30s} {_figures(ranks_of(model, asked, seen, truth, weights))}"
    yield from (f"{name:30s} {hr:.3f} / {ndcg:.3f}  (test, a yardstick from elsewhere)" for name, hr, ndcg in PUBLISHED)


def _figures(rank: Ints) -> str:
    draws = Bootstrap.of(len(rank), seed=0)
    found = rank < K
    both = (draws.mean(each) for each in (found.astype(np.float64), found / np.log2(rank + 2.0)))
    return " / ".join(f"{one.value:.4f} [{one.low:.4f}, {one.high:.4f}]" for one in both)
