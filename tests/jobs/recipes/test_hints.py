"""`boxwise check` where an export stands in the place of a table: it says which recipe reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.check import check
from jobs.faults import InputRefused, UsageRefused
from tests.jobs.recipes.shopify_exports import write_shopify
from tests.jobs.recipes.woocommerce_exports import write_woocommerce
from tests.jobs.small_campaign import write_small_campaign

STANDS_IN = [
    ("products", "products_export_1.csv", "Shopify products export", "shopify"),
    ("inventory", "inventory_export_1.csv", "Shopify inventory export", "shopify"),
    ("customers", "customers_export.csv", "Shopify customers export", "shopify"),
    ("events", "orders_export_1.csv", "Shopify orders export", "shopify"),
    ("events", "subscriptions.csv", "Recharge subscriptions export", "recharge"),
    ("products", "wc-product-export-5-11-2026-1.csv", "WooCommerce products export", "woocommerce"),
    ("events", "orders.csv", "WooCommerce orders export", "woocommerce"),
]


@pytest.mark.parametrize(("table", "name", "called", "platform"), STANDS_IN)
def test_an_export_in_place_of_a_table_is_named(
    table: str, name: str, called: str, platform: str, tmp_path: Path
) -> None:
    folder = write_small_campaign(tmp_path / "c")
    write = write_woocommerce if platform == "woocommerce" else write_shopify
    (folder / f"{table}.csv").write_bytes((write(tmp_path / "exports") / name).read_bytes())

    with pytest.raises(InputRefused) as refused:
        check(folder)

    (line,) = [line for line in refused.value.lines if "the header of a" in line]
    assert line.startswith(f"{table}.csv, row 1: found the header of a {called}, expected the columns of {table}")
    assert f"boxwise init --from {platform} DIR" in line


def test_an_export_that_passes_as_a_table_is_named_all_the_same(tmp_path: Path) -> None:
    """Recharge's customers have a customer_id, so nothing else would say that their names and addresses are read."""
    folder = write_small_campaign(tmp_path / "c")
    text = (folder / "customers.csv").read_text("utf-8-sig")
    head, *lines = text.splitlines()
    more = [f"{line},x@mail.example,1" for line in lines]
    (folder / "customers.csv").write_text("\n".join([f"{head},email,shopify_customer_id", *more]) + "\n", "utf-8")

    told = "customers.csv: has the header of a Recharge customers export, and is read as the table customers; "
    assert any(line.startswith(told) for line in check(folder))


def test_a_campaign_of_plain_tables_hears_of_no_recipe(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path / "c")

    assert not [line for line in check(folder) if "recipe" in line]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_exports_without_a_campaign_are_offered_their_recipe(platform: str, tmp_path: Path) -> None:
    folder = (write_shopify if platform == "shopify" else write_woocommerce)(tmp_path / "s")

    with pytest.raises(UsageRefused) as refused:
        check(folder)

    assert any(f"to begin with it: boxwise init --from {platform} {folder}" in line for line in refused.value.lines)


def test_plain_files_without_a_campaign_are_offered_theirs(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sku,name\n1,Tea\n", "utf-8")

    with pytest.raises(UsageRefused, match="boxwise init --from csv"):
        check(tmp_path)
