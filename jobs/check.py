"""`boxwise check`: the inputs only, every fault at once, in the words of the people who keep them."""

from __future__ import annotations

from pathlib import Path

from jobs import tables
from jobs.allowed import allowed_pairs
from jobs.boxing import locks
from jobs.config import load
from jobs.faults import InputRefused
from jobs.shop import open_shop


def check(campaign_path: Path) -> list[str]:
    """What was read and what is to be known about it, one line each.

    Raises InputRefused with every fault of the configuration and the tables.
    """
    faults, notes, summary = tables.check(campaign_path)
    if faults:
        raise InputRefused(faults)
    campaign = load(campaign_path)
    shop = open_shop(campaign, tables.read(campaign))
    locks(shop, allowed_pairs(shop))
    counted = f"{shop.n_customers:,} customers and {shop.n_items:,} boxable products are ready for the night: no fault"
    return [*summary, *map(str, notes), counted]
