"""Evaluation: the split hides the future, the oracle wins, figures are reproducible, words say what the figures say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from jobs.evaluating.evaluate import Evaluation, evaluate, table_lines
from jobs.evaluating.fit_weights import weight_lines
from jobs.evaluating.judge import judge
from jobs.evaluating.questions import NEW_PRODUCTS, NEW_SUBSCRIBERS, WARM, Part
from jobs.evaluating.sentences import sentences_of
from jobs.evaluating.window import first_hidden_day
from jobs.learning.weights import BoxAndListWeights
from recsys.scoring.fit_weights import Fit
from tests.jobs.small_shop import Shop, campaign, shop, without_events


def busy_shop() -> Shop:
    """300 customers choose their own kind for a year; 40 join, and four products appear, in the last two weeks."""
    given = shop(300, 40, 0, 0)
    rng = np.random.default_rng(11)
    rows = []
    for c in range(300):
        late = c >= 260
        own = rng.permutation(np.arange(c % 2, 36, 2))[: 5 if late else 9]
        rows += [(f"c{c:03d}", f"p{p:02d}", "purchase", rng.integers(0, 14 if late else 360)) for p in own]
        if c < 100:
            rows.append((f"c{c:03d}", f"p{36 + c % 2 + 2 * int(rng.integers(2))}", "purchase", rng.integers(0, 14)))
    events = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind", "days"])
    events["occurred_at"] = (pd.Timestamp("2026-12-05") - pd.to_timedelta(events.pop("days"), unit="D")).astype(
        "datetime64[us]"
    )
    return replace(given, events=events.assign(value=np.nan))


@pytest.fixture(scope="module")
def judged() -> Evaluation:
    return evaluate(campaign(), busy_shop())  # type: ignore[arg-type]


def figure(judged: Evaluation, part: str, model: str, metric: str = "nDCG@20") -> Any:
    rows = judged.table
    return rows[(rows["part"] == part) & (rows["model"] == model) & (rows["metric"] == metric)].iloc[0]


def test_the_table_keeps_the_contract(judged: Evaluation) -> None:
    assert list(judged.table.columns) == ["part", "model", "metric", "value", "low", "high", "n"]
    assert list(dict.fromkeys(judged.table["part"])) == [WARM, NEW_PRODUCTS, NEW_SUBSCRIBERS]
    assert set(judged.table["metric"]) == {"recall@20", "nDCG@20", "coverage"}
    assert (judged.table["low"] <= judged.table["value"]).all()
    assert (judged.table["value"] <= judged.table["high"]).all()
    assert judged.table["value"].between(0, 1).all()


def test_the_recommender_finds_the_taste_that_popularity_cannot(judged: Evaluation) -> None:
    for part in (WARM, NEW_PRODUCTS, NEW_SUBSCRIBERS):
        assert figure(judged, part, "boxwise").low > figure(judged, part, "popularity").high
    said = " ".join(judged.sentences)
    assert said.count("Better than popularity, beyond doubt") == 3


def test_the_same_inputs_give_the_same_figures(judged: Evaluation) -> None:
    again = evaluate(campaign(), busy_shop())  # type: ignore[arg-type]

    pd.testing.assert_frame_equal(again.table, judged.table)
    assert again.sentences == judged.sentences


def test_the_future_is_hidden() -> None:
    """Whatever happens in the hidden stretch, the lists are the same: only the truth changes."""
    given = busy_shop()
    since = evaluate(campaign(), given).since  # type: ignore[arg-type]
    hidden = given.events["occurred_at"] >= pd.Timestamp(since)
    swapped = given.events.copy()
    swapped.loc[hidden, "product_id"] = [f"p{int(p[1:]) ^ 1:02d}" for p in swapped.loc[hidden, "product_id"]]

    plain, spoiled = (evaluate(campaign(), replace(given, events=e)) for e in (given.events, swapped))  # type: ignore[arg-type]

    assert figure(spoiled, WARM, "boxwise").value < 0.5 * figure(plain, WARM, "boxwise").value


def test_an_earlier_day_looks_at_an_earlier_window(judged: Evaluation) -> None:
    earlier = evaluate(campaign(), busy_shop(), as_of=judged.since)  # type: ignore[arg-type]

    assert earlier.since < judged.since
    assert str(judged.since) in earlier.sentences[0]


def test_a_sample_of_customers_is_bounded_and_repeatable() -> None:
    small = evaluate(campaign(), busy_shop(), max_customers=25)  # type: ignore[arg-type]

    assert set(small.table["n"]) <= {25, 26, *range(25)}
    assert figure(small, WARM, "boxwise").n == 25
    pd.testing.assert_frame_equal(small.table, evaluate(campaign(), busy_shop(), max_customers=25).table)  # type: ignore[arg-type]


def test_nothing_to_judge_by_is_said_plainly() -> None:
    nothing = evaluate(campaign(), without_events(shop()))  # type: ignore[arg-type]
    assert nothing.table.empty
    assert nothing.sentences == ("The recommender cannot be judged: the events lie on fewer than two days.",)
    assert table_lines(nothing) == []

    given = busy_shop()
    one_day = replace(
        given, events=given.events.assign(occurred_at=pd.Series(pd.Timestamp("2026-12-01"), given.events.index))
    )
    assert evaluate(campaign(), one_day).table.empty  # type: ignore[arg-type]

    few = evaluate(campaign(), replace(given, events=given.events.sort_values("occurred_at").iloc[[0, 900, 1800]]))  # type: ignore[arg-type]
    assert sum("there is nothing to judge by" in sentence for sentence in few.sentences) == 3


def test_the_first_hidden_day_hides_about_a_fifth() -> None:
    given = busy_shop()
    since = first_hidden_day(given, date(2026, 12, 5))  # type: ignore[arg-type]

    assert since is not None
    assert 0.15 < (given.events["occurred_at"] >= pd.Timestamp(since)).mean() < 0.25
    ten = pd.Series(pd.date_range("2026-01-01", periods=2).repeat([9, 1]).astype("datetime64[us]"))
    two_days = replace(given, events=pd.DataFrame({"occurred_at": ten}))
    assert first_hidden_day(two_days, date(2026, 12, 5)) == date(2026, 1, 2)  # type: ignore[arg-type]
    assert first_hidden_day(two_days, date(2026, 1, 1)) is None  # type: ignore[arg-type]


def made_up(ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> list[str]:
    """What is said when these customers find their one item by the recommender, and these by popularity."""
    n = len(ours)

    def score(right: np.ndarray[Any, Any]) -> Any:
        values = np.zeros((n, 2), np.float32)
        values[:, 0] = np.where(right, 1, -1)
        return lambda customers: np.column_stack(
            (values[customers], np.tile(np.linspace(0.5, 0.1, 30), (len(customers), 1)))
        ).astype(np.float32)

    truth = sp.csr_matrix(np.eye(1, 32, dtype=np.int8).repeat(n, axis=0))
    part = Part(
        WARM,
        np.arange(n),
        np.arange(32),
        truth,
        sp.csr_matrix(np.zeros((n, 32), np.int8)),
        {"boxwise": score(ours), "popularity": score(theirs)},
    )
    return sentences_of(part, judge(part, 0), profiles=True)


def test_words_follow_the_intervals() -> None:
    everyone, nobody, half = np.ones(60, bool), np.zeros(60, bool), np.arange(60) % 2 == 0
    mostly = np.arange(60) % 20 != 0

    assert "Better than popularity, beyond doubt: nDCG@20 1.000 against 0.000" in made_up(everyone, nobody)[1]
    assert "WORSE than popularity" in made_up(nobody, everyone)[1]
    assert "The same as popularity" in made_up(half, half)[1]
    assert "Not shown to be better than popularity" in made_up(half, ~half)[1]
    assert "only 60 customers to judge by" in made_up(half, ~half)[1]
    assert "; only 1 customer to judge by" in made_up(everyone[:1], everyone[:1])[1]
    assert "though the two intervals overlap" in made_up(half | (np.arange(60) < 12), half)[1]
    assert "finds 95.0 of 100 next choices in its first 20" in made_up(mostly, nobody)[0]


def test_new_subscribers_without_profile_are_explained() -> None:
    given = busy_shop()
    bare = replace(given, customers=given.customers.drop(columns="hair"))

    said = evaluate(campaign(), bare).sentences  # type: ignore[arg-type]
    assert any(sentence.startswith("The customers table has no profile answers") for sentence in said)


def test_how_well_likes_are_told_is_said(judged: Evaluation) -> None:
    """Even products please, odd ones do not: who rated some is told nearly always."""
    given = busy_shop()
    opinions = given.events.assign(
        kind="rating", value=np.where(given.events["product_id"].str[1:].astype(int) % 2, 1, 5)
    )
    rated = replace(given, events=pd.concat((given.events, opinions.astype({"value": float})), ignore_index=True))
    said = evaluate(campaign(), rated).sentences  # type: ignore[arg-type]

    assert "No rating tells who liked what she got, so boxes are packed for taste alone." in judged.sentences
    assert any(sentence.startswith("Whether she likes what she gets is told from ") for sentence in said)
    known = next(sentence for sentence in said if sentence.startswith("  known: of a liked"))
    assert float(known.split(" is told ")[1].split(" of 100")[0]) > 90


def test_few_or_equal_ratings_are_told_as_they_are() -> None:
    """Ratings that are all alike cannot be judged, and the share told is theirs, not the cautious one of the model."""
    given = busy_shop()
    bought = given.events[given.events["kind"] == "purchase"].sort_values("occurred_at", kind="stable")
    told = {}
    for name, rated in (("one", bought.head(1).assign(value=5.0)), ("all alike", bought.assign(value=1.0))):
        both = replace(given, events=pd.concat((bought, rated.assign(kind="rating")), ignore_index=True))
        told[name] = evaluate(campaign(), both).sentences  # type: ignore[arg-type]

    unjudged = "likes and dislikes are too few to judge how well."
    assert f"Whether she likes what she gets is told from 1 rating, 100 of 100 of them likes; {unjudged}" in told["one"]
    ending = f" ratings, 0 of 100 of them likes; {unjudged}"
    assert any(sentence.endswith(ending) for sentence in told["all alike"])
    assert not any("held back" in sentence for said in told.values() for sentence in said)


def test_weights_that_were_not_fitted_are_not_called_fitted() -> None:
    enough, too_few = Fit(np.ones(7, np.float32), 0.1, 0.2, 60), Fit(np.ones(7, np.float32), np.nan, np.nan, 0)
    fits = (("packing", "known", too_few), ("lists", "known", enough), ("lists", "new", too_few))
    lines = weight_lines(BoxAndListWeights(fits=fits, since=date(2026, 9, 1), until=date(2026, 12, 5)))

    kept = {
        line.split(":")[0].strip() for line in lines if line.endswith(" (as in a new shop: too little past to fit)")
    }
    assert len(lines) == 7
    assert kept == {
        f"{what}, {case}"
        for what in ("boxes", "lists")
        for case in ("known products", "new products", "new subscribers")
    } - {"lists, known products"}


def test_the_table_as_lines(judged: Evaluation) -> None:
    lines = table_lines(judged)

    assert lines[0].startswith("warm customers (")
    assert lines[1].split()[0] == "boxwise"
    assert f"{figure(judged, WARM, 'boxwise', 'recall@20').value:.4f}" in lines[1]
