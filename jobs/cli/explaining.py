"""The command that answers why."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.answers.reply import replying
from jobs.cli.app import AsJson, RunPath, commands

group = commands()


@group.command(
    epilog="Example: boxwise explain data/demo/runs/current 1001 --product 819063",
    short_help="Say why this box, why not that product, or why a promise is missed.",
)
def explain(
    run: RunPath,
    customer: Annotated[str | None, typer.Argument(metavar="CUSTOMER", help="A customer_id: why this box?")] = None,
    product: Annotated[
        str | None, typer.Option(help="A product_id: why not in that box? Without a customer: what is a unit worth?")
    ] = None,
    promise: Annotated[
        str | None, typer.Option(help="A quota's name, or the product_id of a promise: is it kept, and why not?")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say why a customer gets this box, why not another product, what a unit is worth, or why a promise is missed."""
    with replying("explain", as_json) as reply:
        from jobs.explaining.answer import explained

        answer = explained(run, customer, product, promise)
        reply.give(answer.lines, answer.content)
