"""The csv recipe: tables are told by what their columns are usually called, and every guess is written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.config.load import load
from jobs.inputs.tables import read
from jobs.recipes.init import init
from tests.jobs.recipes.plain_files import write_plain_files
from tests.jobs.recipes.read_shop import events, made, rows, uncommented
from tests.jobs.recipes.shopify_exports import write, write_shopify


def test_every_table_is_found_by_its_columns(tmp_path: Path) -> None:
    tables, said = made("csv", write_plain_files(tmp_path / "p"))

    assert rows(tables.products, "product_id", "name", "retail_value") == {
        (f"A{n:03d}", f"Thing {n}", f"{9 + n}.9") for n in range(12)
    }
    assert rows(tables.inventory, "product_id", "on_hand") == {(f"A{n:03d}", str(50 + n)) for n in range(12)}
    assert rows(tables.customers, "customer_id", "plan") == {
        (f"{n:04d}", "deluxe" if n % 2 else "basic") for n in range(10)
    }
    bought = {
        (f"{n % 10:04d}", f"A{7 * n % 12:03d}", "purchase", f"2026-{3 + n // 28:02d}-{1 + n % 28:02d} 00:00")
        for n in range(80)
    }
    rated = {(f"{n % 10:04d}", f"A{5 * n % 12:03d}", "rating", f"2026-05-{1 + n % 28:02d} 10:00") for n in range(30)}
    assert events(tables) == bought | rated
    assert 'members.csv: table of customers, 10 rows; customer_id = "Member ID"' in said
    assert 'artikel.csv: table of products, 12 rows; product_id = "Artikelnummer", name = "Bezeichnung"' in said


def test_what_is_left_out_is_written_into_the_file(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    tables, _ = made("csv", folder)

    toml = (folder / "campaign.toml").read_text("utf-8")
    assert "# Left out of members.csv: First Name, E-Mail" in toml
    assert "# Left out of artikel.csv: Image URL" in toml
    assert not [column for column in tables.customers.columns if "name" in column or "mail" in column]


def test_signals_are_those_of_the_kinds_that_are_there(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    (folder / "ratings.csv").unlink()
    happened = ["Purchase", "view", "Rating", "add_to_cart", "refund", 'besuch "neu"']
    lines = [[f"{n % 10:04d}", f"A{n % 12:03d}", happened[n % 6], "2026-05-01", str(1 + n % 5)] for n in range(60)]
    write(folder / "sales.csv", ["customer", "product", "Event Type", "timestamp", "rating"], lines)

    said = "\n".join(init("csv", folder))
    campaign = load(folder)

    weights = {kind: (signal.weight, signal.centre, signal.owns) for kind, signal in campaign.signals.items()}
    assert weights == {
        "purchase": (4.0, None, None),
        "view": (0.5, None, None),
        "rating": (2.0, 3.0, None),
        "add_to_cart": (1.0, None, False),
        "refund": (-4.0, None, False),
        'besuch "neu"': (0.0, None, False),
    }
    assert 'events of the kind "besuch "neu"": what is one worth? It counts for nothing until [signals] says so' in said
    assert len(read(campaign).events) == 60


def test_a_health_rule_is_proposed_and_works(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    init("csv", folder)
    assert load(folder).eligibility == ()

    toml = (folder / "campaign.toml").read_text("utf-8")
    rule = ("[[eligibility]]", 'name = "', 'product = "', 'customer = "', "sense", "unknown")
    (folder / "campaign.toml").write_text(uncommented(toml, *rule), "utf-8")
    campaign = load(folder)

    assert [(one.product, one.customer, one.sense) for one in campaign.eligibility] == [
        ("allergens", "allergies", "exclude")
    ]
    read(campaign)


def test_who_gets_a_box_is_asked_where_customers_have_a_status(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    said = "\n".join(init("csv", folder))
    assert 'customers have a column "Status": who is to get a box?' in said

    toml = (folder / "campaign.toml").read_text("utf-8")
    (folder / "campaign.toml").write_text(uncommented(toml, "AND lower(status)"), "utf-8")
    (folder / "members.csv").write_text(
        (folder / "members.csv").read_text("utf-8").replace("active", "left", 3), "utf-8"
    )

    assert len(read(load(folder)).customers) == 7


@pytest.mark.parametrize(
    ("head", "column"),
    [
        ("Customer No.", "customer_id"),
        ("CLIENT-ID", "customer_id"),
        ("kundennummer", "customer_id"),
        ("User Id", "customer_id"),
        ("buyer_id", "customer_id"),
    ],
)
def test_customers_go_by_many_names(head: str, column: str, tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    text = (folder / "members.csv").read_text("utf-8").replace("Member ID", head)
    (folder / "members.csv").write_text(text, "utf-8")

    tables, said = made("csv", folder)

    assert len(tables.customers) == 10
    assert f'{column} = "{head}"' in said


def test_a_newsletter_is_no_list_of_who_gets_a_box(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    write(folder / "newsletter.csv", ["email", "signed up"], [["x@mail.example", "2026-01-01"]])

    tables, said = made("csv", folder)

    assert len(tables.customers) == 10
    assert "newsletter.csv: no header that this recipe knows" in said


def test_stock_by_warehouse_asks_for_the_customers_warehouse(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    write(
        folder / "stock.csv",
        ["sku", "location", "qty"],
        [[f"A{n:03d}", place, "9"] for n in range(12) for place in ("North", "South")],
    )

    said = "\n".join(init("csv", folder))

    assert "stock is in several places (North, South), and customers have no column warehouse" in said


def test_stock_in_the_table_of_products_is_found_there(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    (folder / "stock.csv").unlink()
    text = (
        (folder / "artikel.csv")
        .read_text("utf-8-sig")
        .replace("Image URL", "Bestand")
        .replace("http://x.example/1.jpg", "12")
    )
    (folder / "artikel.csv").write_text(text, "utf-8")

    tables, _ = made("csv", folder)

    assert set(tables.inventory["on_hand"]) == {12}


def test_exports_of_a_platform_are_sent_to_their_recipe(tmp_path: Path) -> None:
    folder = write_shopify(write_plain_files(tmp_path / "p"))

    said = "\n".join(init("csv", folder))

    assert "orders_export_1.csv: Shopify orders export; boxwise init --from shopify reads it" in said


def test_a_database_dump_with_bare_ids_and_orders_in_two_files_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    write(
        folder / "products.csv",
        ["id", "name", "category", "price", "stock"],
        [[f"{n}", f"Thing {n}", "Tea", "9.90", "40"] for n in range(8)],
    )
    write(
        folder / "customers.csv",
        ["id", "name", "email", "hair_type"],
        [[f"c{n}", "Anna", f"m{n}@x.example", "dry"] for n in range(6)],
    )
    write(
        folder / "orders.csv",
        ["id", "customer_id", "created_at", "status"],
        [[f"o{n}", f"c{n % 6}", f"2026-05-{n + 1:02d}", "paid"] for n in range(20)],
    )
    write(
        folder / "order_items.csv",
        ["id", "order_id", "product_id", "quantity"],
        [[f"i{n}", f"o{n // 2}", f"{n % 8}", "1"] for n in range(40)],
    )

    tables, said = made("csv", folder)

    assert rows(tables.customers, "customer_id", "hair_type") == {(f"c{n}", "dry") for n in range(6)}
    assert "name" not in tables.customers.columns
    assert set(tables.inventory["on_hand"]) == {40}
    assert events(tables) == {
        (f"c{n // 2 % 6}", f"{n % 8}", "purchase", f"2026-05-{n // 2 + 1:02d} 00:00") for n in range(40)
    }
    assert "orders have a status (paid): which of them were bought?" in said


def test_a_ready_table_of_customers_with_their_names_is_read_without_them(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    (folder / "members.csv").unlink()
    head = "customer_id,first_name,email,hair_type,slots\n"
    (folder / "customers.csv").write_text(
        head + "".join(f"{n:04d},Anna,m{n}@x.example,dry,4\n" for n in range(10)), "utf-8"
    )

    tables, said = made("csv", folder)

    assert {"first_name", "email"} & {*tables.customers.columns} == set()
    assert set(tables.customers["hair_type"]) == {"dry"}
    assert set(tables.customers["slots"]) == {4}
    assert "customers.csv: table of customers" in said


def test_ready_tables_are_used_as_they_are(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    (folder / "members.csv").unlink()
    (folder / "customers.csv").write_text("customer_id,mood\n" + "".join(f"{n:04d},calm\n" for n in range(10)), "utf-8")

    tables, said = made("csv", folder)

    assert set(tables.customers["mood"]) == {"calm"}
    assert "customers.csv: the table customers, used as it is" in said


def test_where_orders_know_the_e_mail_only_so_does_the_table_of_customers(tmp_path: Path) -> None:
    folder = write_plain_files(tmp_path / "p")
    (folder / "ratings.csv").unlink()
    lines = [["2026-05-01", f"M{n % 10}@Mail.example ", f"A{n % 12:03d}"] for n in range(30)]
    write(folder / "sales.csv", ["Date", "Email", "SKU"], lines)

    tables, _ = made("csv", folder)

    assert rows(tables.customers, "customer_id") == {(f"m{n}@mail.example",) for n in range(10)}
    assert {who for who, _, _, _ in events(tables)} == set(tables.customers["customer_id"])
