"""The recommender at size: the made-up shop is what it says, and the command holds every stage against another."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("benchmarks.recommending_scale", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.made_shop import COLUMNS, QUESTIONS, made_shop
from benchmarks.recommending_scale import CONTENDERS, HEAD, Size, Stage, main, rows, told


def test_a_shop_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    one, two, other = (made_shop(300, 50, 4_000, seed) for seed in (0, 0, 1))

    for name in ("customer_idx", "item_idx", "weight", "age_days"):
        first, second = getattr(one.columns, name), getattr(two.columns, name)
        assert first.tobytes() == second.tobytes()
        assert len(first) == 4_000
    assert one.columns.item_idx.tobytes() != other.columns.item_idx.tobytes()
    assert abs(one.item_features - two.item_features).nnz == 0


def test_every_product_and_profile_says_one_value_of_each_column() -> None:
    shop = made_shop(300, 50, 4_000)

    assert shop.item_features.shape == (50, sum(COLUMNS))
    assert shop.customer_features.shape == (300, sum(QUESTIONS))
    for table, sizes in ((shop.item_features, COLUMNS), (shop.customer_features, QUESTIONS)):
        for block in np.split(table.toarray(), np.cumsum(sizes)[:-1], axis=1):
            assert (block.sum(axis=1) == 1).all()


def test_taste_and_popularity_shape_the_events() -> None:
    shop = made_shop(3_000, 200, 100_000)
    taken = np.sort(np.bincount(shop.columns.item_idx, minlength=200))[::-1]
    active = np.bincount(shop.columns.customer_idx, minlength=3_000)

    assert taken[:20].sum() > 0.2 * taken.sum()
    assert (taken == 0).sum() >= 2
    assert 60 < (active == 0).sum() < 300
    assert (shop.columns.weight < 0).mean() == pytest.approx(0.05, abs=0.01)


def test_ratios_are_of_what_they_say() -> None:
    names = (
        "training, all parts", "scoring every pair, all parts", "scoring every pair, factors alone",
        "lists of 20, all parts", "implicit's fit", "implicit's recommend of 20", "copying as many scores",
    )  # fmt: skip
    seconds = (30.0, 2.0, 1.0, 6.0, 20.0, 3.0, 0.1)
    found = [Stage(*one, 2 * one[1], 2_048.0, (("GB gone through", 8.0),)) for one in zip(names, seconds, strict=True)]
    lines = list(told(Size(1_000_000, 500, 1), found))

    assert lines == [
        "training takes 1.50x (1.50x in core seconds) implicit's fit",
        "lists take 2.00x (2.00x in core seconds) implicit's recommend",
        "scores written, all parts: 1.00 GB/s (0.50 a core); factors alone: 2.00 GB/s (1.00 a core)",
        "numbers gone through for all parts: 4.00 GB/s (2.00 a core)",
        "a copy, read and written: 40.00 GB/s (20.00 a core)",
        "peak 2.00 GiB",
    ]


def test_the_command_measures_everyone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--customers", "200", "--items", "40", "--repeat", "1"]) == 0

    out = capsys.readouterr().out
    assert "200 customers x 40 products, 6,667 events" in out
    assert all(words in out for words in ("events into matrices", "implicit's fit", "copying", "peak 0."))


@pytest.mark.parametrize("contender", CONTENDERS)
def test_every_stage_takes_time_and_memory(contender: str) -> None:
    size = Size(150, 30, 3_000)
    found = CONTENDERS[contender](size, 1)

    assert all(one.seconds > 0 and one.peak > 10 for one in found)
    assert all(len(row) == len(HEAD) for row in rows(size, found))
