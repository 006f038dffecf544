"""Names and descriptions as words: what counts as a word, what as a text, and TF-IDF next to its formula."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.features.attributes import Attributes, customer_attributes, product_attributes
from jobs.features.blocks import TEXT_LENGTH
from jobs.features.cells import Cells
from jobs.features.texts import is_free_text, word_block


def names(texts: list[str], column: str = "name") -> Attributes:
    frame = pd.DataFrame({column: pd.Series(texts, dtype="str")})
    return product_attributes(frame, np.arange(len(texts)), len(texts))


def words(*texts: str) -> set[str]:
    """What is read in these texts, each said by two rows; none of it by all."""
    return set(names([*texts, *texts, "nothing else"]).value) - {"nothing", "else"}


def test_a_name_becomes_the_words_that_others_share() -> None:
    made = names(["Rose cream", "Rose oil", "Mint oil", "Lime gel"])

    assert list(zip(made.column, made.value, strict=True)) == [("name", "oil"), ("name", "rose")]
    assert made.texts == {"name"}
    assert (made.matrix.toarray() > 0).tolist() == [[False, True], [True, True], [True, False], [False, False]]


def test_two_rows_of_one_name_share_its_words() -> None:
    assert names(["Rose", "Rose", "Mint"]).value == ("rose",)


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["rose", "mint", "oil", "gel", "lime"]), max_size=6).map(" ".join),
        min_size=2,
        max_size=12,
    )
)
def test_words_weigh_as_the_formula_says(texts: list[str]) -> None:
    """(1 + ln tf) x (ln((1 + n) / (1 + df)) + 1), rows scaled to one length: Salton's TF-IDF as scikit-learn has it."""
    n_rows, said = len(texts), [text.split() for text in texts]
    rows_of = {word: sum(word in row for row in said) for word in {word for row in said for word in row}}
    kept = sorted(word for word, count in rows_of.items() if 2 <= count < n_rows)
    slow = np.zeros((n_rows, len(kept)))
    for at, row in enumerate(said):
        for place, word in enumerate(kept):
            if word in row:
                slow[at, place] = (1 + math.log(row.count(word))) * (math.log((1 + n_rows) / (1 + rows_of[word])) + 1)
        slow[at] *= TEXT_LENGTH / (np.linalg.norm(slow[at]) or 1)

    made = names(texts)

    assert made.value == tuple(kept)
    assert made.matrix.toarray() == pytest.approx(slow, abs=1e-6)


def test_case_and_accents_count_for_nothing_and_words_are_named_as_most_write_them() -> None:
    assert names(["CRÈME de rose", "Crème", "creme", "Huile"]).value == ("crème",)
    assert names(["cre\u0300me a", "crème b", "c"]).value == ("crème",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rose water 250 ml", {"rose", "water"}),
        ("Rose water 250ml, 8.4oz, 2x", {"rose", "water"}),
        ("Balm 5 g for the lips with mint", {"balm", "lips", "mint"}),
        ("oil-free, fragrance-free gel", {"oil-free", "fragrance-free", "gel"}),
        ("Q10 and SPF 50 and B12", {"q10", "spf", "b12"}),
        ("L'huile pour les cheveux", {"huile", "cheveux"}),
        ("Shampoo für das Haar", {"shampoo", "haar"}),
        ("no. 835796", set()),
        ("Men's gel", {"men", "gel"}),
    ],
)
def test_numbers_units_and_joining_words_are_no_taste(text: str, expected: set[str]) -> None:
    assert words(text) == expected


def test_our_joining_words_are_cut_as_texts_are() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert words("a rose") == {"rose"}


TEXTS = [f"A cream number {number} that smells of {('roses', 'mint')[number % 2]} in spring" for number in range(30)]
COLUMNS = {
    "sentences": (TEXTS, True),
    "sentences of which some repeat": (TEXTS[:20] + TEXTS[:10], True),
    "few sentences for many rows": (TEXTS[:3] * 10, False),
    "short names": ([f"Rose {number}" for number in range(30)], False),
    "lists of shared ingredients": (
        [
            "|".join(sorted({f"oil of the {number * step % 11}" for step in range(1, 5)}))
            for number in range(30)
        ],
        False,
    ),
    "addresses of pages": ([f"https://shop.example/some-rose-{number}" for number in range(30)], False),
    "nothing": ([""] * 30, False),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "is_text"), COLUMNS.values(), ids=COLUMNS)
def test_a_text_is_told_by_its_words_and_by_how_few_repeat(texts: list[str], is_text: bool) -> None:
    assert is_free_text(Cells.of(pd.Series(texts, dtype="str"))) is is_text
    assert (names(texts, "claim").texts == {"claim"}) is is_text


def test_a_column_is_a_text_where_the_campaign_says_so() -> None:
    frame = pd.DataFrame({"tag": ["rose oil", "rose gel", "mint", "mint"]})
    rows = np.arange(4)

    assert product_attributes(frame, rows, 4).value == ("mint",)
    assert product_attributes(frame, rows, 4, text=["tag"]).value == ("mint", "rose")


def test_what_customers_write_is_read_only_where_the_campaign_says_so() -> None:
    frame = pd.DataFrame({"remark": [*TEXTS, "", ""]})
    rows = np.arange(len(frame))

    assert customer_attributes(frame, rows, len(frame)).value == ()
    said = customer_attributes(frame, rows, len(frame), text=["remark"])
    assert {"", "roses", "spring"} <= set(said.value)
    assert said.matrix.toarray()[-2:, said.value.index("")].tolist() == [TEXT_LENGTH] * 2


def test_texts_without_words_say_nothing() -> None:
    assert names(["", "", ""]).value == ()
    assert names(["12", "a b", "12"]).value == ()
    assert word_block("name", Cells.of(pd.Series([], dtype="str")), keep_empty=False).values == ()


def test_commands_that_read_no_text_do_not_load_the_library() -> None:
    probe = "import sys, jobs.recommending.lists, jobs.nightly; print('sklearn' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "False"
