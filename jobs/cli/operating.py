"""Commands for operators: every night in a row, and how things stand now."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from jobs.answers.reply import Answer, replying
from jobs.cli.app import AsJson, CampaignPath, commands

group = commands()


@group.command(
    epilog="Example: boxwise runs data/demo, or: boxwise runs compare data/demo/runs/glow-1 data/demo/runs/current",
    short_help="List the nights: published, refused and stopped; or compare two runs.",
)
def runs(
    words: Annotated[
        list[str],
        typer.Argument(metavar="CAMPAIGN | compare A B", help="A campaign; or the word compare and two runs' folders."),
    ],
    last: Annotated[int, typer.Option(min=1, metavar="N", help="So many nights, the newest ones.")] = 30,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw quality, drift and gap over the nights as SVG, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the nights, newest first: how each ended, how good its plan and its suggestions are.

    With compare: what is different in run B, from inputs and settings to quality, plan and boxes.
    """
    is_compare = words[0] == "compare"
    with replying("runs compare" if is_compare else "runs", as_json) as reply:
        from jobs.faults import UsageRefused

        expected = 3 if is_compare else 1
        if len(words) != expected:
            raise UsageRefused(f"found {len(words)} words after runs, expected a campaign, or compare and two runs")
        if is_compare and plot is not None:
            raise UsageRefused("--plot goes with a campaign, not with compare")
        answer = _compared(*words[1:]) if is_compare else _listed(words[0], last, plot)
        reply.give(answer.lines, answer.content)


def _listed(campaign: str, last: int, plot: Path | None) -> Answer:
    from jobs.operating.table import runs_answer

    folder = _runs(Path(campaign))
    if plot is not None:
        from jobs.faults import UsageRefused
        from jobs.operating.trend import trend
        from jobs.report.trend import trend_svg

        drawn = trend_svg(trend(folder))
        try:
            plot.write_text(drawn, encoding="utf-8")
        except OSError as bad:
            raise UsageRefused(f"--plot: {plot} cannot be written: {bad.strerror}") from None
    return runs_answer(folder, last)


def _compared(a: str, b: str) -> Answer:
    from jobs.operating.compare import compare_answer

    return compare_answer(Path(a), Path(b))


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
        from jobs.operating.lasting import duration
        from jobs.operating.status import status_answer, status_of

        folder = _runs(campaign)
        found = status_of(folder, duration(max_age, "--max-age"))
        answer = status_answer(found, folder)
        reply.give(answer.lines, answer.content, found.exit)
    raise typer.Exit(found.exit)


@group.command(
    epilog="Example: boxwise shipped data/demo/runs/current --date 2026-12-06",
    short_help="Say which run's boxes went out, or see which did.",
)
def shipped(
    run: Annotated[
        Path, typer.Argument(metavar="RUN | CAMPAIGN", help="The run that shipped; or a campaign, to see which did.")
    ],
    on: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="The day; unless said, the planned ship date."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which run's boxes went out. What customers did since is joined to it.

    Unless said, it is the last run that was published before the ship date. With a campaign: list every ship date.
    """
    is_run = (run / "manifest.json").is_file()
    with replying("shipped", as_json, deed=is_run) as reply:
        from jobs.faults import UsageRefused
        from jobs.operating.shipping import say_shipped, shipped_answer

        if on is not None and not is_run:
            raise UsageRefused(f"--date goes with a run's folder, found {run}, expected one, e.g. runs/current")
        answer = say_shipped(run, None if on is None else on.date()) if is_run else shipped_answer(_runs(run))
        reply.give(answer.lines, answer.content)


@group.command(
    epilog="Example: boxwise realised data/demo",
    short_help="Say what customers did since with the boxes and lists that shipped.",
)
def realised(
    campaign: CampaignPath,
    last: Annotated[int, typer.Option(min=1, metavar="N", help="So many ship dates, the newest ones.")] = 6,
    as_json: AsJson = False,
) -> None:
    """Say how good boxes and lists have proved to be: what customers thought of what was sent, and chose since.

    Each ship date is joined to the run that shipped (boxwise shipped).
    """
    with replying("realised", as_json) as reply:
        from jobs.operating.realised_answer import realised_answer

        answer = realised_answer(campaign, last)
        reply.give(answer.lines, answer.content)


def _runs(campaign: Path) -> Path:
    """The campaign's folder of runs; also where its file has faults, for a monitor wants to know all the same."""
    from jobs.config.load import read_draft

    return read_draft(campaign).campaign.runs
