"""Plain CSV files of any shop: which table a file is, told by what its columns are usually called.

Names are compared without case, spaces, dots, dashes and underscores. What is found here is a guess, and told as one.
"""

from __future__ import annotations

from jobs.recipes.exports.headers import Header
from jobs.recipes.exports.kinds import Export, Kind, Role

MAILS = ("customer_email", "email", "e_mail", "email_address", "mail")
_IDS = (
    "customer_id", "customer", "client_id", "user_id", "member_id", "subscriber_id", "buyer_id", "shopper_id",
    "customer_no",
    "customer_number", "client_no", "member_no", "cust_id", "account_id", "kunden_id", "kundennummer", "kunde", "user",
)  # fmt: skip
_CUSTOMER = (*_IDS, *MAILS)
_PRODUCT = (
    "product_id", "sku", "product_sku", "item_sku", "item_id", "variant_sku", "article_id", "article_no",
    "article_number", "product_code",
    "item_code", "item_no", "product_no", "artikelnummer", "artikel_nr", "product", "item", "article", "asin", "ean",
    "gtin", "barcode",
)  # fmt: skip
_ORDER = (
    "order_id",
    "order_number",
    "order_no",
    "order",
    "invoice_id",
    "invoice_no",
    "transaction_id",
    "bestellnummer",
)
_MOMENT = (
    "occurred_at", "created_at", "ordered_at", "purchased_at", "bought_at", "order_date", "purchase_date",
    "timestamp", "datetime",
    "event_time", "event_date", "date", "time", "paid_at", "rated_at", "reviewed_at", "viewed_at", "bestelldatum",
    "datum",
)  # fmt: skip
_SHIPPED = (
    "shipped_on",
    "shipped_at",
    "ship_date",
    "shipment_date",
    "sent_on",
    "sent_at",
    "dispatched_at",
    "versanddatum",
    "box_date",
)
_UNITS = (
    "on_hand", "stock", "quantity", "qty", "stock_qty", "stock_quantity", "quantity_on_hand", "qty_on_hand", "units",
    "inventory",
    "in_stock", "available", "bestand", "lagerbestand", "menge",
)  # fmt: skip
_NAME = ("name", "product_name", "title", "item_name", "product_title", "article_name", "bezeichnung", "produktname")

SHIPMENTS = Kind(
    "csv",
    "shipments",
    "table of what was shipped",
    (("customer_id",), ("product_id",), ("shipped_on",)),
    (
        Role("customer_id", "id", _CUSTOMER),
        Role("product_id", "id", _PRODUCT),
        Role("shipped_on", "moment", _SHIPPED),
    ),
)
EVENTS = Kind(
    "csv",
    "events",
    "table of what customers did",
    (("customer_id",), ("product_id",), ("occurred_at",)),
    (
        Role("customer_id", "id", _CUSTOMER),
        Role("product_id", "id", _PRODUCT),
        Role(
            "kind",
            "text",
            ("kind", "event", "event_type", "event_name", "action", "interaction", "activity"),
        ),
        Role("occurred_at", "moment", _MOMENT),
        Role("value", "amount", ("rating", "stars", "score", "value", "review_score", "bewertung")),
    ),
)
INVENTORY = Kind(
    "csv",
    "inventory",
    "table of stock",
    (("product_id",), ("on_hand",)),
    (
        Role("product_id", "id", _PRODUCT),
        Role("warehouse", "text", ("warehouse", "location", "site", "store", "depot", "lager")),
        Role("on_hand", "amount", _UNITS),
        Role("reserved", "amount", ("reserved", "committed", "allocated", "reserviert")),
    ),
    never=_NAME,
)
PRODUCTS = Kind(
    "csv",
    "products",
    "table of products",
    (("product_id",), ("name",)),
    (
        Role("product_id", "id", (*_PRODUCT, "id")),
        Role("name", "text", _NAME),
        Role("category", "text", ("category", "product_type", "type", "department", "kategorie", "warengruppe")),
        Role("brand", "text", ("brand", "vendor", "manufacturer", "supplier", "marke", "hersteller")),
        Role("family", "id", ("family", "parent_id", "parent_sku", "handle", "style", "model", "product_group")),
        Role("retail_value", "amount", ("retail_value", "price", "retail_price", "rrp", "msrp", "list_price", "preis")),
        Role("unit_cost", "amount", ("unit_cost", "cost", "cost_price", "purchase_price", "cogs", "einkaufspreis")),
        Role("weight_g", "amount", ("weight_g", "grams", "weight_grams", "gewicht_g")),
        Role("description", "html", ("description", "body", "details", "long_description", "beschreibung")),
        Role("tags", "several", ("tags", "labels", "keywords")),
        Role("stock", "amount", _UNITS),
    ),
)
CUSTOMERS = Kind(
    "csv",
    "customers",
    "table of customers",
    (("customer_id",),),
    (
        Role("customer_id", "id", (*_IDS, "id", *MAILS)),
        Role("warehouse", "text", ("warehouse", "depot", "lager")),
        Role("wave", "text", ("wave",)),
        Role("slots", "text", ("slots", "box_size", "items_per_box")),
        Role("status", "text", ("status", "subscription_status", "state")),
    ),
    never=(*_ORDER, "product_name"),
)
ORDERS = Kind(
    "csv",
    "orders",
    "table of orders",
    (("order_id",), ("customer_id",), ("occurred_at",)),
    (
        Role("order_id", "id", (*_ORDER, "id")),
        Role("customer_id", "id", _CUSTOMER),
        Role("occurred_at", "moment", _MOMENT),
        Role("status", "text", ("status", "order_status", "state", "financial_status")),
    ),
    never=_PRODUCT,
)
LINES = Kind(
    "csv",
    "lines",
    "table of what orders hold",
    (("order_id",), ("product_id",)),
    (Role("order_id", "id", _ORDER), Role("product_id", "id", _PRODUCT)),
    never=_CUSTOMER,
)
KINDS = (SHIPMENTS, EVENTS, ORDERS, LINES, INVENTORY, PRODUCTS, CUSTOMERS)
"""In this order: what names both a customer and a product is no list of either."""


def plain_key(name: str) -> str:
    """A header without case, and without what stands between its words."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def plain_matches(header: Header) -> list[Export]:
    """The file as every table that it can be."""
    found = []
    written: dict[str, str] = {}
    for name in header.names:
        written.setdefault(plain_key(name), name)
    for kind in KINDS:
        if any(plain_key(name) in written for name in kind.never):
            continue
        columns: dict[str, str] = {}
        for role in kind.roles:
            known = (written[plain_key(name)] for name in role.headers if plain_key(name) in written)
            free = next((name for name in known if name not in columns.values()), None)
            if free is not None:
                columns[role.name] = free
        if all(any(name in columns for name in group) for group in kind.told_by):
            found.append(Export(header, kind, columns))
    return found
