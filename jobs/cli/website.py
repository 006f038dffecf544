"""Commands for what the website shows: hide products, serve the lists over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.answers.reply import replying
from jobs.cli.app import AsJson, commands
from jobs.streams import mention

group = commands()


@group.command(
    epilog='Example: boxwise overrides data/demo/runs --hide 819063 --reason "sold out"',
    short_help="Hide products from the website now, without a new night; show them again; list them.",
)
def overrides(
    where: Annotated[
        str, typer.Argument(metavar="RUNS", help="The folder of runs, or the URL that runs are published to.")
    ],
    hide: Annotated[
        list[str] | None, typer.Option(metavar="PRODUCT", help="Hide this product; may be said again and again.")
    ] = None,
    show: Annotated[list[str] | None, typer.Option(metavar="PRODUCT", help="Show it again.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for whoever looks next; with --hide.")] = "",
    as_json: AsJson = False,
) -> None:
    """Hide products from every list of the website, at once and until they are shown again. Boxes stay as planned.

    Without options it lists what is hidden.
    """
    with replying("overrides", as_json, deed=bool(hide or show)) as reply:
        from jobs.publishing.hiding import override, store

        there = store(where)
        lines = override(there, hide or [], show or [], reason)
        reply.give(lines, {"hidden": [vars(row) for row in there.hidden()]} if as_json else {})


@group.command(
    epilog="Example: boxwise serve data/demo/runs --port 8000",
    short_help="Serve the website's lists over HTTP, and show a storefront made of them.",
)
def serve(
    runs: Annotated[Path, typer.Argument(metavar="RUNS", help="The folder of runs.")],
    host: Annotated[
        str, typer.Option(help="Who may ask: this machine only, or another of its addresses.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8000,
    max_age: Annotated[
        int, typer.Option(min=0, metavar="SECONDS", help="How long a shop may keep a list without asking again.")
    ] = 0,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Write every request to standard error; it names customers.")
    ] = False,
) -> None:
    """Serve the website's lists of the current run over HTTP, read only, until ctrl-C.

    What can be asked stands at /, a storefront made of the lists at /demo. A new night is served at once.
    """
    from jobs.serving.serve import serve as run

    run(runs, host=host, port=port, max_age=max_age, access_log=access_log, say=lambda line: mention([line]))
