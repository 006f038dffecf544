"""`boxwise init` as an operator meets it: refusals, what is missing, and the same bytes for the same files."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.cli.main import app
from jobs.config.load import load
from jobs.faults import UsageRefused
from jobs.inputs.tables import read
from jobs.recipes.exports.headers import headers
from jobs.recipes.exports.kinds import match
from jobs.recipes.files import ALL_KINDS
from jobs.recipes.init import PLATFORMS, init
from tests.jobs.recipes.shopify_exports import (
    BY_ROW,
    OLD,
    inventory_rows,
    product_rows,
    write,
    write_shopify,
)
from tests.jobs.recipes.woocommerce_exports import write_woocommerce
from tests.jobs.recipes.writers import WRITERS


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_same_files_give_the_same_bytes(platform: str, tmp_path: Path) -> None:
    texts = []
    for name in ("one", "another"):
        folder = WRITERS[platform](tmp_path / name)
        init(platform, folder)
        texts.append((folder / "campaign.toml").read_bytes())

    assert texts[0] == texts[1]
    assert b"\r" not in texts[0]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_is_written_is_a_campaign_with_every_table(platform: str, tmp_path: Path) -> None:
    folder = WRITERS[platform](tmp_path / "s")
    init(platform, folder)

    campaign = load(folder)

    assert set(campaign.inputs) == {"customers", "products", "inventory", "events"}
    assert campaign.signals["purchase"].weight == 4.0
    assert campaign.box_size == 5


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_ship_date_is_said_or_a_month_after_the_last_day(platform: str, tmp_path: Path) -> None:
    said = WRITERS[platform](tmp_path / "said")
    lines = init(platform, said, date(2027, 2, 3))
    assert load(said).ship_date == date(2027, 2, 3)
    assert any("as said by --ship-date" in line for line in lines)

    told = WRITERS[platform](tmp_path / "told")
    lines = init(platform, told)
    (why,) = [line for line in lines if "a month after the last day in the files" in line]
    assert str(load(told).ship_date) in why
    last = {"shopify": "2026-09-28", "recharge": "2026-09-28", "woocommerce": "2026-09-17", "csv": "2026-05-28"}[
        platform
    ]
    assert why.endswith(last)


def test_a_campaign_is_never_overwritten(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    (folder / "campaign.toml").write_text("mine", "utf-8")

    with pytest.raises(UsageRefused, match="never overwritten"):
        init("shopify", folder)
    assert (folder / "campaign.toml").read_text("utf-8") == "mine"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageRefused, match="expected a folder with the exports, found nothing there"):
        init("shopify", tmp_path / "nowhere")
    (tmp_path / "a.csv").write_text("a\n", "utf-8")
    with pytest.raises(UsageRefused, match="found a file"):
        init("shopify", tmp_path / "a.csv")


def test_an_unknown_platform_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(
        UsageRefused, match=r'expected shopify, woocommerce, recharge or csv \(did you mean "shopify"\?\)'
    ):
        init("shopfy", tmp_path)


def test_a_folder_without_exports_is_refused_and_told_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "things.csv").write_text("a,b\n1,2\n", "utf-8")
    (tmp_path / "wide.csv").write_bytes("Handle,Title\n".encode("utf-16"))

    with pytest.raises(UsageRefused) as refused:
        init("shopify", tmp_path)

    said = "\n".join(refused.value.lines)
    assert "a Shopify products export: columns Handle, Title, Vendor or Body (HTML) or Tags" in said
    assert "a Shopify orders export: columns Name, Lineitem quantity" in said
    assert "Products > Export > All products" in said
    assert "wide.csv was not read: it is UTF-16" in said
    assert "things.csv has none of these headers" in said
    assert not (tmp_path / "campaign.toml").exists()


def test_exports_of_another_platform_are_sent_to_their_recipe(tmp_path: Path) -> None:
    folder = write_woocommerce(tmp_path / "w")

    with pytest.raises(UsageRefused, match="is a WooCommerce products export: boxwise init --from woocommerce"):
        init("shopify", folder)


def test_a_table_of_our_own_form_is_used_as_it_is(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    (folder / "inventory.csv").write_text(
        "product_id,on_hand\n" + "".join(f"00{100 + 10 * n},3\n" for n in range(12)), "utf-8"
    )
    (folder / "shipments.csv").write_text("customer_id,product_id,shipped_on\n7000000001,00110,2026-05-01\n", "utf-8")

    said = "\n".join(init("shopify", folder))
    tables = read(load(folder))

    assert "inventory.csv: the table inventory, used as it is" in said
    assert set(tables.inventory["on_hand"]) == {3}
    assert len(tables.shipments) == 1
    assert "no shipments.csv" not in said


def test_names_that_sql_or_toml_would_trip_over_are_quoted(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    place = "Anna's '''shop''' \"old\" \\town"
    write(
        folder / "inventory_export_1.csv",
        BY_ROW,
        [[*row[:7], place if row[7] == "Warehouse" else row[7], *row[8:]] for row in inventory_rows()],
    )
    (folder / "orders_export_1.csv").rename(folder / "it's ''' mine.csv")

    init("shopify", folder)

    assert set(read(load(folder)).inventory["on_hand"]) == {80 + number for number in range(12)}


def test_where_duckdb_is_not_installed_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    lines = init("shopify", write_shopify(tmp_path / "s"))

    assert lines[-2:] == [
        "Its queries run in DuckDB, which is not installed: pip install 'boxwise[sql]'",
        f"Next: boxwise check {tmp_path / 's'}",
    ]


def test_init_itself_needs_no_duckdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)

    assert init("shopify", write_shopify(tmp_path / "s"))[-1].startswith("Next: boxwise check")


def test_every_export_is_told_from_every_other(tmp_path: Path) -> None:
    folder = write_woocommerce(write_shopify(tmp_path / "s"))
    for header in headers(folder)[0]:
        kinds = [kind.called for kind in ALL_KINDS if match(kind, header)]
        assert len(kinds) == 1, (header.path.name, kinds)


def test_the_command_says_what_comes_next(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    told = CliRunner().invoke(app, ["init", "--from", "shopify", str(folder), "--ship-date", "2026-12-05"])

    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines()[0] == "Found:"
    assert told.stdout.splitlines()[-2:] == [f"Written: {folder / 'campaign.toml'}", f"Next: boxwise check {folder}"]
    assert load(folder).ship_date == date(2026, 12, 5)


def test_a_box_is_no_bigger_than_the_shop(tmp_path: Path) -> None:
    folder = write_shopify(tmp_path / "s")
    write(
        folder / "products_export_1.csv",
        OLD,
        [row for row in product_rows() if row[0] in ("thing-00", "thing-01", "thing-02")],
    )

    init("Shopify", folder)

    assert load(folder).box_size == 3


@pytest.mark.parametrize(("method", "words"), [("iterdir", "cannot be read"), ("open", "cannot be written")])
def test_a_folder_that_may_not_be_touched_is_one_line(
    method: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_shopify(tmp_path / "s")
    whole = getattr(Path, method)

    def denied(self: Path, *args: object, **given: object) -> object:
        if method == "iterdir" or self.name == "campaign.toml":
            raise PermissionError(13, "Permission denied")
        return whole(self, *args, **given)

    monkeypatch.setattr(Path, method, denied)

    with pytest.raises(UsageRefused, match=words) as refused:
        init("shopify", folder)
    assert len(refused.value.lines) == 1
