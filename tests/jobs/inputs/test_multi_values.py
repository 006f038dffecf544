"""Cells of several values: split once, matched as sets."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from jobs.inputs.multi_values import column, matches, split

CELLS = st.lists(st.sampled_from(["", "dry", "dry|oily", "oily| dry", "|", " dry ", "curly||dry"]), max_size=12)


def test_split_strips_and_drops_repeats():
    assert split(" dry | oily|dry||") == ("dry", "oily")
    assert split("") == ()


@given(CELLS, st.sets(st.sampled_from(["dry", "oily", "curly", "none"])))
def test_holds_is_what_a_loop_over_cells_says(cells, wanted):
    told = column(pd.Series(cells, dtype="str")).holds(wanted).tolist()
    assert told == [any(part.strip() in wanted for part in cell.split("|") if part.strip()) for cell in cells]


@given(CELLS)
def test_known_and_single(cells):
    read = column(pd.Series(cells, dtype="str"))
    assert read.known.tolist() == [bool(split(cell)) for cell in cells]
    assert read.is_single == all(len(split(cell)) <= 1 for cell in cells)
    assert list(read.values) == sorted({value for cell in cells for value in split(cell)})


def test_matches_wants_every_column_and_any_value():
    frame = pd.DataFrame({"plan": ["mini", "deluxe", "mini"], "skin": ["dry|oily", "dry", ""]}, dtype="str")
    assert matches(frame, {}).tolist() == [True, True, True]
    assert matches(frame, {"plan": "mini", "skin": ["oily", "normal"]}).tolist() == [True, False, False]
