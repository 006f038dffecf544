"""Peers obey every rule, and those that claim the optimum find brute force's, on tiny problems of all kinds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from optimizer.problem import BoxProblem
from optimizer.verify import check, plan_value
from tests.optimizer.brute_force import brute_force
from tests.optimizer.strategies import tiny_problems

pytest.importorskip("benchmarks.peers", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.instances import KINDS, plain
from benchmarks.peers import PEERS, Found
from tests.known import known, worths

EXACT = ("highs", "cp-sat", "cp-sat-2")


def value_of(problem: BoxProblem, found: Found) -> int:
    """Value of a peer's boxes, which must be legal."""
    assert found.boxes is not None, found.status
    assert check(problem, found.boxes) == []
    return plan_value(problem, found.boxes)


@pytest.mark.parametrize("name", EXACT)
@settings(max_examples=80, deadline=None)
@given(problem=tiny_problems())
def test_exact_peers_find_brute_forces_optimum_under_every_rule(name: str, problem: BoxProblem) -> None:
    truth, found = brute_force(problem), PEERS[name].pack(problem, 20)

    if truth is None:
        assert found.boxes is None
        assert found.status == "infeasible"
    else:
        assert found.status == "optimal"
        assert value_of(problem, found) == truth


@settings(max_examples=200, deadline=None)
@given(problem=tiny_problems())
def test_the_greedy_obeys_every_rule(problem: BoxProblem) -> None:
    found = PEERS["greedy"].pack(problem, 20)

    if found.boxes is None:
        assert problem.rules.short == "stop"
    else:
        assert value_of(problem, found) <= known(brute_force(problem))


def test_peers_agree_on_a_plain_problem_with_two_warehouses() -> None:
    problem = plain(60, 20, pools=2)
    values = {name: value_of(problem, PEERS[name].pack(problem, 20)) for name in ("flow", "highs", "cp-sat")}
    bound = PEERS["pdlp"].pack(problem, 20).bound

    assert len(set(values.values())) == 1
    assert bound == pytest.approx(values["flow"], rel=1e-5)  # the flow's LP has whole vertices


@pytest.mark.parametrize("kind", ["ruled", "ties", "adversarial", "blocks"])
def test_peers_agree_on_each_kind(kind: str) -> None:
    problem = KINDS[kind](15, 20, 1)
    exact = {value_of(problem, PEERS[name].pack(problem, 60)) for name in ("highs", "cp-sat")}
    (best,) = exact

    assert known(PEERS["pdlp"].pack(problem, 60).bound) >= best - 2e-5 * abs(best)
    assert value_of(problem, PEERS["highs-loose"].pack(problem, 60)) <= best
    assert value_of(problem, PEERS["greedy"].pack(problem, 60)) <= best


def test_with_plenty_of_stock_the_greedy_takes_everyones_five_best() -> None:
    problem = plain(40, 20, supply=30)
    boxes = known(PEERS["greedy"].pack(problem, 20).boxes)

    worth = np.where(known(problem.allowed), worths(problem), -1)
    assert np.array_equal(np.sort(boxes, axis=1), np.sort(np.argsort(-worth, axis=1)[:, :5], axis=1))


def test_the_flow_refuses_rules_that_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="stock and eligibility only"):
        PEERS["flow"].pack(KINDS["ruled"](5, 20), 20)
