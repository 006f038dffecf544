"""Attributes to one-hot columns: cells of several values, unanswered questions, numbers in ranges, what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jobs.learning.attributes import customer_attributes, one_hot, product_attributes


def cells(values: list[object], *, keep_empty: bool = False) -> dict[str, list[float]]:
    frame = pd.DataFrame({"x": pd.Series(values, dtype=None if isinstance(values[0], float) else "str")})
    made = one_hot(frame, ["x"], np.arange(len(frame)), len(frame), keep_empty=keep_empty)
    return {value: made.matrix.toarray()[:, i].astype(float).round(3).tolist() for i, value in enumerate(made.value)}


def test_several_values_share_one_cell() -> None:
    assert cells(["a|b", "b", " a | ", ""]) == {"a": [0.707, 0, 1, 0], "b": [0.707, 1, 0, 0]}


def test_unanswered_is_an_answer_of_its_own_only_for_customers() -> None:
    assert cells(["a", "", "", "a"], keep_empty=True) == {"": [0, 1, 1, 0], "a": [1, 0, 0, 1]}
    assert cells(["a", "", "", "a"]) == {"a": [1, 0, 0, 1]}


def test_values_of_one_row_or_of_all_rows_are_left_out() -> None:
    assert cells(["same|one", "same|two", "same|two"]) == {"two": [0, 1, 1]}


def test_numbers_with_many_values_become_ranges_of_equal_count() -> None:
    made = cells([float(number) for number in range(80)])

    assert len(made) == 8
    assert all(sum(column) == 10 for column in made.values())
    assert "0 to 9.875" in made
    assert cells([str(number) for number in range(80)]) == made
    assert len(cells([1.0, 2.0, 1.0, 2.0, float("nan")])) == 2


def test_a_mixed_column_stays_text() -> None:
    assert set(cells([*[str(number) for number in range(40)] * 2, "many", "many"])) == {*map(str, range(40)), "many"}


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
    made = one_hot(frame, ["x"], np.array([5, 1, 2, 0]), 7, keep_empty=False)

    assert made.matrix.toarray()[:, 0].tolist() == [0, 0, 1, 0, 0, 1, 0]
    assert made.matrix.toarray()[[3, 4, 6]].sum() == 0


def test_the_most_frequent_values_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.learning.attributes.MOST_VALUES", 2)

    assert set(cells(["a", "a", "b", "b", "b", "c", "c", "c", "c"])) == {"b", "c"}


def test_columns_without_any_value_are_fine() -> None:
    assert cells(["", "", ""]) == {}
    empty = one_hot(pd.DataFrame({"x": pd.Series([], dtype="str")}), ["x"], np.zeros(0, int), 3, keep_empty=True)
    assert empty.matrix.shape == (3, 0)
