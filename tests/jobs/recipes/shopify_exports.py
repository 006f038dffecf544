"""The exports of a made-up Shopify shop, as its admin writes them: 12 products (14 SKUs), 14 customers, 60 orders.

Everything is counted out, nothing drawn: the same call writes the same files. Columns and quirks are Shopify's own.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

KINDS = ("Cleanser", "Mask", "Serum", "Balm")
BRANDS = ("Norrland & Co", "Ôm", "Tilia")
OLD = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Option1 Name",
    "Option1 Value",
    "Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Price",
    "Variant Requires Shipping",
    "Image Src", "Gift Card", "Cost per item", "Status",
)  # fmt: skip
NEW = (
    "URL handle", "Title", "Description", "Vendor", "Product category", "Type", "Tags", "Published on online store",
    "Option1 name",
    "Option1 value", "SKU", "Weight value (grams)", "Inventory tracker", "Inventory quantity", "Price",
    "Requires shipping",
    "Product image URL", "Gift card", "Cost per item", "Status",
)  # fmt: skip
BY_ROW = (
    "Handle", "Title", "Option1 Name", "Option1 Value", "SKU", "HS Code", "COO", "Location", "Bin name",
    "Incoming (not editable)",
    "Unavailable (not editable)", "Committed (not editable)", "Available (not editable)", "On hand (current)",
    "On hand (new)",
)  # fmt: skip
CUSTOMER = (
    "Customer ID", "First Name", "Last Name", "Email", "Accepts Email Marketing", "Default Address Address1",
    "Default Address Zip",
    "Phone", "Total Spent", "Total Orders", "Note", "Tax Exempt", "Tags",
)  # fmt: skip
ORDER = (
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Currency", "Total", "Created at",
    "Lineitem quantity",
    "Lineitem name", "Lineitem price", "Lineitem sku", "Billing Name", "Billing Zip", "Notes", "Cancelled at",
    "Refunded Amount", "Id",
)  # fmt: skip
SUBSCRIPTION = (
    "subscription_id", "customer_id", "shopify_customer_id", "customer_email", "address_id", "shopify_product_id",
    "product_title", "sku",
    "status", "quantity", "price", "charge_interval_frequency", "order_interval_unit", "next_charge_date",
    "created_at", "cancelled_at",
)  # fmt: skip
PLACES = ("Warehouse", "Shop, Old Town")

Rows = list[list[str]]


def write(
    path: Path, head: Sequence[str], rows: Rows, *, bom: bool = False, newline: str = "\r\n", delimiter: str = ","
) -> None:
    """One file, with the blank line at the end that some exports have."""
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=newline)
        writer.writerow(head)
        writer.writerows(rows)
        file.write(newline)


def variants() -> list[tuple[int, str, str, str]]:
    """Number of the product, its handle, the SKU and the size of every variant."""
    sizes = {0: ("30 ml", "100 ml"), 6: ("30 ml", "100 ml")}
    return [
        (number, f"thing-{number:02d}", f"00{100 + 10 * number + place}", size)
        for number in range(12)
        for place, size in enumerate(sizes.get(number, ("Default Title",)))
    ]


def title(number: int) -> str:
    """The name of a product."""
    return f"{KINDS[number % 4]} no. {number}"


def product_rows(decimal: str = ".") -> Rows:
    """A row per variant; what is said of the product stands in its first row; second pictures are rows of their own."""
    rows: Rows = []
    for number, handle, sku, size in variants():
        first = not any(row[0] == handle for row in rows)
        tags = ", ".join(
            [
                "vegan",
                "contains-nuts" if number % 3 == 0 else "fragrance-free",
                "dry-skin" if number % 2 else "oily-skin",
            ]
        )
        body = f'<p><strong>{KINDS[number % 4]}</strong>,\r\n"tested"</p>'
        said = [title(number), body, BRANDS[number % 3], "Beauty > Skin", KINDS[number % 4], tags, "true", "Size"]
        price = f"{9 + number}{decimal}50"
        rows.append(
            [handle, *(said if first else [""] * 8), size, sku, "120.0", "shopify", str(60 + number), price, "true",
            "", "false", f"3{decimal}20",
             "active" if first else ""]
        )  # fmt: skip
        if number == 1:
            rows.append([handle, *[""] * 15, "https://cdn.example/second.jpg", "", "", ""])
    return rows


def inventory_rows() -> Rows:
    """A row per SKU and location; the second location has little, and some of it is not stocked."""
    rows: Rows = []
    for number, handle, sku, size in variants():
        for place in PLACES:
            units = str(80 + number) if place == PLACES[0] else ("not stocked" if number % 3 == 0 else "4")
            free = units if units == "not stocked" else str(int(units) - 2)
            rows.append(
                [
                    handle,
                    title(number),
                    "Size",
                    size,
                    sku,
                    "",
                    "SE",
                    place,
                    "",
                    "0",
                    "1",
                    "1",
                    free,
                    "" if free == units else units,
                    "",
                ]
            )
    return rows


def customer_rows() -> Rows:
    """Who shops; ids have the ' that keeps spreadsheets from counting with them."""
    return [
        [f"'70000000{number:02d}", f"First{number}", "O'Nym", mail(number), "yes", f"{number} Fictional Lane",
        f"'0{1000 + number}",
         "'+15550100", "99.00", "3", "called twice,\nwants mail", "no",
         "allergy-nuts, dry-skin" if number % 4 == 0 else "oily-skin, VIP"]
        for number in range(14)
    ]  # fmt: skip


def mail(number: int) -> str:
    """An e-mail address."""
    return f"person{number:02d}@mail.example"


def order_rows(*, zone: str = " +0200", n_orders: int = 60) -> Rows:
    """Orders of one to three lines: refunded, cancelled, without an e-mail, in another case, without a SKU."""
    rows: Rows = []
    items = variants()
    for order in range(n_orders):
        who = "" if order % 17 == 16 else mail(order % 14).upper() if order % 5 == 4 else mail(order % 14)
        at = f"2026-{4 + order // 10:02d}-{1 + order % 28:02d} {order % 24:02d}:30:00{zone}"
        status = "refunded" if order % 13 == 12 else "voided" if order % 19 == 18 else "paid"
        for line in range(1 + order % 3):
            number, _, sku, size = items[(5 * order + 3 * line) % len(items)]
            name = title(number) + ("" if size == "Default Title" else f" - {size}")
            said = [status, at, "fulfilled", "SEK", "1,234.50"] if line == 0 else [""] * 5
            late = [
                f"Anna {order}",
                "'01234",
                "leave at\ndoor",
                at if order % 23 == 22 else "",
                "0.00",
                str(6500 + order),
            ]
            rows.append(
                [
                    f"#{1001 + order}",
                    who,
                    *said,
                    at if line == 0 else "",
                    "1",
                    name,
                    "99.00",
                    sku,
                    *(late if line == 0 else [""] * 6),
                ]
            )
    return rows


def subscription_rows() -> Rows:
    """Ten active subscriptions of nine people, and three cancelled ones; Recharge has customer ids of its own."""
    people = [*range(9), 8, 9, 10, 11]
    return [
        [str(500 + place), str(900 + who), f"70000000{who:02d}", mail(who), str(300 + who), "77", "The Box", "BOX",
         "ACTIVE" if place < 10 else "CANCELLED", "1", "39.00", "1", "month", "12/05/2026", "2026-01-04T10:11:12",
         "" if place < 10 else "2026-08-01T09:00:00"]
        for place, who in enumerate(people)
    ]  # fmt: skip


def write_shopify(
    folder: Path,
    *,
    newer: bool = False,
    stock: str = "by row",
    ids: bool = True,
    subscriptions: bool = True,
    bom: bool = False,
    newline: str = "\r\n",
) -> Path:
    """All exports of the shop.

    newer  the products export with the headers of 2025 and later
    stock  "by row", "by column" (the older inventory export), "available" (that quantity only), or "in products"
    ids    customers with a Customer ID
    """
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "products_export_1.csv", NEW if newer else OLD, product_rows(), bom=bom, newline=newline)
    if stock == "by row":
        write(folder / "inventory_export_1.csv", BY_ROW, inventory_rows(), newline=newline)
    elif stock == "available":
        head = [*BY_ROW[:8], "Available"]
        write(
            folder / "inventory_export_1.csv", head, [[*row[:8], row[12]] for row in inventory_rows()], newline=newline
        )
    elif stock == "by column":
        counts = inventory_rows()
        rows = [
            [*first[:7], first[13], second[13] or "not stocked"]
            for first, second in zip(counts[::2], counts[1::2], strict=True)
        ]
        write(folder / "inventory_export_1.csv", [*BY_ROW[:7], *PLACES], rows, newline=newline)
    start = 0 if ids else 1
    write(folder / "customers_export.csv", CUSTOMER[start:], [row[start:] for row in customer_rows()], newline=newline)
    write(folder / "orders_export_1.csv", ORDER, order_rows(), bom=bom, newline=newline)
    if subscriptions:
        write(folder / "subscriptions.csv", SUBSCRIPTION, subscription_rows(), newline=newline)
    return folder
