"""`boxwise check`: the inputs only, every fault at once, in the words of the people who keep them."""

from __future__ import annotations

from pathlib import Path

from jobs.faults import InputRefused, UsageRefused
from jobs.inputs.tables import Looked, look
from jobs.packing.allowed import allowed_pairs
from jobs.packing.problem import locks
from jobs.packing.shop import open_shop
from jobs.recipes.hints import exports_as_tables, offers


def check(campaign_path: Path) -> list[str]:
    """What was read and what is to be known about it, one line each.

    Raises InputRefused with every fault of the configuration and the tables.
    """
    found = _looked(campaign_path)
    exports = exports_as_tables(found.campaign)
    if found.faults or found.tables is None:
        raise InputRefused([*exports, *found.faults])
    shop = open_shop(found.campaign, found.tables)
    locks(shop, allowed_pairs(shop))
    counted = f"{shop.n_customers:,} customers and {shop.n_items:,} boxable products are ready for the night: no fault"
    return [*found.summary, *map(str, found.notes), *map(str, exports), counted]


def _looked(campaign_path: Path) -> Looked:
    """A look at the campaign; where there is none and exports lie there, the refusal says how to begin."""
    try:
        return look(campaign_path)
    except UsageRefused as refused:
        raise UsageRefused([*refused.lines, *offers(campaign_path)]) from None
