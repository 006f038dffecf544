"""Tonight's start: what the published run ended with, or, where it was made from tonight's inputs, its own start.

So a night repeated is the same run, and what learned from the same tables starts from the same weights. A start never
ends a night: where the files are damaged, it starts cold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from jobs.learning.weights import BoxAndListWeights
from jobs.starting.named_prices import NamedPrices
from jobs.starting.named_weights import weights_of_json
from jobs.starting.start import COLD, FILE, Start


class Source(Protocol):
    """An input table: `jobs.inputs.tables.Source`."""

    @property
    def sha256(self) -> str: ...


def start_of_night(
    current: Path | None,
    sources: Mapping[str, Source],
    campaign_toml: bytes,
    learned_from: str = "",
    *,
    say: Callable[[str], None],
) -> Start:
    """What tonight starts from.

    current       folder of the run that is published now; None = none is
    learned_from  digest of all that tonight's recommender learns from, as the manifest tells it of that run
    say           told in one line that the night starts cold because a file of that run is missing or damaged
    """
    if current is None:
        return COLD
    run = _Run(current)
    try:
        if run.manifest_of(sources, campaign_toml):
            told = run.told(FILE)
            return COLD if told is None else Start.of_content(told)
        same = run.manifest.get("learned_from", "") == learned_from != ""
        told = run.told(FILE) if same else None  # then its weights come from tonight's tables, and would be made again
        weights = run.weights() if told is None else Start.of_content(told).weights
        return Start(str(run.manifest["run_id"]), run.prices(), weights)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as bad:
        why = str(bad).splitlines()[0] if str(bad) else type(bad).__name__
        say(f"{run.reading} of the published run, {current.resolve().name}: {why}. Tonight starts cold")
        return COLD


class _Run:
    """The published run, and which of its files is being read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Any = {}
        self.reading = "manifest.json"

    def manifest_of(self, sources: Mapping[str, Source], campaign_toml: bytes) -> bool:
        """Read the manifest: was the run made from these tables and settings?"""
        self.manifest = json.loads((self.folder / self.reading).read_bytes())
        self.manifest["outputs"]
        tables = {table: told["sha256"] for table, told in self.manifest["inputs"].items()}
        settings = hashlib.sha256(campaign_toml).hexdigest()
        return (
            tables == {table: source.sha256 for table, source in sources.items()}
            and self.manifest["campaign"]["sha256"] == settings
        )

    def told(self, file: str) -> bytes | None:
        """A file of the run; None where its night, of an older version, wrote no such file.

        Raises OSError where it is missing, ValueError where it is not as the night wrote it.
        """
        self.reading = file
        if file not in self.manifest["outputs"]:
            return None
        content = (self.folder / file).read_bytes()
        if hashlib.sha256(content).hexdigest() != self.manifest["outputs"][file]["sha256"]:
            raise ValueError("was changed after the night wrote it")
        return content

    def prices(self) -> NamedPrices | None:
        """What prices.csv tells."""
        return None if self.told("prices.csv") is None else NamedPrices.of_csv(self.folder / "prices.csv")

    def weights(self) -> BoxAndListWeights | None:
        """What weights.json tells."""
        content = self.told("weights.json")
        return None if content is None else weights_of_json(json.loads(content))
