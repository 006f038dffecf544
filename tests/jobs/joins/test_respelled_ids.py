"""Ids that people would call the same: told in words with two examples, refused where a night would go wrong by it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.check import check
from jobs.faults import InputRefused
from tests.jobs.joined_shop import Frames, frames, respelled, write_shop

NUMBERS = "{:04d}"
BARCODES = "87120000{:05d}"
LONG = "871200001{:02d}3456789"
SAMPLES: dict[str, tuple[str, Callable[[str], str], str, str]] = {
    "lower case": ("C{:03d}", str.lower, "folding upper and lower case", '"c001" for "C001"'),
    "no-break space": ("C{:03d}", lambda i: i[:3] + "\u200b" + i[3:], "trimming white", '"C00\\u200b1" for "C001"'),
    "byte-order mark": ("C{:03d}", lambda i: "\ufeff" + i, "trimming white space and", '"\\ufeffC001" for "C001"'),
    "soft hyphen behind": ("C{:03d}", lambda i: i + "\u00ad", "trimming white space and", '"C001\\xad" for "C001"'),
    "full-width": ("C{:03d}", lambda i: i.translate({n: n + 65248 for n in range(48, 91)}), "plain Unicode", '"C001"'),
    "decomposed": ("Zoé{:03d}", lambda i: i.replace("é", "e\u0301"), "plain Unicode form", 'for "Zoé001"'),
    "read as decimals": ("{}", lambda i: i + ".0", 'reading numbers such as "7.0"', '"1.0" for "1"'),
    "read as decimals, padded": (NUMBERS, lambda i: f"{int(i)}.0", 'as "7.0" or "1,234" as whole', '"1.0" for "0001"'),
    "thousands": ("5{:03d}", lambda i: f"{int(i):,}", "as whole ones", '"5,001" for "5001"'),
    "thousands with points": ("5{:03d}", lambda i: f"{int(i):,}".replace(",", "."), "as whole", '"5.001" for "5001"'),
    "zeros lost": (NUMBERS, lambda i: str(int(i)), "stripping zeros in front", '"1" for "0001"'),
    "zeros gained": ("{}", lambda i: i.zfill(9), "stripping zeros in front", '"000000001" for "1"'),
    "zeros lost behind a letter": ("C{:03d}", lambda i: f"C{int(i[1:])}", "stripping zeros", '"C1" for "C001"'),
    "letters lost": ("C{:03d}", lambda i: str(int(i[1:])), "stripping a prefix or zeros", '"1" for "C001"'),
    "letters gained": ("{}", lambda i: f"CUST-{i}", "stripping a prefix", '"CUST-1" for "1"'),
    "a platform's address": ("{}", lambda i: f"gid://shopify/Customer/{i}", "a prefix", '/Customer/1" for "1"'),
    "a hash": ("10{:02d}", lambda i: f"#{i}", "stripping a prefix", '"#1001" for "1001"'),
    "a prefix of text": ("{:x}f", lambda i: f"cus_{i}", "what all ids of one table begin", '"cus_10f" for "10f"'),
    "a suffix": ("{:x}f", lambda i: f"{i}@eu", "begin or end with", '"10f@eu" for "10f"'),
    "apostrophe": ("{}", lambda i: f"'{i}", "taking off quotes or an apostrophe", '"\'1" for "1"'),
    "quotes": ("C{:03d}", lambda i: f'"{i}"', "taking off quotes", 'for "C001"'),
    "a formula": (NUMBERS, lambda i: f'="{i}"', "taking off quotes", 'for "0001"'),
    "exponent": (BARCODES, lambda i: f"{int(i):.2E}", "reading the exponent", '"8.71E+12" for "8712000000001"'),
    "exponent, comma": (BARCODES, lambda i: f"{int(i):.2E}".replace(".", ","), "the exponent", '"8,71E+12" for'),
    "exponent in full": (BARCODES, lambda i: f"{int(i):.12e}", "the exponent", '"8.712000000001e+12" for "871'),
    "15 digits": (LONG, lambda i: i[:15] + "000", "comparing 15 digits", '"871200001013456000" for "87120000101345'),
    "as a float": (LONG, lambda i: str(int(float(i))), "comparing 15 digits", 'for "871200001013456789"'),
    "hyphens": ("AB-{:03d}", lambda i: i.replace("-", "_"), "leaving out hyphens", '"AB_001" for "AB-001"'),
    "case and space": ("C{:03d}", lambda i: f"\u200e{i.lower()}", "space and invisible characters and folding", "001"),
}  # fmt: skip


def refusal(folder: Path, tables: Frames, limits: str = "") -> str:
    """The lines of a refused check."""
    with pytest.raises(InputRefused) as refused:
        check(write_shop(folder, tables, limits))
    return "\n".join(refused.value.lines)


@pytest.mark.parametrize("name", SAMPLES)
def test_shipments_of_customers_under_another_spelling_are_refused(name: str, tmp_path: Path) -> None:
    written, change, how, example = SAMPLES[name]
    tables = respelled(frames(customer=written), "shipments", "customer_id", change)

    (line,) = refusal(tmp_path, tables).splitlines()

    assert line.startswith("shipments.csv, column customer_id: found 0 of 120 shipments that name a customer of this")
    assert "all 120 (" in line
    assert how in line
    assert example in line
    assert line.endswith("[limits.joins] shipments.customer_id.respelled allows 0.1 % that differ)")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_few_events_of_products_under_another_spelling_are_told(name: str, tmp_path: Path) -> None:
    written, change, how, _ = SAMPLES[name]
    tables = respelled(frames(product=written), "events", "product_id", change, rows=0.25)

    (line,) = [line for line in check(write_shop(tmp_path, tables)) if "name a product" in line and "events" in line]

    assert line.startswith("events.csv: 330 of 440 events name a product of this campaign (12 of ")
    assert "; 110 more (" in line
    assert how in line
    assert line.count(" for ") == 2


@pytest.mark.parametrize(
    ("table", "column"), [("inventory", "product_id"), ("edits", "product_id"), ("edits", "customer_id")]
)
def test_many_unknown_ids_of_one_cause_are_refused_in_one_line(table: str, column: str, tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, respelled(frames(), table, column, lambda text: text.lower())).splitlines()

    assert line.startswith(f"{table}.csv, column {column}: found 0 of ")
    assert "would match after folding upper and lower case: " in line
    assert line.endswith(f"(first: row 2), expected {column} as {column.removesuffix('_id')}s.csv has it")


def test_a_few_unknown_ids_are_refused_row_by_row(tmp_path: Path) -> None:
    lines = refusal(tmp_path, respelled(frames(), "edits", "customer_id", str.lower, rows=0.5)).splitlines()

    assert len(lines) == 4
    assert lines[0].endswith('found "c002", expected a customer_id of customers.csv (did you mean "C002"?)')


def test_warehouses_of_another_spelling_are_refused_in_one_line(tmp_path: Path) -> None:
    tables = frames()
    tables["customers"]["warehouse"] = ["north", "south"] * 20
    tables["inventory"]["warehouse"] = ["NORTH", "SOUTH"] * 6

    (line,) = refusal(tmp_path, tables).splitlines()

    assert line.startswith(
        "customers.csv, column warehouse: found 0 of 40 customers that name a warehouse of inventory"
    )
    assert 'folding upper and lower case: "north" for "NORTH", "south" for "SOUTH"' in line


def test_an_exponent_says_that_nobody_can_tell_which_product_is_meant(tmp_path: Path) -> None:
    tables = respelled(frames(product=BARCODES), "events", "product_id", SAMPLES["exponent"][1])

    line = refusal(tmp_path, tables)

    assert "1 id could each be one of up to 12 of products.csv: nobody can tell which" in line


def test_products_that_became_exponents_themselves_are_seen(tmp_path: Path) -> None:
    tables = frames(product=BARCODES)
    tables["products"] = tables["products"].head(1).assign(product_id="8.71E+12")
    tables["inventory"] = tables["inventory"].head(1).assign(product_id="8.71E+12")
    del tables["edits"], tables["shipments"]

    assert 'all 440 (12 ids) would match after reading the exponent: "8712000000001" for "8.71E+12"' in refusal(
        tmp_path, tables
    )


def test_ids_of_another_column_name_the_column(tmp_path: Path) -> None:
    tables = frames()
    tables["customers"]["email"] = [f"{name}@mail.example" for name in tables["customers"]["customer_id"]]

    line = refusal(tmp_path, respelled(tables, "events", "customer_id", lambda name: f"{name.lower()}@mail.example"))

    assert "would match after looking them up in column email instead: " in line
    assert '"c001@mail.example" for "C001"' in line


def test_mail_addresses_beside_numbers_are_called_so(tmp_path: Path) -> None:
    tables = respelled(frames(customer="{}"), "events", "customer_id", lambda name: f"{uuid.uuid4().hex}@mail.example")

    lines = check(write_shop(tmp_path, tables))

    assert (
        "events.csv: 0 of 440 events name a customer of this campaign (0 of 440 distinct ids); "
        "they look like e-mail addresses, those of customers.csv like numbers" in lines
    )


def test_what_most_of_the_others_look_like_is_said_where_some_match(tmp_path: Path) -> None:
    tables = respelled(frames(), "events", "customer_id", lambda name: f"{uuid.uuid4()}", rows=0.75)

    (line,) = [line for line in check(write_shop(tmp_path, tables)) if "name a customer" in line and "events" in line]

    assert "events.csv: 110 of 440 events name a customer of this campaign" in line
    assert line.endswith(
        "; the others look like UUIDs, those of customers.csv like ids with letters in front of a number"
    )


@pytest.mark.parametrize("space", ["\u00a0", "\u2007", "\u3000", "\t"])
def test_an_id_with_white_space_around_is_refused_where_it_stands(space: str, tmp_path: Path) -> None:
    lines = refusal(tmp_path, respelled(frames(), "events", "customer_id", lambda name: name + space))

    assert lines.startswith("events.csv, row 2, column customer_id: found ")
    assert "expected an id without spaces around it" in lines


def test_another_prefix_on_both_sides_is_a_hint_and_no_match(tmp_path: Path) -> None:
    tables = respelled(frames(), "events", "customer_id", lambda name: f"B{name[1:]}")

    (line,) = [line for line in check(write_shop(tmp_path, tables)) if "name a customer" in line and "events" in line]

    assert line.endswith('what stands in front differs from customers.csv ("B001", "C001")')


def test_strangers_are_counted_and_nothing_else(tmp_path: Path) -> None:
    tables = respelled(
        frames(), "events", "product_id", lambda name: uuid.uuid5(uuid.NAMESPACE_DNS, name).hex[:9], rows=0.75
    )

    assert "events.csv: 110 of 440 events name a product of this campaign (6 of 18 distinct ids)" in check(
        write_shop(tmp_path, tables)
    )


@pytest.mark.parametrize(
    ("known", "unknown"),
    [("10{:02d}", "10.{:02d}"), ("C{:03d}", "D{:03d}"), ("A{}B", "A{}C")],
)
def test_ids_that_are_not_the_same_are_not_called_so(known: str, unknown: str, tmp_path: Path) -> None:
    tables = frames(customer=known)
    tables["events"] = frames(customer=unknown)["events"]

    (line,) = [line for line in check(write_shop(tmp_path, tables)) if "name a customer" in line and "events" in line]

    assert "would match" not in line
