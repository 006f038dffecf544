"""The command that runs the night."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli.app import CampaignPath, commands
from jobs.memory import refuse_little_room
from jobs.stopping import last_step
from jobs.streams import mention

group = commands()


@group.command(epilog="Example: boxwise nightly data/demo")
def nightly(
    campaign: CampaignPath,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="NAME", help="A change since last night that is meant; may be given again."),
    ] = None,
    cold: Annotated[
        bool, typer.Option("--cold", help="Do not start from the prices and weights of the published run.")
    ] = False,
) -> None:
    """Run the night: read, train, score, pack, check, publish."""
    refuse_little_room()
    from jobs.nightly import nightly as run
    from jobs.progress import Stages

    mention(run(campaign, stages=Stages(), accept=accept or (), cold=cold, last_step=last_step).lines)
