"""The exports of a made-up WooCommerce shop: 10 simple products, one with three variations, and a subscription.

The products export is WooCommerce's own; orders come as four common plugins write them. Nothing is drawn.
"""

from __future__ import annotations

from pathlib import Path

from tests.jobs.recipes.shopify_exports import Rows, mail, write

PRODUCT = (
    "ID", "Type", "SKU", "GTIN, UPC, EAN, or ISBN", "Name", "Published", "Is featured?", "Visibility in catalog",
    "Short description",
    "Description", "Tax status", "In stock?", "Stock", "Backorders allowed?", "Weight (kg)", "Sale price",
    "Regular price", "Categories",
    "Tags", "Images", "Parent", "Brands", "Attribute 1 name", "Attribute 1 value(s)", "Attribute 1 visible",
    "Attribute 1 global",
    "Attribute 2 name", "Attribute 2 value(s)",
)  # fmt: skip
GERMAN = {
    "Type": "Typ", "SKU": "Artikelnummer", "Published": "Veröffentlicht",
    "Visibility in catalog": "Sichtbarkeit im Katalog",
    "Short description": "Kurzbeschreibung", "Description": "Beschreibung", "In stock?": "Vorrätig?",
    "Stock": "Bestand",
    "Weight (kg)": "Gewicht (kg)", "Sale price": "Angebotspreis", "Regular price": "Regulärer Preis",
    "Categories": "Kategorien",
    "Tags": "Schlagwörter", "Parent": "Übergeordnetes Produkt", "Brands": "Marken",
    "Attribute 1 name": "Attribut 1 Name",
    "Attribute 1 value(s)": "Attribut 1 Wert(e)", "Attribute 2 name": "Attribut 2 Name",
    "Attribute 2 value(s)": "Attribut 2 Wert(e)",
}  # fmt: skip
CATEGORIES = ("Beauty > Skin", "Beauty > Hair, Sale", "Tea")
SKUS = [f"W-{number:02d}" for number in range(10)] + ["T-S", "T-M", "T-L"]
ORDERS = ("items", "line_items", "line_item_1", "advanced")


def product_rows(decimal: str = ".") -> Rows:
    """Simple products, a variable one with variations that share its stock, a draft, and a subscription."""

    def row(number: int, kind: str, sku: str, name: str, stock: str, **more: str) -> list[str]:
        cells = dict.fromkeys(PRODUCT, "")
        cells |= {
            "ID": str(number),
            "Type": kind,
            "SKU": sku,
            "Name": name,
            "Published": "1",
            "Visibility in catalog": "visible",
        }
        cells |= {
            "Tax status": "taxable",
            "In stock?": "1",
            "Stock": stock,
            "Regular price": f"{10 + number % 7}{decimal}90",
        }
        cells |= {
            "Weight (kg)": f"0{decimal}125",
            "Description": f"<p>{name}, made\\nby hand</p>",
            "Brands": f"Brand {number % 3}",
        }
        return list((cells | more).values())

    rows = [
        row(20 + place, "simple", sku, f"Thing {place}", str(70 + place), Categories=CATEGORIES[place % 3],
            Tags="vegan, new",
            **{"Attribute 1 name": "Skin type", "Attribute 1 value(s)": "Dry, Oily" if place % 2 else "Dry"})
        for place, sku in enumerate(SKUS[:10])
    ]  # fmt: skip
    shirt = {
        "Attribute 1 name": "Size",
        "Attribute 1 value(s)": "S, M, L",
        "Attribute 2 name": "Skin type",
        "Attribute 2 value(s)": "Oily",
    }
    rows.append(row(40, "variable", "T", "Tonic", "90", Categories="Tea", **shirt))
    for place, size in enumerate("SML"):
        one = {
            "Parent": "T" if place else "id:40",
            "Attribute 1 name": "Size",
            "Attribute 1 value(s)": size,
            "Description": "",
        }
        rows.append(row(41 + place, "variation", f"T-{size}", f"Tonic - {size}", "parent", **one))
    rows.append(row(50, "simple", "W-DRAFT", "Not yet", "5", Published="-1", Categories="Tea"))
    rows.append(row(51, "variable-subscription", "BOX", "The Box", "", Categories="Boxes"))
    rows.append(row(52, "subscription_variation", "BOX-M", "The Box - monthly", "", Parent="BOX"))
    rows.append(row(53, "simple, downloadable, virtual", "W-PDF", "Booklet", "", Categories="Tea"))
    return rows


def orders(n_orders: int = 45) -> list[tuple[str, str, str, str, str, list[tuple[str, int, int]]]]:
    """Number, status, moment, e-mail, customer id ("0" = guest) and items (SKU, quantity, refunded) of every order."""
    found = []
    for order in range(n_orders):
        guest = order % 11 == 10
        status = (
            "cancelled"
            if order % 13 == 12
            else "refunded"
            if order % 17 == 16
            else "completed"
            if order % 2
            else "processing"
        )
        who = f"guest{order}@mail.example" if guest else mail(order % 12)
        at = f"2026-{5 + order // 9:02d}-{1 + order % 28:02d} {order % 24:02d}:15:00"
        items = [
            (SKUS[(3 * order + 4 * line) % len(SKUS)], 1 + line, 1 + line if order % 19 == 18 else 0)
            for line in range(1 + order % 3)
        ]
        found.append((str(7000 + order), status, at, who, "0" if guest else str(100 + order % 12), items))
    return found


def product_id(sku: str) -> str:
    """The WooCommerce id of a SKU."""
    return str(20 + SKUS.index(sku)) if sku in SKUS[:10] else "40"


def write_orders(path: Path, form: str) -> None:
    """Orders as a plugin writes them."""
    rows: Rows = []
    if form == "items":
        head = ["order_id", "order_number", "date", "status", "customer_id", "billing_first_name", "billing_email",
                "item_id", "item_product_id",
                "item_name", "item_sku", "item_quantity", "item_refunded_qty"]  # fmt: skip
        for number, status, at, who, customer, items in orders():
            rows += [
                [number, number, at, status, customer, "Anna", who, "1", product_id(s), "x", s, str(n), str(back)]
                for s, n, back in items
            ]
    elif form == "line_items":
        head = ["order_id", "order_number_formatted", "date", "status", "customer_id", "billing_email", "line_items"]
        for number, status, at, who, customer, items in orders():
            told = [
                f"id:1|name:A thing|product_id:{product_id(s)}|sku:{s}|quantity:{n}|total:9.90|refunded_qty:{back}"
                for s, n, back in items
            ]
            rows.append([number, f"#{number}", at, status, customer, who, ";".join(told)])
    elif form == "line_item_1":
        head = ["order_id", "order_number", "order_date", "status", "customer_id", "customer_email",
                "billing_first_name",
                "line_item_1", "line_item_2", "line_item_3"]  # fmt: skip
        for number, status, at, who, customer, items in orders():
            told = [
                f"name:A thing|product_id:{product_id(s)}|sku:{s}|quantity:{n}|total:9.90|refunded_qty:{back}"
                for s, n, back in items
            ]
            rows.append([number, number, at, f"wc-{status}", customer, who, "Anna", *told, *[""] * (3 - len(told))])
    else:
        head = ["Order Number", "Order Status", "Order Date", "First Name (Billing)", "Email (Billing)", "Item #",
                "SKU", "Item Name",
                "Quantity", "Quantity (- Refund)"]  # fmt: skip
        for number, status, at, who, _, items in orders():
            for line, (sku, n, back) in enumerate(items):
                said = [status.title(), at[:16], "Anna", who] if line == 0 else [""] * 4
                rows.append([number, *said, str(line + 1), sku, "x", str(n), str(n - back)])
    write(path, head, rows, newline="\n")


def write_woocommerce(
    folder: Path,
    *,
    form: str = "items",
    german: bool = False,
    delimiter: str = ",",
    subscriptions: bool = True,
    customers: bool = True,
) -> Path:
    """All exports of the shop.

    form       how orders are written: one of ORDERS
    german     the products export of a shop in German, with decimal commas
    """
    folder.mkdir(parents=True, exist_ok=True)
    head = [GERMAN.get(name, name) for name in PRODUCT] if german else list(PRODUCT)
    name = "wc-product-export-5-11-2026-1.csv"
    write(folder / name, head, product_rows("," if german else "."), bom=True, newline="\n", delimiter=delimiter)
    write_orders(folder / "orders.csv", form)
    if customers:
        rows = [
            [
                str(100 + who),
                "Anna",
                "Nym",
                mail(who),
                f"anna{who}",
                "2026-01-01 10:00:00",
                "Dry" if who % 2 else "Oily",
            ]
            for who in range(12)
        ]
        head = ["customer_id", "first_name", "last_name", "email", "username", "date_registered", "skin_type"]
        write(folder / "customers.csv", head, rows, newline="\n")
    if subscriptions:
        head = [
            "subscription_id",
            "subscription_status",
            "customer_id",
            "customer_email",
            "date_created",
            "next_payment_date",
            "billing_period",
        ]
        rows = [
            [
                str(800 + who),
                "wc-active" if who < 9 else "wc-cancelled",
                str(100 + who),
                mail(who),
                "2026-01-01 10:00:00",
                "",
                "month",
            ]
            for who in range(12)
        ]
        write(folder / "subscriptions.csv", head, rows, newline="\n")
    return folder
