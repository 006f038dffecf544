"""What the commands of `boxwise` have in common: how their groups are made, and the words they all take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CampaignPath = Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="A campaign's folder, or its campaign.toml.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, e.g. runs/current.")]
NewFolder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write; made if it is not there.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same files.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object on standard output (docs/json.md).")]


def commands() -> typer.Typer:
    """A group of commands; `jobs.cli.main` puts the groups together in the order of `boxwise --help`."""
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
