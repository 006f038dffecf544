"""A published run of the small campaign, packed by the dullest possible greedy, for tests of what reads a run folder.

The writers are called as the night calls them; scores and prices are drawn, the bound is proved by the second opinion.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.config.load import load
from jobs.inputs.box_ids import people
from jobs.inputs.tables import read
from jobs.outputs import manifest
from jobs.outputs.assignments import write_assignments
from jobs.outputs.boxes import write_boxes
from jobs.outputs.certificate import write_certificate, write_json
from jobs.outputs.changes import Tonight, write_changes
from jobs.outputs.exceptions_csv import write_exceptions
from jobs.outputs.inputs import write_inputs
from jobs.outputs.json_lists import customers_boxes, ranked_lists, sent_lists
from jobs.outputs.prices import write_prices
from jobs.outputs.products import eligible_customers, write_products
from jobs.outputs.scores_parquet import write_scores
from jobs.outputs.sent import sent_items
from jobs.outputs.website import catalogue_of, write_website
from jobs.packing.exceptions import COLUMNS
from jobs.posing.allowed import Allowed, allowed_pairs
from jobs.posing.deal import dealt
from jobs.posing.problem import box_problem
from jobs.posing.rule_effects import as_json, rule_effects
from jobs.posing.scores import InMemory, Rows, Scores
from jobs.posing.shop import Shop, open_shop
from jobs.publishing import publish
from jobs.recommending.ranked_list import Ranked
from jobs.starting.start import COLD
from optimizer.problem import BoxProblem, Plan, Prices, Termination
from optimizer.verify import check, plan_value, price_bound
from tests.jobs.small_campaign import write_small_campaign

Boxes = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class SmallNight:
    """The small campaign, packed."""

    shop: Shop
    allowed: Allowed
    scores: Scores
    problem: BoxProblem
    plan: Plan
    run_id: str

    @property
    def boxes(self) -> Boxes:
        assert self.plan.boxes is not None
        return self.plan.boxes


def pack_small(campaign_folder: Path, seed: int = 0) -> SmallNight:
    """Read the campaign in a folder and pack it: each customer in turn takes the best legal box that is left."""
    campaign = load(campaign_folder)
    tables = read(campaign)
    shop = open_shop(campaign, tables)
    draw = np.random.default_rng(seed)
    of_people = InMemory(draw.random((shop.n_people, shop.n_items)).astype(np.float32))
    scores = Rows(of_people, shop.person) if shop.has_several else of_people
    allowed = dealt(shop, scores, allowed_pairs(shop))
    problem = box_problem(shop, scores, allowed)
    boxes = greedy(problem)
    prices = Prices(
        draw.integers(0, 50_000, problem.stock.shape),
        np.array([0 if quota.at_least is None else 7 for quota in problem.quotas]),
        np.array([0 if quota.at_most is None else 3 for quota in problem.quotas]),
        unit=10,
    )
    plan = Plan(Termination.FEASIBLE, boxes, plan_value(problem, boxes), price_bound(problem, prices), prices)
    toml = campaign.path.read_bytes()
    return SmallNight(
        shop, allowed, scores, problem, plan, manifest.make_run_id(campaign.name, tables.sources, toml, campaign.seed)
    )


def greedy(problem: BoxProblem) -> Boxes:
    """Boxes that break no rule, one customer after the other; the best four products that fit are tried."""
    boxes = np.full((problem.n_customers, problem.width), -1, np.int32)
    for c in range(problem.n_customers):
        utility, allowed = problem.block(c, c + 1)
        likes = [int(i) for i in np.argsort(-utility[0], kind="stable") if allowed[0, i]]
        for size in range(int(problem.sizes[c]), 0, -1):
            for box in combinations(likes, size):
                boxes[c, :size] = box
                if not check(problem, boxes):
                    break
                boxes[c] = -1
            if boxes[c, 0] >= 0:
                break
    return boxes


def write_small(folder: Path, night: SmallNight, previous: Path | None = None) -> None:
    """Write every file of the run into a staged folder."""
    shop, problem, plan = night.shop, night.problem, night.plan
    assert plan.prices is not None
    sent = sent_items(night.boxes, night.scores)
    customer_ids, product_ids = shop.customers["customer_id"], list(shop.items["product_id"])
    reasons = [f"because number {number} likes it" for number in range(len(sent))]
    packed = np.zeros_like(problem.stock)
    np.add.at(packed, (problem.pools[sent.customer_idx], sent.item_idx), 1)
    write_inputs(folder, vars(shop.tables), shop.campaign.path.read_bytes())
    write_assignments(folder / "assignments.csv", night.run_id, customer_ids, shop.items, sent, reasons, shop.box_ids)
    write_boxes(folder / "boxes.csv", shop.customers, shop.items, sent, problem.locked, shop.dropped)
    eligible = eligible_customers(problem)
    path = folder / "products.csv"
    write_products(path, shop.items, shop.pools, shop.stock, packed, shop.promised, plan.prices, eligible)
    write_exceptions(folder / "exceptions.csv", pd.DataFrame(columns=list(COLUMNS), dtype="str"))
    tonight = Tonight(shop, night.allowed, sent, shop.stock - packed, problem.locked)
    write_changes(folder / "changes.csv", previous, tonight)
    write_scores(folder / "scores.parquet", shop.people, product_ids, Rows(night.scores, shop.first[:-1]))
    write_prices(folder / "prices.csv", plan.prices, shop.pools, product_ids, problem.quotas)
    write_certificate(folder / "certificate.json", night.run_id, problem, plan, [])
    product_keys = list(shop.tables.products["product_id"])
    keys = {
        "recommendations": list(people(shop.tables.customers)["customer_id"]),
        "similar_products": product_keys,
        "goes_with": product_keys,
        "baskets": ['["P01","P02"]', '["P01","P02","P14"]'],
        "bestsellers": ["", "plan=basic", "plan=deluxe"],
    }
    lists = sent_lists(shop.n_customers, product_ids, sent, reasons)
    boxes = (list(shop.people), customers_boxes(lists, shop.box_ids, shop.first))
    tables = {name: (mine, list(ranked_lists(two_of_three(mine)))) for name, mine in keys.items()}
    release: dict[str, str | int] = {"run_id": night.run_id, "published_at": "2026-12-01T03:00:00Z"}
    write_website(folder / "website.sqlite", release, {**tables, "boxes": boxes}, catalogue_of(shop.tables.products))
    write_json(folder / "rules.json", {"eligibility": as_json(rule_effects(shop, night.allowed.rules))})
    (folder / "report.html").write_text("<p>report</p>")
    (folder / "start.json").write_bytes(COLD.content)
    manifest.write_manifest(
        folder,
        night.run_id,
        runs=shop.campaign.runs,
        campaign_file=shop.campaign.path,
        sources=shop.tables.sources,
        seeds={"campaign": shop.campaign.seed},
        metrics={},
        measured=[],
    )


def two_of_three(keys: list[str]) -> Ranked:
    """For every key the first two of P03, P04 and P06 that are not the key itself, by falling score."""
    product_ids = np.array(["P03", "P04", "P06"], object)
    idx = np.array([np.flatnonzero(product_ids != key)[:2] for key in keys], np.int32)
    score = np.broadcast_to(np.array([0.75, 0.5], np.float32), idx.shape)
    return Ranked(keys, product_ids, idx, score, np.zeros(idx.shape, np.int32), ("new",))


def publish_small(campaign_folder: Path, seed: int = 0) -> publish.Published:
    """Pack the campaign in a folder and publish the run."""
    night = pack_small(campaign_folder, seed)
    runs = night.shop.campaign.runs
    with publish.night_lock(runs), publish.stage(runs, night.run_id) as folder:
        now = publish.current_run(runs)
        write_small(folder, night, None if now is None else runs / now)
        return publish.publish(runs, folder, night.run_id, night.shop.campaign.publish.keep_runs)


if __name__ == "__main__":
    import sys

    print(publish_small(write_small_campaign(Path(sys.argv[1]))))
