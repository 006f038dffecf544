"""The counts of the last published run, for a share that falls from one night to the next."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any


def last_shares(runs: Path, campaign: str, fewest_rows: int) -> dict[str, float]:
    """Share of each reference in the run that is published now, by its name; {} where there is none to compare with.

    fewest_rows  references of fewer rows are left out
    campaign     the campaign's name: a run of another one has other customers and products, and is not compared
    """
    try:
        current = (runs / "current").resolve()
        manifest: Any = json.loads((current / "manifest.json").read_text(encoding="utf-8"))
        toml = tomllib.loads((current / "inputs" / "campaign.toml").read_text(encoding="utf-8-sig"))
        joins = manifest["joins"] if toml["campaign"]["name"] == campaign else []
        return {
            f"{join['table']}.{join['column']}": join["matched"] / join["rows"]
            for join in joins
            if join["rows"] >= fewest_rows
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # no run yet, or one of an older version
