"""The run folder: every file of a night, written aside before anyone sees it.

One function, in the order in which a merchandiser, the website, an analyst and an operator open the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.cells.arrow_texts import texts
from jobs.evaluating.evaluate import Evaluation
from jobs.evaluating.gate import Standing
from jobs.guarding.guard import Guarded
from jobs.guarding.last_night import PROFILE
from jobs.joins.words import line
from jobs.learning.recommender import Recommender
from jobs.outputs.assignments import write_assignments
from jobs.outputs.boxes import write_boxes
from jobs.outputs.certificate import write_certificate, write_json
from jobs.outputs.changes import Tonight, write_changes
from jobs.outputs.exceptions_csv import write_exceptions
from jobs.outputs.inputs import write_inputs
from jobs.outputs.json_lists import customers_boxes, ranked_lists, sent_lists
from jobs.outputs.manifest import write_manifest
from jobs.outputs.prices import write_prices
from jobs.outputs.products import eligible_customers, write_products
from jobs.outputs.scores_parquet import write_scores
from jobs.outputs.sent import Sent, sent_items
from jobs.outputs.website import catalogue_of, write_website
from jobs.packing.exceptions import exceptions
from jobs.packing.pack import Packed
from jobs.posing.rule_effects import as_json
from jobs.posing.scores import Rows
from jobs.progress import Measured
from jobs.recommending.lists import Ranked, WebsiteLists
from jobs.recommending.reasons import box_reasons
from jobs.starting.named_weights import weights_as_json
from jobs.starting.start import COLD, Start
from jobs.starting.start import FILE as START


@dataclass(frozen=True, eq=False)
class Night:
    """What a night has found out, ready to be written down.

    campaign_toml  the campaign's file as the night read it
    lists          None = a night that was refused before they were made
    learned_from   digest of all that the recommender learned from
    """

    run_id: str
    campaign_toml: bytes
    packed: Packed
    recommender: Recommender
    lists: WebsiteLists | None
    evaluation: Evaluation
    gate: Standing
    guarded: Guarded
    start: Start = COLD
    learned_from: str = ""

    @property
    def ranked(self) -> dict[str, Ranked]:
        """The website's lists by table; none where they were not made."""
        return {} if self.lists is None else self.lists.tables

    @property
    def sources(self) -> Any:
        """Where the tables came from, by name."""
        return self.packed.shop.tables.sources


def write_run(folder: Path, night: Night, previous: Path | None) -> None:
    """Write everything but the report and the manifest into `folder`.

    previous  folder of the run that is published now, for changes.csv; None = none is
    """
    sent = sent_items(night.packed.boxes, night.packed.scores)
    reasons = _reasons(night, sent)
    with ThreadPoolExecutor(1) as beside:  # the largest file, while another core writes all the others
        website = beside.submit(_write_website, folder / "website.sqlite", night, sent, reasons)
        _write_others(folder, night, previous, sent, reasons)
        website.result()


def write_all_but_website(folder: Path, night: Night, previous: Path | None) -> None:
    """The same without website.sqlite: what a refused night has found, which no website may show."""
    sent = sent_items(night.packed.boxes, night.packed.scores)
    _write_others(folder, night, previous, sent, _reasons(night, sent))


def _write_others(folder: Path, night: Night, previous: Path | None, sent: Sent, reasons: pa.DictionaryArray) -> None:
    """Every file but website.sqlite."""
    packed, shop = night.packed, night.packed.shop
    plan, problem = packed.plan, packed.problem
    assert plan.prices is not None
    customer_ids, product_ids = shop.customers["customer_id"], list(shop.items["product_id"])
    write_inputs(folder, vars(shop.tables), night.campaign_toml)
    write_assignments(folder / "assignments.csv", night.run_id, customer_ids, shop.items, sent, reasons, shop.box_ids)
    write_boxes(folder / "boxes.csv", shop.customers, shop.items, sent, problem.locked, shop.dropped)
    write_products(
        folder / "products.csv",
        shop.items,
        shop.pools,
        shop.stock,
        packed.packed_units,
        shop.promised,
        plan.prices,
        eligible_customers(problem),
    )
    write_exceptions(folder / "exceptions.csv", exceptions(packed))
    left = shop.stock - packed.packed_units
    write_changes(folder / "changes.csv", previous, Tonight(shop, packed.allowed, sent, left, problem.locked))
    scores = Rows(packed.scores, shop.first[:-1]) if shop.has_several else packed.scores
    write_scores(folder / "scores.parquet", shop.people, product_ids, scores)
    write_prices(folder / "prices.csv", plan.prices, shop.pools, product_ids, problem.quotas)
    write_certificate(folder / "certificate.json", night.run_id, problem, plan, [])
    write_json(folder / "rules.json", {"eligibility": as_json(packed.effects)})
    write_json(folder / "evaluation.json", evaluation_as_json(night.evaluation))
    write_json(folder / "weights.json", weights_as_json(night.evaluation.weights))
    (folder / START).write_bytes(night.start.content)
    write_json(folder / "joins.json", {"joins": [{**join.counts, "words": line(join)} for join in shop.tables.joins]})
    write_json(folder / PROFILE, night.guarded.as_json())
    write_json(folder / "standing.json", {"lines": list(night.gate.lines), "refusals": list(night.gate.refusals)})


def finish_manifest(
    folder: Path,
    night: Night,
    measured: Iterable[Measured],
    kept: Mapping[str, float] | None = None,
    deadline: Mapping[str, Any] | None = None,
) -> None:
    """Write manifest.json over everything that is in `folder`; the last thing before publication."""
    campaign, packed = night.packed.shop.campaign, night.packed
    write_manifest(
        folder,
        night.run_id,
        runs=campaign.runs,
        campaign_file=campaign.path,
        sources=night.sources,
        seeds={"campaign": campaign.seed},
        start=night.start,
        metrics={
            "customers": packed.shop.n_people,
            "boxes": packed.problem.n_customers,
            "items_packed": int((packed.boxes >= 0).sum()),
            "short_boxes": int((packed.missing > 0).sum()),
            "value": packed.plan.value,
            "upper_bound": packed.plan.upper_bound,
            "gap": packed.plan.gap,
            "evaluation": evaluation_as_json(night.evaluation)["table"],
            "lists": {name: int((ranked.idx >= 0).any(axis=1).sum()) for name, ranked in night.ranked.items()},
        },
        measured=measured,
        joins=[join.counts for join in packed.shop.tables.joins],
        accepted=[change.as_json() for change in night.guarded.accepted],
        learned_from=night.learned_from,
        kept=kept,
        deadline=deadline,
    )


def evaluation_as_json(evaluation: Evaluation) -> dict[str, Any]:
    """How good the recommender is: sentences, and the figures behind them."""
    rows = evaluation.table.astype(object).where(evaluation.table.notna(), None).to_dict("records")
    return {"since": str(evaluation.since), "sentences": list(evaluation.sentences), "table": rows}


def _reasons(night: Night, sent: Sent) -> pa.DictionaryArray:
    """Why each item is in its box; a merchandiser's lock is the reason where there is one."""
    shop, locked, seen = night.packed.shop, night.packed.problem.locked, night.recommender.interactions
    customers = seen.customers(shop.people)[shop.person[sent.customer_idx]]
    products = seen.products(shop.items["product_id"])[sent.item_idx]
    codes, said = box_reasons(night.recommender, customers, products, packing_scores=sent.score)
    if locked is not None:
        codes = np.where((locked[sent.customer_idx] == sent.item_idx[:, None]).any(axis=1), len(said), codes)
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), texts((*said, "chosen by hand")))


def _write_website(path: Path, night: Night, sent: Sent, reasons: pa.DictionaryArray) -> None:
    """website.sqlite: every kind of list, the boxes, and what the products are called."""
    shop = night.packed.shop
    lists = sent_lists(shop.n_customers, list(shop.items["product_id"]), sent, reasons)
    write_website(
        path,
        {
            "run_id": night.run_id,
            "published_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "campaign": shop.campaign.name,
            "ship_date": str(shop.campaign.ship_date),
        },
        {
            **{table: (ranked.keys, ranked_lists(ranked)) for table, ranked in night.ranked.items()},
            "boxes": (list(shop.people), customers_boxes(lists, shop.box_ids, shop.first)),
        },
        catalogue_of(shop.tables.products),
    )
