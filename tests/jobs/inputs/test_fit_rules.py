"""Rules that cannot bite: refused where values were meant to meet, said where a side is empty, let be where meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobs.check import check
from jobs.config.load import load
from jobs.faults import InputRefused
from jobs.inputs.tables import look, read
from jobs.nightly import nightly
from jobs.progress import Stages
from tests.jobs.small_campaign import CUSTOMERS, PRODUCTS, write_small_campaign

HEAD = '[campaign]\nname = "x"\nship_date = 2026-12-05\n[signals]\n'
RULE = '[[eligibility]]\nname = "allergens"\nproduct = "contains"\ncustomer = "allergies"\n'
EXCLUDE, INCLUDE = RULE + 'sense = "exclude"\n', RULE


def shop(folder: Path, contains: list[str], allergies: list[str], rule: str = EXCLUDE) -> Path:
    """A shop with these cells, one row each, from row 2 of its files."""
    products = pd.DataFrame({"product_id": [f"P{at}" for at in range(len(contains))], "contains": contains})
    customers = pd.DataFrame({"customer_id": [f"C{at}" for at in range(len(allergies))], "allergies": allergies})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "campaign.toml").write_text(HEAD + rule, encoding="utf-8")
    products.assign(name="x", category="y").to_csv(folder / "products.csv", index=False)
    customers.to_csv(folder / "customers.csv", index=False)
    products.assign(on_hand=9)[["product_id", "on_hand"]].to_csv(folder / "inventory.csv", index=False)
    (folder / "events.csv").write_text("customer_id,product_id,kind,occurred_at\n")
    return folder


def said(folder: Path) -> tuple[list[str], list[str]]:
    """Faults and notes, in words."""
    found = look(folder)
    return [str(fault) for fault in found.faults], [str(note) for note in found.notes]


def test_the_line_names_the_value_the_near_one_where_they_stand_and_whom_it_hits(tmp_path: Path) -> None:
    folder = shop(tmp_path, ["milk", "Soy", "Soy|milk"], ["soy", "milk", "soy|milk", "", "soy"])

    faults, _ = said(folder)

    assert faults == [
        'campaign.toml, row 7, key eligibility[1].product: found "Soy" (2 products, first: row 3) in contains of '
        'products.csv, expected "soy" (3 customers, first: row 2) as allergies of customers.csv has it; only upper and '
        "lower case tells them apart. Write it one way, or say may_be_idle where it is meant"
    ]


def test_the_line_on_the_page_is_real(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs" / "campaign.md"
    if not page.is_file():
        pytest.skip("the docs belong to the repository, not to the wheel")
    faults, _ = said(shop(tmp_path, [*["Soy"] * 8, "milk"], [*["soy"] * 20, "milk"]))

    assert faults[0] in page.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("contains", "allergies", "words"),
    [
        (["soy, nuts", ""], ["soy", "nuts"], 'values are separated by "," in one cell'),
        (["soy", "nuts"], ["nuts;soy", "soy"], 'Say separator = { customer = ";" }'),
        (["soy/nuts", "soy"], ["nuts", "soy"], 'values are separated by "/"'),
        (["soy\nnuts", "soy"], ["nuts", "soy"], 'separator = { product = "\\n" }'),
        (["soy - nuts", "soy"], ["nuts", "soy"], 'values are separated by " - "'),
        (["soy<br>nuts", "soy"], ["nuts", "soy"], "not by |. Write | between values, or"),
        (["soy\\nuts", "soy"], ["nuts", "soy"], 'separator = { product = "\\\\" }'),
        (['["soy", "nuts"]', "soy"], ["nuts", "soy"], 'values are separated by ","'),
        (['["soy"]', "milk"], ["soy", "milk"], "or another sign tells them apart"),
        (["soy, nuts", "milk"], ["soy, milk", "milk"], 'values are separated by ","'),
        (["soy, nuts", "soy"], ["soy, nuts", "soy"], 'found "soy, nuts"'),
        (["tree\u00a0nuts"], ["tree nuts", "fish"], "only white space"),
        (["so\u200by", "milk"], ["soy", "milk"], 'found "so\\u200by" (1 product, first: row 2)'),
        (["nuts", "milk"], ["nut", "milk"], "one thing and many"),
        (["cre\u0300me", "soy"], ["cr\u00e8me", "soy"], "how the same letters are coded"),
        (["cr\u00e8me", "soy"], ["creme", "soy"], "an accent"),
        (["tree-nuts", "soy"], ["tree_nuts", "soy"], "a hyphen, an underscore"),
        (["contains soy", "milk"], ["soy", "milk"], "one holds the other among its words"),
        (["may contain: soy, milk", "milk"], ["soy", "milk"], 'found "may contain: soy, milk"'),
        (["yes", "no"], ["true", "false"], "yes and no are written in two ways"),
        (["1.0", "2"], ["1", "2"], "the way the number is written"),
        (["glutten", "soy"], ["gluten", "soy"], "a letter or two differ"),
        (["soja", "lait"], ["fish", "kiwi"], "none of which allergies of customers.csv has"),
        (["nuts"], ["nut", "nuts"], 'key eligibility[1].customer: found "nut" (1 customer, first: row 2)'),
        (["Soy", "soy"], ["Soy", "soy"], "only upper and lower case"),
    ],
)
def test_what_was_meant_to_meet_and_does_not_is_refused(
    tmp_path: Path, contains: list[str], allergies: list[str], words: str
) -> None:
    folder = shop(tmp_path, contains, allergies)

    faults, _ = said(folder)

    assert faults
    assert all(fault.startswith("campaign.toml, row ") for fault in faults)
    assert all("key eligibility[1]." in fault for fault in faults)
    assert any(words in fault for fault in faults), faults
    with pytest.raises(InputRefused):
        read(load(folder))
    (folder / "campaign.toml").write_text(HEAD + EXCLUDE + "may_be_idle = true\n", encoding="utf-8")
    meant, notes = said(folder)
    assert meant == []
    told = "1 line about the allergens rule that may_be_idle says is meant: found "
    assert sum(told in note for note in notes) == len(faults)


@pytest.mark.parametrize(
    ("contains", "allergies"),
    [
        (["soy", "milk", ""], ["soy", "fish", "", "none"]),
        (["nut", "nuts"], ["nut", "nuts"]),
        (["coconut milk", "milk"], ["coconut milk", "milk"]),
        (["soy", "none"], ["soy", "None"]),
        (["true", "false"], ["true", "false", ""]),
        (["soy|milk"], [" soy | milk"]),
    ],
)
@pytest.mark.parametrize("rule", [INCLUDE, EXCLUDE])
def test_a_rule_that_bites_is_let_be(tmp_path: Path, contains: list[str], allergies: list[str], rule: str) -> None:
    if rule == INCLUDE and "none" in contains:
        contains = ["soy"]

    assert said(shop(tmp_path, contains, allergies, rule))[0] == []


@pytest.mark.parametrize(
    ("contains", "allergies"),
    [
        (["all", "curly"], ["curly", "straight"]),
        (["oily", "dry"], ["dry"]),
        (["XL|XXL"], ["XL"]),
        (["light", "night"], ["light", "day"]),
        (["very oily", "dry"], ["oily", "dry"]),
        (["nut oil, raw", "dry"], ["nut oil, raw", "dry", "raw"]),
    ],
)
def test_what_only_fits_may_have_values_of_its_own(tmp_path: Path, contains: list[str], allergies: list[str]) -> None:
    """Where no health hangs on it, a value without counterpart is common."""
    faults, notes = said(shop(tmp_path, contains, allergies, INCLUDE))

    assert (faults, notes) == ([], []) or contains == ["nut oil, raw", "dry"]


@pytest.mark.parametrize(
    ("contains", "allergies", "unknown", "words"),
    [
        (["", ""], ["soy"], "deny", "forbids nothing to anyone: allergens, for contains of products.csv is empty"),
        (["soy"], ["", ""], "allow", "forbids nothing to anyone: allergens, for allergies of customers.csv is empty"),
        (["soy"], ["", ""], "deny", "forbids every product with a value to everyone: allergens, for allergies of"),
        (
            ["soy"],
            ["none", ""],
            "deny",
            'nothing to anyone who answered: allergens, for allergies of customers.csv holds nothing but "none" (1)',
        ),
        (
            ["none", "-"],
            ["soy"],
            "deny",
            'nothing to anyone: allergens, for contains of products.csv holds nothing but "-" (1), "none" (1)',
        ),
    ],
)
def test_a_side_without_values_is_said_and_not_refused(
    tmp_path: Path, contains: list[str], allergies: list[str], unknown: str, words: str
) -> None:
    faults, notes = said(shop(tmp_path, contains, allergies, EXCLUDE + f'unknown = "{unknown}"\n'))

    assert faults == []
    assert len(notes) == 1
    assert notes[0].startswith("campaign.toml: 1 rule that forbids ")
    assert words in notes[0]


def test_answers_that_name_nothing_are_said(tmp_path: Path) -> None:
    faults, notes = said(shop(tmp_path, ["soy", "milk"], ["soy", "other", "kiwi|latex", "kiwi", "?"]))

    assert faults == []
    assert notes == [
        'campaign.toml: 2 answers of allergies of customers.csv without saying what: "?" (1), "other" (1); to the '
        "allergens rule they get only products without contains (first: row 8)",
        'campaign.toml: 2 values of allergies of customers.csv that no product has in contains: "kiwi" (2), "latex" (1)'
        "; the allergens rule forbids nothing for them (first: row 8)",
    ]


def test_columns_that_were_exchanged_are_told(tmp_path: Path) -> None:
    folder = shop(tmp_path, ["soy", ""], ["soy", "milk"])
    for name, empty in (("products.csv", "allergies"), ("customers.csv", "contains")):
        pd.read_csv(folder / name, dtype=str).assign(**{empty: ""}).to_csv(folder / name, index=False)
    turned = EXCLUDE.replace("contains", "?").replace("allergies", "contains").replace("?", "allergies")
    (folder / "campaign.toml").write_text(HEAD + turned)

    assert 'did you mean product = "contains" and customer = "allergies"' in said(folder)[0][0]

    folder = shop(tmp_path / "not both", ["soy", ""], ["soy", "milk"], turned)
    faults, _ = said(folder)
    assert faults[0].endswith("; customers.csv has such a column")
    assert faults[1].endswith("; products.csv has such a column")


def test_what_is_meant_may_be_said_value_by_value(tmp_path: Path) -> None:
    folder = shop(tmp_path, ["coconut milk", "Soy"], ["milk", "soy"], EXCLUDE + 'may_be_idle = ["coconut milk"]\n')

    faults, notes = said(folder)

    assert len(faults) == 1
    assert 'found "Soy"' in faults[0]
    assert any('found "coconut milk"' in note for note in notes)


def test_many_lines_are_cut_and_counted(tmp_path: Path) -> None:
    letters = [f"{a}{b}kala" for a in "ABCDE" for b in "fghij"]
    faults, _ = said(shop(tmp_path, letters, [one.lower() for one in letters]))

    assert len(faults) == 21
    assert "found 5 more of these (25 in all), expected as above" in faults[-1]


@pytest.mark.parametrize(("parquet", "cells"), [("products", [True, False]), ("products", [1.0, np.nan])])
def test_cells_of_a_parquet_column_are_compared_as_rules_read_them(
    tmp_path: Path, parquet: str, cells: list[object]
) -> None:
    folder = shop(tmp_path, ["", ""], ["True", "False"] if cells[0] is True else ["01", "2"])
    frame = pd.read_csv(folder / f"{parquet}.csv", dtype=str).assign(contains=pd.Series(cells))
    (folder / f"{parquet}.csv").unlink()
    frame.to_parquet(folder / f"{parquet}.parquet", index=False)

    faults, _ = said(folder)

    assert f'found "{"true" if cells[0] is True else "1"}" (1 product, first: row 1)' in " ".join(faults)


def test_a_rule_over_numbers_and_over_families_is_looked_at_too(tmp_path: Path) -> None:
    rule = '[[eligibility]]\nproduct = "weight_g"\ncustomer = "allergies"\n'
    folder = shop(tmp_path, ["", ""], ["20", "30"], rule + '[[eligibility]]\nproduct = "family"\ncustomer = "only"\n')
    pd.read_csv(folder / "products.csv", dtype=str).assign(weight_g=[20.0, np.nan]).to_csv(folder / "products.csv", index=False)  # fmt: skip # noqa: E501
    pd.read_csv(folder / "customers.csv", dtype=str).assign(only=["p0", ""]).to_csv(
        folder / "customers.csv", index=False
    )

    faults, _ = said(folder)

    assert 'found "20.0" (1 product, first: row 2) in weight_g of products.csv, expected "20"' in faults[0]
    assert 'found "P0" (1 product, first: row 2) in family of products.csv, expected "p0"' in faults[1]


def test_check_and_the_night_refuse_and_check_tells_what_each_rule_forbids(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path / "good")
    lines = check(folder)
    assert "rule hair type: forbids 4 of 13 products to 10 of 11 customers, 25 pairs in all; 1 customer has no answer" in lines  # fmt: skip # noqa: E501
    assert "rule allergens: forbids 3 of 13 products to 3 of 11 customers, 7 pairs in all; 4 customers have no answer" in lines  # fmt: skip # noqa: E501

    for table, text in (("customers", CUSTOMERS), ("products", PRODUCTS)):
        bad = write_small_campaign(tmp_path / table, files={f"{table}.csv": text.replace("nuts", "Nuts")})
        for command in (check, lambda path: nightly(path, stages=Stages())):
            with pytest.raises(InputRefused) as refused:  # exit 3, as test_cli.py tries
                command(bad)
            assert "eligibility[2]." in refused.value.lines[0]
        assert not (bad / "runs" / "current").exists()


def test_faults_of_the_configuration_are_told_first(tmp_path: Path) -> None:
    folder = shop(tmp_path, ["Soy"], ["soy"], EXCLUDE + "separator = 3\n")

    faults, _ = said(folder)

    assert len(faults) == 1
    assert "separator: found 3" in faults[0]


def test_many_different_answers_are_looked_at(tmp_path: Path) -> None:
    answers = [f"word{at:06d} and {chr(97 + at % 26)}{at}" for at in range(30_000)]
    folder = shop(tmp_path, ["soy", "milk"], ["soy", *answers])

    faults, notes = said(folder)

    assert faults == []
    assert "30,000 values of allergies of customers.csv that no product has" in notes[-1]
