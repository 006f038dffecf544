"""How much lists change overnight: `python -m benchmarks.stability CAMPAIGN`.

Trains twice, weights of the parts and all, the second time without the last day of events and without one customer, and
compares the first ten products of every other customer: the mean overlap (Jaccard), 1 = nothing changed.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from jobs.config.load import load
from jobs.evaluating.drawn import drawn
from jobs.evaluating.evaluate import weights_known
from jobs.evaluating.steps import SHARES, Steps
from jobs.inputs.tables import read
from jobs.learning.train import train
from jobs.recommending.lists import personal

LENGTH = 10


def overlap(campaign_path: Path) -> tuple[float, int]:
    """Mean Jaccard of the lists of both nights, and the number of customers compared."""
    campaign = load(campaign_path)
    campaign = campaign.model_copy(update={"website": campaign.website.model_copy(update={"list_length": LENGTH})})
    tonight = read(campaign)
    gone = tonight.customers["customer_id"].iloc[0]
    customers = tonight.customers[tonight.customers["customer_id"] != gone].reset_index(drop=True)
    events = tonight.events[tonight.events["customer_id"] != gone]
    last_night = replace(tonight, customers=customers, events=events)
    lists = []
    for tables, as_of in ((tonight, campaign.ship_date), (last_night, campaign.ship_date - timedelta(days=1))):
        weights = weights_known(campaign, drawn(campaign, tables).tables, as_of, Steps(None, SHARES))
        ranked = personal(train(campaign, tables, as_of=as_of, weights=weights), tables)
        lists.append({key: set(ranked.product_ids[row]) for key, row in zip(ranked.keys, ranked.idx, strict=True)})
    shared = [len(lists[0][key] & one) / len(lists[0][key] | one) for key, one in lists[1].items()]
    return float(np.mean(shared)), len(shared)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stability", description="Overlap of two nights' lists.")
    parser.add_argument("campaign", type=Path)
    share, n = overlap(parser.parse_args().campaign)
    print(f"top-{LENGTH} overlap between two nights: {share:.3f} over {n:,} customers")


if __name__ == "__main__":
    main()
