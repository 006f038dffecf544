"""`boxwise realised`: for every ship date, what customers did since with the boxes and lists that shipped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.answers.reply import Answer
from jobs.config.campaign import Campaign
from jobs.config.load import load
from jobs.evaluating.judge import K
from jobs.inputs.tables import read
from jobs.operating.realised import Realised, Share, realised
from jobs.operating.shipping import shipped_runs
from jobs.publishing.shipped import Shipped
from jobs.words import printable

OVER = "its folder is gone, so nothing can be joined to it"


def realised_answer(campaign_path: Path, last: int) -> Answer:
    """The last ship dates, newest first. Raises InputRefused where the tables have faults.

    last  so many ship dates at most
    """
    campaign = load(campaign_path)
    ships = list(shipped_runs(campaign.runs).values())
    if not ships:
        return Answer((f"no night has published in {campaign.runs} yet",), {"realised": []})
    found = list(_all(campaign, read(campaign).events, ships, last))
    lines = [line for shipped, one in found for line in _lines(shipped, one)]
    return Answer(tuple(lines), {"realised": [_content(shipped, one) for shipped, one in found]})


def _all(
    campaign: Campaign, events: pd.DataFrame, ships: list[Shipped], last: int
) -> Iterator[tuple[Shipped, Realised | None]]:
    """Newest first; None = the run's files are gone or damaged."""
    for place in range(len(ships) - 1, max(-1, len(ships) - 1 - last), -1):
        shipped = ships[place]
        until = ships[place + 1].shipped_on if place + 1 < len(ships) else None
        try:
            one = realised(campaign, events, campaign.runs / shipped.run_id, shipped, until)
        except (OSError, ValueError, KeyError, sqlite3.Error):
            one = None
        yield shipped, one


def _lines(shipped: Shipped, one: Realised | None) -> Iterator[str]:
    day = "" if shipped.shipped_on == shipped.ship_date else f", shipped on {shipped.shipped_on}"
    yield f"{shipped.ship_date}: {printable(shipped.run_id)}{day}"
    if one is None:
        yield f"  {OVER}"
        return
    yield f"  boxes: {one.items:,} items were sent; {_liked(one)}"
    if one.taken_back:
        yield f"  of these {one.taken_back:,} were taken back"
    until = "" if one.until is None else f" until {one.until}"
    if not one.listed.of:
        yield f"  lists: nobody with a list has chosen anything new since{until}"
        return
    who = f"{one.choosers:,} customers chose {one.listed.of:,} new products{until}"
    yield f"  lists: {who}; {one.listed.found:,} stood in the first {K} of their list, {_of_100(one.listed)}"


def _liked(one: Realised) -> str:
    if not one.liked.of or one.mean_score is None:
        return "nobody has said yet how she liked them"
    return (
        f"opinions on {one.liked.of:,} of them, good ones on {one.liked.found:,}, {_of_100(one.liked)}; "
        f"their mean score was {one.mean_score:.3f}"
    )


def _of_100(share: Share) -> str:
    value, low, high = share.interval or (0.0, 0.0, 0.0)
    return f"{100 * value:.1f} of 100 [{100 * low:.1f}, {100 * high:.1f}]"


def _content(shipped: Shipped, one: Realised | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ship_date": shipped.ship_date.isoformat(),
        "shipped_on": shipped.shipped_on.isoformat(),
        "run_id": shipped.run_id,
        "boxes": None,
        "lists": None,
    }
    if one is not None:
        opinions = {"liked": one.liked.as_json(), "mean_score": one.mean_score, "taken_back": one.taken_back}
        told["boxes"] = {"items": one.items, **opinions}
        until = None if one.until is None else one.until.isoformat()
        told["lists"] = {"first": K, "until": until, "customers": one.choosers, "listed": one.listed.as_json()}
    return told
