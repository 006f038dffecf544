"""Commands that make a campaign: for a shop's exports, from real retail data, of any size."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.app import NewFolder, Seed, commands
from jobs.streams import mention

group = commands()


@group.command(
    epilog="Example: boxwise init --from shopify exports",
    short_help="Write a campaign.toml that reads a shop's exports.",
)
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder with the exports.")],
    from_: Annotated[
        str,
        typer.Option("--from", metavar="PLATFORM", help="shopify, woocommerce, recharge, or csv for any CSV files."),
    ],
    ship_date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Unless said, a month after the last day that the exports tell."),
    ] = None,
) -> None:
    """Write a commented campaign.toml, with working SQL, for the exports that lie in DIR; name what is missing."""
    from jobs.recipes.init import init as run

    for line in run(from_, folder, None if ship_date is None else ship_date.date()):
        typer.echo(line)


@group.command(epilog="Example: boxwise demo data/demo", short_help="Write the demo campaign from real retail data.")
def demo(folder: NewFolder, seed: Seed = 0) -> None:
    """Write the demo campaign, a shop made from the Complete Journey retail data."""
    from jobs.datasets.demo import write_demo
    from jobs.progress import Stages

    with Stages().stage("demo") as shown:
        write_demo(folder, seed=seed, progress=shown.say)
    mention([f"The demo campaign is in {folder}. Next: boxwise nightly {folder}"])


@group.command(epilog="Example: boxwise synth shop --customers 5000 --products 100 --seed 1")
def synth(
    folder: NewFolder,
    customers: Annotated[int, typer.Option(min=10, help="How many subscribers.")],
    products: Annotated[int, typer.Option(min=12, help="How many products may go into boxes.")],
    seed: Seed = 0,
) -> None:
    """Write a made-up shop of any size."""
    from jobs.datasets.synth import write_synth
    from jobs.progress import Stages

    with Stages().stage("synth") as shown:
        write_synth(folder, customers=customers, products=products, seed=seed, progress=shown.say)
    mention([f"A shop of {customers:,} customers and {products:,} products is in {folder}."])
