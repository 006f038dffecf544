"""`boxwise check`: the inputs only, every fault at once, in the words of the people who keep them."""

from __future__ import annotations

from pathlib import Path

from jobs.faults import InputRefused
from jobs.guarding.guard import guard
from jobs.guarding.last_night import last_night
from jobs.packing.lock_notes import lock_notes
from jobs.posing.allowed import allowed_pairs
from jobs.posing.problem import locks
from jobs.posing.rule_effects import rule_effects
from jobs.posing.shop import open_shop
from jobs.recipes.hints import exports_as_tables, look_or_offer


def check(campaign_path: Path) -> list[str]:
    """What was read and what is to be known about it, one line each.

    Raises InputRefused with every fault of the configuration and the tables.
    """
    found = look_or_offer(campaign_path)
    exports = exports_as_tables(found.campaign)
    if found.faults or found.tables is None:
        raise InputRefused([*(hint.fault for hint in exports), *found.faults])
    guarded = guard(found.campaign, found.tables, last_night(found.campaign.runs))
    shop = open_shop(found.campaign, found.tables)
    allowed = allowed_pairs(shop)
    over = lock_notes(shop, locks(shop, allowed))
    effects = [effect.words for effect in rule_effects(shop, allowed.rules)]
    boxes = f" with {shop.n_customers:,} boxes" if shop.has_several else ""
    ready = f"{shop.n_people:,} customers{boxes} and {shop.n_items:,} boxable products are ready"
    return [
        *found.summary,
        *found.tables.joined,
        *map(str, found.notes),
        *map(str, over),
        *effects,
        *guarded.lines(),
        *(hint.line for hint in exports),
        f"{ready} for the night: no fault",
    ]
