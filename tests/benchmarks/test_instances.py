"""Benchmark problems are what they say, the same for the same seed, and every case of the registry can be packed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.problem import BoxProblem
from optimizer.solve import solve
from optimizer.verify import check_plan

pytest.importorskip("benchmarks.instances", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.instance_scores import FactorBlocks, forbid
from benchmarks.instances import KINDS, Catalogue, blocks, plain, quotas, ruled, scarce, ties
from benchmarks.peers import PEERS
from benchmarks.registry import CASES, FIRST_RUN
from tests.known import known, worths

PACKED = [case for case in CASES if case.kind != FIRST_RUN]


def dense(problem: BoxProblem) -> BoxProblem:
    """The same problem with its utilities in memory."""
    utility, allowed = problem.block(0, problem.n_customers)
    return BoxProblem(utility, allowed, problem.stock, rules=problem.rules, quotas=problem.quotas)


@pytest.mark.parametrize("case", PACKED, ids=lambda case: case.name)
def test_every_case_can_be_packed_at_a_tiny_size(case) -> None:
    problem = KINDS[case.kind](12, 20, case.seeds[0], **dict(case.setting))

    plan = solve(problem, deadline_s=2)

    assert check_plan(problem, plan) == []
    assert (known(plan.boxes) >= 0).any()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_makes_the_same_bytes_and_another_one_does_not(kind: str) -> None:
    one, two, other = (dense(KINDS[kind](30, 24, seed)) for seed in (3, 3, 4))

    assert worths(one).tobytes() == worths(two).tobytes() != worths(other).tobytes()
    assert known(one.allowed).tobytes() == known(two.allowed).tobytes() != known(other.allowed).tobytes()
    assert one.stock.tobytes() == two.stock.tobytes() != other.stock.tobytes()


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"quotas"}))
def test_items_and_rules_do_not_depend_on_the_number_of_customers(kind: str) -> None:
    few, many = KINDS[kind](20, 24), KINDS[kind](9000, 24)

    assert few.rules.pairs == many.rules.pairs
    for one, two in zip(few.rules.groups, many.rules.groups, strict=True):
        assert one.labels.tobytes() == two.labels.tobytes()
    assert [(band.low, band.high) for band in few.rules.bands] == [(b.low, b.high) for b in many.rules.bands]
    assert np.array_equal([q.amount for q in few.quotas], [q.amount for q in many.quotas])


@settings(max_examples=60, deadline=None)
@given(lo=st.integers(0, 9000), length=st.integers(1, 3000))
def test_any_block_of_customers_has_the_same_bytes(lo: int, length: int) -> None:
    problem, hi = BLOCKS, min(lo + length, 9001)
    utility, allowed = problem.block(lo, hi)

    assert utility.tobytes() == worths(WHOLE)[lo:hi].tobytes()
    assert allowed.tobytes() == known(WHOLE.allowed)[lo:hi].tobytes()


def test_blocks_are_what_their_formula_says() -> None:
    made = BLOCKS.utility
    assert isinstance(made, FactorBlocks)
    tastes, rng = made.tastes, np.random.default_rng(0)
    for c in rng.integers(0, 9001, 50):
        affinity = 0.1 * (tastes.item.astype(float) @ tastes.customer[c].astype(float)) + tastes.popularity
        half = affinity / 2
        assert np.abs(worths(WHOLE)[c] - 500_000 * (1 + half / np.sqrt(1 + half**2))).max() < 1
        suits = made.suits[made.profile[c]]
        sent = made.received[c].tolist()
        expected = [bool(suits[i]) and made.family[i] not in sent for i in range(suits.size)]
        assert known(WHOLE.allowed)[c].tolist() == expected


def test_a_plan_from_blocks_is_the_plan_from_the_matrix() -> None:
    problem = blocks(150, 30)

    assert known(solve(problem).boxes).tobytes() == known(solve(dense(problem)).boxes).tobytes()


def test_cold_customers_are_fifty_profiles_with_scores_of_three_digits() -> None:
    problem = ties(4000, 30, rules=True)
    rows = np.concatenate([worths(problem), problem.allowed], axis=1)
    _, count = np.unique(rows, axis=0, return_counts=True)

    assert (worths(problem) % 1000 == 0).all()
    assert count[count > 1].sum() == 2000
    assert (count > 1).sum() == 50


def test_stock_is_the_supply_that_is_said() -> None:
    assert plain(5000, 60).stock.sum() == pytest.approx(1.3 * 25_000, rel=0.01)
    assert scarce(5000, 60).stock.sum() == pytest.approx(0.9 * 25_000, rel=0.01)
    three = plain(5000, 60, pools=3)
    assert three.stock.sum(axis=1) == pytest.approx(1.3 * 5 * np.bincount(known(three.pool)), rel=0.02)


def test_no_item_of_a_received_family_is_allowed() -> None:
    family = np.array([0, 1, 0, 2, 1, 0], np.int32)
    received = np.array([[0, 1], [2, 2], [-1, 1], [-1, -1]], np.int32)
    allowed = np.ones((4, 6), bool)

    forbid(allowed, family, received)

    assert allowed.tolist() == [[item not in row for item in family] for row in received]


def test_the_band_binds_some_customers_and_not_all() -> None:
    problem = plain(400, 80)
    free = PEERS["greedy"].pack(problem, 60).boxes
    band = ruled(400, 80).rules.bands[0]

    assert 0.05 < (band.amount[free].sum(axis=1) < band.low).mean() < 0.6


def test_quotas_are_as_many_as_said_and_name_overlapping_segments() -> None:
    made = quotas(1000, 200).quotas
    segments = {quota.customers.tobytes() for quota in made if quota.customers is not None}

    assert sum(quota.at_most is not None for quota in made) == 3
    assert sum(quota.at_least is not None and quota.customers is None for quota in made) == 40
    assert sum(quota.customers is not None for quota in made) == 20
    assert len(segments) == 4
    assert np.sum([np.frombuffer(one, bool) for one in segments], axis=0).max() > 1


def test_every_label_exists() -> None:
    items = Catalogue.drawn(40, 1)

    for labels, n in ((items.category, 8), (items.brand, 10), (items.form, 3), (items.family, 20)):
        assert np.unique(labels).tolist() == list(range(n))


BLOCKS = blocks(9001, 26)
WHOLE = dense(BLOCKS)
