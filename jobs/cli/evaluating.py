"""The command that says how good the recommender is, and looks for better settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.answers.reply import Answer, replying
from jobs.cli.app import AsJson, CampaignPath, commands
from jobs.memory import refuse_little_room

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables
    from jobs.progress import Stages

group = commands()


@group.command(
    epilog="Example: boxwise evaluate data/demo, or: boxwise evaluate data/demo --tune",
    short_help="Say how good the recommender is; --tune looks for a better setting.",
)
def evaluate(
    campaign: CampaignPath,
    tune: Annotated[
        bool, typer.Option("--tune", help="Look for a better setting, and write suggestion.toml beside the campaign.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say how good the recommender is, next to simple baselines, on the campaign's own past."""
    refuse_little_room()
    with replying("evaluate", as_json, deed=tune) as reply:
        from jobs.nightly import read_campaign
        from jobs.progress import Stages

        stages = Stages()
        with stages.stage("extract"):
            settings, tables = read_campaign(campaign)
        answer = (_tuned if tune else _evaluated)(settings, tables, stages)
        reply.give(answer.lines, answer.content)


def _evaluated(settings: Campaign, tables: Tables, stages: Stages) -> Answer:
    from jobs.evaluating.evaluate import evaluate as run
    from jobs.evaluating.evaluate import table_lines
    from jobs.outputs.stage import evaluation_as_json as as_json

    with stages.stage("evaluate") as shown:
        evaluation = run(settings, tables, progress=shown.say)
    content = {**as_json(evaluation), "suggestion": None}
    return Answer((*table_lines(evaluation), *evaluation.sentences), content)


def _tuned(settings: Campaign, tables: Tables, stages: Stages) -> Answer:
    from jobs.tuning.sentences import sentences, table_lines
    from jobs.tuning.suggestion import write_suggestion
    from jobs.tuning.tune import tune as look

    with stages.stage("tune") as shown:
        tuning = look(settings, tables, progress=shown.say)
        shown.say(f"{len(tuning.tried)} settings tried")
    written = write_suggestion(settings, tuning)
    words, last = sentences(tuning), f"Written to {written}; {settings.path.name} is as it was."
    content = {"since": str(tuning.since), "sentences": words, "table": [], "suggestion": str(written)}
    return Answer((*table_lines(tuning), *words, last), content)
