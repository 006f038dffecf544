"""`boxwise check`: the inputs only, every fault at once, in the words of the people who keep them."""

from __future__ import annotations

from pathlib import Path

from jobs.faults import InputRefused
from jobs.inputs.tables import look
from jobs.packing.allowed import allowed_pairs
from jobs.packing.lock_notes import lock_notes
from jobs.packing.problem import locks
from jobs.packing.shop import open_shop


def check(campaign_path: Path) -> list[str]:
    """What was read and what is to be known about it, one line each.

    Raises InputRefused with every fault of the configuration and the tables.
    """
    found = look(campaign_path)
    if found.faults or found.tables is None:
        raise InputRefused(found.faults)
    shop = open_shop(found.campaign, found.tables)
    over = lock_notes(shop, locks(shop, allowed_pairs(shop)))
    counted = f"{shop.n_customers:,} customers and {shop.n_items:,} boxable products are ready for the night: no fault"
    return [*found.summary, *found.tables.joined, *map(str, found.notes), *map(str, over), counted]
