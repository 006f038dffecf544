"""Values that were meant to be the same are found, by hand and beside a slow obvious search; two things are not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.likeness.answers import flag, is_vague, says_nothing
from jobs.likeness.folds import folded, number, pieces, words
from jobs.likeness.near import LIST, PLURAL, SAME, TYPO, WITHIN, Near, near_values
from jobs.likeness.near_words import in_words
from jobs.likeness.typos import Typos, distance


def near(mine: list[str], theirs: list[str], *, strict: bool = True) -> list[tuple[str, str]]:
    found = near_values(dict.fromkeys(mine, 1), dict.fromkeys(theirs, 1), strict=strict)
    return [(one.mine, one.theirs) for one in found]


@pytest.mark.parametrize(
    ("mine", "theirs", "why"),
    [
        ("Soy", "soy", "only upper and lower case tells them apart"),
        ("soy\u200b", "soy", "only white space tells them apart"),
        ("tree\u00a0 nuts", "tree nuts", "only white space tells them apart"),
        ("treenuts", "tree nuts", "only white space tells them apart"),
        ("tree-nuts", "tree nuts", "only a hyphen, an underscore or another sign tells them apart"),
        ("tree_nuts", "tree nuts", "only a hyphen, an underscore or another sign tells them apart"),
        ("cre\u0300me", "cr\u00e8me", "only how the same letters are coded tells them apart"),
        ("\uff53\uff4f\uff59", "soy", "only how the same letters are coded tells them apart"),
        ("cr\u00e8me", "creme", "only an accent tells them apart"),
        ("1.0", "1", "only the way the number is written tells them apart"),
        ("007", "7", "only the way the number is written tells them apart"),
        ("2,5", "2.50", "only the way the number is written tells them apart"),
        ("true", "1", "yes and no are written in two ways"),
        ("nuts", "nut", "one thing and many"),
        ("berries", "berry", "one thing and many"),
        ("tomatoes", "tomato", "one thing and many"),
        ("radishes", "radish", "one thing and many"),
        ("soy, milk", "soy", 'values are separated by "," in one cell, not by |'),
        ("soy;milk", "milk", 'values are separated by ";" in one cell, not by |'),
        ("soy / milk", "Milk", 'values are separated by "/" in one cell, not by |'),
        ("soy\nmilk", "milk", 'values are separated by "\\n" in one cell, not by |'),
        ("glutten", "gluten", "a letter or two differ"),
        ("macadmia ntus", "macadamia nuts", "a letter or two differ"),
    ],
)
def test_values_that_are_meant_to_be_one_are_near_both_ways_and_say_why(mine: str, theirs: str, why: str) -> None:
    for one, other in ((mine, theirs), (theirs, mine)):
        for strict in (True, False):
            if why == "a letter or two differ" and not strict:
                continue  # two letters are another word where no health hangs on it
            (found,) = near_values({one: 1}, {other: 1}, strict=strict)
            assert {found.mine, found.theirs} == {mine, theirs}
            assert in_words(found) == why


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (["soy"], ["fish"]),
        (["XL", "XXL"], ["XL"]),
        (["30 ml"], ["50 ml"]),
        (["Brand 12"], ["Brand 13"]),
        (["25-34"], ["35-49"]),
        (["light", "night"], ["light"]),
        (["dry", "oily"], ["dry"]),
        (["day"], ["dry"]),
        (["SPF 30+"], ["SPF 50+"]),
        (["-"], ["--"]),
        (["12"], ["-12"]),
        (["matte"], ["latte"]),
        (["nut", "nuts"], ["nut", "nuts"]),
        (["coconut milk", "milk"], ["milk", "coconut milk"]),
        (["\u304b\u306b"], ["\u304c\u306b"]),  # a mark under a kana makes another letter
    ],
)
def test_two_things_are_not_near(mine: list[str], theirs: list[str]) -> None:
    assert near(mine, theirs) == near(theirs, mine) == near(mine, theirs, strict=False) == []


def test_where_health_hangs_on_it_more_is_uncertain() -> None:
    for mine, theirs in (["contains soy"], ["soy"]), (["soya"], ["soy"]), (["tree nuts"], ["nuts"]):
        assert near(mine, theirs) == [(mine[0], theirs[0])]
        assert near(mine, theirs, strict=False) == []
    lists = ["soy, nuts", "soy"]
    assert near(lists, lists) == [("soy, nuts", "soy"), ("soy", "soy, nuts")]  # who has soy would get the list
    assert near(lists, lists, strict=False) == []
    assert near(["soy, nuts"], ["soy, milk"]) == [("soy, nuts", "soy, milk")]
    assert near(["Soy", "soy"], ["Soy", "soy"]) == [("Soy", "soy"), ("soy", "Soy")]
    assert near(["Soy", "soy"], ["Soy", "soy"], strict=False) == []


def test_the_nearest_is_told_and_of_these_the_most_frequent() -> None:
    (found,) = near_values({"Nuts": 3}, {"nut": 9, "nuts": 1, "NUTS": 2, "nuts, soy": 50}, strict=False)[:1]
    assert found == Near("Nuts", "NUTS", SAME)
    hows = {
        one.theirs: one.how for one in near_values({"nuts": 1}, {"nut": 1, "x, nuts": 1, "pine nuts": 1}, strict=True)
    }
    assert hows == {"nut": PLURAL, "x, nuts": LIST, "pine nuts": WITHIN}
    assert near_values({"gluten": 1}, {"glutem": 1}, strict=False) == [Near("gluten", "glutem", TYPO)]


WRITTEN = ["soy", "Soy", "soys", "soy, milk", "milk", "Milk ", "nut", "nuts", "7", "07", "true", "no", "-", "milks"]
VALUES = st.lists(
    st.sampled_from(WRITTEN),
    max_size=5,
    unique=True,
)  # fmt: skip


@given(VALUES, VALUES, st.booleans())
@example(["soy"], ["Soy", "soy"], True)
def test_a_pair_is_of_two_values_and_one_of_them_is_alone_or_health_hangs_on_it(
    mine: list[str], theirs: list[str], strict: bool
) -> None:
    found = near(mine, theirs, strict=strict)
    assert all(one in mine and other in theirs and one != other for one, other in found)
    assert len(set(found)) == len(found)
    alone = set(mine) ^ set(theirs)
    assert strict or all({one, other} & alone for one, other in found)
    turned = near(theirs, mine, strict=strict)
    assert {value for pair in found for value in pair} & alone == {value for pair in turned for value in pair} & alone


@given(VALUES, VALUES)
def test_whatever_differs_by_case_or_space_alone_is_found(mine: list[str], theirs: list[str]) -> None:
    def told(value: str) -> str:
        return "".join(value.split()).lower()

    expected = {a for a in mine if a not in theirs and any(told(a) == told(b) for b in theirs)}
    assert expected <= {one for one, _ in near(mine, theirs)}


WORDS = st.text("abc1", max_size=9)


@given(WORDS, WORDS)
def test_distance_is_that_of_the_definition(one: str, other: str) -> None:
    def slow(a: str, b: str) -> int:
        if not a or not b:
            return len(a) + len(b)
        costs = [slow(a[:-1], b) + 1, slow(a, b[:-1]) + 1, slow(a[:-1], b[:-1]) + (a[-1] != b[-1])]
        if len(a) > 1 and len(b) > 1 and a[-1] == b[-2] and a[-2] == b[-1]:
            costs.append(slow(a[:-2], b[:-2]) + 1)
        return min(costs)

    assert distance(one[:5], other[:5]) == slow(one[:5], other[:5])


@given(st.lists(WORDS, max_size=12), WORDS)
def test_typos_are_those_that_comparing_all_would_find(texts: list[str], asked: str) -> None:
    def most(one: str, other: str) -> int:
        return 2 if min(len(one), len(other)) >= 8 else 1

    def digits(text: str) -> str:
        return "".join(c if c.isdigit() else " " for c in text).split().__repr__()

    expected = {
        text
        for text in texts
        if min(len(text), len(asked)) >= 3
        and text != asked
        and digits(text) == digits(asked)
        and distance(text, asked) <= most(text, asked)
    }
    assert Typos(texts, 3, 8).near(asked) == sorted(expected)


def test_folds() -> None:
    assert folded(" Cr\u00e8me-Br\u00fbl\u00e9e\u200b ") == "cremebrulee"
    assert folded("Stra\u00dfe") == "strasse"
    assert (folded("-"), folded("A+"), folded("50%")) == ("", "a+", "50%")
    assert [number(text) for text in ("07", "7.0", "7,00", "-0", "x7", "7 8")] == ["7", "7", "7", "0", None, None]
    assert words("Tree-Nuts, glasses_off") == ("tree", "nut", "glass", "off")
    assert pieces("soy; ,milk") == ("soy", "milk")
    assert pieces("soy milk") == ()


@pytest.mark.parametrize("value", ["none", "None", "N/A", "n/a", "-", "--", "No allergies", "keine", "aucune"])
def test_some_answers_say_that_there_is_nothing(value: str) -> None:
    assert says_nothing(value)
    assert not is_vague(value)


@pytest.mark.parametrize("value", ["other", "Other", "unknown", "?", "??", "see notes", "sonstiges", "not sure"])
def test_some_answers_do_not_say_what(value: str) -> None:
    assert is_vague(value)
    assert not says_nothing(value)


def test_yes_and_no() -> None:
    assert [flag(value) for value in ("Yes", "TRUE", "1", "1.0", "no", "False", "0.0", "soy")] == [
        *[True] * 4,
        *[False] * 3,
        None,
    ]
