"""Prices by name: what a run ended with, found again by products, warehouses and quotas that came, went or moved."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.outputs.prices import write_prices
from jobs.starting.named_prices import NamedPrices
from optimizer.problem import Prices, Quota

SHOPS, PRODUCTS, QUOTAS = ["", "east", "west"], ["P1", "=P2", "é", '"4"', "P5"], ["brand A", "brand A", "cap", "soap"]
PRICE = st.sampled_from([0, 1, 7, 2**62])


def quotas(names: list[str], sides: list[tuple[int | None, int | None]]) -> list[Quota]:
    return [Quota(name, np.ones(1, np.int64), *side, None, 5) for name, side in zip(names, sides, strict=True)]


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[str], list[str], list[Quota]]:
    shops, products = (draw(st.lists(st.sampled_from(of), min_size=1, unique=True)) for of in (SHOPS, PRODUCTS))
    names = draw(st.lists(st.sampled_from(QUOTAS), max_size=4))
    sides = [draw(st.sampled_from([(1, None), (None, 3), (1, 3)])) for _ in names]
    return shops, products, quotas(names, sides)


def told(shops: list[str], products: list[str], limits: list[Quota], prices: Prices) -> dict[tuple[str, ...], int]:
    """The obvious way: a name for every price."""
    found: dict[tuple[str, ...], int] = {}
    for pool, shop in enumerate(shops):
        for item, product in enumerate(products):
            found["stock", shop, product] = int(prices.stock[pool, item])
    for side in ("at_least", "at_most"):
        for number, quota in enumerate(limits):
            if getattr(quota, side) is None:
                continue
            alike = [other for other, one in enumerate(limits) if one.name == quota.name]
            name = quota.name if len(alike) == 1 else f"{quota.name} [{number + 1}]"
            found[side, name] = int(getattr(prices, side)[number])
    return found


@given(problems(), problems(), st.data())
def test_what_is_named_alike_has_the_same_price_and_what_is_new_has_none(
    last: tuple[list[str], list[str], list[Quota]],
    tonight: tuple[list[str], list[str], list[Quota]],
    data: st.DataObject,
) -> None:
    shops, products, limits = last
    stock = [[data.draw(PRICE) for _ in products] for _ in shops]
    low, high = (np.array([data.draw(PRICE) for _ in limits], np.int64) for _ in range(2))
    prices = Prices(np.array(stock, np.int64), low, high, unit=1000)
    before = told(*last, prices)
    with TemporaryDirectory() as folder:
        write_prices(Path(folder) / "prices.csv", prices, shops, products, limits)
        named = NamedPrices.of_csv(Path(folder) / "prices.csv")

    found = named.at(*tonight)

    none = np.zeros((len(tonight[0]), len(tonight[1])), np.int64)
    no_limits = np.zeros(len(tonight[2]), np.int64)
    nothing = Prices(none, no_limits, no_limits)
    expected = {name: before.get(name, 0) for name in told(*tonight, nothing)}
    assert told(*tonight, nothing if found is None else found) == expected
    assert (found is None) == (not any(expected.values()))
    assert NamedPrices.of_json(named.as_json()) == named


GOOD = "kind,warehouse,product_id,quota,price,unit,points\nstock,,P1,,5,10,0\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",5,10,", ",-5,10,"),
        (",5,10,", ",5.5,10,"),
        (",5,10,", f",{2**63},10,"),
        (",5,10,", ",5,0,"),
        ("stock", "stick"),
        ("stock,,P1,,5,10,0\n", ""),
        ("stock,,P1,,5,10,0\n", "stock,,P1,,5,10,0\n" * 2),
        ("stock,,P1,,5,10,0\n", "stock,,P1,,5,10,0\nstock,,P2,,5,11,0\n"),
        ("price,", "cost,"),
        ("kind,", "\x00kind\n"),
    ],
)
def test_a_file_that_is_not_one_of_prices_is_refused(old: str, new: str, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(GOOD, encoding="utf-8")
    assert NamedPrices.of_csv(file).stock == {"": {"P1": 5}}

    file.write_text(GOOD.replace(old, new), encoding="utf-8")

    with pytest.raises((ValueError, KeyError)):
        NamedPrices.of_csv(file)
