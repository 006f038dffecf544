"""Scores of a block in one pass, against the same sums written down part by part."""

from __future__ import annotations

from dataclasses import replace

import numba
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.scoring import score_kernels
from recsys.scoring.blend import PERSONAL, PartWeights, Weights, moments_of, squash
from recsys.scoring.model import Columns, Model, personal_moments
from recsys.scoring.score_kernels import Table, blend, linked_moments, product_moments, rows_of
from recsys.training import train
from tests.recsys.worlds import SETTINGS, parity

N, M, MIDDLE = 9, 13, 17


def world(seed: int, filled: float):
    rng = np.random.default_rng(seed)
    products = tuple(rng.normal(size=(N, M)).astype(np.float32) for _ in range(2))
    known_by = [sp.random(40, MIDDLE, 0.5, "csr", np.float32, rng) for _ in range(4)]
    tables = [sp.random(MIDDLE, M, filled, "csr", np.float32, rng) for _ in range(4)]
    mean, scale = rng.normal(size=(6, N)).astype(np.float32), rng.uniform(0.5, 2, (6, N)).astype(np.float32)
    scale[rng.random((6, N)) < 0.1] = np.inf
    weights = (rng.uniform(0, 2, (2, 6, M)) * (rng.random((2, 6, 1)) < 0.8)).astype(np.float32)
    popular = rng.normal(size=(2, M)).astype(np.float32)
    return products, known_by, tables, mean, scale, rng.integers(0, 2, N), weights, popular, rng.permutation(40)[:N]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.6]))
def test_it_is_the_sum_of_the_standardised_parts(seed: int, filled: float) -> None:
    products, known_by, tables, mean, scale, kind, weights, popular, rows = world(seed, filled)
    raw = [*products, *((left[rows] @ table).toarray() for left, table in zip(known_by, tables, strict=True))]
    t = popular[kind].astype(float)
    for part, values in enumerate(raw):
        t += weights[kind, part] * ((values - mean[part][:, None]) / scale[part][:, None])
    lefts, rights = tuple(rows_of(left, rows) for left in known_by), tuple(map(Table.of, tables))

    found = blend(products, lefts, rights, mean, scale, kind, weights, popular)

    assert {table.dense.shape for table in rights} == {(MIDDLE, M) if filled > 0.1 else (0, 0)}
    assert found.dtype == np.float32
    assert found == pytest.approx(squash(t), abs=2e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.6]), st.floats(-1e3, 1e3))
def test_moments_are_those_of_the_written_out_part(seed: int, filled: float, shift: float) -> None:
    products, known_by, tables, *_, rows = world(seed, filled)
    present = np.random.default_rng(seed).random(M) < 0.7
    given_part = products[0] + np.float32(shift)
    given_part[0] = shift  # all equal: the scale is infinite
    linked = np.asarray((known_by[0][rows] @ tables[0]).toarray(), np.float32)
    for part, compute in (
        (given_part, lambda *out: product_moments(given_part, present.astype(np.float32), *out)),
        (
            linked,
            lambda *out: linked_moments(
                *rows_of(known_by[0], rows), *Table.of(tables[0]).arrays, present.astype(np.float32), *out
            ),
        ),
    ):
        mean, scale = np.empty(N, np.float32), np.empty(N, np.float32)
        compute(mean, scale)
        expected = moments_of(part, present)

        assert mean == pytest.approx(expected[0], rel=1e-5, abs=1e-5)
        assert scale == pytest.approx(expected[1], rel=1e-3, abs=1e-5)


def test_the_form_of_a_table_changes_nothing_but_the_last_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    model, weights = train(parity(), SETTINGS).model, Weights.of(**dict.fromkeys(PERSONAL, 1.0))
    everything = np.arange(40), np.arange(16)
    dense, dense_moments = model.scores(*everything, weights), personal_moments(model)
    assert any(len(table.dense) for table in Columns.of(model, everything[1]).tables)
    monkeypatch.setattr(score_kernels, "MOST_CELLS", 0)
    assert not any(len(table.dense) for table in Columns.of(model, everything[1]).tables)
    sparse_moments = personal_moments(model)

    assert model.scores(*everything, weights) == pytest.approx(dense, abs=1e-6)
    assert sparse_moments.mean == pytest.approx(dense_moments.mean, abs=1e-6)
    assert sparse_moments.scale == pytest.approx(dense_moments.scale, rel=1e-5)


@pytest.mark.parametrize("part", range(len(PERSONAL)))
def test_a_model_scores_what_its_standardised_parts_say(part: int) -> None:
    """The slow twin: Model.standard makes each part by itself."""
    model: Model = train(parity(), SETTINGS).model
    weights = Weights(*(PartWeights(**{PERSONAL[part]: weight}) for weight in (1.0, 0.5, 0.25)))
    z = model.standard(part, np.arange(40), Columns.of(model, np.arange(16)))
    weight = np.where(np.arange(40)[:, None] >= 36, 0.25, 0.5 + 0.5 * model.item_known)

    assert model.scores(np.arange(40), np.arange(16), weights) == pytest.approx(squash(weight * z), abs=1e-6)


def test_the_same_bytes_on_any_number_of_threads_and_in_any_company() -> None:
    model = train(parity(), SETTINGS).model
    weights = Weights.of(**dict.fromkeys(PERSONAL, 1.0))
    most = model.scores(np.arange(40), np.arange(16), weights)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = model.scores(np.arange(40), np.arange(16), weights)
        moments = personal_moments(replace(model))
    finally:
        numba.set_num_threads(before)

    assert most.tobytes() == alone.tobytes()
    assert moments.scale.tobytes() == model.moments.scale.tobytes()


@pytest.mark.parametrize("size", [1e-44, 1e-39, 1e-31])
def test_a_part_too_small_to_mean_anything_is_left_out_and_not_divided_by_nothing(size: float) -> None:
    part = (np.random.default_rng(0).random((N, M)) * size).astype(np.float32)
    mean, scale = np.empty(N, np.float32), np.empty(N, np.float32)
    product_moments(part, np.ones(M, np.float32), mean, scale)
    assert np.isinf(scale).all()
    assert np.isinf(moments_of(part, np.ones(M, bool))[1]).all()
