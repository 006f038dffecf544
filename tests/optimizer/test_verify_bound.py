"""price_bound: exact against the naive twin, above every plan, and strict about prices."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.problem import BoxProblem
from optimizer.verify import NoLegalBoxError, price_bound
from tests.optimizer.brute_force import brute_force, naive_bound
from tests.optimizer.strategies import prices, tiny_problems

many = settings(max_examples=500, deadline=None, derandomize=True)


@many
@given(tiny_problems(), st.data())
def test_the_bound_is_the_naive_bound_to_the_last_unit(problem: BoxProblem, data: st.DataObject) -> None:
    given_prices = data.draw(prices(problem))
    expected = naive_bound(problem, given_prices)

    if expected is None:
        with pytest.raises(NoLegalBoxError):
            price_bound(problem, given_prices)
    else:
        assert price_bound(problem, given_prices) == expected


@many
@given(tiny_problems(max_customers=3), st.data())
def test_every_price_bounds_every_plan(problem: BoxProblem, data: st.DataObject) -> None:
    truth = brute_force(problem)

    if truth is not None:
        assert price_bound(problem, data.draw(prices(problem))) >= truth
