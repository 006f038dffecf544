"""`boxwise check`: the inputs only, every fault at once, in the words of the people who keep them."""

from __future__ import annotations

from pathlib import Path

from jobs.answers.reply import Answer
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
    return list(checked(campaign_path).lines)


def checked(campaign_path: Path) -> Answer:
    """What `check` tells, also as JSON."""
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
    notes = [*map(str, found.notes), *map(str, over), *effects, *guarded.lines(), *(hint.line for hint in exports)]
    lines = (*found.summary, *found.tables.joined, *notes, f"{ready} for the night: no fault")
    content = {
        "customers": shop.n_people,
        "boxes": shop.n_customers,
        "products": shop.n_items,
        "tables": {name: source.n_rows for name, source in found.tables.sources.items()},
        "joins": [join.counts for join in found.tables.joins],
        "notes": notes,
    }
    return Answer(lines, content)
