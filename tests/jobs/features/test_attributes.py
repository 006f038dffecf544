"""Attributes to columns: cells of several values, unanswered questions, ids that say nothing, what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.features.attributes import Attributes, customer_attributes, product_attributes


def attributes(frame: Mapping[str, Sequence[object]], *, profile: bool = False, **settings: Any) -> Attributes:
    """Attributes of a table with these columns besides its ids."""
    n_rows = len(next(iter(frame.values())))
    ids = [f"id {number}" for number in range(n_rows)]
    table = pd.DataFrame({"customer_id" if profile else "product_id": ids})
    for name, values in frame.items():
        column: list[Any] = list(values)
        table[name] = pd.Series(column) if isinstance(column[0], (float, bool)) else pd.Series(column, dtype="str")
    read = customer_attributes if profile else product_attributes
    return read(table, np.arange(n_rows), n_rows, **settings)


def cells(values: Sequence[object], *, profile: bool = False) -> dict[str, list[float]]:
    made = attributes({"x": values}, profile=profile)
    assert set(made.column) <= {"x"}
    return {value: made.matrix.toarray()[:, i].astype(float).round(3).tolist() for i, value in enumerate(made.value)}


def test_several_values_share_one_cell() -> None:
    assert cells(["a|b", "b", " a | ", ""]) == {"a": [0.707, 0, 1, 0], "b": [0.707, 1, 0, 0]}


def test_spaces_and_repeats_in_a_cell_count_for_nothing_and_case_counts() -> None:
    assert cells(["a| a |a", "a", "|", "Curly", "curly", "Curly|curly", "Curly"]) == {
        "Curly": [0, 0, 0, 1, 0, 0.707, 1],
        "a": [1, 1, 0, 0, 0, 0, 0],
        "curly": [0, 0, 0, 0, 1, 0.707, 0],
    }


def test_unanswered_is_an_answer_of_its_own_only_for_customers() -> None:
    assert cells(["a", "", " | ", "a"], profile=True) == {"": [0, 1, 1, 0], "a": [1, 0, 0, 1]}
    assert cells(["a", "", "", "a"]) == {"a": [1, 0, 0, 1]}


def test_unanswered_is_an_answer_of_its_own_for_numbers_too() -> None:
    many = [*(str(number) for number in range(40)), "", ""]

    assert cells(many, profile=True)[""] == [0.0] * 40 + [1.0] * 2
    assert cells(["1", "2", "1", "2", "", ""], profile=True)[""] == [0, 0, 0, 0, 1, 1]
    assert "" not in cells(many)


def test_values_of_one_row_or_of_all_rows_are_left_out() -> None:
    assert cells(["same|one", "same|two", "same|two"]) == {"two": [0, 1, 1]}
    assert cells(["same"] * 3) == {}
    assert cells(["same"] * 3, profile=True) == {}
    assert cells(["", "", ""], profile=True) == {}


def test_true_and_false_are_values() -> None:
    assert cells([True, False, True, False]) == {"false": [0, 1, 0, 1], "true": [1, 0, 1, 0]}
    assert cells(["yes", "no", "yes", "no"]) == {"no": [0, 1, 0, 1], "yes": [1, 0, 1, 0]}


CODES = {
    "EAN": lambda number: f"40063813{number:05d}",
    "a number with zeros in front": lambda number: f"{number:06d}",
    "address of a page": lambda number: f"https://shop.example/rose/{number}.jpg",
    "path of a picture": lambda number: f"images/{number:x}/rose cream.png",
    "mail": lambda number: f"someone.{number}@mail.example",
}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
@pytest.mark.parametrize("profile", [False, True])
def test_what_only_tells_rows_apart_says_nothing(code, profile: bool) -> None:
    own = [code(number) for number in range(200)]

    assert cells(own, profile=profile) == {}
    assert cells([*own, "", "", *own[:5]], profile=profile) == {}, "a few rows in common are no taste"


def test_a_code_that_many_share_is_a_value() -> None:
    assert set(cells(["00042"] * 30 + ["00007"] * 30 + ["00001"] * 30)) == {"00001", "00007", "00042"}
    assert set(cells([f"400638130{number // 3:04d}" for number in range(90)])) == {
        f"400638130{number:04d}" for number in range(30)
    }


def test_a_family_of_one_is_no_number_and_no_value() -> None:
    products = pd.DataFrame({"product_id": [str(number) for number in range(60)], "x": ["a", "b"] * 30})
    products["family"] = products["product_id"].where(products.index > 3, "creams")
    made = product_attributes(products, np.arange(60), 60)

    assert list(zip(made.column, made.value, strict=True)) == [("family", "creams"), ("x", "a"), ("x", "b")]


def test_category_brand_and_family_are_values_whatever_they_look_like() -> None:
    texts = [f"one of the creams {number % 30}" for number in range(50)]
    numbers = [str(number % 30) for number in range(50)]
    made = attributes({"category": texts, "brand": numbers, "family": texts})

    assert made.texts == frozenset()
    assert {value for column, value in zip(made.column, made.value, strict=True) if column == "brand"} == {
        str(number) for number in range(20)
    }
    assert made.column.count("category") == made.column.count("family") == 20


def test_columns_can_be_ignored() -> None:
    made = attributes({"x": ["a", "b"] * 3, "y": ["c", "d"] * 3}, ignore=["y", "not here"])

    assert made.column == ("x", "x")
    assert attributes({"x": ["a", "b"] * 3}, profile=True, ignore=["x"]).column == ()


def test_a_mixed_column_stays_as_it_is() -> None:
    assert set(cells([*[str(number) for number in range(40)] * 2, "many", "many"])) == {*map(str, range(40)), "many"}


def test_emails_of_300_000_customers_are_no_columns() -> None:
    made = attributes({"email": [f"{number}@mail.example" for number in range(300_000)]}, profile=True)

    assert made.matrix.shape == (300_000, 0)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "a|b", "", "c"]),
            st.sampled_from(["1", "2.5", "", "30"]),
            st.text("rose mint", max_size=9),
        ),
        min_size=1,
        max_size=30,
    ),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_the_order_of_rows_means_nothing(rows, random, profile) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    one = attributes(dict(zip("xyz", map(list, zip(*rows, strict=True)), strict=True)), profile=profile, text=["z"])
    shuffled = [rows[position] for position in order]
    other = attributes(
        dict(zip("xyz", map(list, zip(*shuffled, strict=True)), strict=True)), profile=profile, text=["z"]
    )

    assert (one.column, one.value) == (other.column, other.value)
    assert np.array_equal(one.matrix.toarray()[order], other.matrix.toarray())


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "a|b", "c|d|a", "", "d"]), min_size=2, max_size=30))
def test_each_column_of_a_table_says_as_much_as_any_other(values: list[str]) -> None:
    numbers = [float(position * position % 37) for position in range(len(values))]
    made = attributes({"x": values, "number": numbers, "name": [f"rose mint {value}" for value in values]})
    of_column = {
        name: np.sqrt((made.matrix.toarray()[:, [at == name for at in made.column]] ** 2).sum(axis=1))
        for name in set(made.column)
    }

    for name, length in of_column.items():
        full = 0.5 if name == "name" else 1
        assert np.all((length == 0) | (abs(length - full) < 1e-6))


def test_logistics_and_ids_are_no_taste() -> None:
    products = pd.DataFrame(
        {"product_id": ["a", "b"] * 2, "name": ["x"] * 4, "boxable": True, "on_site": [True, False] * 2}
    )
    customers = pd.DataFrame(
        {"customer_id": list("abcd"), "warehouse": ["n", "s"] * 2, "wave": ["1", "2"] * 2, "slots": 5}
    )

    assert product_attributes(products, np.arange(4), 4).column == ()
    assert customer_attributes(customers, np.arange(4), 4).matrix.shape == (4, 0)


def test_rows_go_where_they_are_told() -> None:
    frame = pd.DataFrame({"x": ["a", "b", "a", "b"]})
    made = product_attributes(frame, np.array([5, 1, 2, 0]), 7)

    assert made.matrix.toarray()[:, 0].tolist() == [0, 0, 1, 0, 0, 1, 0]
    assert made.matrix.toarray()[[3, 4, 6]].sum() == 0


def test_the_most_frequent_values_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.features.attributes.MOST_VALUES", 2)

    assert set(cells(["a", "a", "b", "b", "b", "c", "c", "c", "c"])) == {"b", "c"}


def test_words_do_not_push_out_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.features.attributes.MOST_VALUES", 3)
    monkeypatch.setattr("jobs.features.attributes.MOST_WORDS", 2)
    names = ["rose oil cream", "rose oil gel", "rose gel balm", "mint gel balm", "mint"]
    made = attributes({"name": names, "x": ["a", "a", "b", "b", "c"], "description": ["a gel", "some gel", "", "", ""]})

    assert list(zip(made.column, made.value, strict=True)) == [
        ("x", "a"),
        ("x", "b"),
        ("name", "gel"),
        ("name", "rose"),
    ]


def test_columns_without_any_value_are_fine() -> None:
    assert cells(["", "", ""]) == {}
    empty = pd.DataFrame({"product_id": pd.Series([], dtype="str"), "x": pd.Series([], dtype="str")})
    assert product_attributes(empty, np.zeros(0, int), 3).matrix.shape == (3, 0)
    assert attributes({"name": ["", ""], "x": [float("nan")] * 2}).column == ()
