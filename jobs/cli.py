"""The `boxwise` command: one function per command, each a thin door to a module that knows no command line.

Heavy modules are imported inside the commands, so that `boxwise --help` answers at once. A `Refusal` ends in its lines
on standard error and its exit code (docs/campaign.md); anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.ending import exit_code
from jobs.memory import refuse_little_room
from jobs.stopping import last_step
from jobs.streams import mention, tell

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables
    from jobs.progress import Stages

app = typer.Typer(
    name="boxwise",
    help="Decides what goes into every subscription box tonight, and what the shop's website recommends.",
    epilog="Start with: boxwise demo data/demo, then: boxwise nightly data/demo",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

CampaignPath = Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="A campaign's folder, or its campaign.toml.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, e.g. runs/current.")]
NewFolder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write; made if it is not there.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same files.")]


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


@app.command(epilog="Example: boxwise nightly data/demo")
def nightly(
    campaign: CampaignPath,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="NAME", help="A change since last night that is meant; may be given again."),
    ] = None,
    cold: Annotated[
        bool, typer.Option("--cold", help="Do not start from the prices and weights of the published run.")
    ] = False,
) -> None:
    """Run the night: read, train, score, pack, check, publish."""
    refuse_little_room()
    from jobs.nightly import nightly as run
    from jobs.progress import Stages

    mention(run(campaign, stages=Stages(), accept=accept or (), cold=cold, last_step=last_step).lines)


@app.command(
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
) -> None:
    """Run the nights of past ship dates, oldest first, beside the campaign's own runs; again makes nothing anew."""
    refuse_little_room()
    from jobs.nightly import nightly as run
    from jobs.progress import Stages
    from jobs.replaying.replay import Asked, NightsRefused, summary
    from jobs.replaying.replay import replay as go_through

    days, meant = (from_.date(), to.date()), tuple(accept or ())
    asked = Asked(campaign, *days, every, into, real_shipments, meant, stop)
    stages = Stages()
    nights = go_through(asked, lambda at, ok: run(at, stages=Stages(), accept=ok).lines, say=stages.line)
    mention(summary(nights, asked.folder))
    if refused := [past for past in nights if past.run_id is None]:
        raise NightsRefused(refused)


@app.command(epilog="Example: boxwise check data/demo", short_help="Check the inputs only; show every fault at once.")
def check(campaign: CampaignPath) -> None:
    """Check the inputs only, and show every fault at once with file, row and column."""
    from jobs.check import check as run

    tell(run(campaign))


@app.command(
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


@app.command(
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


@app.command(epilog="Example: boxwise demo data/demo", short_help="Write the demo campaign from real retail data.")
def demo(folder: NewFolder, seed: Seed = 0) -> None:
    """Write the demo campaign, a shop made from the Complete Journey retail data."""
    from jobs.datasets.demo import write_demo
    from jobs.progress import Stages

    with Stages().stage("demo") as shown:
        write_demo(folder, seed=seed, progress=shown.say)
    mention([f"The demo campaign is in {folder}. Next: boxwise nightly {folder}"])


@app.command(epilog="Example: boxwise synth shop --customers 5000 --products 100 --seed 1")
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


@app.command(
    epilog="Example: boxwise evaluate data/demo, or: boxwise evaluate data/demo --tune",
    short_help="Say how good the recommender is; --tune looks for a better setting.",
)
def evaluate(
    campaign: CampaignPath,
    tune: Annotated[
        bool, typer.Option("--tune", help="Look for a better setting, and write suggestion.toml beside the campaign.")
    ] = False,
) -> None:
    """Say how good the recommender is, next to simple baselines, on the campaign's own past."""
    refuse_little_room()
    from jobs.nightly import read_campaign
    from jobs.progress import Stages

    stages = Stages()
    with stages.stage("extract"):
        settings, tables = read_campaign(campaign)
    if tune:
        mention(_tuned(settings, tables, stages))
    else:
        tell(_evaluated(settings, tables, stages))


def _evaluated(settings: Campaign, tables: Tables, stages: Stages) -> list[str]:
    from jobs.evaluating.evaluate import evaluate as run
    from jobs.evaluating.evaluate import table_lines

    with stages.stage("evaluate") as shown:
        evaluation = run(settings, tables, progress=shown.say)
    return [*table_lines(evaluation), *evaluation.sentences]


def _tuned(settings: Campaign, tables: Tables, stages: Stages) -> list[str]:
    from jobs.tuning.sentences import sentences, table_lines
    from jobs.tuning.suggestion import write_suggestion
    from jobs.tuning.tune import tune as look

    with stages.stage("tune") as shown:
        tuning = look(settings, tables, progress=shown.say)
        shown.say(f"{len(tuning.tried)} settings tried")
    written = write_suggestion(settings, tuning)
    return [*table_lines(tuning), *sentences(tuning), f"Written to {written}; {settings.path.name} is as it was."]


@app.command(
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
) -> None:
    """Say why a customer gets this box, why not another product, what a unit is worth, or why a promise is missed."""
    from jobs.explaining.explain import explain as words

    tell(words(run, customer, product, promise))


@app.command(
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
) -> None:
    """Hide products from every list of the website, at once and until they are shown again. Boxes stay as planned.

    Without options it lists what is hidden.
    """
    from jobs.publishing.hiding import override, store

    say = mention if hide or show else tell
    say(override(store(where), hide or [], show or [], reason))


@app.command(
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


@app.command(epilog="Example: boxwise rollback data/demo")
def rollback(campaign: CampaignPath) -> None:
    """Go back to the previous published run."""
    from jobs.config.load import load
    from jobs.publishing.publish import rollback as go_back

    left, back = go_back(load(campaign).runs)
    mention([f"{back} is published again; {left} is kept, and is no longer what readers see."])


@app.command(
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
) -> None:
    """Put the website's tables of a finished run into a database that the shop reads meanwhile."""
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
    mention(lines)


def main() -> None:
    """Run the command line; the exit codes are those of `jobs.faults.Exit`."""
    for name, value in (("OPENBLAS_NUM_THREADS", "1"), ("MKL_NUM_THREADS", "1"), ("OMP_WAIT_POLICY", "PASSIVE")):
        os.environ.setdefault(name, value)  # OpenMP's threads sleep while they wait: the cores have other work
    sys.exit(exit_code(app))


if __name__ == "__main__":
    main()
