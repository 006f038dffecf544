"""The command that runs nights of the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from jobs.answers.reply import replying
from jobs.cli.app import AsJson, CampaignPath, commands
from jobs.memory import refuse_little_room

group = commands()


@group.command(
    epilog="Example: boxwise replay data/demo --from 2017-08-01 --to 2017-11-30",
    short_help="Run nights of the past, knowing only what was known then.",
)
def replay(
    campaign: CampaignPath,
    from_: Annotated[datetime, typer.Option("--from", metavar="DATE", formats=["%Y-%m-%d"], help="First ship date.")],
    to: Annotated[datetime, typer.Option("--to", metavar="DATE", formats=["%Y-%m-%d"], help="Last ship date.")],
    every: Annotated[
        str, typer.Option(metavar="STEP", help="From one ship date to the next: 1mo, 2w, 7d; the campaign's is one.")
    ] = "1mo",
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Unless said, the folder replay beside campaign.toml.")
    ] = None,
    real_shipments: Annotated[
        bool, typer.Option("--real-shipments", help="Each night knows what was really sent, not what the replay would.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="NAME", help="A change from night to night that is meant; as for nightly."),
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="End at the first night that is refused.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the nights of past ship dates, oldest first, beside the campaign's own runs; again makes nothing anew."""
    refuse_little_room()
    from jobs.nightly import nightly as run
    from jobs.progress import Stages
    from jobs.replaying.replay import Asked, NightsRefused, as_json_of, summary
    from jobs.replaying.replay import replay as go_through

    days, meant = (from_.date(), to.date()), tuple(accept or ())
    asked = Asked(campaign, *days, every, into, real_shipments, meant, stop)
    with replying("replay", as_json, deed=True) as reply:

        def night(at: Path, ok: Sequence[str]) -> tuple[str, ...]:
            return run(at, stages=Stages(), accept=meant, expected=ok).lines

        nights = go_through(asked, night, say=Stages().line)
        refused = NightsRefused.of(nights)
        code = 0 if refused is None else int(refused.exit)
        reply.give(summary(nights, asked.folder), as_json_of(nights, asked.folder), code)
    if refused is not None:
        raise refused
