"""The night, start to publication. Read this file top to bottom and you know the system.

Tables become positions, positions become scores, scores become boxes, boxes become files; a check stands between each
step and the next, and nothing is visible to readers before the last line of `nightly` has run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from jobs.budgeting.budget import MAY_BE_KEPT, Budget
from jobs.checking.audit import audit_staged
from jobs.checking.audit_allowed import audit_allowed
from jobs.compiling import LISTS, PACKING, compiled_ahead
from jobs.config.campaign import Campaign
from jobs.config.load import load, read_draft
from jobs.evaluating.evaluate import Evaluation, evaluate
from jobs.evaluating.gate import Standing, last_rows, standing
from jobs.evidence.audit_read import rules_of
from jobs.faults import AnotherNight, CheckFailed, InputRefused, ModelRefused
from jobs.guarding.guard import guard, guard_scores
from jobs.guarding.last_night import last_night
from jobs.guarding.scores import score_quantiles
from jobs.inputs.tables import Tables, look, read
from jobs.learning.recommender import Recommender
from jobs.learning.train import train
from jobs.operating.trend import write_trend
from jobs.outputs.manifest import make_run_id
from jobs.outputs.stage import Night, finish_manifest, write_run
from jobs.packing.pack import Packed, Solved, pack, packed_as, refuse_too_many_short
from jobs.posing.scores import InMemory, Rows, Scores
from jobs.posing.shop import Shop, open_shop
from jobs.progress import Stages
from jobs.publishing import overrides, publish
from jobs.publishing.exposed import exposed
from jobs.recommending.lists import WebsiteLists, website_lists
from jobs.refusing.story import story
from jobs.report.page import render
from jobs.report.words import gap_sentence
from jobs.resuming.contents import prices_digest, weights_digest
from jobs.resuming.kept import Kept
from jobs.resuming.parts import to_judge, to_learn, to_list, to_pack, to_score
from jobs.starting.last_run import start_of_night
from jobs.starting.start import Start
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
    fresh: bool = False,
    accept: Sequence[str] = (),
    expected: Sequence[str] = (),
    until: datetime | None = None,
    last_step: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Finished:
    """Run one night.

    campaign_path  the campaign's folder or TOML file
    accept         names of changes against last night that are meant, though they are beyond [limits]
    expected       the same of changes that may come and need not; nothing is said where they do not
    cold           do not start from the prices and weights of the published run
    fresh          make every stage anew, though what it would make was kept
    until          the moment by which the night must be over; for its sake some stages may do with less
    last_step      held around the publication itself, after which the night has done what it is for

    One BLAS thread throughout: with more, the last bit of a sum depends on how many there are.

    Raises Refusal with its lines and exit code; `runs/current` is then as it was before.
    """
    campaign = _load_or_tell(campaign_path, stages)
    campaign_toml = campaign.path.read_bytes()  # as it is now: the file may be edited while the night runs
    with (
        publish.night_lock(campaign.runs),
        story(campaign.runs, campaign.publish.keep_refused, stages) as found,
        publish.taken(campaign.runs) as hold,
        compiled_ahead() as compiling,
    ):
        kept = Kept(campaign.runs, campaign, stages, fresh=fresh)
        budget = Budget.of(campaign.runs, until)
        with stages.stage("extract") as shown:
            budget.check("extract", done=MAY_BE_KEPT)
            tables = read(campaign, hold)
            budget.rows = {name: source.n_rows for name, source in tables.sources.items()}
            last = last_night(campaign.runs)
            guarded = guard(campaign, tables, last, accept, expected)
            now = publish.current_run(campaign.runs)
            previous = None if now is None else campaign.runs / now
            from_run = None if cold else previous
            learning = to_learn(campaign, tables)
            judging = to_judge(campaign, learning)
            start = start_of_night(from_run, tables.sources, campaign_toml, judging.digest, say=stages.line)
            judged_from = (judging.digest, weights_digest(start.weights))
            budget.choose_share(
                lambda share: kept.has("evaluate", (*judged_from, *share_digest(share))),
                kept.has("train", (learning.digest,)),
            )
            made_of = (campaign.name, tables.sources, campaign_toml, campaign.seed, start)
            run_id = make_run_id(*made_of, budget.shortened)
            found.run_id, found.previous = run_id, previous
            stages.known(run_id, tables.sources)
            shown.say(", ".join(f"{source.n_rows:,} {name}" for name, source in tables.sources.items()))
        for told in (*exposed(campaign.runs), *tables.joined, *tables.notes):
            stages.line(str(told))

        with stages.stage("evaluate") as shown:
            share = budget.share
            evaluation = kept.or_made(
                "evaluate",
                Evaluation,
                (*judged_from, *share_digest(share)),
                lambda: evaluate(judging.campaign, judging.tables, progress=shown.say, last=start.weights, share=share),
            )
            found.evaluation = evaluation
            gate = model_gate(campaign, evaluation, previous)  # and evaluation.weights are those that tonight scores by
            shown.say("on the campaign's own past")

        with stages.stage("train") as shown:
            budget.check("train")
            learned = kept.or_made(
                "train",
                Recommender,
                (learning.digest,),
                lambda: train(learning.campaign, learning.tables, progress=shown.say),
            )
            recommender = replace(learned, campaign=campaign, weights=evaluation.weights)
            shown.say(f"{len(tables.events):,} events")

        with stages.stage("score") as shown:
            shop = open_shop(campaign, tables)
            scoring = to_score(campaign, shop.people, shop.items["product_id"])
            by_model = (learning.digest, weights_digest(evaluation.weights))
            scores = score(shop, replace(recommender, campaign=scoring.campaign), kept, (*by_model, scoring.digest))
            guarded = guard_scores(campaign, score_quantiles(scores), last, accept, guarded, expected)
            shown.say(f"{shop.n_people:,} customers x {shop.n_items:,} products")

        for told in guarded.lines(accept):
            stages.line(told)

        def as_far(packed: Packed) -> Night:
            """All that is known before lists are made."""
            so_far = (packed, recommender, None, evaluation, gate, guarded, start, judging.digest)
            return Night(run_id, campaign_toml, *so_far)

        with stages.stage("pack") as shown:
            compiling.wait(PACKING)
            packing, listing = to_pack(campaign, tables), to_list(campaign, tables, learning)
            packed_from = (*by_model, scoring.digest, packing.digest, prices_digest(start.prices))
            listed_from = (*by_model, listing.digest)
            budget.known(pack=kept.has("pack", packed_from), lists=kept.has("lists", listed_from))
            at_most_s = budget.packing()
            posed = open_shop(packing.campaign, packing.tables)
            found.instead = lambda: as_far(packed_short(campaign, tables, scores, start))
            solved = kept.or_made(
                "pack",
                Solved,
                packed_from,
                lambda: pack(posed, scores, prices=start.prices, at_most_s=at_most_s, progress=shown.solving).solved,
                worth=lambda solved: not solved.plan.cut_short,
            )
            packed = packed_as(shop, scores, solved)
            budget.stopped = packed.plan.cut_short
            run_id = found.run_id = make_run_id(*made_of, cut_short(budget, packed))
            stages.known(run_id, tables.sources)
            shown.say(f"{int((packed.boxes >= 0).sum()):,} items, {gap_words(packed.plan.gap)}")

        for effect in packed.effects:
            stages.line(effect.words)
        for told in budget.lines:
            stages.line(told)

        found.night = lambda: as_far(packed)

        with stages.stage("verify") as shown:
            budget.check("verify")
            second_opinion(packed, rules_of(campaign_toml), run_id)
            shown.say("every rule, stock figure and the bound recomputed: no fault")

        with stages.stage("lists") as shown:
            compiling.wait(LISTS)
            lists = kept.or_made(
                "lists",
                WebsiteLists,
                listed_from,
                lambda: website_lists(
                    replace(recommender, campaign=listing.campaign), listing.tables, progress=shown.say
                ),
            )
            customers, products, baskets = (len(made.keys) for made in (lists.personal, lists.similar, lists.baskets))
            shown.say(f"{customers:,} customers, {products:,} products, {baskets:,} baskets")

        night = replace(as_far(packed), lists=lists)
        with publish.stage(campaign.runs, run_id) as folder:
            with stages.stage("stage") as shown:
                budget.check("stage")
                write_run(folder, night, previous)
                write_trend(folder, campaign.runs, packed.missing)
                (folder / "report.html").write_text(render(folder), encoding="utf-8")
                shown.say(f"{sum(1 for path in folder.rglob('*') if path.is_file())} files")

            with stages.stage("audit") as shown:
                if faults := audit_staged(folder, tables.sources, campaign.ship_date, tables.events, campaign.signals):
                    raise CheckFailed([*faults, "nothing was published"])
                shown.say("staged files re-read against the tables: no fault")

            with stages.stage("publish") as shown:
                budget.check("publish")
                finish_manifest(folder, night, stages.measured, kept.took, budget.as_json())
                with last_step():
                    published = publish.publish(campaign.runs, folder, run_id, campaign.publish.keep_runs)
                shown.say(run_id)
    return Finished(published, closing_lines(night, published))


def read_campaign(campaign_path: Path) -> tuple[Campaign, Tables]:
    """The configuration and the tables; raises InputRefused with every fault of both."""
    campaign = _load(campaign_path)
    return campaign, read(campaign)


def _load_or_tell(campaign_path: Path, stages: Stages) -> Campaign:
    """The configuration; a refusal leaves its story where the runs are, as far as the file tells where that is."""
    try:
        return _load(campaign_path)
    except InputRefused as refused:
        draft = read_draft(campaign_path).campaign
        if draft.runs.is_dir():
            keep = draft.publish.keep_refused
            with suppress(AnotherNight), publish.night_lock(draft.runs), story(draft.runs, keep, stages):
                raise refused from None
        raise


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


def score(shop: Shop, recommender: Recommender, kept: Kept, depends_on: Sequence[str]) -> Scores:
    """What boxes are packed by, for every box and boxable product, in the shop's positions: those of its customer."""
    scores: Scores = recommender.score_blocks(shop.people, shop.items["product_id"])
    if shop.n_people * shop.n_items <= SCORES_IN_MEMORY:
        blocks = scores
        scores = InMemory(kept.or_made("score", np.ndarray, depends_on, lambda: blocks.block(0, shop.n_people)))
    return Rows(scores, shop.person) if shop.has_several else scores


def share_digest(share: float) -> tuple[str, ...]:
    """What the part of the customers that is looked at adds to what an evaluation depends on."""
    return () if share == 1 else (f"share {share}",)


def cut_short(budget: Budget, packed: Packed) -> tuple[str, ...]:
    """What was done with less for want of time, and if packing was which plan it is: all part of the run's name."""
    plan = (sha256(packed.boxes.tobytes()).hexdigest(),) if packed.plan.cut_short else ()
    return (*budget.shortened, *plan)


def packed_short(campaign: Campaign, tables: Tables, scores: Scores, start: Start) -> Packed:
    """The boxes as `policy = "ship_short"` would ship them: what tells why others cannot be filled."""
    short = campaign.short.model_copy(update={"policy": "ship_short"})
    return pack(open_shop(campaign.model_copy(update={"short": short}), tables), scores, prices=start.prices)


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
