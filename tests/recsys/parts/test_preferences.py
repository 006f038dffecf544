"""Preferences: what was known before an event against a loop, and the fit against a direct Kronecker ridge solve."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.base.events import Events
from recsys.base.rows import unit_rows
from recsys.base.seeds import keyed
from recsys.parts import preferences
from recsys.parts.preferences import REACH, STEP_BACK, STRENGTHS, Preferences, before, fit_preferences
from recsys.parts.sequence import liked_in_order
from tests.recsys.worlds import parity, seeds


def world(seed: int, n: int = 30, m: int = 12):
    rng = np.random.default_rng(seed)
    events = Events(rng.integers(0, n, 200), rng.integers(0, m, 200), np.ones(200), rng.integers(0, 20, 200), n, m)
    features = sp.csr_matrix(rng.random((m, 4)) * (rng.random((m, 4)) < 0.7))
    return events, features, sp.csr_matrix((rng.random((n, 3)) < 0.5).astype(float))


def known_slowly(customer, item, age, attributes):
    out = np.zeros((len(customer), attributes.shape[1]))
    for at in range(len(customer)):
        for earlier in range(max(0, at - REACH), at):
            if customer[earlier] == customer[at] and age[earlier] > age[at]:
                out[at] += STEP_BACK ** (at - earlier - 1) * attributes[item[earlier]]
    return out


@pytest.mark.parametrize("seed", range(5))
def test_what_was_known_before_is_the_loop(seed: int) -> None:
    events, features, _ = world(seed, n=1 + 6 * seed)
    ordered = liked_in_order(events)

    assert before(*ordered, features).toarray() == pytest.approx(known_slowly(*ordered, features.toarray()))


def unit(rows):
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


@pytest.mark.parametrize("seed", range(5))
def test_the_fit_is_a_kronecker_ridge(seed: int) -> None:
    events, features, answers = world(seed)
    A, own = features.toarray(), unit_rows(features)
    found = fit_preferences(events, 30.0, own, features, answers, seeds(30), 99)
    customer, item, age = liked_in_order(events)
    U = unit(answers.toarray())
    X = unit(np.hstack((unit(known_slowly(customer, item, age, own.toarray())), U[customer])))
    R = A[item] / np.sqrt(np.bincount(item, minlength=12))[item][:, None]
    G = A[np.unique(item)].T @ A[np.unique(item)]
    held = keyed(seeds(30)[customer], 21) % np.uint64(5) == 0

    def solved(rows, strength):
        left = np.kron(X[rows].T @ X[rows], G) + strength * np.trace(G) / 4 * np.eye(7 * 4)
        return np.linalg.solve(left, (X[rows].T @ R[rows]).ravel()).reshape(7, 4)

    def error(M):
        XM = X[held] @ M
        return np.trace(XM @ G @ XM.T) - 2 * (XM * R[held]).sum()

    best = min(reversed(STRENGTHS), key=lambda strength: error(solved(~held, strength)))
    wish = found.customer @ found.item.T
    past = sum_of_past(events, own.toarray())
    described = unit(np.hstack((unit(past), U)))
    assert wish == pytest.approx(described @ solved(slice(None), best) @ A.T, abs=1e-4)


def sum_of_past(events, attributes):
    out = np.zeros((events.n_customers, attributes.shape[1]))
    for who, item, age in zip(events.customer_idx, events.item_idx, events.age_days, strict=True):
        newer = {a for c, a in zip(events.customer_idx, events.age_days, strict=True) if c == who and a < age}
        out[who] += 0.5 ** (age / 30.0) * STEP_BACK ** len(newer) * attributes[item]
    return out


def fitted(events: Events, features: sp.csr_matrix, answers: sp.csr_matrix) -> Preferences:
    return fit_preferences(events, 30.0, unit_rows(features), features, answers, seeds(events.n_customers), 9)


def test_the_same_bytes_twice_and_even_customers_lean_to_even_items() -> None:
    given = parity()
    one, other = (fitted(given.events, given.item_features, given.customer_features) for _ in range(2))
    wish = one.customer @ one.item.T
    same = (np.arange(40)[:, None] - np.arange(16)[None, :]) % 2 == 0

    assert one.customer.tobytes() + one.item.tobytes() == other.customer.tobytes() + other.item.tobytes()
    assert wish[same].min() > wish[~same].max()


@pytest.mark.parametrize("n_events", [0, 1])
@pytest.mark.parametrize("n_attributes", [0, 2])
def test_empty_worlds_and_one_event_are_finite(n_events: int, n_attributes: int) -> None:
    one = np.zeros(n_events)
    features, answers = sp.csr_matrix((3, n_attributes)), sp.csr_matrix((4, 2))
    found = fitted(Events(one, one, one + 1, one, 4, 3), features, answers)

    assert not (found.customer @ found.item.T).any()
    assert (found.length > 0).all()


@pytest.mark.parametrize("most", [1, 2, 3])
def test_few_directions_are_the_same_ridge_on_what_lies_in_them(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The strongest directions of either side alone: features put on them give the same M, worked out by `solve`."""
    rng = np.random.default_rng(most)
    X, A, R = rng.random((40, 5)), rng.random((9, 4)), rng.random((40, 4))
    pairs = preferences._Pairs(X.T @ X, X.T @ R)
    nothing = preferences._Pairs(np.zeros((5, 5)), np.zeros((5, 4)))
    monkeypatch.setattr(preferences, "MOST_DIRECTIONS", most)
    left, right = preferences._solved(pairs, nothing, A.T @ A, 99)

    strength = preferences._strength(pairs, nothing, A.T @ A)
    Ux, Ua = (np.linalg.eigh(gram)[1][:, ::-1][:, :most] for gram in (X.T @ X, A.T @ A))
    x, a = X @ Ux, A @ Ua
    core = np.linalg.solve(
        np.kron(x.T @ x, a.T @ a) + strength * np.eye(len(Ux.T) * len(Ua.T)), (x.T @ R @ Ua).ravel()
    ).reshape(len(Ux.T), len(Ua.T))
    assert left @ right.T == pytest.approx(Ux @ core @ Ua.T, abs=1e-9)


def test_cut_to_few_factors_it_is_the_nearest_in_what_it_says() -> None:
    """No other M of that rank comes nearer in X M A', over all customers and items (Eckart and Young 1936)."""
    rng = np.random.default_rng(0)
    X, A, R = rng.random((40, 5)), rng.random((9, 4)), rng.random((40, 4))
    pairs = preferences._Pairs(X.T @ X, X.T @ R)
    nothing = preferences._Pairs(np.zeros((5, 5)), np.zeros((5, 4)))
    whole, (left, right) = (preferences._solved(pairs, nothing, A.T @ A, f) for f in (99, 2))
    wish, cut = X @ whole[0] @ whole[1].T @ A.T, X @ left @ right.T @ A.T
    lost = np.linalg.svd(wish, compute_uv=False)[2:]

    assert left.shape[1] == 2
    assert np.linalg.norm(wish - cut) == pytest.approx(np.linalg.norm(lost), rel=1e-9)


@pytest.mark.parametrize("most", [1, 7, 50, 199, 200, 500])
def test_too_many_events_are_cut_by_whole_customers_drawn_by_hash(most: int) -> None:
    rng = np.random.default_rng(1)
    customer, weight = rng.integers(0, 30, 260), np.repeat([1.0, -1.0, 0.0], [200, 40, 20])
    drawn = preferences._drawn(Events(customer, customer % 5, weight, weight + 1, 30, 5), seeds(30), most)
    customer = customer[:200]  # those that count
    keep = drawn[customer]

    assert keep.sum() <= max(most, 0) or len(customer) <= most
    assert all(len(set(keep[customer == one])) <= 1 for one in range(30))
    per = np.bincount(customer, minlength=30)
    taken = [one for one in np.lexsort((np.arange(30), keyed(seeds(30), 22))) if keep[customer == one].any()]
    rest = [one for one in np.lexsort((np.arange(30), keyed(seeds(30), 22))) if one not in taken and per[one]]
    if rest:
        assert keep.sum() + per[rest[0]] > most
