"""The page itself: facts and sentences put into the template, plots drawn beside them. No clock, network or script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jobs.report import facts as f
from jobs.report import plots, trend, words
from jobs.templates import environment
from optimizer.problem import POINTS

TEMPLATES = Path(__file__).parent / "templates"
MOST_RAN_OUT = 20
MOST_PER_KIND = 12
MOST_PRODUCTS = 400
MOST_CATEGORIES = 20
MOST_CHANGES = 10
MOST_MISSED, SOME_KEPT = 40, 8


@dataclass(frozen=True)
class Row:
    """One line of a list with bars: label, small print, the value in words and its drawing."""

    label: str
    note: str
    value: str
    plot: str


def render(run_folder: Path) -> str:
    """The report of a run as one self-contained HTML page.

    run_folder  staged or published; only its files are read, and the same files give the same page

    Raises FileNotFoundError when one of them is missing.
    """
    facts = f.read_facts(run_folder)
    templates = environment(TEMPLATES)
    templates.filters.update(count=lambda n: f"{n:,}", percent=words.percent, points=words.points)
    templates.globals.update(plural=words.plural)
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return templates.get_template("report.html").render(style=style, **context(facts))


def context(facts: f.Facts) -> dict[str, Any]:
    """Everything the template shows, by name."""
    campaign = facts.campaign.get("campaign", {})
    return {
        "run_id": facts.run_id,
        "name": campaign.get("name", facts.run_id),
        "ship_date": campaign.get("ship_date"),
        "gap": words.gap_sentence(facts.certificate),
        "certificate": facts.certificate,
        "value": facts.certificate["value"] / POINTS,
        "upper_bound": facts.certificate["upper_bound"] / POINTS,
        "n_customers": facts.n_customers,
        "n_dropped": facts.n_dropped[0],
        "n_boxes_dropped": facts.n_dropped[1],
        "n_sent": facts.n_sent,
        "n_items": facts.items.score.size,
        "n_short": facts.n_short,
        **_fullness(facts),
        **_stock(facts),
        **_fit(facts),
        "rules": facts.rules,
        "kinds": _exceptions(facts.exceptions),
        "n_exceptions": len(facts.exceptions),
        "quality": _quality(facts.evaluation),
        "sentences": [str(sentence) for sentence in facts.evaluation.get("sentences", [])],
        "standing": list(facts.standing),
        "joins": list(facts.joins),
        "website": facts.website,
        "refused": facts.refused,
        "trend": trend.panels(facts.nights),
        "trend_span": trend.span_of(facts.nights) if facts.nights else None,
        **_changes(facts.changes),
    }


def _fullness(facts: f.Facts) -> dict[str, Any]:
    """How full the boxes are, in all and by warehouse and wave."""
    sizes = f.boxes_by_size(facts)
    most = max((tally.count for tally in sizes), default=0)
    places = f.boxes_by_place(facts)
    return {
        "sizes": [
            Row(
                words.plural(int(tally.label), "item"),
                f"{tally.marked:,} not full" if tally.marked else "",
                f"{tally.count:,}",
                plots.bar(tally.count, most, tally.marked),
            )
            for tally in sizes
        ],
        "places": _rows(places) if len(places) > 1 else [],
        "has_warehouse": bool((places["warehouse"] != "").any()),
        "has_wave": bool((places["wave"] != "").any()),
        "box_value": float(places["retail_value"].mean()) if len(places) == 1 else None,
    }


def _stock(facts: f.Facts) -> dict[str, Any]:
    """Stock used per product, what ran out, what was promised."""
    products = f.stock_by_product(facts)
    stocked = products[products["available"] > 0]
    gone = f.ran_out(facts)
    promised = f.promises(facts)
    broken = int((promised["short_by"] > 0).sum())
    titles = [f"{row['name']}: {row['packed']:,} of {row['available']:,}" for row in _rows(stocked)]
    kinds = ["warn" if left <= 0 else "fill" for left in stocked["available"] - stocked["packed"]]
    return {
        "n_products": len(products),
        "n_stocked": len(stocked),
        "n_used_up": int((stocked["available"] <= stocked["packed"]).sum()),
        "n_unused": int((stocked["packed"] == 0).sum()),
        "n_units": int(products["available"].sum()),
        "n_packed": int(products["packed"].sum()),
        "share_used": float(products["packed"].sum() / max(1, products["available"].sum())),
        "skyline": plots.columns(list(stocked["share"]), titles, "Share of the stock used, product by product", kinds),
        "stock_rows": [_stock_row(row) for row in _rows(products.head(MOST_PRODUCTS))],
        "ran_out": _next_units(gone.head(MOST_RAN_OUT)),
        "n_ran_out": len(gone),
        "n_promises": len(promised),
        "promises": _rows(promised.head(min(MOST_MISSED, max(SOME_KEPT, broken)))),
        "n_broken": broken,
        "short_by": int(promised["short_by"].sum()),
    }


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain dictionaries."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def _stock_row(row: dict[str, Any]) -> Row:
    """One product in the list of all products."""
    packed, available = int(row["packed"]), int(row["available"])
    told = words.percent(row["share"]) if available else "no stock"
    drawing = plots.bar(packed, available, packed if 0 < available <= packed else 0)
    return Row(row["name"], row["category"], f"{packed:,} of {available:,} ({told})", drawing)


def _next_units(gone: pd.DataFrame) -> list[Row]:
    """What one more unit of each product that ran out would add."""
    values = gone["marginal_value"].to_numpy(np.float64)
    most = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    return [
        Row(
            row["name"],
            ", ".join(part for part in (row["warehouse"], f"all {row['available']:,} packed") if part),
            words.points(float(value)),
            plots.bar(float(np.nan_to_num(value)), most),
        )
        for row, value in zip(_rows(gone), values, strict=True)
    ]


def _fit(facts: f.Facts) -> dict[str, Any]:
    """Scores of the items sent, and how varied the boxes are."""
    counts, edges = f.score_histogram(facts)
    scores = facts.items.score
    titles = [
        f"{words.points(low)} to {words.points(high)}: {count:,}"
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    variety, categories = f.categories_per_box(facts), f.items_by_category(facts)
    return {
        "histogram": plots.columns([int(count) for count in counts], titles, "Scores of the items sent"),
        "score_low": float(edges[0]) if len(edges) else None,
        "score_high": float(edges[-1]) if len(edges) else None,
        "score_median": float(np.median(scores)) if scores.size else None,
        "highest_bin": int(counts.max(initial=0)),
        "variety": [
            Row(words.plural(int(t.label), "category", "categories"), "", f"{t.count:,}", _bar_of(t, variety))
            for t in variety
        ],
        "categories": [Row(t.label, "", f"{t.count:,}", _bar_of(t, categories)) for t in categories[:MOST_CATEGORIES]],
        "n_categories": len(categories),
    }


def _bar_of(tally: f.Tally, among: Sequence[f.Tally]) -> str:
    return plots.bar(tally.count, max(other.count for other in among))


def _exceptions(exceptions: pd.DataFrame) -> list[dict[str, Any]]:
    """What could not be done, kind by kind in the order of the file: a dozen rows of each."""
    return [
        {"kind": kind, "count": len(rows), "rows": _rows(rows.head(MOST_PER_KIND))}
        for kind, rows in exceptions.groupby("kind", sort=False)
    ]


def _quality(evaluation: dict[str, Any]) -> list[dict[str, Any]]:
    """nDCG of the recommender and its baselines, part by part, with intervals on one axis."""
    table = [row for row in evaluation.get("table", []) if str(row["metric"]).startswith("nDCG")]
    most = max((float(row["high"]) for row in table), default=0.0)
    parts: dict[str, list[Row]] = {}
    for row in table:
        kind = "ours" if row["model"] == "boxwise" else "theirs"
        drawing = plots.interval(float(row["low"]), float(row["value"]), float(row["high"]), most, kind)
        note = f"{row['low']:.3f} to {row['high']:.3f}"
        parts.setdefault(row["part"], []).append(Row(row["model"], note, f"{row['value']:.3f}", drawing))
    counts = {row["part"]: int(row["n"]) for row in table}
    metric = str(table[0]["metric"]) if table else ""
    return [{"part": part, "n": counts[part], "metric": metric, "rows": rows} for part, rows in parts.items()]


def _changes(changes: pd.DataFrame) -> dict[str, Any]:
    """What differs from the previous published run, by reason."""
    counts = changes.groupby(["change", "why"]).size().rename("count").reset_index()
    counts = counts.sort_values(["count", "change", "why"], ascending=[False, True, True])
    return {
        "n_changes": len(changes),
        "n_changed": int(changes["customer_id"].nunique()),
        "changes": _rows(counts.head(MOST_CHANGES)),
    }
