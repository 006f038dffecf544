"""Commands for operators: every night in a row, and how things stand now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.answers.reply import replying
from jobs.cli.app import AsJson, CampaignPath, commands

group = commands()


@group.command(epilog="Example: boxwise runs data/demo", short_help="List the nights: published, refused and stopped.")
def runs(
    campaign: CampaignPath,
    last: Annotated[int, typer.Option(min=1, metavar="N", help="So many nights, the newest ones.")] = 30,
    as_json: AsJson = False,
) -> None:
    """List the nights, newest first: how each ended, how good its plan and its suggestions are."""
    with replying("runs", as_json) as reply:
        from jobs.operating.table import runs_answer

        answer = runs_answer(_runs(campaign), last)
        reply.give(answer.lines, answer.content)


@group.command(
    epilog="Example: boxwise status data/demo --max-age 26h",
    short_help="Say how things stand; exit 10 where the last success is too old.",
)
def status(
    campaign: CampaignPath,
    max_age: Annotated[
        str, typer.Option(metavar="TIME", help="How old the last success may be: 90m, 26h, 2d.")
    ] = "26h",
    as_json: AsJson = False,
) -> None:
    """Say how things stand, for a person or a monitor: the last success and its age, what is hidden, the last refusal.

    Ends in 0 where the last success is young enough, and in 10 where it is not or there never was one.
    """
    with replying("status", as_json) as reply:
        from jobs.operating.status import duration, status_answer, status_of

        folder = _runs(campaign)
        found = status_of(folder, duration(max_age, "--max-age"))
        answer = status_answer(found, folder)
        reply.give(answer.lines, answer.content, found.exit)
    raise typer.Exit(found.exit)


def _runs(campaign: Path) -> Path:
    """The campaign's folder of runs; also where its file has faults, for a monitor wants to know all the same."""
    from jobs.config.load import read_draft

    return read_draft(campaign).campaign.runs
