"""Starts per id: the same on every machine, unrelated between ids, normal enough."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.base.seeds import keyed, mix, normal_factors, sample
from tests.recsys.worlds import seeds


def test_a_row_depends_on_its_seed_alone() -> None:
    many = normal_factors(seeds(100), 16, 0.01)
    order = np.random.default_rng(0).permutation(100)

    assert np.array_equal(normal_factors(seeds(100)[order], 16, 0.01), many[order])
    assert np.array_equal(normal_factors(seeds(100)[7:8], 16, 0.01)[0], many[7])


def test_pinned_so_that_another_machine_would_be_noticed() -> None:
    assert mix(np.array([1], np.uint64))[0] == np.uint64(6238072747940578789)
    pinned = [[-1.0834832191467285, 1.741063117980957]]
    assert normal_factors(np.array([12345], np.uint64), 2, 1.0).tolist() == pinned


def test_mean_zero_and_the_asked_spread_without_correlation() -> None:
    drawn = normal_factors(seeds(20_000), 8, 0.5)

    assert np.abs(drawn.mean(axis=0)).max() < 0.02
    assert drawn.std(axis=0) == pytest.approx(np.full(8, 0.5), rel=0.02)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(8)).max() < 0.03


def test_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="seeds: expected uint64"):
        normal_factors(np.arange(3), 2, 1.0)  # type: ignore[arg-type]


def test_a_sample_is_small_ascending_and_keyed() -> None:
    one, other = sample(seeds(1_000), 50, key=1), sample(seeds(1_000), 50, key=2)

    assert len(one) == 50
    assert (np.diff(one) > 0).all()
    assert len(np.intersect1d(one, other)) < 20
    assert sample(seeds(5), 50).tolist() == [0, 1, 2, 3, 4]
    assert not np.array_equal(keyed(seeds(5), 1), keyed(seeds(5), 2))


def test_a_sample_loses_one_when_one_more_comes() -> None:
    before, after = seeds(1_000)[sample(seeds(1_000), 50)], seeds(1_001)[sample(seeds(1_001), 50)]

    assert len(np.intersect1d(before, after)) >= 49
