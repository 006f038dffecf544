"""The exports of Shopify, as its admin writes them: the names of before 2025 and those of after.

Names, addresses and phones have no role, so no recipe ever selects them; e-mail only links orders to customers.
"""

from __future__ import annotations

from jobs.recipes.exports.kinds import Kind, Role

PRODUCTS = Kind(
    "shopify",
    "products",
    "Shopify products export",
    (("handle",), ("title",), ("vendor", "description", "tags"), ("price", "sku")),
    (
        Role("handle", "id", ("Handle", "URL handle")),
        Role("title", "text", ("Title",)),
        Role("description", "html", ("Body (HTML)", "Description"), "products are known by fewer words"),
        Role("vendor", "text", ("Vendor",), "no product has a brand"),
        Role("type", "text", ("Type", "Custom Product Type"), "the category is that of Product Category"),
        Role("product_category", "text", ("Product Category", "Standard Product Type", "Standardized Product Type")),
        Role("tags", "several", ("Tags",)),
        Role("published", "text", ("Published", "Published on online store")),
        Role("status", "text", ("Status",)),
        Role("gift_card", "text", ("Gift Card",)),
        Role("requires_shipping", "text", ("Variant Requires Shipping", "Requires shipping")),
        Role("option1", "text", ("Option1 Value",)),
        Role("option2", "text", ("Option2 Value",)),
        Role("option3", "text", ("Option3 Value",)),
        Role("sku", "id", ("Variant SKU", "SKU")),
        Role("grams", "amount", ("Variant Grams", "Weight value (grams)"), "no weight_g, so no [[band]] over it"),
        Role("stock", "amount", ("Variant Inventory Qty", "Inventory quantity")),
        Role("price", "amount", ("Variant Price", "Price"), "no retail_value, so no [[band]] over it"),
        Role("cost", "amount", ("Cost per item",), "no unit_cost, so no budget over it"),
    ),
    never=("Location", "On hand", "Available", "HS Code"),
    where="Products > Export > All products",
)
INVENTORY = Kind(
    "shopify",
    "inventory",
    "Shopify inventory export",
    (("handle", "sku"), ("location",), ("on_hand", "available")),
    (
        Role("handle", "id", ("Handle", "URL handle")),
        Role("sku", "id", ("SKU", "Variant SKU")),
        Role("location", "text", ("Location",)),
        Role("on_hand", "amount", ("On hand (current)", "On hand")),
        Role("available", "amount", ("Available (not editable)", "Available")),
        Role("committed", "amount", ("Committed (not editable)", "Committed")),
        Role("unavailable", "amount", ("Unavailable (not editable)", "Unavailable")),
    ),
    where="Products > Inventory > Export, all locations, all quantity types",
)
INVENTORY_WIDE = Kind(
    "shopify",
    "inventory",
    "Shopify inventory export, a column per location",
    (("handle",), ("sku",), ("hs_code", "coo")),
    (
        Role("handle", "id", ("Handle", "URL handle")),
        Role("sku", "id", ("SKU", "Variant SKU")),
        Role("hs_code", "text", ("HS Code",)),
        Role("coo", "text", ("COO",)),
    ),
    never=("Location", "Vendor"),
    where=INVENTORY.where,
)
NOT_A_LOCATION = (
    "Handle", "URL handle", "Title", "SKU", "HS Code", "COO", "Bin name",
    *(f"Option{number} {part}" for number in (1, 2, 3) for part in ("Name", "Value")),
)  # fmt: skip
"""Columns of the old inventory export that are no location."""
CUSTOMERS = Kind(
    "shopify",
    "customers",
    "Shopify customers export",
    (("email",), ("accepts",)),
    (
        Role(
            "shop_customer_id", "id", ("Customer ID",), "customers are named by their e-mail (newer exports have an id)"
        ),
        Role("email", "mail", ("Email",)),
        Role("accepts", "text", ("Accepts Email Marketing", "Accepts Marketing", "Email Marketing Consent")),
        Role("tags", "text", ("Tags",)),
    ),
    never=("Financial Status", "Lineitem name"),
    where="Customers > Export > All customers",
)
ORDERS = Kind(
    "shopify",
    "orders",
    "Shopify orders export",
    (("order_name",), ("line_quantity",), ("line_name", "sku"), ("created_at", "paid_at")),
    (
        Role("order_name", "id", ("Name",)),
        Role("email", "mail", ("Email",), "no order has a customer"),
        Role("status", "text", ("Financial Status",), "voided and refunded orders count as bought"),
        Role("created_at", "moment", ("Created at",)),
        Role("paid_at", "moment", ("Paid at",)),
        Role("cancelled_at", "text", ("Cancelled at",), "cancelled orders count as bought"),
        Role("line_quantity", "text", ("Lineitem quantity",)),
        Role("line_name", "text", ("Lineitem name",)),
        Role("sku", "id", ("Lineitem sku",), "order lines are linked by the name of the product"),
    ),
    where="Orders > Export > Plain CSV, all orders",
)
KINDS = (ORDERS, PRODUCTS, INVENTORY, INVENTORY_WIDE, CUSTOMERS)
