"""Factorizing: bit-identical whatever the cores, starts per id, dislikes, and rows without likes kept at zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import threadpoolctl

from recsys.base.events import strengths
from recsys.base.threads import one_blas_thread
from recsys.parts.als import AlsSettings, balanced_alpha, confidences, fit, sensible_factors, warm_columns, warm_rows
from tests.recsys.worlds import SETTINGS, parity, permuted_customers, seeds


def fitted(given=None, **changes):
    world = parity() if given is None else given
    return fit(strengths(world.events, 180.0), world.customer_seeds, world.item_seeds, replace(SETTINGS.als, **changes))


def test_the_same_bytes_for_any_number_of_threads() -> None:
    one, four = fitted(n_threads=1), fitted(n_threads=4)
    with threadpoolctl.threadpool_limits(2, "blas"):
        two_blas = fitted(n_threads=2)

    for other in (four, two_blas):
        assert one.customer.tobytes() == other.customer.tobytes()
        assert one.item.tobytes() == other.item.tobytes()


def test_even_customers_like_even_items_best() -> None:
    world = parity()
    model = fitted(world)
    warm_c, warm_i = np.arange(36), np.arange(14)

    affinity = model.customer[warm_c] @ model.item[warm_i].T
    same = (warm_c[:, None] - warm_i[None, :]) % 2 == 0

    assert affinity[same].min() > affinity[~same].max()


def test_the_order_of_customers_does_not_matter() -> None:
    world = parity()
    order = np.random.default_rng(5).permutation(40)

    plain, shuffled = fitted(world), fitted(permuted_customers(world, order))

    assert shuffled.customer == pytest.approx(plain.customer[order], abs=2e-4)
    assert shuffled.item == pytest.approx(plain.item, abs=2e-4)


def test_rows_without_likes_are_exactly_zero_and_only_those() -> None:
    model = fitted()

    assert (np.abs(model.customer).max(axis=1) > 0).tolist() == [True] * 36 + [False] * 4
    assert (np.abs(model.item).max(axis=1) > 0).tolist() == [True] * 14 + [False] * 2


def test_one_more_customer_leaves_all_starts_and_nearly_all_factors_as_they_were() -> None:
    small, large = parity(), parity(n_cold_customers=5, n_customers=41)
    before, after = fitted(small), fitted(large)

    assert after.customer[:36] == pytest.approx(before.customer[:36], abs=1e-4)


def test_no_likes_at_all_give_zeros_and_no_crash() -> None:
    nothing = sp.csr_matrix(np.zeros((3, 5), np.float32))

    model = fit(nothing, seeds(3), seeds(5), SETTINGS.als)

    assert model.customer.shape == (3, 2)
    assert not model.customer.any()
    assert not model.item.any()


def test_a_pair_with_events_never_has_less_confidence_than_one_without() -> None:
    strength = sp.csr_matrix(np.array([[1e-9, -1e-9, 2.0, 0.0]], np.float32))

    assert confidences(strength, 40.0).toarray()[0] == pytest.approx([1.0, -1.0, 81.0, 0.0])


def test_nan_is_refused_before_training() -> None:
    bad = sp.csr_matrix(np.array([[np.nan, 1.0]], np.float32))

    with pytest.raises(ValueError, match="strengths: expected finite numbers"):
        fit(bad, seeds(1), seeds(2), SETTINGS.als)


def test_a_dislike_pushes_below_an_item_without_events() -> None:
    """Customers 0..9 like item 0; customer 0 also dislikes item 1, which the others like."""
    dense = np.zeros((10, 3), np.float32)
    dense[:, 0], dense[1:, 1], dense[0, 1] = 1, 1, -1
    ignorant = dense.copy()
    ignorant[0, 1] = 0

    def affinity(matrix):
        model = fit(sp.csr_matrix(matrix), seeds(10), seeds(3), SETTINGS.als)
        return float(model.customer[0] @ model.item[1])

    assert affinity(dense) < affinity(ignorant) - 0.1


def test_few_items_get_few_factors_and_dense_matrices_a_small_alpha() -> None:
    assert sensible_factors(10_000, 64) == 64
    assert sensible_factors(160, 64) == 20
    assert sensible_factors(10, 64) == 8
    assert sensible_factors(10, 4) == 4
    half = sp.csr_matrix(np.tile([[1.0, 0.0], [0.0, 1.0]], (5, 1)).astype(np.float32))
    assert balanced_alpha(half, 40.0) == 1.0
    assert balanced_alpha(sp.csr_matrix(np.eye(101, dtype=np.float32)), 40.0) == 40.0
    assert balanced_alpha(sp.csr_matrix(np.eye(11, dtype=np.float32)), 40.0) == pytest.approx(10.0)


def test_warm_rows_have_a_like_not_just_a_dislike() -> None:
    liked = sp.csr_matrix([[1.0, -1.0], [-1.0, 0.0], [0.0, 0.0]])

    assert warm_rows(liked).tolist() == [True, False, False]
    assert warm_columns(liked).tolist() == [True, False]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_factors": 0}, "n_factors: expected >= 1, got 0"),
        ({"n_iterations": 0}, "n_iterations: expected >= 1"),
        ({"alpha": 0.0}, "alpha: expected > 0"),
        ({"regularization": -1.0}, "regularization: expected > 0, got -1.0"),
    ],
)
def test_settings_that_cannot_be_fitted_are_refused(changes: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        AlsSettings(**changes)  # type: ignore[arg-type]


def test_seeds_must_fit_the_matrix() -> None:
    matrix = sp.csr_matrix(np.zeros((3, 5), np.float32))
    with pytest.raises(ValueError, match="seeds: expected 3 and 5, got 2 and 5"):
        fit(matrix, seeds(2), seeds(5), SETTINGS.als)


def test_blas_is_pinned_inside_and_comes_back_outside() -> None:
    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}

    with threadpoolctl.threadpool_limits(2, "blas"):
        outside = threads()
        with one_blas_thread():
            assert threads() == {1}
        assert threads() == outside
