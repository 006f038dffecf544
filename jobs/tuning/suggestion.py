"""suggestion.toml: what a tuning suggests, in the campaign's own keys, for a person to take over or not.

It is written beside the campaign's file, which no command ever changes, and nothing reads it. A tuning that suggests
nothing writes it too, without keys, so that last month's suggestion never outlives the campaign it was for.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.faults import UsageRefused
from jobs.tuning.sentences import conclusion, holds, interval, number
from jobs.tuning.verdict import Tuning, Verdict
from jobs.words import printable

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign

TABLES = {"factors": "model", "regularization": "model", "alpha": "model", "half_life_days": "signals"}
"""Key -> the table of campaign.toml that it stands in."""


def suggestion_path(campaign: Campaign) -> Path:
    """suggestion.toml beside campaign.toml; beside a campaign of another name, NAME.suggestion.toml."""
    stem = campaign.path.stem
    return campaign.root / ("suggestion.toml" if stem == "campaign" else f"{stem}.suggestion.toml")


def write_suggestion(campaign: Campaign, tuning: Tuning) -> Path:
    """Write it aside and swap it in; the path. The same tuning writes the same bytes: no clock is in it.

    Raises UsageRefused in one line when the folder may not be written.
    """
    path = suggestion_path(campaign)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(suggestion_text(campaign, tuning), encoding="utf-8", newline="\n")
        aside.replace(path)
    except OSError as bad:
        aside.unlink(missing_ok=True)
        raise UsageRefused(f"{path} cannot be written: {bad.strerror}") from bad
    return path


def suggestion_text(campaign: Campaign, tuning: Tuning) -> str:
    """The file: why and how much in comments, then only the keys that change."""
    name = printable(campaign.path.name)
    said = [
        f"What `boxwise evaluate --tune` suggests for {printable(campaign.name)}, ship date {campaign.ship_date}.",
        "Nothing reads this file, and the next tuning replaces it.",
        "",
        conclusion(tuning),
        f"Chosen from {len(tuning.tried)} settings on what customers did from {tuning.since} to {tuning.until}.",
    ]
    if tuning.confirmed is not None:
        gain = interval(tuning.confirmed.gain)
        said.append(f"On what they did next, {tuning.confirmed.window}, its gain in nDCG@20 is {gain}.")
    if tuning.reported is not None:
        gain, newest = interval(tuning.reported.gain), tuning.reported.window
        said.append(f"On the newest window, {newest}, which did not choose it: {gain}. {holds(tuning.reported)}")
    if tuning.verdict is not Verdict.BETTER:
        return _comments(said)
    said += [
        "",
        f"To take it over, copy these lines into {name}, under the table that is there already, each",
        "in place of the line of its key if there is one. Scores, boxes and lists change from the next night on;",
        "`boxwise evaluate` shows how good they are, and the old values bring back what there was.",
    ]
    return _comments(said) + _keys(tuning)


def _comments(lines: list[str]) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def _keys(tuning: Tuning) -> str:
    """The keys that change, under their tables, each with what there is now."""
    text = ""
    for table in dict.fromkeys(TABLES.values()):
        changes = {key: both for key, both in tuning.best.changes(tuning.present).items() if TABLES[key] == table}
        if changes:
            text += f"\n[{table}]\n"
            text += "".join(f"{key} = {then!r}  # now {number(now)}\n" for key, (now, then) in changes.items())
    return text
