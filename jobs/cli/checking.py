"""Commands that look for faults: in the inputs, and in a finished run."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli.app import CampaignPath, RunPath, commands
from jobs.streams import tell

group = commands()


@group.command(epilog="Example: boxwise check data/demo", short_help="Check the inputs only; show every fault at once.")
def check(campaign: CampaignPath) -> None:
    """Check the inputs only, and show every fault at once with file, row and column."""
    from jobs.check import check as run

    tell(run(campaign))


@group.command(
    epilog="Example: boxwise verify data/demo/runs/current", short_help="Give a second opinion on a finished run."
)
def verify(
    run: RunPath,
    kept_inputs: Annotated[
        bool, typer.Option("--kept-inputs", help="Trust the run's own copy of its inputs; today's may differ.")
    ] = False,
) -> None:
    """Give a second opinion on a run: recompute rules, stock and bound from its files."""
    from jobs.checking.verify import verify as second_opinion
    from jobs.faults import CheckFailed

    report = second_opinion(run, inputs_as_kept=kept_inputs)
    if report.faults:
        raise CheckFailed(report.faults)
    tell(report.lines)
