"""The Shopify recipe on faithful exports: every table is what one counts by hand, and nothing personal is read."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from jobs.config.load import load
from jobs.inputs.tables import read
from jobs.recipes.init import init
from tests.jobs.recipes.read_shop import Event, events, made, rows, uncommented
from tests.jobs.recipes.shopify_exports import (
    BY_ROW,
    CUSTOMER,
    OLD,
    ORDER,
    customer_rows,
    inventory_rows,
    mail,
    order_rows,
    product_rows,
    variants,
    write,
    write_shopify,
)


def shop_id(address: str) -> str:
    """The Customer ID of an address; a code for who is no customer."""
    known = {mail(number): f"70000000{number:02d}" for number in range(14)}
    return known.get(address, hashlib.md5(address.encode()).hexdigest())


def expected_events(*, by_mail: bool = False) -> set[Event]:
    """What the orders say, row by row."""
    found: set[Event] = set()
    said: dict[str, list[str]] = {}
    for row in order_rows():
        first = said.setdefault(row[0], row)
        status, at, cancelled = first[2], first[7], first[15]
        if not row[1] or cancelled or status == "voided":
            continue
        moment = datetime.strptime(at[:16], "%Y-%m-%d %H:%M") - timedelta(hours=2)
        who = row[1].lower() if by_mail else shop_id(row[1].lower())
        kinds = ["purchase", *(["refund"] if status == "refunded" else [])]
        found |= {(who, row[11], kind, f"{moment:%Y-%m-%d %H:%M}") for kind in kinds}
    return found


@pytest.mark.parametrize(
    ("newer", "stock", "bom", "newline"),
    [
        (newer, stock, bom, newline)
        for (newer, stock), (bom, newline) in zip(
            product((False, True), ("by row", "by column", "available", "in products")),
            [(False, "\r\n"), (True, "\n"), (True, "\r\n"), (False, "\n")] * 2,
            strict=True,
        )
    ],
)
def test_every_table_is_what_the_exports_say(newer: bool, stock: str, bom: bool, newline: str, tmp_path: Path) -> None:
    tables, _ = made("shopify", write_shopify(tmp_path / "s", newer=newer, stock=stock, bom=bom, newline=newline))

    assert rows(tables.products, "product_id", "family", "retail_value", "weight_g", "boxable") == {
        (sku, handle, f"{9 + number}.5", "120.0", "True") for number, handle, sku, _ in variants()
    }
    counted = {
        "by row": lambda number: (80 + number, 2),
        "by column": lambda number: (80 + number, 0),
        "available": lambda number: (78 + number, 0),
        "in products": lambda number: (60 + number, 0),
    }[stock]
    assert rows(tables.inventory, "product_id", "on_hand", "reserved") == {
        (sku, *map(str, counted(number))) for number, _, sku, _ in variants()
    }
    assert rows(tables.customers, "customer_id") == {(f"70000000{number:02d}",) for number in range(9)}
    assert events(tables) == expected_events()


def test_names_categories_and_descriptions_are_those_of_the_first_row(tmp_path: Path) -> None:
    tables, _ = made("shopify", write_shopify(tmp_path / "s"))

    told = tables.products.set_index("product_id")
    assert told.loc["00101", "name"] == "Cleanser no. 0 - 100 ml"
    assert told.loc["00110", "name"] == "Mask no. 1"
    assert (told.loc["00101", "category"], told.loc["00101", "brand"]) == ("Cleanser", "Norrland & Co")
    assert told.loc["00101", "description"] == 'Cleanser , "tested"'
    assert told.loc["00101", "tags"] == "vegan|contains-nuts|oily-skin"


def test_nothing_personal_is_read(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    tables, _ = made("shopify", folder)

    toml = (folder / "campaign.toml").read_text("utf-8")
    for name in ("First Name", "Last Name", "Address1", "Zip", "Phone", "Note", "Billing", "Notes"):
        assert name not in toml
    for table in (tables.customers, tables.events):
        cells = [str(cell) for cell in table.to_numpy().ravel()]
        assert not [cell for cell in cells if "@" in cell or "First" in cell or "Lane" in cell]


def test_without_ids_customers_go_by_their_e_mail_and_it_is_told(tmp_path: Path) -> None:
    tables, said = made("shopify", write_shopify(tmp_path / "s", ids=False, subscriptions=False))

    assert rows(tables.customers, "customer_id") == {(mail(number),) for number in range(14)}
    assert events(tables) == expected_events(by_mail=True)
    assert 'customers_export.csv: no column "Customer ID": customers are named by their e-mail' in said
    assert "no export of subscriptions: everyone in the customers export gets a box" in said


def test_the_box_itself_goes_into_no_box(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    box = [
        "the-box",
        "The Box",
        "",
        "Us",
        "",
        "Box",
        "",
        "true",
        "Size",
        "Default Title",
        "BOX",
        "900",
        "shopify",
        "",
        "39.00",
        "true",
    ]
    write(folder / "products_export_1.csv", OLD, [*product_rows(), [*box, "", "false", "", "active"]])

    tables, said = made("shopify", folder)

    assert rows(tables.products[~tables.products["boxable"]], "product_id") == {("BOX",)}
    assert "SKUs that people subscribe to: 1 (BOX); they are the box and go into none" in said


def test_what_cannot_be_sent_is_not_boxable_and_what_is_hidden_is_not_on_the_website(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    changed = product_rows()
    by_sku = {row[10]: row for row in changed}
    by_sku["00110"][19], by_sku["00120"][17], by_sku["00130"][15], by_sku["00140"][7] = (
        "draft",
        "true",
        "false",
        "false",
    )
    write(folder / "products_export_1.csv", OLD, changed)

    tables, _ = made("shopify", folder)

    assert rows(tables.products[~tables.products["boxable"]], "product_id") == {("00110",), ("00120",), ("00130",)}
    assert rows(tables.products[~tables.products["on_site"]], "product_id") == {("00110",), ("00140",)}


def test_variants_without_a_sku_are_one_product_and_orders_find_it_by_name(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    changed = [[*row[:10], "" if row[0] == "thing-00" else row[10], *row[11:]] for row in product_rows()]
    write(folder / "products_export_1.csv", OLD, changed)
    stock = [[*row[:4], "" if row[0] == "thing-00" else row[4], *row[5:]] for row in inventory_rows()]
    write(folder / "inventory_export_1.csv", BY_ROW, stock)
    gone = {"00100", "00101"}
    write(
        folder / "orders_export_1.csv",
        ORDER,
        [[*row[:11], "" if row[11] in gone else row[11], *row[12:]] for row in order_rows()],
    )

    tables, said = made("shopify", folder)

    assert "products with variants without a SKU: 1 (thing-00); each is one, by its handle" in said
    assert tables.products.set_index("product_id").loc["thing-00", "name"] == "Cleanser no. 0"
    assert tables.inventory.set_index("product_id").loc["thing-00", "on_hand"] == 160
    renamed = {(who, "thing-00" if item in gone else item, kind, at) for who, item, kind, at in expected_events()}
    assert events(tables) == renamed


def test_a_sku_in_two_products_is_one_product(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    changed = product_rows()
    next(row for row in changed if row[10] == "00120")[10] = "00110"
    write(folder / "products_export_1.csv", OLD, changed)

    tables, said = made("shopify", folder)

    assert tables.products.set_index("product_id").loc["00110", "name"] == "Mask no. 1"
    assert "SKUs that stand in several products: 1 (00110); the first handle counts" in said


def test_exports_in_several_files_that_overlap_count_once(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    lines = order_rows()
    write(folder / "orders_export_1.csv", ORDER, lines[:70])
    write(folder / "orders_export_2.csv", ORDER, lines[40:], bom=True)
    write(
        folder / "inventory_export (2).csv",
        BY_ROW,
        [[*row[:13], "7" if row[13] else "", ""] for row in inventory_rows()],
    )

    tables, _ = made("shopify", folder)

    assert events(tables) == expected_events()
    assert len(tables.events) == len(expected_events())
    assert set(tables.inventory["on_hand"]) == {7}, "of two counts of the same stock the smaller holds"


def test_file_names_that_look_like_patterns_are_files(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    (folder / "orders_export_1.csv").rename(folder / "Anna's orders [new] 1*.csv")

    tables, _ = made("shopify", folder)

    assert events(tables) == expected_events()


def test_order_rows_that_repeat_the_order_are_the_same_orders(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    first: dict[str, list[str]] = {}
    repeated = [[*first.setdefault(row[0], row)[:8], *row[8:12], *first[row[0]][12:]] for row in order_rows()]
    write(folder / "orders_export_1.csv", ORDER, repeated)

    assert events(made("shopify", folder)[0]) == expected_events()


def test_decimal_commas_and_semicolons_of_a_spreadsheet_are_read(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    write(folder / "products_export_1.csv", OLD, product_rows(decimal=","), delimiter=";", bom=True)

    tables, _ = made("shopify", folder)

    assert set(tables.products["retail_value"]) == {9.5 + number for number in range(12)}
    assert set(tables.products["unit_cost"]) == {3.2}


def test_stock_below_zero_or_not_stocked_is_nothing(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    changed = [[*row[:12], "-5", "-3", ""] if row[4] == "00110" else row for row in inventory_rows()]
    write(folder / "inventory_export_1.csv", BY_ROW, changed)

    tables, _ = made("shopify", folder)

    assert tables.inventory.set_index("product_id").loc["00110", "on_hand"] == 0


def test_boxes_are_packed_from_the_location_with_the_most_and_the_others_are_named(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    init_lines = "\n".join(init("shopify", folder))

    assert "boxes are packed from 'Warehouse', which has the most units" in init_lines
    toml = (folder / "campaign.toml").read_text("utf-8")
    assert "WHERE location IN ('Warehouse')" in toml
    (folder / "campaign.toml").write_text(toml.replace("('Warehouse')", "('Warehouse', 'Shop, Old Town')"), "utf-8")
    stock = read(load(folder)).inventory.set_index("product_id")["on_hand"]
    assert (stock["00110"], stock["00130"]) == (85, 83)


def test_products_that_only_the_inventory_has_are_left_out_and_counted(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    write(folder / "products_export_1.csv", OLD, [row for row in product_rows() if row[0] != "thing-11"])

    tables, said = made("shopify", folder)

    assert "00210" not in set(tables.inventory["product_id"])
    assert "products of the inventory export that are none here: 1 of 14; left out" in said


def test_proposed_rules_work_once_the_signs_are_taken_away(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    said = "\n".join(init("shopify", folder))
    toml = (folder / "campaign.toml").read_text("utf-8")
    assert 'customers such as "allergy-..."' in said
    assert load(folder).eligibility == (), "a rule is proposed, never guessed"

    rule = ("[[eligibility]]", 'name = "', 'product = "', 'customer = "', "sense", "unknown", ", list_", "list_")
    (folder / "campaign.toml").write_text(uncommented(toml, *rule), "utf-8")
    campaign = load(folder)
    tables = read(campaign)

    assert [(one.name, one.product, one.customer, one.sense) for one in campaign.eligibility] == [
        ("allergens", "contains", "allergies", "exclude"),
        ("skin", "for_skin", "skin", "include"),
    ]
    products, customers = tables.products.set_index("product_id"), tables.customers.set_index("customer_id")
    assert (products.loc["00100", "contains"], products.loc["00110", "contains"]) == ("nuts", "")
    assert (customers.loc["7000000000", "allergies"], customers.loc["7000000001", "allergies"]) == ("nuts", "")
    assert (products.loc["00110", "for_skin"], customers.loc["7000000000", "skin"]) == ("dry-skin", "dry-skin")


def test_metafields_of_both_sides_are_columns_and_propose_a_rule(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    name = "Allergens (product.metafields.custom.allergens)"
    write(
        folder / "products_export_1.csv",
        [*OLD, name],
        [[*row, '["Soy", "nuts"]' if row[1] else ""] for row in product_rows()],
    )
    names = ["Known allergies (customer.metafields.facts.allergies)", "Born (customer.metafields.facts.birth_date)"]
    write(
        folder / "customers_export.csv",
        [*CUSTOMER, *names],
        [[*row, "soy; milk", "1990-01-01"] for row in customer_rows()],
    )

    tables, said = made("shopify", folder)

    assert set(tables.products["allergens"]) == {"Soy|nuts"}
    assert set(tables.customers["allergies"]) == {"soy|milk"}
    assert "birth_date" not in tables.customers.columns
    assert "products have allergens, customers have allergies: is that a rule?" in said
