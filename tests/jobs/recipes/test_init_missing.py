"""What `boxwise init` says is missing, does not fit or cannot be read: the file, the column, and what that means."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from jobs.config.load import load
from jobs.faults import InputRefused, UsageRefused
from jobs.inputs.tables import read
from jobs.recipes.init import init
from tests.jobs.recipes.plain_files import write_plain_files
from tests.jobs.recipes.shopify_exports import (
    ORDER,
    order_rows,
    product_rows,
    write,
    write_shopify,
)

MISSING = {
    "products_export_1.csv": ("products: no Shopify products export", "there is nothing to recommend"),
    "inventory_export_1.csv": ("Read in this way", 'stock is taken from the products export ("Variant Inventory Qty")'),
    "customers_export.csv": ("Missing", "shipments: no shipments.csv"),
    "orders_export_1.csv": (
        "events: no Shopify orders export (columns Name",
        "nothing can be learned from what was bought",
    ),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_not_there_is_named_with_what_then_is_missing(name: str, tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    (folder / name).unlink()

    said = "\n".join(init("shopify", folder, date(2026, 12, 5)))

    assert all(words in said for words in MISSING[name])
    tomllib.loads((folder / "campaign.toml").read_text("utf-8"))
    if name in ("products_export_1.csv", "orders_export_1.csv"):
        with pytest.raises(InputRefused):
            read(load(folder))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("Cost per item", 'no column "Cost per item": no unit_cost, so no budget over it'),
        ("Variant Grams", 'no column "Variant Grams": no weight_g'),
        ("Vendor", 'no column "Vendor": no product has a brand'),
        ("Variant Price", 'no column "Variant Price": no retail_value'),
        ("Type", 'no column "Type": the category is that of Product Category'),
    ],
)
def test_a_column_that_an_export_lacks_is_named(column: str, words: str, tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    path = folder / "products_export_1.csv"
    path.write_bytes(path.read_bytes().replace(column.encode(), b"Something else", 1))

    said = "\n".join(init("shopify", folder))

    assert f"products_export_1.csv: {words}" in said
    assert words in (folder / "campaign.toml").read_text("utf-8")
    assert len(read(load(folder)).products) == 14


def test_without_any_day_the_ship_date_must_be_said(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s", subscriptions=False)
    (folder / "orders_export_1.csv").unlink()

    with pytest.raises(UsageRefused, match="--ship-date: no file tells a day"):
        init("shopify", folder)
    assert not (folder / "campaign.toml").exists()


def test_rows_that_do_not_fit_the_header_are_told_before_the_night(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    with (folder / "inventory_export_1.csv").open("a", encoding="utf-8", newline="") as file:
        file.write("torn,row\r\n")

    said = "\n".join(init("shopify", folder))

    assert "inventory_export_1.csv: rows that do not fit the header: 1 (row 31 has 2 cells, not 15)" in said
    with pytest.raises(InputRefused, match=r"inventory_export_1\.csv"):
        read(load(folder))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("Näme,Email\n1,2\n".encode("latin-1"), "it is not UTF-8"),
        ("Name,Email\n".encode("utf-16"), "it is UTF-16"),
        (b"PK\x03\x04rest", "it is an Excel workbook named .csv"),
        (b"", "it is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(content: bytes, why: str, tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    (folder / "orders_export_2.csv").write_bytes(content)

    said = "\n".join(init("shopify", folder))

    assert f"orders_export_2.csv: {why}" in said
    read(load(folder))


def test_bytes_that_break_far_down_a_file_are_told(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    rows = [
        *order_rows(n_orders=3000),
        ["#9", "m@x.example", "paid", *["2026-09-01 10:00:00"] * 5, "1", "K\xe4se", "1", "00110", *[""] * 6],
    ]
    write(folder / "orders_export_1.csv", ORDER, rows)
    path = folder / "orders_export_1.csv"
    path.write_bytes(path.read_bytes().replace("ä".encode(), b"\xe4"))

    said = "\n".join(init("shopify", folder))

    assert 'orders_export_1.csv: it is not UTF-8 (in Excel: save as "CSV UTF-8"); the night will refuse it' in said


def test_days_that_can_be_read_two_ways_are_told(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    lines = [["05/06/2026", "0001", "A001", "1"], ["07/08/2026", "0002", "A002", "1"]]
    write(folder / "sales.csv", ["Order Date", "Member ID", "SKU", "Qty"], lines)

    said = "\n".join(init("csv", folder))

    assert 'sales.csv, column "Order Date": days such as 03/04/2026 can be read two ways and are refused' in said
    with pytest.raises(InputRefused, match="05/06/2026"):
        read(load(folder))


def test_workbooks_and_archives_are_named(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    (folder / "orders.xlsx").write_bytes(b"PK")
    (folder / "orders.zip").write_bytes(b"PK")

    said = "\n".join(init("shopify", folder))

    assert 'orders.xlsx: it is no CSV (unpack it, or in Excel save it as "CSV UTF-8")' in said
    assert "orders.zip: it is no CSV" in said


def test_exports_that_do_not_meet_are_told(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    strangers = [[row[0], f"x{row[1]}" if row[1] else "", *row[2:11], f"Z{row[11]}", *row[12:]] for row in order_rows()]
    write(folder / "orders_export_1.csv", ORDER, strangers)

    said = "\n".join(init("shopify", folder))

    assert "no order finds its customer: are the e-mail addresses of both exports the same?" in said
    assert "no order line finds its product: do both exports have the same SKUs?" in said


def test_stock_of_an_export_goes_with_products_of_our_own_form(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    (folder / "products_export_1.csv").unlink()
    lines = "".join(f"{row[10]},{row[1] or row[0]},Tea\n" for row in product_rows() if row[10])
    (folder / "products.csv").write_text(f"product_id,name,category\n{lines}", "utf-8")

    said = "\n".join(init("shopify", folder))
    tables = read(load(folder))

    assert "inventory: no" not in said
    assert len(tables.inventory) == 14
    assert set(tables.products["category"]) == {"Tea"}


def test_where_the_ship_date_must_be_said_what_is_missing_is_named_at_once(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    for name in ("sales.csv", "ratings.csv", "stock.csv"):
        (folder / name).unlink()

    with pytest.raises(UsageRefused) as refused:
        init("csv", folder)

    said = "\n".join(refused.value.lines)
    assert "--ship-date: no file tells a day" in said
    assert "missing: inventory: no inventory.csv: there are no units for boxes" in said
