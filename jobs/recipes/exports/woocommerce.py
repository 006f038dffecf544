"""The exports of WooCommerce: its own products export, and orders, customers and subscriptions of common plugins.

WooCommerce translates the header of its products export; English and German are known here. Its own report of orders
names customers and products in words only, so it is recognised but cannot be used.
"""

from __future__ import annotations

from dataclasses import replace

from jobs.recipes.exports.kinds import Kind, Role

PRODUCTS = Kind(
    "woocommerce",
    "products",
    "WooCommerce products export",
    (("id",), ("type",), ("name",), ("published",), ("stock", "in_stock", "categories")),
    (
        Role("id", "id", ("ID",)),
        Role("type", "text", ("Type", "Typ")),
        Role("sku", "id", ("SKU", "Artikelnummer", "SKU / Artikelnummer")),
        Role("name", "text", ("Name",)),
        Role("published", "text", ("Published", "Veröffentlicht")),
        Role(
            "visibility",
            "text",
            ("Visibility in catalog", "Visibility in catalogue", "Sichtbarkeit im Katalog"),
            "hidden products are in the website's lists",
        ),
        Role("summary", "html", ("Short description", "Kurzbeschreibung")),
        Role("description", "html", ("Description", "Beschreibung"), "products are known by fewer words"),
        Role("in_stock", "text", ("In stock?", "Vorrätig?")),
        Role("stock", "text", ("Stock", "Lager", "Bestand", "Lagerbestand"), "no product has stock for boxes"),
        Role("kilograms", "amount", ("Weight (kg)", "Gewicht (kg)")),
        Role("grams", "amount", ("Weight (g)", "Gewicht (g)")),
        Role("pounds", "amount", ("Weight (lbs)", "Gewicht (lbs)")),
        Role("ounces", "amount", ("Weight (oz)", "Gewicht (oz)")),
        Role("sale_price", "amount", ("Sale price", "Angebotspreis")),
        Role("price", "amount", ("Regular price", "Regulärer Preis"), "no retail_value, so no [[band]] over it"),
        Role("cost", "amount", ("Cost of goods", "Meta: _wc_cog_cost", "Meta: _cogs_total_value")),
        Role("categories", "text", ("Categories", "Kategorien"), "no product has a category"),
        Role("tags", "several", ("Tags", "Schlagwörter")),
        Role("brand", "text", ("Brands", "Brand", "Marken", "Marke")),
        Role("parent", "id", ("Parent", "Übergeordnetes Produkt"), "variations have no family"),
    ),
    where="Products > All products > Export, all columns, in English",
)
_MAIL = ("billing_email", "customer_email", "Email (Billing)", "user_email", "email")
_MARKS = (
    "billing_email", "billing_first_name", "item_sku", "item_product_id", "line_items", "line_item_1",
    "order_number_formatted", "Email (Billing)", "First Name (Billing)", "Quantity (- Refund)", "Customer User ID",
)  # fmt: skip
"""Columns by which an export of orders is one of WooCommerce and not just anybody's."""
ORDERS = Kind(
    "woocommerce",
    "orders",
    "WooCommerce orders export",
    (("order_id",), ("created_at",), ("email", "customer_id"), ("sku", "product_ref", "items", "item_1"), ("mark",)),
    (
        Role("mark", "text", _MARKS),
        Role("order_id", "id", ("order_id", "order_number")),
        Role("status", "text", ("status", "order_status"), "cancelled orders count as bought"),
        Role("created_at", "moment", ("order_date", "date", "date_created", "date_paid", "paid_date", "created_at")),
        Role("email", "mail", _MAIL, "guests' orders have no customer"),
        Role("customer_id", "id", ("customer_id", "customer_user", "customer_user_id", "user_id")),
        Role(
            "sku",
            "id",
            ("item_sku", "SKU", "line_item_sku", "product_sku", "variation_sku"),
            "order lines are linked by product id",
        ),
        Role("product_ref", "id", ("item_product_id", "product_id", "line_item_product_id")),
        Role("quantity", "amount", ("item_quantity", "Quantity", "qty")),
        Role("kept", "amount", ("Quantity (- Refund)",)),
        Role("refunded", "amount", ("item_refunded_qty", "item_refunded_quantity")),
        Role("items", "text", ("line_items",)),
        Role("item_1", "text", ("line_item_1",)),
    ),
    never=("subscription_id", "billing_period", "Lineitem name"),
    where="a plugin's export, a row per item: Customer/Order CSV Export, Advanced Order Export, WebToffee's",
)
ANY_ORDERS = replace(ORDERS, told_by=ORDERS.told_by[:-1])
"""Orders without any mark of WooCommerce: taken for its own only where its recipe is asked for."""
CUSTOMERS = Kind(
    "woocommerce",
    "customers",
    "WooCommerce customers export",
    (("email",), ("registered", "login")),
    (
        Role("customer_id", "id", ("customer_id", "ID", "user_id"), "customers are named by their e-mail"),
        Role("email", "mail", ("email", "user_email", "customer_email", "billing_email")),
        Role("registered", "text", ("date_registered", "user_registered", "Sign up", "Last active")),
        Role("login", "text", ("username", "user_login", "customer_username")),
    ),
    never=("subscription_id", "order_id", "order_number"),
    where="Analytics > Customers > Download, or a plugin's export of customers",
)
SUBSCRIPTIONS = Kind(
    "woocommerce",
    "subscriptions",
    "WooCommerce subscriptions export",
    (("subscription_id",), ("status",), ("customer_id", "email"), ("period",)),
    (
        Role("subscription_id", "id", ("subscription_id",)),
        Role("status", "text", ("subscription_status", "status")),
        Role("customer_id", "id", ("customer_id", "customer_user")),
        Role(
            "email", "mail", ("customer_email", "billing_email", "Email (Billing)"), "orders of guests are not linked"
        ),
        Role("period", "text", ("billing_period", "next_payment_date", "billing_interval")),
        Role("created_at", "moment", ("date_created", "start_date")),
    ),
    where="the export of WooCommerce Subscriptions (Importer and Exporter), or a plugin's",
)
ORDERS_REPORT = Kind(
    "woocommerce",
    "report",
    "WooCommerce Analytics report of orders, which names customers and products in words only and cannot be used",
    (("order",), ("customer",), ("products",)),
    (
        Role("order", "id", ("Order #",)),
        Role("customer", "text", ("Customer", "Customer type")),
        Role("products", "text", ("Product(s)", "Items sold")),
    ),
)
KINDS = (ORDERS_REPORT, SUBSCRIPTIONS, ORDERS, PRODUCTS, CUSTOMERS)
