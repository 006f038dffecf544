"""A sample of an oracle is an oracle over the first customers: same boxes, same widths, the same people."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

from optimizer.effort import Effort
from optimizer.oracle.runner import Runner
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.problem import BoxProblem, BoxRules
from tests.optimizer.shops import Blocks, ruled


def varied(n_customers: int, n_items: int, *, size: int, slots: tuple[int, ...], doubles: bool = False) -> BoxProblem:
    """Boxes of several sizes, none of them the rules' own; every sixth customer may be the double of another."""
    rng = np.random.default_rng(3)
    utility = rng.integers(0, 1_000_000, (n_customers, n_items)).astype(np.int32)
    sizes = rng.choice(slots, n_customers).astype(np.int32)
    if doubles:
        utility[::6], sizes[::6] = utility[1], sizes[1]
    allowed, stock = np.ones(utility.shape, bool), np.full(n_items, n_customers)
    return BoxProblem(utility, allowed, stock, rules=BoxRules(size), slots=sizes)


@pytest.mark.parametrize("all_pairs", [0, 4_000_000])
@pytest.mark.parametrize(("size", "slots"), [(2, (2, 5)), (6, (1, 3))])
def test_a_sample_has_the_boxes_of_its_customers(size: int, slots: tuple[int, ...], all_pairs: int) -> None:
    problem = varied(40, 30, size=size, slots=slots)
    everyone = ThreadedOracle(problem, 1, effort=Effort(all_pairs=all_pairs), runner=Runner(1))
    few = everyone.sample(10)
    table = np.random.default_rng(1).integers(0, 500_000, (1, 30))
    of_all, of_few = everyone.all_pairs(table).boxes, few.all_pairs(table)
    assert of_all is not None
    assert of_few.boxes is not None

    assert of_few.boxes.shape == (10, problem.width)
    assert of_few.usage.sum() == few.sizes.sum() == (of_few.boxes >= 0).sum()
    assert np.sort(of_few.boxes, axis=1).tolist() == np.sort(of_all[:10], axis=1).tolist()


def test_a_sample_of_a_sample_holds_the_rows_of_its_own_customers() -> None:
    problem = varied(4_000, 12, size=3, slots=(3,), doubles=True)
    asked = replace(problem, utility=Blocks(problem), allowed=None)
    everyone = ThreadedOracle(asked, 1, effort=Effort(all_pairs=0, kept=600), runner=Runner(1))
    few = everyone.sample(300).sample(60)

    mine = everyone.order[few.members]
    rows, _ = few.problem.block(0, few.n_customers)
    inner = everyone.sample(300)
    assert few.n_customers == 60
    assert rows.tolist() == inner.problem.block(0, inner.n_customers)[0][:60].tolist()
    assert mine.size == 60


def test_problems_can_be_copied_whichever_way_pairs_are_handed_in() -> None:
    problem = ruled(60, 12)
    for one in (problem, replace(problem, utility=Blocks(problem), allowed=None)):
        for other in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
            assert all((a == b).all() for a, b in zip(one.block(3, 9), other.block(3, 9), strict=True))
