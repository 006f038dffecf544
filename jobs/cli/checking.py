"""Commands that look for faults: in the inputs, and in a finished run."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.answers.reply import replying
from jobs.cli.app import AsJson, CampaignPath, RunPath, commands

group = commands()


@group.command(epilog="Example: boxwise check data/demo", short_help="Check the inputs only; show every fault at once.")
def check(campaign: CampaignPath, as_json: AsJson = False) -> None:
    """Check the inputs only, and show every fault at once with file, row and column."""
    with replying("check", as_json) as reply:
        from jobs.check import checked

        answer = checked(campaign)
        reply.give(answer.lines, answer.content)


@group.command(
    epilog="Example: boxwise verify data/demo/runs/current", short_help="Give a second opinion on a finished run."
)
def verify(
    run: RunPath,
    kept_inputs: Annotated[
        bool, typer.Option("--kept-inputs", help="Trust the run's own copy of its inputs; today's may differ.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give a second opinion on a run: recompute rules, stock and bound from its files."""
    with replying("verify", as_json) as reply:
        from jobs.checking.verify import verify as second_opinion
        from jobs.faults import CheckFailed

        report = second_opinion(run, inputs_as_kept=kept_inputs)
        if report.faults:
            raise CheckFailed(report.faults)
        reply.give(report.lines, {"run_id": run.resolve().name, "looked_at": list(report.lines)})
