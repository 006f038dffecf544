"""What runs say together, and whether a goal is met: every figure that misses is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("benchmarks.goals", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.goals import verdict
from benchmarks.registry import CASES, FIRST_RUN, Goal, named
from benchmarks.results import Result, Runs
from tests.benchmarks.made_results import CASE, FLOW, OUTCOME, other, result


def test_medians_worst_gap_and_ratios() -> None:
    found = result(other(seconds=1.0, extra_mib=8.0), other(seconds=4.0), other(seconds=2.0, short_boxes=5))

    assert found.ours.seconds == 2.0
    assert found.ours.extra_mib == 10.0
    assert found.ours.short_boxes == 5
    assert found.gap(found.ours) == pytest.approx(1e-6)
    assert found.time_ratio(found.peers["flow"]) == 15
    assert found.memory_ratio(found.peers["flow"]) == 4


def test_the_gap_is_unknown_where_one_run_has_no_plan() -> None:
    found = result(OUTCOME, other(value=None))

    assert found.gap(found.ours) is None


@pytest.mark.parametrize(
    ("outcome", "flow", "words"),
    [
        (OUTCOME, FLOW, "met; aim: gap 1.0e-06, asked 0"),
        (other(value=1_000_000, status="optimal"), FLOW, "aim met"),
        (other(value=999_990), FLOW, "missed: gap 1.0e-05, asked 1.0e-06"),
        (other(seconds=6.0), replace(FLOW, seconds=90.0), "missed: 6.00 s, asked 5.00"),
        (OUTCOME, replace(FLOW, seconds=18.0), "missed: flow 9.00x in time, asked 10.0x"),
        (OUTCOME, replace(FLOW, extra_mib=20.0), "missed: flow 2.00x in memory, asked 3.00x"),
        (OUTCOME, None, "missed: flow not run, asked 10.0x; flow not measured in memory, asked 3.00x"),
        (other(faults=["item 3 is not allowed"]), FLOW, "wrong: boxwise: item 3 is not allowed"),
        (other(bound_agrees=False), FLOW, "wrong: the second opinion finds another bound"),
        (other(status="no_solution", value=None), FLOW, "wrong: no_solution"),
        (OUTCOME, replace(FLOW, value=1_000_001), "wrong: seed 0: flow found more than our bound allows"),
    ],
)
def test_verdicts_name_what_is_missed(outcome, flow, words: str) -> None:
    assert verdict(result(outcome, flow=flow)) == words


def test_plans_that_differ_between_runs_are_wrong() -> None:
    assert verdict(result(OUTCOME, other(digest="z"))) == "wrong: seed 0: plans differ between runs"


def test_goals_are_judged_at_the_cases_own_size_only() -> None:
    assert verdict(result(n_customers=999)) == "other size"


@pytest.mark.parametrize(
    ("value", "theirs", "words"),
    [
        (999_999, 999_999, "met"),
        (999_998, 999_999, "missed: seed 0: flow found 999,999, we 999,998"),
        (1_000_000, None, "met"),
        (999_999, None, "missed: flow found no plan, seed 0 is not proved"),
    ],
)
def test_an_optimum_is_reached_by_value_or_by_proof(value: int, theirs: int | None, words: str) -> None:
    case = replace(CASE, must=Goal(optimum_of="flow"), aim=Goal())

    assert verdict(result(other(value=value), flow=replace(FLOW, value=theirs), case=case)) == words


def test_memory_in_all_is_judged_by_the_highest_run() -> None:
    case = replace(CASE, must=Goal(total_mib=310), aim=Goal())

    assert verdict(result(OUTCOME, other(total_mib=320.0), case=case)) == "missed: 320 MiB in all, asked 310"


def test_each_seed_is_compared_with_its_own() -> None:
    ours = Runs("boxwise", [(0, OUTCOME), (1, other(value=500, bound=500, digest="c"))])
    flow = Runs("flow", [(0, FLOW), (1, replace(FLOW, value=400))])
    found = Result(CASE, 1_000, 100, ours, {"flow": flow})

    assert found.gap(found.ours) == pytest.approx(1e-6)
    assert found.gap(flow) == pytest.approx(0.2)
    assert found.wrong() == []


def test_names_of_cases_are_unique_and_unknown_ones_are_refused() -> None:
    assert named([]) == list(CASES)
    assert len({case.name for case in CASES}) == len(CASES)
    assert [case.name for case in named(["ties", "plain"])] == ["ties", "plain"]
    with pytest.raises(KeyError, match="no such case: tie; there are plain"):
        named(["tie"])


def test_the_registry_asks_what_is_promised() -> None:
    by_name = {case.name: case for case in CASES}

    assert list(by_name["plain"].must.faster) == [("flow", 10)]
    assert (by_name["ruled"].must.gap, by_name["ruled"].must.seconds) == (1e-5, 30)
    assert list(by_name["ruled-small"].must.faster) == [("highs", 80)]
    assert (by_name["blocks"].must.seconds, by_name["blocks"].must.total_mib) == (60, 3072)
    assert all(case.must != Goal() for case in CASES)
    assert [case.must.seconds for case in CASES if case.kind == FIRST_RUN] == [20, 20]
