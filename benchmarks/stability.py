"""How much lists change overnight: `python -m benchmarks.stability CAMPAIGN`.

Trains twice, weights of the parts and all, the first time without the last day of events and without one customer, and
compares the first ten products of every other customer: the mean overlap (Jaccard), 1 = nothing changed. The second
night is tried twice: its weights searched for from those of a new shop, and from those of the first.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from jobs.config.campaign import Campaign
from jobs.config.load import load
from jobs.evaluating.evaluate import evaluate
from jobs.inputs.tables import Tables, read
from jobs.learning.train import train
from jobs.learning.weights import BoxAndListWeights
from jobs.recommending.lists import personal

LENGTH = 10


def overlap(campaign_path: Path) -> tuple[tuple[float, float], int]:
    """Mean Jaccard of the lists of both nights, cold and started from the first, and how many customers have one."""
    campaign = load(campaign_path)
    campaign = campaign.model_copy(update={"website": campaign.website.model_copy(update={"list_length": LENGTH})})
    tonight = read(campaign)
    gone = tonight.customers["customer_id"].iloc[0]
    customers = tonight.customers[tonight.customers["customer_id"] != gone].reset_index(drop=True)
    events = tonight.events[tonight.events["customer_id"] != gone]
    day_before = campaign.ship_date - timedelta(days=1)
    weights, before = _night(campaign, replace(tonight, customers=customers, events=events), day_before, None)
    shares = []
    for last in (None, weights):
        after = _night(campaign, tonight, campaign.ship_date, last)[1]
        shares.append(float(np.mean([len(after[key] & one) / len(after[key] | one) for key, one in before.items()])))
    return (shares[0], shares[1]), len(before)


def _night(
    campaign: Campaign, tables: Tables, as_of: date, last: BoxAndListWeights | None
) -> tuple[BoxAndListWeights, dict[Any, set[Any]]]:
    """The weights of one night, and its lists by customer."""
    weights = evaluate(campaign, tables, as_of=as_of, last=last).weights
    ranked = personal(train(campaign, tables, as_of=as_of, weights=weights), tables)
    return weights, {key: set(ranked.product_ids[row]) for key, row in zip(ranked.keys, ranked.idx, strict=True)}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stability", description="Overlap of two nights' lists.")
    parser.add_argument("campaign", type=Path)
    (cold, started), n = overlap(parser.parse_args().campaign)
    print(f"top-{LENGTH} overlap between two nights: {started:.3f} over {n:,} customers; {cold:.3f} from a cold start")


if __name__ == "__main__":
    main()
