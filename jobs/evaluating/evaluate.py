"""How good the recommender is, on the campaign's own past and next to simple baselines.

The last stretch of the events is hidden, everything is trained on what was known before, and the lists are held against
what customers then did: warm customers, new products and new subscribers each on their own, because they are three
questions. `boxwise evaluate` prints the table and says in plain words where a simple model is as good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from jobs.evaluating.drawn import drawn
from jobs.evaluating.fit_weights import fit_weights, weight_lines
from jobs.evaluating.judge import judge
from jobs.evaluating.questions import Part, parts
from jobs.evaluating.sentences import people, satisfaction_words, sentences_of
from jobs.evaluating.steps import LATER_SHARES, SHARES, Steps
from jobs.evaluating.window import hidden_window
from jobs.learning.train import Progress, train
from jobs.learning.weights import AS_SHIPPED, BoxAndListWeights
from recsys.ranking.metrics import Interval

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables

MAX_CUSTOMERS = 20_000
"""Customers judged per part at most, drawn by hash of their id."""
FRESH_DAYS = 28
"""Weights that judge the hidden stretch were fitted to days that end at most so long before it."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was measured.

    table      columns part, model, metric, value, low, high, n: 95 % bootstrap intervals over n customers
    sentences  the same in plain words
    since      first day of the hidden stretch
    weights    those that would have answered best: those to use from now on
    ahead      (part, model) -> nDCG of the recommender minus that of the model, by customer pairs
    profiles   the campaign has profile columns to tell new subscribers apart
    """

    table: pd.DataFrame
    sentences: tuple[str, ...]
    since: date
    weights: BoxAndListWeights = AS_SHIPPED
    ahead: Mapping[tuple[str, str], Interval] = field(default_factory=dict)
    profiles: bool = False


def evaluate(
    campaign: Campaign,
    tables: Tables,
    *,
    as_of: date | None = None,
    progress: Progress | None = None,
    max_customers: int = MAX_CUSTOMERS,
    last: BoxAndListWeights | None = None,
    share: float = 1.0,
) -> Evaluation:
    """Draw customers, split by time, train on the earlier part, judge on the later. Same inputs and seed, same figures.

    as_of     the last day that is looked at; None = the ship date. An earlier day gives an earlier window, to choose
              settings on without looking at the one that is reported
    progress  called as progress(text, done, total)
    last      weights of the last night: where the search for tonight's begins, and what to judge by where that is fair
    share     part of the customers to draw who would be drawn otherwise, where there is no time for all of them
    """
    moment = campaign.ship_date if as_of is None else as_of
    looked_at = drawn(campaign, tables, share)
    window = hidden_window(campaign, looked_at.tables, moment)
    if window is None:
        words = ("The recommender cannot be judged: the events lie on fewer than two days.",)
        return Evaluation(_table([]), words, moment)
    since, eve = window.since, window.day_before
    weights = still_known(last, since)
    steps = Steps(progress, SHARES if weights is None else LATER_SHARES)
    if weights is None:
        weights = weights_known(campaign, window.early, eve, steps)
    doing = steps.of("train", f"learning what was known on {eve}")
    recommender = train(campaign, window.early, as_of=eve, weights=weights, progress=doing)
    asked = list(parts(recommender, window.later, campaign.seed, max_customers))
    profiles = bool(recommender.customer_values.column)
    rows, ahead, sentences = _judged(asked, campaign.seed, profiles, steps.of("judge", "judging lists"))
    doing = steps.of("fit again", f"fitting weights to {since} to {moment}")
    fitted = replace(fit_weights(recommender.model, asked, since, moment, doing, last), judged_by=weights)
    return Evaluation(
        _table(rows),
        (
            f"Judged on what customers did from {since} to {moment},"
            f" after training on everything before.{looked_at.words}",
            *sentences,
            *satisfaction_words(recommender.satisfaction),
            *weight_lines(fitted),
        ),
        since,
        fitted,
        ahead,
        profiles,
    )


def _judged(
    asked: list[Part], seed: int, profiles: bool, progress: Progress | None
) -> tuple[list[dict[str, Any]], dict[tuple[str, str], Interval], list[str]]:
    """Rows of the table, the recommender's lead over each model, and sentences, of all questions."""
    rows: list[dict[str, Any]] = []
    ahead: dict[tuple[str, str], Interval] = {}
    sentences: list[str] = []
    for done, part in enumerate(asked):
        if progress is not None:
            progress(part.name, done, len(asked))
        judged = judge(part, seed)
        rows += judged.rows
        ahead |= {(part.name, model): interval for model, interval in judged.ahead.items()}
        sentences += sentences_of(part, judged, profiles=profiles)
    return rows, ahead, sentences


def still_known(last: BoxAndListWeights | None, since: date) -> BoxAndListWeights | None:
    """The weights that the last night was judged by, if no day of `since` or later had a say in them; None = fit anew.

    They are fitted anew, too, when the days they were fitted to end more than FRESH_DAYS before `since`.
    """
    known = None if last is None else last.judged_by
    if known is None or known.until is None or not 0 < (since - known.until).days <= FRESH_DAYS:
        return None
    return known


def weights_known(campaign: Campaign, tables: Tables, as_of: date, steps: Steps) -> BoxAndListWeights:
    """The weights that fit the past up to `as_of` best; nothing later is looked at."""
    window = hidden_window(campaign, tables, as_of)
    if window is None:
        return AS_SHIPPED
    doing = steps.of("weights", f"weights that were known on {as_of}, learning")
    recommender = train(campaign, window.early, as_of=window.day_before, progress=doing)
    asked = list(parts(recommender, window.later, campaign.seed, MAX_CUSTOMERS))
    doing = steps.of("fit", f"weights that were known on {as_of}, fitting")
    return fit_weights(recommender.model, asked, window.since, as_of, doing)


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
