"""The `boxwise` command: groups of commands, each command a thin door to a module that knows no command line.

Heavy modules are imported inside the commands, so that `boxwise --help` answers at once. A `Refusal` ends in its lines
on standard error and its exit code (docs/campaign.md); anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from jobs.cli import checking, evaluating, explaining, making, night, operating, publishing, replaying, website
from jobs.ending import exit_code

app = typer.Typer(
    name="boxwise",
    help="Decides what goes into every subscription box tonight, and what the shop's website recommends.",
    epilog="Start with: boxwise demo data/demo, then: boxwise nightly data/demo",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for part in (night, replaying, operating, checking, making, evaluating, explaining, website, publishing):
    app.add_typer(part.group)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"boxwise {version('boxwise')}")
        raise typer.Exit


@app.callback()
def boxwise(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Options that belong to no command."""


def main() -> None:
    """Run the command line; the exit codes are those of `jobs.faults.Exit`."""
    for name, value in (("OPENBLAS_NUM_THREADS", "1"), ("MKL_NUM_THREADS", "1"), ("OMP_WAIT_POLICY", "PASSIVE")):
        os.environ.setdefault(name, value)  # OpenMP's threads sleep while they wait: the cores have other work
    sys.exit(exit_code(app))


if __name__ == "__main__":
    main()
