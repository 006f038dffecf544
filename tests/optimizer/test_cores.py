"""Cores are counted on every system, also on those that cannot say which of them a process may use."""

from __future__ import annotations

import os

import pytest

from optimizer.oracle.runner import n_cores
from optimizer.solve import solve
from tests.optimizer.shops import ruled
from tests.optimizer.test_order import assert_same_plan


def test_only_the_cores_that_this_process_may_use_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert n_cores() == 3


def test_without_sched_getaffinity_the_cores_of_the_machine_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert n_cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert n_cores() == 1


def test_a_system_without_it_packs_the_same_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = ruled(60, 44, 1)
    here = solve(problem)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)

    assert_same_plan(solve(problem), here)
