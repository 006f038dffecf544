"""Chance per id: the same number for the same id, whatever else is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.datasets import draws

IDS = [f"c{i}" for i in range(4000)]


def test_a_number_belongs_to_its_id_not_to_its_place() -> None:
    numbers = dict(zip(IDS, draws.uniform(3, "rule", IDS), strict=True))

    again = draws.uniform(3, "rule", reversed(IDS[1:]))

    assert list(again) == [numbers[i] for i in reversed(IDS[1:])]


def test_rules_and_seeds_draw_apart() -> None:
    here = draws.uniform(0, "a rule with a long name, one", IDS)

    for seed, rule in ((1, "a rule with a long name, one"), (0, "a rule with a long name, two")):
        assert abs(np.corrcoef(here, draws.uniform(seed, rule, IDS))[0, 1]) < 0.06


def test_numbers_are_uniform_and_never_zero_or_one() -> None:
    numbers = draws.uniform(0, "rule", IDS)
    pairs = draws.pairs(draws.hashes(0, "rows", IDS[:50]), draws.hashes(0, "columns", IDS[:80]))

    for drawn in (numbers, pairs.ravel()):
        assert 0 < drawn.min() < drawn.max() < 1
        assert np.histogram(drawn, bins=10, range=(0, 1))[0] == pytest.approx(400, abs=100)
    assert draws.unit(np.array([0, 2**64 - 1], dtype=np.uint64)).tolist()[0] > 0
    assert draws.unit(np.array([0, 2**64 - 1], dtype=np.uint64)).tolist()[1] < 1


def test_a_pair_keeps_its_number_when_rows_and_columns_move() -> None:
    rows, columns = draws.hashes(0, "rows", IDS[:5]), draws.hashes(0, "columns", IDS[:7])

    moved = draws.pairs(rows[::-1], columns[2:])

    assert np.array_equal(moved, draws.pairs(rows, columns)[::-1, 2:])


def test_choices_come_in_their_shares() -> None:
    chosen = draws.choose(0, "plan", IDS, ("a", "b", "c"), (6, 3, 1))

    assert [chosen.count(value) / len(IDS) for value in "abc"] == pytest.approx([0.6, 0.3, 0.1], abs=0.03)
