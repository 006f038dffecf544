"""What the report tells, read from the run folder's own files and counted; nothing is recomputed from the inputs.

Frames keep the columns of docs/campaign.md; every count on the page can be counted again in the CSVs.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.csv as pacsv

from jobs.csv_text import read_csv, unguard_array
from jobs.operating.trend import Point, read_trend
from jobs.outputs import boxes as boxes_csv
from jobs.outputs import products as products_csv
from jobs.report.website import Counted, count_lists


@dataclass(frozen=True, eq=False)
class Items:
    """The rows of assignments.csv, in columns.

    customer_id, box_id, category  str; score float64; all (n_items_packed,)
    """

    customer_id: pd.Series
    box_id: pd.Series
    category: pd.Series
    score: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Facts:
    """One run, as its files tell it.

    boxes        boxes.csv; products: products.csv; exceptions and changes likewise
    certificate  certificate.json
    evaluation   evaluation.json, {} when absent
    standing     how the recommender stands to popularity and the run before: standing.json, () when absent
    joins        a line for every reference between the input tables: joins.json, () when absent
    rules        what each eligibility rule forbids to whom: rules.json, [] when absent
    campaign     the run's own copy of campaign.toml, {} when absent
    website      how many lists of each kind, [] when website.sqlite is absent
    refused      why it was not published: refused.json, () of a run
    nights       the last published nights and this one: nights.json, [] when absent
    """

    run_id: str
    items: Items
    boxes: pd.DataFrame
    products: pd.DataFrame
    exceptions: pd.DataFrame
    changes: pd.DataFrame
    certificate: dict[str, Any]
    evaluation: dict[str, Any]
    standing: tuple[str, ...]
    joins: tuple[str, ...]
    rules: list[dict[str, Any]]
    campaign: dict[str, Any]
    website: list[Counted]
    nights: list[Point]
    refused: tuple[str, ...] = ()

    @property
    def taking_part(self) -> pd.DataFrame:
        """Boxes that were not dropped by an edit."""
        return self.boxes[~_flagged(self.boxes, "dropped")]

    @property
    def n_customers(self) -> int:
        """Customers who take part, each once however many boxes she has."""
        return int(self.taking_part["customer_id"].nunique())

    @property
    def n_dropped(self) -> tuple[int, int]:
        """Customers whom edits dropped, and single boxes of those who still take part."""
        gone = self.boxes[_flagged(self.boxes, "dropped")]
        hers = self.taking_part["customer_id"]
        stays = gone["customer_id"].isin(hers[hers.isin(gone["customer_id"])])  # few are dropped of many
        return int(gone.loc[~stays, "customer_id"].nunique()), int(stays.sum())

    @property
    def n_short(self) -> int:
        """Boxes with fewer items than slots, also those with none."""
        boxes = self.taking_part
        return int((_flagged(boxes, "short") | _flagged(boxes, "no box")).sum())

    @property
    def n_sent(self) -> int:
        """Boxes with at least one item."""
        return int((self.boxes["items"] > 0).sum())


def read_facts(run_folder: Path) -> Facts:
    """Read a run folder, staged or published.

    Raises FileNotFoundError when one of the files that every run holds is missing.
    """
    campaign = run_folder / "inputs" / "campaign.toml"
    certificate = _json(run_folder / "certificate.json")
    evaluation = run_folder / "evaluation.json"
    standing, rules, joins, refused = (
        run_folder / f"{name}.json" for name in ("standing", "rules", "joins", "refused")
    )
    return Facts(
        run_id=str(certificate["run_id"]),
        items=_items(run_folder / "assignments.csv"),
        boxes=read_csv(run_folder / "boxes.csv", boxes_csv.NUMBERS),
        products=read_csv(run_folder / "products.csv", products_csv.NUMBERS),
        exceptions=read_csv(run_folder / "exceptions.csv"),
        changes=read_csv(run_folder / "changes.csv"),
        certificate=certificate,
        evaluation=_json(evaluation) if evaluation.is_file() else {},
        standing=tuple(_json(standing)["lines"]) if standing.is_file() else (),
        joins=tuple(join["words"] for join in _json(joins)["joins"]) if joins.is_file() else (),
        rules=_json(rules)["eligibility"] if rules.is_file() else [],
        campaign=tomllib.loads(campaign.read_text(encoding="utf-8-sig")) if campaign.is_file() else {},
        website=count_lists(run_folder),
        nights=read_trend(run_folder),
        refused=tuple(_json(refused)["lines"]) if refused.is_file() else (),
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _items(path: Path) -> Items:
    """Four columns of assignments.csv; the file may hold millions of rows, so the others are not read."""
    wanted = {"customer_id": "string", "box_id": "string", "category": "string", "score": "float64"}
    table = pacsv.read_csv(
        path,
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            include_columns=list(wanted), include_missing_columns=True, column_types=wanted, strings_can_be_null=False
        ),
    )
    names = ("customer_id", "box_id", "category")
    customer_id, box_id, category = (unguard_array(table[name]).to_pandas() for name in names)
    box_id = box_id.fillna("")  # a run from before boxes had names
    return Items(customer_id, box_id, category, table["score"].to_numpy().astype(np.float64))


def _flagged(boxes: pd.DataFrame, flag: str) -> pd.Series:
    """bool per box: does `flags` hold this one?"""
    return ("|" + boxes["flags"] + "|").str.contains(f"|{flag}|", regex=False)


@dataclass(frozen=True)
class Tally:
    """How many of one kind, and how many of these are of the sort to look at (short boxes, say)."""

    label: str
    count: int
    marked: int = 0


def boxes_by_size(facts: Facts) -> list[Tally]:
    """Boxes by the number of items in them, fewest first; marked = not full."""
    boxes = facts.taking_part
    short = _flagged(boxes, "short") | _flagged(boxes, "no box")
    counts = pd.crosstab(boxes["items"], short).reindex(columns=[False, True], fill_value=0).sort_index()
    return [Tally(str(items), int(row[False] + row[True]), int(row[True])) for items, row in counts.iterrows()]


def boxes_by_place(facts: Facts) -> pd.DataFrame:
    """One row per warehouse and wave: boxes (with an item), items, short, retail_value (mean of the boxes sent)."""
    boxes = facts.taking_part
    sent = boxes["items"] > 0
    short = _flagged(boxes, "short") | _flagged(boxes, "no box")
    rows = boxes.assign(boxes=sent, short=short, value=boxes["retail_value"].where(sent))
    grouped = rows.groupby(["warehouse", "wave"], sort=True)
    return grouped.agg(
        boxes=("boxes", "sum"), items=("items", "sum"), short=("short", "sum"), retail_value=("value", "mean")
    ).reset_index()


def stock_by_product(facts: Facts) -> pd.DataFrame:
    """One row per product, most used first: product_id, name, category, available, packed, share (packed / available).

    Products without any stock come last, with a share of NaN.
    """
    rows = facts.products
    both = rows.groupby("product_id", sort=True).agg(
        name=("name", "first"), category=("category", "first"), available=("available", "sum"), packed=("packed", "sum")
    )
    both["share"] = both["packed"] / both["available"].where(both["available"] > 0)
    order = ["share", "packed", "product_id"]
    return both.reset_index().sort_values(order, ascending=[False, False, True], na_position="last")


def ran_out(facts: Facts) -> pd.DataFrame:
    """Rows of products.csv with stock, none of it left, the most valuable next unit first."""
    rows = facts.products[(facts.products["available"] > 0) & (facts.products["left"] <= 0)]
    return rows.sort_values(["marginal_value", "product_id", "warehouse"], ascending=[False, True, True])


def promises(facts: Facts) -> pd.DataFrame:
    """Rows of products.csv with units promised to a brand, the largest shortfall first."""
    rows = facts.products[facts.products["at_least"] > 0]
    return rows.sort_values(["short_by", "product_id", "warehouse"], ascending=[False, True, True])


def categories_per_box(facts: Facts) -> list[Tally]:
    """Boxes by the number of different categories in them."""
    items, box = facts.items, ["customer", "box"]
    columns = {"customer": items.customer_id, "box": items.box_id, "category": items.category}
    different = pd.DataFrame(columns).drop_duplicates().groupby(box, sort=False).size().value_counts().sort_index()
    return [Tally(str(number), int(count)) for number, count in different.items()]


def items_by_category(facts: Facts) -> list[Tally]:
    """Items sent by category, most first."""
    counts = facts.items.category.value_counts()
    tallies = [Tally(str(name) or "(none)", int(count)) for name, count in counts.items()]
    return sorted(tallies, key=lambda tally: (-tally.count, tally.label))


def score_histogram(facts: Facts, n_bins: int = 24) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Counts (n_bins,) and edges (n_bins + 1,) of the scores of all items sent; empty arrays when nothing was sent."""
    scores = facts.items.score
    if not scores.size:
        return np.zeros(0, np.int64), np.zeros(0)
    counts, edges = np.histogram(scores, bins=n_bins)
    return counts.astype(np.int64), edges.astype(np.float64)
