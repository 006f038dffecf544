"""What holds without a night before: a shop has events, and a rule has values on both of its sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from jobs.config.campaign import Campaign
from jobs.guarding.change import Change
from jobs.guarding.event_facts import EventFacts
from jobs.inputs.tables import Tables


def first_changes(
    campaign: Campaign, tables: Tables, facts: EventFacts, files: Mapping[str, str], *, is_first: bool
) -> Iterator[Change]:
    """An empty events table; a column of an eligibility rule without a single value."""
    if is_first and not facts.rows and not campaign.limits.events.may_be_empty:
        wanted = 'events to learn from ([limits] events = "may be empty" allows none)'
        yield Change("events.rows", files["events"], None, "no events that count", wanted)
    for rule in campaign.eligibility:
        if rule.may_be_idle is True:
            continue
        for table, column in (("products", rule.product), ("customers", rule.customer)):
            frame: pd.DataFrame = getattr(tables, table)
            if column in frame and not (frame[column] != "").any():
                found = f"no value in any of {len(frame):,} rows, and the {rule.name} rule compares by it"
                wanted = "values (may_be_idle = true at the rule says that none are meant)"
                yield Change(f"{table}.{column}", files[table], column, found, wanted, rule.sense == "exclude")
