"""The night, start to publication. Read this file top to bottom and you know the system.

Tables become positions, positions become scores, scores become boxes, boxes become files; a check stands between each
step and the next, and nothing is visible to readers before the last line of `nightly` has run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.checking.audit import audit_staged
from jobs.checking.audit_allowed import audit_allowed
from jobs.compiling import LISTS, PACKING, compiled_ahead
from jobs.config.campaign import Campaign
from jobs.config.load import load
from jobs.evaluating.evaluate import Evaluation, evaluate
from jobs.evaluating.gate import Standing, last_rows, standing
from jobs.evidence.audit_read import rules_of
from jobs.faults import CheckFailed, InputRefused, ModelRefused
from jobs.guarding.guard import guard, guard_scores
from jobs.guarding.last_night import last_night
from jobs.guarding.scores import score_quantiles
from jobs.inputs.tables import Tables, look, read
from jobs.learning.recommender import Recommender
from jobs.learning.train import train
from jobs.outputs.manifest import make_run_id
from jobs.outputs.stage import Night, finish_manifest, write_run
from jobs.packing.pack import Packed, pack, refuse_too_many_short
from jobs.posing.scores import InMemory, Rows, Scores
from jobs.posing.shop import Shop, open_shop
from jobs.progress import Stages
from jobs.publishing import overrides, publish
from jobs.publishing.exposed import exposed
from jobs.recommending.lists import website_lists
from jobs.report.page import render
from jobs.report.words import gap_sentence
from jobs.starting.last_run import start_of_night
from optimizer.verify import check_plan
from recsys.base.threads import one_blas_thread

SCORES_IN_MEMORY = 600_000_000
"""Up to this many scores (4 bytes each) are kept; beyond, they are made again whenever a block is needed, which is in
every pass over all pairs: of 500 million, packing alone made them again for four minutes."""


@dataclass(frozen=True)
class Finished:
    """What the night ends by saying: a few lines for the operator, and what was published."""

    published: publish.Published
    lines: tuple[str, ...]


@one_blas_thread()
def nightly(
    campaign_path: Path,
    *,
    stages: Stages,
    cold: bool = False,
    accept: Sequence[str] = (),
    last_step: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Finished:
    """Run one night.

    campaign_path  the campaign's folder or TOML file
    accept         names of changes against last night that are meant, though they are beyond [limits]
    cold           do not start from the prices and weights of the published run
    last_step      held around the publication itself, after which the night has done what it is for

    One BLAS thread throughout: with more, the last bit of a sum depends on how many there are.

    Raises Refusal with its lines and exit code; `runs/current` is then as it was before.
    """
    campaign = _load(campaign_path)
    campaign_toml = campaign.path.read_bytes()  # as it is now: the file may be edited while the night runs
    with publish.night_lock(campaign.runs), publish.taken(campaign.runs) as hold, compiled_ahead() as compiling:
        with stages.stage("extract") as shown:
            tables = read(campaign, hold)
            last = last_night(campaign.runs)
            guarded = guard(campaign, tables, last, accept)
            now = publish.current_run(campaign.runs)
            previous = None if now is None else campaign.runs / now
            from_run = None if cold else previous
            start = start_of_night(from_run, tables.sources, campaign_toml, say=stages.line)
            run_id = make_run_id(campaign.name, tables.sources, campaign_toml, campaign.seed, start)
            stages.known(run_id, tables.sources)
            shown.say(", ".join(f"{source.n_rows:,} {name}" for name, source in tables.sources.items()))
        for told in (*exposed(campaign.runs), *tables.joined, *tables.notes):
            stages.line(str(told))

        with stages.stage("evaluate") as shown:
            evaluation = evaluate(campaign, tables, progress=shown.say, last=start.weights)
            gate = model_gate(campaign, evaluation, previous)  # and evaluation.weights are those that tonight scores by
            shown.say("on the campaign's own past")

        with stages.stage("train") as shown:
            recommender = train(campaign, tables, weights=evaluation.weights, progress=shown.say)
            shown.say(f"{len(tables.events):,} events")

        with stages.stage("score") as shown:
            shop = open_shop(campaign, tables)
            scores = score(shop, recommender)
            guarded = guard_scores(campaign, score_quantiles(scores), last, accept, guarded)
            shown.say(f"{shop.n_people:,} customers x {shop.n_items:,} products")

        for told in guarded.lines(accept):
            stages.line(told)

        with stages.stage("pack") as shown:
            compiling.wait(PACKING)
            packed = pack(shop, scores, prices=start.prices, progress=shown.solving)
            shown.say(f"{int((packed.boxes >= 0).sum()):,} items, {gap_words(packed.plan.gap)}")

        for effect in packed.effects:
            stages.line(effect.words)

        with stages.stage("verify") as shown:
            second_opinion(packed, rules_of(campaign_toml), run_id)
            shown.say("every rule, stock figure and the bound recomputed: no fault")

        with stages.stage("lists") as shown:
            compiling.wait(LISTS)
            lists = website_lists(recommender, tables, progress=shown.say)
            customers, products, baskets = (len(made.keys) for made in (lists.personal, lists.similar, lists.baskets))
            shown.say(f"{customers:,} customers, {products:,} products, {baskets:,} baskets")

        night = Night(run_id, campaign_toml, packed, recommender, lists, evaluation, gate, guarded, start)
        with publish.stage(campaign.runs, run_id) as folder:
            with stages.stage("stage") as shown:
                write_run(folder, night, previous)
                (folder / "report.html").write_text(render(folder), encoding="utf-8")
                shown.say(f"{sum(1 for path in folder.rglob('*') if path.is_file())} files")

            with stages.stage("audit") as shown:
                if faults := audit_staged(folder, tables.sources, campaign.ship_date, tables.events, campaign.signals):
                    raise CheckFailed([*faults, "nothing was published"])
                shown.say("staged files re-read against the tables: no fault")

            with stages.stage("publish") as shown:
                finish_manifest(folder, night, stages.measured)
                with last_step():
                    published = publish.publish(campaign.runs, folder, run_id, campaign.publish.keep_runs)
                shown.say(run_id)
    return Finished(published, closing_lines(night, published))


def read_campaign(campaign_path: Path) -> tuple[Campaign, Tables]:
    """The configuration and the tables; raises InputRefused with every fault of both."""
    campaign = _load(campaign_path)
    return campaign, read(campaign)


def _load(campaign_path: Path) -> Campaign:
    """The configuration; where it is refused, the tables are looked at too, so that every fault is told at once."""
    try:
        return load(campaign_path)
    except InputRefused as refused:
        raise InputRefused(look(campaign_path).faults or refused.faults) from None


def model_gate(campaign: Campaign, evaluation: Evaluation, previous: Path | None) -> Standing:
    """How the model stands to popularity and to the published run; raises ModelRefused where it is worse.

    previous  folder of the run that is published now; None = none is
    """
    gate = standing(evaluation, last_rows(previous), profiles=evaluation.profiles)
    if gate.refusals and campaign.publish.model_gate == "refuse":
        raise ModelRefused([*gate.refusals, "the model is worse beyond the interval; nothing was published"])
    return gate


def score(shop: Shop, recommender: Recommender) -> Scores:
    """What boxes are packed by, for every box and boxable product, in the shop's positions: those of its customer."""
    scores: Scores = recommender.score_blocks(shop.people, shop.items["product_id"])
    if shop.n_people * shop.n_items <= SCORES_IN_MEMORY:
        scores = InMemory(scores.block(0, shop.n_people))
    return Rows(scores, shop.person) if shop.has_several else scores


def second_opinion(packed: Packed, rules: dict[str, Any], run_id: str) -> None:
    """Raise CheckFailed unless the problem is what the tables say, every rule holds and the proof can be recomputed.

    The share of short boxes and the gap are held against [short] and [publish], too.

    rules   campaign.toml as plain dictionaries
    run_id  draws the customers who are looked at where they are many
    """
    campaign, plan = packed.shop.campaign, packed.plan
    with ThreadPoolExecutor(1) as pool:  # beside the proof: neither asks the other
        audited = pool.submit(audit_allowed, packed, vars(packed.shop.tables), rules, run_id)
        faults = check_plan(packed.problem, plan)
    if unlike := audited.result():
        raise CheckFailed([*unlike, "the plan's problem is not what the tables say; nothing was published"])
    if faults:
        raise CheckFailed([*(fault.words for fault in faults), "the plan breaks its rules; nothing was published"])
    refuse_too_many_short(packed)
    if plan.gap is None or plan.gap > campaign.publish.max_gap:
        found = "no gap is proved" if plan.gap is None else f"a plan up to {plan.gap:.3%} better may exist"
        raise CheckFailed(f"{found}; [publish] max_gap allows {campaign.publish.max_gap:.3%}. Nothing was published")


def gap_words(gap: float | None) -> str:
    """The gap as the progress line tells it."""
    return "no gap proved" if gap is None else f"gap {gap:.2e}"


def closing_lines(night: Night, published: publish.Published) -> tuple[str, ...]:
    """What was made, how good it is, and where to look."""
    packed, plan, runs = night.packed, night.packed.plan, published.folder.parent
    short, items = int((packed.missing > 0).sum()), int((packed.boxes >= 0).sum())
    again = " (the same inputs gave the same bytes as before)" if published.was_there else ""
    gap = gap_sentence({"value": plan.value, "upper_bound": plan.upper_bound})
    lost = packed.locks_lost
    quality = [sentence for sentence in night.evaluation.sentences if sentence.startswith("For ")]
    return (
        f"Published {published.run_id}{again}",
        f"  {packed.problem.n_customers:,} boxes, {items:,} items, {short:,} not full. {gap}",
        *(f"  {sentence}" for sentence in quality),
        *([f"  {len(lost):,} locks are not kept; exceptions.csv says why, lock by lock"] if lost else []),
        *(f"  WARNING, published all the same: {line}" for line in night.gate.refusals),
        *(f"  Still hidden from the website: {row.words}" for row in overrides.hidden(runs)),
        f"Look at {published.folder / 'report.html'}",
        f"   and at {published.folder / 'assignments.csv'}",
    )
