"""Gowalla by public protocol, on tiny made-up files; the real data by BOXWISE_GOWALLA."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("benchmarks.public", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks import public_gowalla
from benchmarks.public_data import Cells, read_gowalla
from recsys.parts.als import AlsSettings

GOWALLA = Path(os.environ.get("BOXWISE_GOWALLA", ""))


@pytest.fixture
def gowalla(tmp_path: Path) -> Path:
    """Even customers visit even items: half of them to train on, some of the others to be found."""
    rng = np.random.default_rng(0)
    likes = (np.arange(50)[:, None] + np.arange(40)[None, :]) % 2 == 0
    train = likes & (rng.random(likes.shape) < 0.5)
    train[np.arange(50), np.arange(50) % 40] = True
    train[0, 0] = True
    found = likes & ~train & (rng.random(likes.shape) < 0.5)
    R = sp.csr_matrix(train.astype(np.float64) / 7)
    both = np.zeros((90, 90))
    both[:50, 50:] = R.toarray()
    both[50:, :50] = R.toarray().T
    sp.save_npz(tmp_path / "s_adj_mat.npz", sp.csr_matrix(both))
    lines = [" ".join(map(str, [c, *np.flatnonzero(found[c])])) for c in range(50)]
    (tmp_path / "test.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


@given(st.integers(0, 2**32))
def test_cosine_is_what_its_formula_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    likes = rng.random((7, 5)) < 0.5
    found = public_gowalla.cosine(sp.csr_matrix(likes.astype(np.float32)), 5).toarray()

    for i in range(5):
        for j in range(5):
            both = sum(1 / likes[c].sum() for c in range(7) if likes[c, i] and likes[c, j])
            expected = both / np.sqrt(likes[:, i].sum() * likes[:, j].sum()) if both and i != j else 0
            assert found[i, j] == pytest.approx(expected, rel=1e-5)


def test_gowalla_is_read_as_its_pattern_whatever_the_values(gowalla: Path) -> None:
    data = read_gowalla(gowalla)

    assert data.train.shape == data.test.shape == (50, 40)
    assert set(data.train.data) == {1}
    assert data.train.multiply(data.test).nnz == 0
    tested = [len(line.split()) - 1 for line in (gowalla / "test.txt").read_text().splitlines()]
    assert np.diff(data.test.indptr).tolist() == tested


def test_validation_takes_cells_from_train_alone(gowalla: Path) -> None:
    data = read_gowalla(gowalla)
    held: Cells = data.validation(seed=0)

    assert ((held.train + held.test) != data.train).nnz == 0
    assert 0 < held.test.nnz < data.train.nnz / 4


def test_customers_are_led_to_items_of_their_kind(gowalla: Path) -> None:
    data = read_gowalla(gowalla)
    factors = AlsSettings(n_factors=8, n_iterations=5)
    found = list(public_gowalla.judged(data, [("BM25", 0.3), ("cosine", 0.3)], factors, most=50))

    assert [one.name for one in found] == [f"affinity 1, neighbours 0.3 ({kind})" for kind in ("BM25", "cosine")]
    for one in found:
        assert one.recall.value > 0.95, "twenty items of her kind, twenty places"
        assert one.recall.low <= one.recall.value <= one.recall.high


def test_the_report_tries_both_kinds_of_neighbours_on_validation_alone(gowalla: Path) -> None:
    data, factors = read_gowalla(gowalla), AlsSettings(n_factors=8, n_iterations=1)
    tried = list(public_gowalla.report(data, "validation", factors, most=20))
    reported = list(public_gowalla.report(data, "test", factors))

    assert sum(line.startswith("affinity 1") for line in tried) == 2 * len(public_gowalla.WEIGHTS)
    assert sum(line.startswith("affinity 1") for line in reported) == 1


@pytest.mark.skipif(not (GOWALLA / "test.txt").is_file(), reason="set BOXWISE_GOWALLA to the folder of the data")
def test_the_real_gowalla_has_its_published_size() -> None:
    data = read_gowalla(GOWALLA)

    assert (*data.train.shape, data.train.nnz, data.test.nnz) == (29_858, 40_981, 810_128, 217_242)
