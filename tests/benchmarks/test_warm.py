"""The next night that warm starts are measured on: a hundredth of everything is another, and the rules are the same."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("benchmarks.warm", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.instances import KINDS
from benchmarks.warm import changed, main
from tests.known import worths


def test_a_hundredth_is_changed() -> None:
    before = KINDS["ruled"](1_000, 100, 0)

    after = changed(before)

    assert (after.rules, after.quotas) == (before.rules, before.quotas)
    assert np.count_nonzero((after.stock != before.stock).any(axis=0)) == 1
    moved = np.abs(worths(after).astype(np.int64) - worths(before)).mean(axis=1)
    assert np.count_nonzero(moved > 10 * np.median(moved)) in range(5, 11)
    assert (worths(changed(before)) == worths(after)).all()


def test_it_says_how_much_sooner_a_warm_night_packs(capsys: pytest.CaptureFixture[str]) -> None:
    main("1000")

    first, cold, warm, ratio = capsys.readouterr().out.splitlines()
    assert (first.split()[0], cold.split()[0], warm.split()[0]) == ("first", "cold", "warm")
    assert "of cold" in ratio
