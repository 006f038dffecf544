"""The WooCommerce recipe on faithful exports: variations, shared stock, four plugins' orders, a shop in German."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from jobs.config.load import load
from jobs.faults import InputRefused
from jobs.inputs.tables import read
from jobs.recipes.init import init
from tests.jobs.recipes.read_shop import Event, events, made, rows, uncommented
from tests.jobs.recipes.shopify_exports import mail, write
from tests.jobs.recipes.woocommerce_exports import ORDERS, PRODUCT, SKUS, orders, product_rows, write_woocommerce


def expected_events() -> set[Event]:
    """What the orders say."""
    ids = {mail(number): str(100 + number) for number in range(12)}
    found: set[Event] = set()
    for _, status, at, who, _, items in orders():
        if status == "cancelled":
            continue
        customer = ids.get(who) or hashlib.md5(who.encode()).hexdigest()
        for sku, quantity, refunded in items:
            found.add((customer, sku, "purchase", at[:16]))
            if status == "refunded" or refunded >= quantity:
                found.add((customer, sku, "refund", at[:16]))
    return found


@pytest.mark.parametrize("form", ORDERS)
def test_orders_of_every_plugin_say_the_same(form: str, tmp_path: Path) -> None:
    tables, _ = made("woocommerce", write_woocommerce(tmp_path / "w", form=form))

    assert events(tables) == expected_events()


@pytest.mark.parametrize(("german", "delimiter"), [(False, ","), (False, ";"), (True, ","), (True, ";")])
def test_products_and_stock_are_what_the_export_says(german: bool, delimiter: str, tmp_path: Path) -> None:
    tables, _ = made("woocommerce", write_woocommerce(tmp_path / "w", german=german, delimiter=delimiter))

    told = tables.products.set_index("product_id")
    assert set(told.index[told["boxable"]]) == set(SKUS)
    assert "T" not in told.index, "a variable product is sold as one of its variations"
    said = rows(tables.products, "product_id", "name", "family", "category", "brand")
    assert {("T-M", "Tonic - M", "T", "Tea", "Brand 0"), ("W-03", "Thing 3", "W-03", "Skin", "Brand 2")} <= said
    assert (told.loc["W-03", "retail_value"], told.loc["W-03", "weight_g"]) == (12.9, 125)
    assert told.loc["W-03", "description"] == "Thing 3, made\\nby hand"
    assert told.loc["W-03", "skin_type"] == "Dry|Oily"
    assert not told.loc["W-DRAFT", "on_site"]
    stock = tables.inventory.set_index("product_id")["on_hand"]
    assert (stock["W-03"], stock["T-S"], stock["T-M"], stock["BOX-M"]) == (73, 30, 30, 0)


def test_subscribers_are_those_whose_subscription_runs(tmp_path: Path) -> None:
    tables, said = made("woocommerce", write_woocommerce(tmp_path / "w"))

    assert rows(tables.customers, "customer_id") == {(str(100 + number),) for number in range(9)}
    assert "active subscriptions: 9" in said
    assert not {"first_name", "email", "username"} & {*tables.customers.columns}


def test_without_a_customers_export_subscriptions_name_the_customers(tmp_path: Path) -> None:
    tables, said = made("woocommerce", write_woocommerce(tmp_path / "w", customers=False))

    assert rows(tables.customers, "customer_id") == {(str(100 + number),) for number in range(9)}
    assert events(tables) == expected_events()
    assert "customers: no" not in said


def test_a_profile_of_customers_and_an_attribute_of_products_propose_a_rule(tmp_path: Path) -> None:
    folder = write_woocommerce(tmp_path / "w")
    said = "\n".join(init("woocommerce", folder))
    assert "products have skin_type, customers have skin_type: is that a rule?" in said

    toml = (folder / "campaign.toml").read_text("utf-8")
    rule = ("[[eligibility]]", 'name = "', 'product = "', 'customer = "', "unknown")
    (folder / "campaign.toml").write_text(uncommented(toml, *rule), "utf-8")
    campaign = load(folder)

    assert [(one.product, one.customer) for one in campaign.eligibility] == [("skin_type", "skin_type")]
    assert set(read(campaign).customers["skin_type"]) == {"Dry", "Oily"}


def test_stock_that_is_not_managed_is_told(tmp_path: Path) -> None:
    folder = write_woocommerce(tmp_path / "w")
    changed = [[*row[:12], "" if row[2] in ("W-01", "W-02") else row[12], *row[13:]] for row in product_rows()]
    write(folder / "wc-product-export-5-11-2026-1.csv", PRODUCT, changed)

    tables, said = made("woocommerce", folder)

    assert tables.inventory.set_index("product_id").loc["W-01", "on_hand"] == 0
    assert "published products without a stock figure: 2" in said


@pytest.mark.parametrize(("unit", "grams"), [("kg", 125), ("g", 0), ("lbs", 57), ("oz", 4)])
def test_weights_are_grams_whatever_the_unit(unit: str, grams: int, tmp_path: Path) -> None:
    folder = write_woocommerce(tmp_path / "w")
    head = [f"Weight ({unit})" if name == "Weight (kg)" else name for name in PRODUCT]
    write(folder / "wc-product-export-5-11-2026-1.csv", head, product_rows())

    tables, _ = made("woocommerce", folder)

    assert set(tables.products["weight_g"]) == {grams}


def test_products_without_a_sku_go_by_their_id_in_orders_too(tmp_path: Path) -> None:
    folder = write_woocommerce(tmp_path / "w")
    changed = [[*row[:2], "" if row[2] == "W-05" else row[2], *row[3:]] for row in product_rows()]
    write(folder / "wc-product-export-5-11-2026-1.csv", PRODUCT, changed)
    text = (folder / "orders.csv").read_text("utf-8")
    (folder / "orders.csv").write_text(text.replace(",W-05,", ",,"), "utf-8")

    tables, _ = made("woocommerce", folder)

    assert "25" in set(tables.products["product_id"])
    assert events(tables) == {
        (who, "25" if sku == "W-05" else sku, kind, at) for who, sku, kind, at in expected_events()
    }


def test_the_report_of_orders_is_known_and_told_to_be_of_no_use(tmp_path: Path) -> None:
    folder = write_woocommerce(tmp_path / "w")
    (folder / "orders.csv").unlink()
    head = [
        "Date",
        "Order #",
        "N. Revenue (formatted)",
        "Status",
        "Customer",
        "Customer type",
        "Product(s)",
        "Items sold",
        "Coupon(s)",
    ]
    write(
        folder / "wc-orders-report.csv",
        head,
        [["2026-10-01", "7001", "9.90", "completed", "Anna Nym", "new", "1× Thing 3", "1", ""]],
    )

    said = "\n".join(init("woocommerce", folder))

    assert "wc-orders-report.csv is left out: it is a WooCommerce Analytics report of orders" in said
    assert "events: no WooCommerce orders export" in said
    with pytest.raises(InputRefused, match="events"):
        read(load(folder))


@pytest.mark.parametrize(
    "head",
    [
        ["Order ID", "Order Date", "Order Status", "Customer ID", "Customer Email", "SKU", "Quantity"],
        ["order_number", "date_created", "status", "customer_user", "billing_email", "product_sku", "qty"],
        ["Order Number", "Date", "Status", "Customer User ID", "Billing Email", "Variation SKU", "Quantity"],
    ],
)
def test_orders_of_other_plugins_are_known_by_their_columns(head: list[str], tmp_path: Path) -> None:
    folder = write_woocommerce(tmp_path / "w")
    lines = [
        [n, at, status, who, mail_, sku, str(units)]
        for n, status, at, mail_, who, items in orders()
        for sku, units, _ in items
    ]
    write(folder / "orders.csv", head, lines)

    tables, _ = made("woocommerce", folder)

    assert {event for event in events(tables) if event[2] == "purchase"} == {
        event for event in expected_events() if event[2] == "purchase"
    }
