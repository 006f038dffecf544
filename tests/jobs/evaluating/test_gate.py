"""The gate: worse beyond the interval is refused, anything less is only told."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from jobs.evaluating.evaluate import Evaluation
from jobs.evaluating.gate import standing
from jobs.evaluating.questions import NEW_SUBSCRIBERS, OURS, POPULARITY, WARM
from recsys.ranking.metrics import Interval


def row(value: float, half: float = 0.01, n: int = 500, part: str = WARM) -> dict[str, Any]:
    return {"part": part, "model": OURS, "metric": "nDCG@20", "value": value, "low": value - half,
            "high": value + half, "n": n}  # fmt: skip


def tonight(one: dict[str, Any], high: float = 0.1) -> Evaluation:
    ahead = {(one["part"], POPULARITY): Interval(high - 0.1, high - 0.2, high)}
    return Evaluation(pd.DataFrame([one]), (), date(2026, 1, 1), ahead=ahead)


def test_worse_than_last_night_is_refused_with_its_figures():
    # margins 0.003 and 0.004 make 0.005: 0.06 - 0.03 - 0.005 = 0.025
    (line,) = standing(tonight(row(0.03, 0.003)), [row(0.06, 0.004)], profiles=False).refusals

    assert line.endswith("0.0300 [0.0270, 0.0330] against last night's 0.0600: worse by at least 0.0250")


@pytest.mark.parametrize(("new", "old"), [(row(0.05), row(0.06)), (row(0.06), row(0.01)), (row(0.01, n=199), row(0.06)),
                                      (row(0.01), row(0.06, n=199))])  # fmt: skip
def test_within_the_interval_or_on_few_customers_is_told_but_not_refused(new, old):
    found = standing(tonight(new), [old], profiles=False)

    assert len(found.lines) == 1
    assert found.refusals == ()


def test_worse_than_popularity_is_refused_only_beyond_the_interval():
    assert standing(tonight(row(0.05), high=0.0), [], profiles=False).refusals == ()
    (line,) = standing(tonight(row(0.05), high=-0.02), [], profiles=False).refusals
    assert line.endswith("is worse than popularity by at least 0.0200")


def test_worse_than_popularity_on_few_customers_says_why_it_is_published():
    told = standing(tonight(row(0.05, n=199), high=-0.02), [], profiles=False)

    assert told.refusals == ()
    assert told.lines[0].endswith("is worse than popularity by at least 0.0200, but too few customers to judge by")


def test_new_subscribers_are_held_against_popularity_only_with_profiles():
    evaluation = tonight(row(0.05, part=NEW_SUBSCRIBERS), high=-0.02)

    assert standing(evaluation, [], profiles=False).refusals == ()
    assert len(standing(evaluation, [], profiles=True).refusals) == 1
