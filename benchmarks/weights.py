"""Which weights are best, on a window before the one that is reported: `python -m benchmarks.weights CAMPAIGN`.

Prints nDCG@20 per question and, for new products, the item AUC: how well customers who took a product are told from
those who did not, which is what packing asks. The weights in recsys/scoring/blend.py were chosen from these tables.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from jobs.config.load import load
from jobs.evaluating.judge import K
from jobs.evaluating.questions import NEW_PRODUCTS, Part, parts
from jobs.evaluating.window import first_hidden_day
from jobs.inputs.tables import read
from jobs.learning.interactions import interactions
from jobs.learning.train import train
from recsys.ranking.metrics import hits, ndcg
from recsys.ranking.rank import top_k
from recsys.scoring.blend import LISTS, PACKING, PERSONAL, Weights
from recsys.scoring.model import Model

TRIED = {
    "packing": PACKING,
    "lists": LISTS,
    **{f"{part} only": Weights.of(**{part: 1.0}) for part in (*PERSONAL, "popularity")},
    **{f"lists without {part}": replace(LISTS, known=replace(LISTS.known, **{part: 0.0})) for part in PERSONAL},
    "packing, new without preferences": replace(PACKING, new=replace(PACKING.new, preferences=0.0)),
    "cold popularity 0": replace(LISTS, cold=replace(LISTS.cold, popularity=0.0)),
    "cold preferences 0": replace(LISTS, cold=replace(LISTS.cold, preferences=0.0)),
}


def judged(campaign_path: Path, max_customers: int) -> pd.DataFrame:
    """One row for each of TRIED: nDCG per part, item AUC of new products."""
    campaign = load(campaign_path)
    tables = read(campaign)
    reported = first_hidden_day(tables, campaign.ship_date)
    since = None if reported is None else first_hidden_day(tables, reported - timedelta(days=1))
    if reported is None or since is None:
        raise SystemExit("the events lie on too few days")
    occurred = tables.events["occurred_at"]
    early, late = occurred < pd.Timestamp(since), occurred >= pd.Timestamp(since)
    day_before = since - timedelta(days=1)
    recommender = train(campaign, replace(tables, events=tables.events[early]), as_of=day_before)
    later = interactions(campaign, replace(tables, events=tables.events[late]), reported - timedelta(days=1))
    asked = list(parts(recommender, later, campaign.seed, max_customers))
    rows = []
    for name, weights in TRIED.items():
        row: dict[str, object] = {"weights": name}
        for part in asked:
            row[f"{part.name} (n={len(part.customers)})"] = _ndcg(recommender.model, part, weights)
            if part.name == NEW_PRODUCTS:
                row["item AUC"] = _auc(recommender.model, part, weights)
        rows.append(row)
    return pd.DataFrame(rows)


def _ndcg(model: Model, part: Part, weights: Weights) -> float:
    if not len(part.customers):
        return float("nan")
    idx = np.empty((len(part.customers), K), np.int32)
    for lo, hi, block in model.score_blocks(part.customers, part.items, weights):
        idx[lo:hi], _ = top_k(block, K, part.seen[lo:hi].toarray() == 0)
    return float(ndcg(hits(idx, part.truth), np.diff(part.truth.indptr)).mean())


def _auc(model: Model, part: Part, weights: Weights) -> float:
    """Mean over new products, weighted by how many took each, among the customers of this part."""
    if not len(part.customers):
        return float("nan")
    scores, took = model.scores(part.customers, part.items, weights), part.truth.toarray() > 0
    told = took.any(axis=0) & ~took.all(axis=0)
    return float(roc_auc_score(took[:, told], scores[:, told], average="weighted")) if told.any() else float("nan")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.weights", description="Weights of the parts on an earlier window."
    )
    parser.add_argument("campaign", type=Path)
    parser.add_argument("--customers", type=int, default=8_000, help="customers per question at most")
    given = parser.parse_args()
    print(judged(given.campaign, given.customers).to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    main()
