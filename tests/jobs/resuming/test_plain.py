"""What a finished stage is kept as: every value comes back as it was, and nothing that could run is written or read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jobs.config.load import load
from jobs.resuming.plain import Reader, Writer
from optimizer.problem import Termination
from tests.jobs.small_campaign import write_small_campaign


@dataclass(frozen=True)
class Pair:
    """Anything."""

    one: Any
    other: Any


KNOWN: dict[str, type] = {"Pair": Pair, "Termination": Termination}
DTYPES = st.sampled_from([np.dtype(name) for name in ("?", "i1", "i4", "i8", "u1", "u8", "f4", "f8")])
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    SCALARS | st.dates() | ARRAYS | st.frozensets(st.text("ab")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text("xyz") | st.tuples(st.integers(), st.text("x")), inner, max_size=3)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(write_small_campaign(tmp_path_factory.mktemp("plain") / "shop"))


def back(value: Any, campaign: Any = None) -> Any:
    writer = Writer(KNOWN)
    node = writer.node(value)
    return Reader([np.copy(array, order="K") for array in writer.arrays], KNOWN, campaign).value(node)


def same(one: Any, other: Any) -> bool:
    """Of one type, and equal bit by bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        alike = one.tolist() == other.tolist() if one.dtype == object else one.tobytes() == other.tobytes()
        return bool(alike and one.dtype == other.dtype and one.shape == other.shape)
    if isinstance(one, frozenset):
        return bool(one == other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one), list(other)) and same(list(one.values()), list(other.values()))
    if isinstance(one, Pair):
        return same((one.one, one.other), (other.one, other.other))
    return repr(one) == repr(other)


@given(VALUES)
def test_every_value_comes_back(value: Any) -> None:
    assert same(back(value), value)


@given(hnp.arrays(np.int8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5)).map(sp.csr_matrix))
def test_a_sparse_matrix_comes_back_with_its_types(matrix: sp.csr_matrix) -> None:
    for positions in (np.int32, np.int64):
        matrix.indices, matrix.indptr = matrix.indices.astype(positions), matrix.indptr.astype(positions)
        found = back(matrix)
        assert found.shape == matrix.shape
        for name in ("data", "indices", "indptr"):
            assert same(getattr(found, name), getattr(matrix, name))


def test_frames_indexes_and_many_texts_come_back() -> None:
    frame = pd.DataFrame({"part": ["a", "ü"], "value": [0.5, np.nan], "n": [1, 2]}).astype({"part": "str"})
    pd.testing.assert_frame_equal(back(frame), frame)
    pd.testing.assert_frame_equal(back(frame.iloc[:0]), frame.iloc[:0])
    index = pd.Index(["007", "7", "é"], dtype="str")
    pd.testing.assert_index_equal(back(index), index)
    many = [f"customer {number}" for number in range(2_000)] + ["", "ß"]
    assert back(many) == many
    assert same(back(np.array(["a", ""], object)), np.array(["a", ""], object))
    assert back(Termination.OPTIMAL) is Termination.OPTIMAL
    assert same(back(np.float64(0.1)), np.float64(0.1))


def test_what_is_met_twice_is_written_once_and_is_one_thing_again() -> None:
    array = np.arange(4)
    writer = Writer(KNOWN)
    writer.node([array, Pair(array, array)])
    assert len(writer.arrays) == 1
    found = back([array, Pair(array, array)])
    assert found[0] is found[1].one is found[1].other


def test_the_campaign_is_the_readers_own(campaign: Any) -> None:
    assert back(Pair(campaign, 1), campaign).one is campaign


@pytest.mark.parametrize("value", [len, Path("/"), {1, 2}, np.array([None]), np.array(["a"]), object(), b"bytes"])
def test_what_is_not_listed_is_not_written(value: Any) -> None:
    with pytest.raises(TypeError, match="may not be kept"):
        Writer(KNOWN).node([value])


@pytest.mark.parametrize(
    "node",
    [
        ["made", "Path", {}],
        ["made", "os.system", {"command": "true"}],
        ["one of", "Termination", "NOWHERE"],
        ["eval", "1 + 1"],
        ["same", 3],
        ["array", 7],
        ["csr", ["array", 0], ["array", 1], ["array", 2], [1, 1]],
    ],
)
def test_what_is_not_listed_is_not_made(node: Any) -> None:
    arrays = [np.ones(1), np.array([5]), np.array([0, 1])]
    with pytest.raises((KeyError, IndexError, ValueError)):
        Reader(arrays, KNOWN, None).value(node)  # type: ignore[arg-type]
