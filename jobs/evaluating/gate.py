"""Is tonight's recommender fit to publish: how it stands to popularity, and to the run that is published now.

Pure: figures in, sentences out. Worse means worse beyond the 95 % interval, and few customers are never a ground.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.evaluating.questions import NEW_PRODUCTS, NEW_SUBSCRIBERS, OURS, POPULARITY, WARM
from jobs.evaluating.sentences import FEW

if TYPE_CHECKING:
    from jobs.evaluating.evaluate import Evaluation

METRIC = "nDCG@20"
TOO_FEW = ", but too few customers to judge by"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """How tonight's recommender stands.

    lines     every comparison that could be made, in words
    refusals  those of the lines that are grounds not to publish
    """

    lines: tuple[str, ...]
    refusals: tuple[str, ...]


def standing(evaluation: Evaluation, last: list[Row], *, profiles: bool) -> Standing:
    """Compare with popularity, customer by customer, and with last night's figures.

    last      rows of the published run's evaluation table; empty = no published run, or one that tells none
    profiles  the campaign has profile columns; without, new subscribers are not held against popularity
    """
    tonight = _ours(evaluation.table.to_dict("records"))
    before = _ours(last)
    lines: list[str] = []
    refusals: list[str] = []
    for part in (WARM, NEW_PRODUCTS, NEW_SUBSCRIBERS):
        if part not in tonight:
            continue
        ahead = evaluation.ahead.get((part, POPULARITY))
        if ahead is not None and ahead.high < 0 and (profiles or part != NEW_SUBSCRIBERS):
            line = f"{_told(part, tonight[part])} is worse than popularity by at least {-ahead.high:.4f}"
            few = tonight[part]["n"] < FEW
            lines.append(line + TOO_FEW * few)
            if not few:
                refusals.append(line)
        if part in before:
            line, worse = _against_last(part, tonight[part], before[part])
            lines.append(line)
            if worse:
                refusals.append(line)
    return Standing(tuple(lines), tuple(refusals))


def last_rows(run: Path | None) -> list[Row]:
    """The evaluation table that a published run's manifest tells; empty when it tells none (an older run)."""
    if run is None:
        return []
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    rows: list[Row] = manifest.get("metrics", {}).get("evaluation", [])
    return rows


def _against_last(part: str, new: Row, old: Row) -> tuple[str, bool]:
    """The comparison in words, and whether it is a ground to refuse.

    Unpaired, for last night was judged on another window and other customers: worse when
    new - old + 1.96 sqrt(se_new^2 + se_old^2) < 0, with se = (high - low) / (2 * 1.96).
    """
    change = new["value"] - old["value"]
    margin = hypot(new["high"] - new["low"], old["high"] - old["low"]) / 2  # 1.96 cancels out
    said = f"{_told(part, new)} against last night's {old['value']:.4f}"
    few = min(new["n"], old["n"]) < FEW
    if change + margin < 0:
        return f"{said}: worse by at least {-(change + margin):.4f}{TOO_FEW * few}", not few
    if change - margin > 0:
        return f"{said}: better by at least {change - margin:.4f}", False
    return f"{said}: {change:+.4f}, no more than chance explains", False


def _ours(rows: list[Any]) -> dict[str, Row]:
    """The recommender's own nDCG, by part."""
    return {row["part"]: row for row in rows if row["model"] == OURS and row["metric"] == METRIC}


def _told(part: str, row: Row) -> str:
    return f"{part}: {METRIC} {row['value']:.4f} [{row['low']:.4f}, {row['high']:.4f}]"
