"""How good the recommender is, on the campaign's own past and next to simple baselines.

The last stretch of the events is hidden, everything is trained on what was known before, and the lists are held against
what customers then did: warm customers, new products and new subscribers each on their own, because they are three
questions. `boxwise evaluate` prints the table and says in plain words where a simple model is as good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.learning.evaluation_parts import Part, Score, parts
from jobs.learning.evaluation_words import people, satisfaction_words, sentences_of
from jobs.learning.interactions import Interactions, interactions
from jobs.learning.mixes import AS_SHIPPED, Mixes, fit_mixes, mix_lines
from jobs.learning.train import Progress, train
from recsys.metrics import Bootstrap, Interval, hits, ndcg, recall
from recsys.model import GRID
from recsys.rank import top_k

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables

K = 20
"""Length of the lists that are judged."""
HIDDEN_SHARE = 0.2
"""Share of the events, the newest ones, that are hidden."""
MAX_CUSTOMERS = 20_000
"""Customers judged per part at most, drawn by hash of their id."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was measured.

    table      columns part, model, metric, value, low, high, n: 95 % bootstrap intervals over n customers
    sentences  the same in plain words
    since      first day of the hidden stretch
    mixes      the weights that would have answered best: those to use from now on
    ahead      (part, model) -> nDCG of the recommender minus that of the model, by customer pairs
    profiles   the campaign has profile columns to tell new subscribers apart
    """

    table: pd.DataFrame
    sentences: tuple[str, ...]
    since: date
    mixes: Mixes = AS_SHIPPED
    ahead: Mapping[tuple[str, str], Interval] = field(default_factory=dict)
    profiles: bool = False


def evaluate(
    campaign: Campaign,
    tables: Tables,
    *,
    as_of: date | None = None,
    progress: Progress | None = None,
    max_customers: int = MAX_CUSTOMERS,
) -> Evaluation:
    """Split by time, train on the earlier part, judge on the later. Same inputs and seed, same figures.

    as_of     the last day that is looked at; None = the ship date. An earlier day gives an earlier window, to choose
              settings on without looking at the one that is reported
    progress  called as progress(text, done, total)
    """
    moment = campaign.ship_date if as_of is None else as_of
    window = hidden_window(campaign, tables, moment)
    if window is None:
        words = ("The recommender cannot be judged: the events lie on fewer than two days.",)
        return Evaluation(_table([]), words, moment)
    since = window.since
    mixes = mixes_known(campaign, window.early, window.day_before, progress)
    recommender = train(campaign, window.early, as_of=window.day_before, mixes=mixes, progress=progress)
    rows: list[dict[str, Any]] = []
    ahead: dict[tuple[str, str], Interval] = {}
    profiles = bool(recommender.customer_values.column)
    sentences = [f"Judged on what customers did from {since} to {moment}, after training on everything before."]
    asked = list(parts(recommender, window.later, campaign.seed, max_customers))
    for part in asked:
        if progress is not None:
            progress(f"judging {part.name}")
        judged = judge(part, campaign.seed)
        rows += judged.rows
        ahead |= {(part.name, model): interval for model, interval in judged.ahead.items()}
        sentences += sentences_of(part, judged, profiles=profiles)
    fitted = fit_mixes(recommender.model, asked, since, moment)
    return Evaluation(
        _table(rows),
        (*sentences, *satisfaction_words(recommender.satisfaction), *mix_lines(fitted)),
        since,
        fitted,
        ahead,
        profiles,
    )


def mixes_known(campaign: Campaign, tables: Tables, as_of: date, progress: Progress | None = None) -> Mixes:
    """The mixes that the past up to `as_of` speaks for; nothing later is looked at."""
    window = hidden_window(campaign, tables, as_of)
    if window is None:
        return AS_SHIPPED
    recommender = train(campaign, window.early, as_of=window.day_before, progress=progress)
    asked = parts(recommender, window.later, campaign.seed, MAX_CUSTOMERS)
    return fit_mixes(recommender.model, asked, window.since, as_of)


@dataclass(frozen=True, eq=False)
class Window:
    """A stretch of the past that is hidden: what was known before it, and what customers then did.

    since, until  its first and its last day
    early         the tables without the events of `since` and later
    later         those events up to `until`, with positions of their own
    """

    since: date
    until: date
    early: Tables
    later: Interactions

    @property
    def day_before(self) -> date:
        """The last day that is known."""
        return self.since - timedelta(days=1)


def hidden_window(campaign: Campaign, tables: Tables, until: date) -> Window | None:
    """The newest HIDDEN_SHARE of the events up to `until`; None when they lie on fewer than two days."""
    since = first_hidden_day(tables, until)
    if since is None:
        return None
    is_late = tables.events["occurred_at"] >= pd.Timestamp(since)
    later = interactions(campaign, replace(tables, events=tables.events[is_late]), until)
    return Window(since, until, replace(tables, events=tables.events[~is_late]), later)


def first_hidden_day(tables: Tables, as_of: date) -> date | None:
    """First day of the newest HIDDEN_SHARE of the events up to `as_of`; None when they lie on fewer than two days."""
    occurred = tables.events["occurred_at"]
    occurred = occurred[occurred < pd.Timestamp(as_of) + pd.Timedelta(days=1)]
    if occurred.empty:
        return None
    days = occurred.dt.normalize()
    day = days.quantile(1 - HIDDEN_SHARE, interpolation="higher")
    if day <= days.min():
        later = days[days > days.min()]
        if later.empty:
            return None
        day = later.min()
    found: date = day.date()
    return found


@dataclass(frozen=True, eq=False)
class Judged:
    """One part, measured.

    rows     rows of Evaluation.table
    figures  (model, metric) -> figure with its interval
    ahead    model -> nDCG of the recommender minus nDCG of that model, by customer pairs
    """

    rows: list[dict[str, Any]]
    figures: dict[tuple[str, str], Interval]
    ahead: dict[str, Interval]


def judge(part: Part, seed: int) -> Judged:
    """Rank, count hits, and put intervals around the figures."""
    n = len(part.customers)
    if n == 0:
        return Judged([], {}, {})
    bootstrap = Bootstrap.of(n, seed)
    n_relevant = np.diff(part.truth.indptr)
    figures: dict[tuple[str, str], Interval] = {}
    ahead: dict[str, Interval] = {}
    ours: npt.NDArray[np.float64] | None = None
    for model in part.models:
        idx = ranked(part, part.models[model])
        hit = hits(idx, part.truth)
        quality = ndcg(hit, n_relevant)
        figures[model, f"recall@{K}"] = bootstrap.mean(recall(hit, n_relevant))
        figures[model, f"nDCG@{K}"] = bootstrap.mean(quality)
        figures[model, "coverage"] = bootstrap.coverage(idx, len(part.items))
        ours = quality if ours is None else ours
        ahead[model] = bootstrap.mean(ours - quality)
    rows = [
        {"part": part.name, "model": model, "metric": metric, "value": x.value, "low": x.low, "high": x.high, "n": n}
        for (model, metric), x in figures.items()
    ]
    return Judged(rows, figures, ahead)


def ranked(part: Part, score: Score) -> npt.NDArray[np.int32]:
    """The first K items of each customer that she has not had, by these scores: int32 (n_customers, K)."""
    out = np.empty((len(part.customers), K), np.int32)
    for lo in range(0, len(part.customers), GRID):
        allowed = part.seen[lo : lo + GRID].toarray() == 0
        out[lo : lo + GRID], _ = top_k(score(part.customers[lo : lo + GRID]), K, allowed)
    return out


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["part", "model", "metric", "value", "low", "high", "n"])


def table_lines(evaluation: Evaluation) -> list[str]:
    """The table as lines of text: one per part and model, figures with their intervals."""
    lines = []
    for part, rows in evaluation.table.groupby("part", sort=False):
        metrics = list(dict.fromkeys(rows["metric"]))
        lines.append(f"{part} ({people(int(rows['n'].iloc[0]))})".ljust(34) + "".join(m.ljust(24) for m in metrics))
        for model, of_model in rows.groupby("model", sort=False):
            cells = [f"{row.value:.4f} [{row.low:.4f}, {row.high:.4f}]" for row in of_model.itertuples()]
            lines.append(f"  {model}".ljust(34) + "".join(cell.ljust(24) for cell in cells))
    return [line.rstrip() for line in lines]
