"""The Recharge recipe: subscriptions decide who gets a box; products, stock and orders are those of Shopify."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.config.load import load
from jobs.inputs.tables import read
from jobs.reading.schemas import TABLES
from jobs.recipes.init import init
from tests.jobs.recipes.read_shop import events, made, rows, uncommented
from tests.jobs.recipes.shopify_exports import SUBSCRIPTION, mail, subscription_rows, write, write_shopify
from tests.jobs.recipes.test_init_shopify import expected_events


def own_ids(folder: Path) -> Path:
    """Without Shopify's customers export and without its ids: subscribers go by Recharge's own."""
    (folder / "customers_export.csv").unlink()
    write(
        folder / "subscriptions.csv",
        [*SUBSCRIPTION[:2], *SUBSCRIPTION[3:]],
        [[*row[:2], *row[3:]] for row in subscription_rows()],
    )
    return folder


def test_with_shopifys_customers_the_ids_are_shopifys(tmp_path: Path) -> None:
    tables, _ = made("recharge", write_shopify(tmp_path / "r"))

    assert rows(tables.customers, "customer_id") == {(f"70000000{number:02d}",) for number in range(9)}
    assert events(tables) == expected_events()


def test_without_them_the_ids_are_recharges_own_in_events_too(tmp_path: Path) -> None:
    tables, _ = made("recharge", own_ids(write_shopify(tmp_path / "r")))

    assert rows(tables.customers, "customer_id") == {(str(900 + number),) for number in range(9)}
    found = {who for who, _, _, _ in events(tables)}
    assert {str(900 + number) for number in range(12)} <= found
    assert len(events(tables)) == len(expected_events())


@pytest.mark.parametrize("status", ["CANCELLED", "expired", "Paused"])
def test_only_active_subscriptions_count(status: str, tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "r")
    write(
        folder / "subscriptions.csv",
        SUBSCRIPTION,
        [[*row[:8], status if row[3] == mail(3) else row[8], *row[9:]] for row in subscription_rows()],
    )

    tables, said = made("recharge", folder)

    assert ("7000000003",) not in rows(tables.customers, "customer_id")
    assert "active subscriptions: 9" in said


def test_without_a_status_a_subscription_runs_until_it_is_cancelled(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "r")
    place = SUBSCRIPTION.index("status")
    write(
        folder / "subscriptions.csv",
        [*SUBSCRIPTION[:place], *SUBSCRIPTION[place + 1 :]],
        [[*row[:place], *row[place + 1 :]] for row in subscription_rows()],
    )

    tables, said = made("recharge", folder)

    assert len(tables.customers) == 9
    assert 'subscriptions.csv: no column "status": every row counts as an active subscription' in said


def test_a_customer_with_two_subscriptions_gets_one_box_and_it_is_told(tmp_path: Path) -> None:
    tables, said = made("recharge", write_shopify(tmp_path / "r"))

    assert tables.customers["customer_id"].is_unique
    assert "customers with several active subscriptions: 1; each of them gets one box" in said


def test_where_nobody_is_active_it_is_told(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "r")
    write(
        folder / "subscriptions.csv", SUBSCRIPTION, [[*row[:8], "CANCELLED", *row[9:]] for row in subscription_rows()]
    )

    said = "\n".join(init("recharge", folder))

    assert "no subscription is active (statuses: cancelled), so nobody gets a box" in said


def test_charges_are_events_where_there_is_no_orders_export(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "r")
    (folder / "orders_export_1.csv").unlink()
    head = [
        "charge_id",
        "customer_id",
        "customer_email",
        "charge_status",
        "processed_at",
        "sku",
        "quantity",
        "first_name",
    ]
    charges = [
        ["1", "901", mail(1), "SUCCESS", "2026-09-01T10:00:00", "00110", "1", "Anna"],
        ["2", "902", mail(2).upper(), "refunded", "2026-09-02T10:00:00", "00120", "1", "Anna"],
        ["3", "903", mail(3), "ERROR", "2026-09-03T10:00:00", "00130", "1", "Anna"],
        ["4", "999", "new@mail.example", "SUCCESS", "2026-09-04T10:00:00", "00140", "1", "Anna"],
    ]
    write(folder / "charges.csv", head, charges)

    tables, _ = made("recharge", folder)

    assert events(tables) == {
        ("7000000001", "00110", "purchase", "2026-09-01 10:00"),
        ("7000000002", "00120", "refund", "2026-09-02 10:00"),
        ("999", "00140", "purchase", "2026-09-04 10:00"),
    }


def test_charges_beside_orders_are_not_counted_twice(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "r")
    write(
        folder / "charges.csv",
        ["charge_id", "customer_email", "processed_at", "sku"],
        [["1", mail(1), "2026-09-01T10:00:00", "00110"]],
    )

    tables, said = made("recharge", folder)

    assert events(tables) == expected_events()
    assert "charges.csv is left out: the orders export holds the same purchases" in said


def test_without_subscriptions_it_is_named_what_is_missing(tmp_path: Path) -> None:
    said = "\n".join(init("recharge", write_shopify(tmp_path / "r", subscriptions=False)))

    assert "subscriptions: no Recharge subscriptions export (columns subscription_id" in said
    assert "who subscribes is not known" in said


@pytest.mark.skipif("box_id" not in TABLES["customers"].names, reason="a customer has one box")
def test_a_box_for_each_subscription_is_one_comment_away(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "r")
    init("recharge", folder)
    toml = (folder / "campaign.toml").read_text("utf-8")

    (folder / "campaign.toml").write_text(uncommented(toml, ", s.subscription_id"), "utf-8")

    boxes = read(load(folder)).customers
    assert rows(boxes[boxes["customer_id"] == "7000000008"], "box_id") == {("508",), ("509",)}
    assert len(boxes) == 10


@pytest.mark.parametrize(
    "head",
    [
        ["Subscription ID", "Customer Email", "Status", "Next Order Date", "SKU"],
        ["subscription_contract_id", "customer_email", "status", "next_billing_date", "sku"],
        ["purchase_item_id", "email", "subscription_status", "order_interval_unit", "external_sku"],
    ],
)
def test_exports_of_other_subscription_apps_are_known_by_their_columns(head: list[str], tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "r")
    write(
        folder / "subscriptions.csv",
        head,
        [[row[0], row[3], row[8], "2026-12-05", "BOX"] for row in subscription_rows()],
    )

    tables, _ = made("shopify", folder)

    assert rows(tables.customers, "customer_id") == {(f"70000000{number:02d}",) for number in range(9)}
