"""The campaigns that whole nights are measured on: made-up shops by size, the demo, Amazon Beauty where at hand.

Each is written by the command that its docs name, in a process of its own, so that ours stays small.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tables import ROOT, size_words

SIZES = ((3_000, 200), (30_000, 200), (300_000, 200), (1_000_000, 500))
"""Customers and products of the made-up shops; `boxwise synth` draws some 25 events for each customer."""
WARM_UP = (1_000, 40)
"""The shop whose night compiles what the others are to be timed without: large enough for three warehouses."""
BEAUTY = "BOXWISE_BEAUTY"
"""Environment variable that names the folder of the Amazon Beauty data."""


@dataclass(frozen=True)
class Case:
    """One campaign.

    name      also that of its folder
    words     what it is, in the table
    command   arguments of Python that write it; the folder is put where "{}" stands
    size      customers and products of a made-up shop; None = another campaign, not to be held against other sizes
    """

    name: str
    words: str
    command: tuple[str, ...]
    size: tuple[int, int] | None = None

    def written(self, folder: Path) -> Path:
        """The campaign in `folder`, written unless it stands there already, without any run of before."""
        campaign = folder / self.name
        if not (campaign / "campaign.toml").is_file():
            words = [str(campaign) if word == "{}" else word for word in self.command]
            subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
        forget_runs(campaign)
        return campaign


def forget_runs(campaign: Path) -> None:
    """Make the next night of this campaign its first."""
    shutil.rmtree(campaign / "runs", ignore_errors=True)


def made_up(n_customers: int, n_products: int) -> Case:
    """A shop by `boxwise synth`."""
    size = ("--customers", str(n_customers), "--products", str(n_products))
    name, words = f"synth-{n_customers}x{n_products}", size_words(n_customers, n_products)
    return Case(name, words, ("-m", "jobs", "synth", "{}", *size), (n_customers, n_products))


DEMO = Case("demo", "demo", ("-m", "jobs", "demo", "{}"))


def beauty(path: Path) -> Case:
    """Amazon Beauty as a campaign, from the data at `path`."""
    return Case("beauty", "Amazon Beauty", ("-m", "benchmarks.beauty", str(path.absolute()), "{}"))


def cases(sizes: tuple[tuple[int, int], ...], *, demo: bool, beauty_data: Path | None) -> list[Case]:
    """What is asked for, the quickest first; Beauty by `beauty_data` or by the environment."""
    data = beauty_data or (Path(os.environ[BEAUTY]) if os.environ.get(BEAUTY) else None)
    others = [*([DEMO] if demo else []), *([] if data is None else [beauty(data)])]
    return [*others, *(made_up(*size) for size in sorted(sizes))]
