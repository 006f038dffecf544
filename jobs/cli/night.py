"""The command that runs the night."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from jobs.answers.reply import replying
from jobs.cli.app import AsJson, CampaignPath, commands
from jobs.cli.night_log import closing, ending_in
from jobs.log_lines import LogFormat
from jobs.memory import refuse_little_room
from jobs.stopping import last_step

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
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Make every stage anew, also what was kept of an earlier night.")
    ] = False,
    deadline: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help='The night is over by then: a time of day, e.g. "05:30", or how long, e.g. "90m".'
        ),
    ] = None,
    log_format: Annotated[
        LogFormat | None,
        typer.Option(
            help="Lines of the log as text or JSON; unless said, as people like them on a terminal, else text."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the night: read, train, score, pack, check, publish."""
    refuse_little_room()
    from jobs.budgeting.moments import moment_of
    from jobs.nightly import nightly as run
    from jobs.operating.nights import Night
    from jobs.progress import Stages
    from jobs.telling.outcome import watched
    from jobs.telling.tell import EVERYONE

    until = None if deadline is None else moment_of(deadline, datetime.now())
    stages = Stages(form=log_format)
    with ending_in(stages), replying("nightly", as_json, deed=True) as reply:
        with watched(campaign, stages, EVERYONE) as watch:
            finished = run(
                campaign,
                stages=stages,
                accept=accept or (),
                cold=cold,
                fresh=fresh,
                until=until,
                last_step=last_step,
            )
            watch.published = finished.published.folder
        night = Night(watch.row, current=True, kept=True, stands=True)
        reply.give(closing(stages, finished.lines, as_json), night.as_json(finished.published.folder.parent))
