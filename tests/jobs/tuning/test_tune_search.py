"""The search and the rule of choice, without a recommender: against a full grid, slow twins, and pure chance."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.evaluating.questions import NEW_PRODUCTS, NEW_SUBSCRIBERS, WARM, Part
from jobs.tuning.search import search
from jobs.tuning.settings import LEAST, STEPS, Limits, Setting, rounded
from jobs.tuning.verdict import FEWEST, Compared, Verdict, decide
from jobs.tuning.window import Asked, Row, mean
from recsys.ranking.metrics import Bootstrap, Interval

LIMITS = Limits(factors=64, alpha=60.0, half_life_days=400.0)
SHIPPED = Setting.as_shipped()
some_settings = st.builds(
    Setting,
    factors=st.sampled_from([8, 20, 64, 300]),
    regularization=st.sampled_from([0.5, 3.0, 30.0, 1e6]),
    alpha=st.sampled_from([0.7, 10.0, 20.0, 1000.0]),
    half_life_days=st.sampled_from([1.0, 30.0, 180.0, 365.0, 5000.0]),
)


def higher(new: float, old: float) -> bool:
    return new > old


@settings(deadline=None, max_examples=60)
@given(some_settings, st.integers(0, 2**31), st.integers(1, 40))
def test_a_search_on_any_ground_keeps_its_laws(present: Setting, seed: int, most: int) -> None:
    asked: list[Setting] = []

    def ask(setting: Setting) -> float:
        asked.append(setting)
        return float(np.random.default_rng([seed, abs(hash(setting)) % 2**31]).integers(0, 12))

    found = search(present, SHIPPED, LIMITS, ask, higher, most)

    assert asked[0] == present == next(iter(found.tried))
    assert len(set(map(LIMITS.felt, asked))) == len(asked), "two settings that train the same model"
    assert len(asked) <= most
    assert set(asked) <= set(found.tried)
    assert {LIMITS.felt(setting) for setting in found.tried} == set(map(LIMITS.felt, asked))
    assert found.tried[found.best] >= found.tried[present]
    if len(asked) < most:
        felt = {LIMITS.felt(setting): answer for setting, answer in found.tried.items()}
        steps = [LIMITS.step(found.best, key, up=up) for key in STEPS for up in (True, False)]
        assert all(felt[LIMITS.felt(step)] <= found.tried[found.best] for step in steps if step is not None)


def lattice(present: Setting, key: str) -> list[float]:
    """Every value of one key that steps from the present setting lead to."""
    values = [getattr(present, key)]
    for up in (True, False):
        step = LIMITS.step(present, key, up=up)
        while step is not None:
            values.append(getattr(step, key))
            step = LIMITS.step(step, key, up=up)
    return values


@settings(deadline=None, max_examples=40)
@given(some_settings, some_settings)
def test_on_a_hill_the_walk_finds_what_the_whole_grid_finds(present: Setting, peak: Setting) -> None:
    def height(setting: Setting) -> float:
        felt = LIMITS.felt(setting)
        return -sum(float(np.log(getattr(felt, key) / getattr(peak, key)) ** 2) for key in STEPS)

    found = search(present, present, LIMITS, height, higher, 1_000)

    grid = product(*(lattice(present, key) for key in STEPS))
    assert found.tried[found.best] >= max(height(Setting(**dict(zip(STEPS, values, strict=True)))) for values in grid)  # type: ignore[arg-type]
    assert len(found.tried) < 80, "a walk, not a grid"


def test_after_a_jump_only_what_matters_is_changed() -> None:
    present = Setting(factors=8, regularization=1e6, alpha=10.0, half_life_days=360.0)

    found = search(present, SHIPPED, LIMITS, lambda one: float(one.regularization <= 30), higher)

    assert found.best.changes(present) == {"regularization": (1e6, 30.0)}


@settings(deadline=None)
@given(some_settings, st.sampled_from(sorted(STEPS)), st.booleans())
def test_a_step_moves_one_key_and_is_felt(setting: Setting, key: str, up: bool) -> None:
    step = LIMITS.step(setting, key, up=up)

    value = float(getattr(setting, key))
    if step is None:
        assert value >= getattr(LIMITS, key) if up else value < LEAST[key] * STEPS[key] * 1.05
        return
    assert replace(step, **{key: getattr(setting, key)}) == setting
    assert LIMITS.felt(step) != LIMITS.felt(setting)
    assert (getattr(step, key) > value) == up
    assert getattr(step, key) >= LEAST[key]


@pytest.mark.parametrize(
    ("given_value", "said"), [(6.6667, 6.7), (128.0, 128.0), (333.3, 330.0), (0.123, 0.12), (90.0, 90.0)]
)
def test_values_are_short(given_value: float, said: float) -> None:
    assert rounded(given_value) == said


def part(name: str, customers: list[int]) -> Part:
    nothing = sp.csr_matrix(np.zeros((len(customers), 1), np.int8))
    return Part(name, np.array(customers, np.int64), np.zeros(1, np.int64), nothing, nothing, {})


def asked_of(customers: dict[str, list[int]], seed: int = 4) -> Asked:
    nothing: Any = None
    return Asked(nothing, tuple(part(name, who) for name, who in customers.items()), seed)


questions = st.fixed_dictionaries(
    {name: st.lists(st.integers(0, 9), unique=True, min_size=1).map(sorted) for name in (WARM, NEW_PRODUCTS)}
)


@settings(deadline=None, max_examples=15)
@given(questions, st.integers(0, 1_000))
def test_a_gain_is_the_mean_over_answers_and_customers_are_drawn_whole(who: dict[str, list[int]], seed: int) -> None:
    """The slow twin draws customers one by one and adds up all that each of them answered."""
    rng = np.random.default_rng(seed)
    old, new = ({name: rng.random(len(ids)) for name, ids in who.items()} for _ in range(2))
    asked = asked_of(who)

    gain = asked.gain(new, old)

    n_answers = sum(map(len, who.values()))
    everyone = sorted({c for ids in who.values() for c in ids})
    of = dict.fromkeys(everyone, 0.0)
    for name, ids in who.items():
        for place, customer in enumerate(ids):
            of[customer] += new[name][place] - old[name][place]
    draws = np.random.default_rng(asked.seed)
    means = []
    for _ in range(1_000):
        drawn = draws.integers(0, len(everyone), len(everyone))
        means.append(sum(of[everyone[place]] for place in drawn) / n_answers)
    assert gain.value == pytest.approx(sum(of.values()) / n_answers)
    assert (gain.low, gain.high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))))
    assert gain.value == pytest.approx(mean(new) - mean(old))
    rows = asked.rows(new, old)
    assert [(row.name, row.n) for row in rows] == [
        ("all answers", n_answers),
        *((name, len(who[name])) for name in who),
    ]
    assert rows[0].gain == gain
    for row in rows[1:]:
        assert row.gain.value == pytest.approx((new[row.name] - old[row.name]).mean())
        assert (row.now, row.then) == (old[row.name].mean(), new[row.name].mean())
    values = np.array(list(of.values()))
    assert asked.worth_a_step(new, old) == (values.mean() > values.std() / len(values) ** 0.5)


def test_nobody_asked_is_no_gain() -> None:
    asked = asked_of({})

    assert asked.gain({}, {}) == Interval(0.0, 0.0, 0.0)
    assert not asked.worth_a_step({}, {})
    assert mean({}) == 0.0


intervals = st.tuples(*[st.sampled_from([-0.02, -0.001, -0.0002, 0.0, 0.0002, 0.02])] * 3).map(
    lambda x: tuple(sorted(x))
)
counts = st.sampled_from([0, 3, FEWEST - 1, FEWEST, 900])


@st.composite
def comparisons(draw: Any) -> Compared:
    names = draw(st.lists(st.sampled_from([WARM, NEW_PRODUCTS, NEW_SUBSCRIBERS]), unique=True))
    n = {name: draw(counts) for name in names}
    gains = {name: Interval(*(draw(intervals)[at] for at in (1, 0, 2))) for name in names}
    low, value, high = draw(intervals)
    rows = tuple(Row(name, n[name], 0.1, 0.1, gains[name]) for name in names)
    today = date(2026, 1, 1)
    return Compared(today, today, draw(counts), (Row("all", 900, 0.1, 0.1, Interval(value, low, high)), *rows))


def surely_worse_somewhere(compared: Compared) -> bool:
    """Slow twin: question by question, those with few customers passed over."""
    for row in compared.rows[1:]:
        if row.n < FEWEST:
            continue
        if row.gain.high < -0.0005:
            return True
    return False


@settings(deadline=None, max_examples=300)
@given(comparisons(), comparisons())
def test_suggested_is_only_what_is_surely_better_and_nowhere_surely_worse(first: Compared, last: Compared) -> None:
    better = first.n_customers >= FEWEST and first.gain.low > 0 and not surely_worse_somewhere(first)
    against = last.n_customers >= FEWEST and (last.gain.high < 0 or surely_worse_somewhere(last))

    assert (decide(first, None) is Verdict.BETTER) == better
    assert (decide(first, last) is Verdict.BETTER) == (better and not against)
    if not better:
        assert decide(first, last) is decide(first, None)
    elif against:
        assert decide(first, last) is Verdict.WORSE_NOW


def test_the_best_of_many_is_not_taken_at_its_word() -> None:
    """Twenty settings that change nothing: on the window of the search the luckiest often looks surely better, and on
    the next one, which confirms, hardly ever."""
    rng = np.random.default_rng(0)
    bootstrap, lucky, suggested = Bootstrap.of(80, 0), 0, 0
    for _ in range(150):
        of_search, of_next = rng.normal(size=(2, 20, 80))
        best = int(of_search.mean(axis=1).argmax())
        lucky += bootstrap.mean(of_search[best]).low > 0
        overall = bootstrap.mean(of_next[best])
        row = Row(WARM, 80, 0.0, 0.0, overall)
        compared = Compared(date(2026, 1, 1), date(2026, 2, 1), 80, (row, row))
        suggested += decide(compared, None) is Verdict.BETTER

    assert lucky > 45
    assert suggested < 10
