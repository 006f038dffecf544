"""The crossed effects against a slow twin (a general minimiser of the same likelihood), and their laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from recsys.satisfaction.effect_kernels import posterior_moments
from recsys.satisfaction.effects import Effects, Spread, Spreads, fit_effects, learn_spreads
from recsys.satisfaction.ratings import newest_opinions
from tests.recsys.opinion_worlds import World, made, tiny_worlds, with_opinions

EXACT = 1e-9
spreads = st.builds(
    Spreads,
    *[st.builds(Spread, st.sampled_from([0.05, 0.3, 1.0]), st.sampled_from([0.5, 3.0, 30.0])) for _ in range(2)],
)


def fitted(world: World, given: Spreads) -> Effects:
    return fit_effects(*world.sides(), given, EXACT)


def slow_twin(world: World, given: Spreads) -> Effects:
    """Effects by a general minimiser over mean, maps and deviations."""
    F, P = world.item_features.toarray().astype(float), world.customer_features.toarray().astype(float)
    cuts = np.cumsum([1, F.shape[1], F.shape[0], P.shape[1]])
    said = world.ratings

    def parts(at):
        mean, B, d, G, e = np.split(at, cuts)
        return mean[0], B, d, G, e, F @ B + d, P @ G + e

    def loss(at):
        mean, B, d, G, e, item, customer = parts(at)
        x = mean + item[said.item_idx] + customer[said.customer_idx]
        fit = (np.logaddexp(0, x) - said.like * x).sum() + 2 * np.logaddexp(0, mean) - mean
        held = d @ d / given.item.variance + given.item.regularization * B @ B
        held += e @ e / given.customer.variance + given.customer.regularization * G @ G
        return fit + held / 2

    def slope(at):
        mean, B, d, G, e, item, customer = parts(at)
        miss = expit(mean + item[said.item_idx] + customer[said.customer_idx]) - said.like
        of_item = np.bincount(said.item_idx, miss, said.n_items)
        of_customer = np.bincount(said.customer_idx, miss, said.n_customers)
        return np.concatenate(
            [
                [miss.sum() + 2 * expit(mean) - 1],
                F.T @ of_item + given.item.regularization * B,
                of_item + d / given.item.variance,
                P.T @ of_customer + given.customer.regularization * G,
                of_customer + e / given.customer.variance,
            ]
        )

    found = minimize(loss, np.zeros(cuts[-1] + P.shape[0]), jac=slope, method="BFGS", options={"gtol": 1e-8})
    mean, *_, item, customer = parts(found.x)
    return Effects(mean, item, customer)


@settings(max_examples=60, deadline=None)
@given(tiny_worlds(), spreads)
def test_it_is_the_maximum_that_a_general_minimiser_finds(world: World, given_spreads: Spreads) -> None:
    found, twin = fitted(world, given_spreads), slow_twin(world, given_spreads)

    assert found.mean == pytest.approx(twin.mean, abs=1e-4)
    assert found.item == pytest.approx(twin.item, abs=1e-4)
    assert found.customer == pytest.approx(twin.customer, abs=1e-4)


@settings(max_examples=150, deadline=None)
@given(tiny_worlds(), spreads, st.data())
def test_one_more_like_never_lowers_the_item_for_anybody(
    world: World, given_spreads: Spreads, data: st.DataObject
) -> None:
    """Exactly so where no column is known; see docs/recommending.md for the proof and for what columns change."""
    bare = replace(world, item_features=world.item_features[:, :0], customer_features=world.customer_features[:, :0])
    c = data.draw(st.integers(0, len(world.customer) - 1))
    i = data.draw(st.integers(0, len(world.item) - 1))
    before = fitted(bare, given_spreads)
    after = fitted(replace(bare, ratings=with_opinions(bare.ratings, np.array([c]), i, 1.0)), given_spreads)

    lift = (after.mean + after.item[i] + after.customer) - (before.mean + before.item[i] + before.customer)
    assert lift.min() >= -1e-6


def test_nor_does_it_where_columns_are_known() -> None:
    rng, lifts = np.random.default_rng(0), []
    for _ in range(150):
        n_customers, n_items, n = int(rng.integers(1, 6)), int(rng.integers(1, 5)), int(rng.integers(0, 13))
        c, i, like = rng.integers(n_customers, size=n), rng.integers(n_items, size=n), rng.choice([0, 0.5, 1, 1], n)
        ratings = newest_opinions(c, i, like, np.zeros(n), n_customers, n_items)
        of_items, of_customers = (
            sp.csr_matrix((rng.random((rows, width)) < 0.5).astype(np.float32))
            for rows, width in ((n_items, rng.integers(1, 4)), (n_customers, rng.integers(1, 3)))
        )
        world = World(ratings, of_items, of_customers, 0.0, np.zeros(n_items), np.zeros(n_customers))
        spread = Spreads(*(Spread(rng.choice([0.05, 0.3, 1.0]), rng.choice([0.5, 3.0, 30.0])) for _ in range(2)))
        customer, item = int(rng.integers(n_customers)), int(rng.integers(n_items))
        before = fitted(world, spread)
        after = fitted(replace(world, ratings=with_opinions(ratings, np.array([customer]), item, 1.0)), spread)
        lift = after.mean + after.item[item] + after.customer - before.mean - before.item[item] - before.customer
        lifts.append(lift.min())

    assert min(lifts) >= -1e-6
    assert np.median(lifts) > 1e-3


def test_without_opinions_an_item_sits_where_its_attributes_say() -> None:
    world = made(300, 40, 3_000)
    cold = np.arange(40) >= 20
    found = fitted(replace(world, ratings=world.ratings.some(~cold[world.ratings.item_idx])), Spreads())

    kind = world.item_features.indices
    said = np.array([found.item[cold & (kind == k)].mean() for k in range(4)])
    assert found.item[cold] == pytest.approx(said[kind[cold]])
    of_kind = np.array([world.item[~cold & (kind == k)].mean() for k in range(4)])
    assert np.argsort(said).tolist() == np.argsort(of_kind).tolist()


def test_from_the_prediction_to_its_own_rate_step_by_step() -> None:
    world = made(400, 20, 3_000)
    spread = Spreads(Spread(0.3, 5.0), Spread(0.3, 5.0))
    steps = (0, 1, 3, 10, 30, 100, 300)
    up, down = (
        [
            expit(found.mean + found.item[19])
            for k in steps
            for found in [fitted(replace(world, ratings=with_opinions(world.ratings, np.arange(k), 19, like)), spread)]
        ]
        for like in (1.0, 0.0)
    )

    assert (np.diff(up) > 0).all()
    assert (np.diff(down) < 0).all()
    assert up[0] == down[0]
    assert up[1] - up[0] < 0.03
    assert up[-1] > 0.93
    assert down[-1] < 0.2


def test_spreads_are_found_again() -> None:
    world = made(6_000, 150, 60_000, item_sd=0.8, customer_sd=0.8)
    found = learn_spreads(*world.sides())

    assert found.item.variance == pytest.approx(0.32, rel=0.3)  # half of 0.8 ** 2 is not in the columns
    assert found.customer.variance == pytest.approx(0.43, rel=0.3)


def test_where_nothing_differs_nothing_is_said_to_differ() -> None:
    world = made(6_000, 150, 60_000, item_sd=0, customer_sd=0)
    found = learn_spreads(*world.sides())

    assert found.item.variance < 0.04
    assert found.customer.variance < 0.04


@pytest.mark.parametrize("likes", [[1.0], [1.0, 1.0, 0.0, 0.5], [1.0] * 40 + [0.0] * 7])
def test_a_posterior_has_the_moments_of_a_fine_grid(likes: list[float]) -> None:
    n = len(likes)
    starts, other, like = np.array([0, n]), np.arange(n, dtype=np.int32), np.array(likes, np.float32)
    others = np.linspace(-1, 1, n)
    grid = np.linspace(-8, 8, 20_001)
    x = 0.5 + grid[:, None] + others[None, :]
    logs = (like * x - np.logaddexp(0, x)).sum(axis=1) - (grid - 0.2) ** 2 / (2 * 0.7)
    share = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    mode = grid[[np.argmax(logs)]]

    middle, spread = posterior_moments(starts, other, like, mode, others, 0.5, np.array([0.2]), 0.7)

    assert middle[0] == pytest.approx(share @ grid, abs=1e-3)
    assert spread[0] == pytest.approx(share @ grid**2 - (share @ grid) ** 2, abs=1e-3)
