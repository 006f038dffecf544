"""Commands that turn what readers see: back to the run before, or into another place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.answers.reply import replying
from jobs.cli.app import AsJson, CampaignPath, commands

group = commands()


@group.command(epilog="Example: boxwise rollback data/demo")
def rollback(campaign: CampaignPath, as_json: AsJson = False) -> None:
    """Go back to the previous published run."""
    with replying("rollback", as_json, deed=True) as reply:
        from jobs.config.load import load
        from jobs.publishing.publish import rollback as go_back

        left, back = go_back(load(campaign).runs)
        line = f"{back} is published again; {left} is kept, and is no longer what readers see."
        reply.give([line], {"current": back, "left": left})


@group.command(
    epilog="Example: boxwise publish data/demo/runs/current --to postgresql://boxwise@db.example/shop",
    short_help="Put a run's website tables into a database or another folder.",
)
def publish(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Where to: postgresql://user@host:5432/database.")],
    run: Annotated[
        Path | None,
        typer.Argument(metavar="RUN", help="A run's folder, e.g. runs/current; not needed with --rollback."),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Releases kept there; unless said, [publish] keep_runs of the campaign."),
    ] = None,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Go back to the release published before; repeated, further back.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put the website's tables of a finished run into a database that the shop reads meanwhile."""
    with replying("publish", as_json, deed=True) as reply:
        from jobs.faults import UsageRefused
        from jobs.progress import Stages
        from jobs.publishing.targets import target

        there = target(to)
        if rollback:
            if keep is not None:
                raise UsageRefused("--keep goes with publishing a run, not with --rollback")
            lines = there.rollback(to)
        elif run is None:
            raise UsageRefused("found no RUN to publish, expected a run's folder, e.g. runs/current")
        else:
            with Stages().stage("publish") as shown:
                lines = there.publish(run, to, keep, say=shown.say)
        reply.give(lines, {"did": "rollback" if rollback else "publish"})
