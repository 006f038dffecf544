"""The exports of Recharge (Tools & apps > Exports): who subscribes to what, and what was charged.

Products, stock and the shop's other orders stay in Shopify; the Recharge recipe reads those exports, too.
"""

from __future__ import annotations

from jobs.recipes.exports.kinds import Kind, Role

_EMAIL = ("customer_email", "email")
SUBSCRIPTIONS = Kind(
    "recharge",
    "subscriptions",
    "Recharge subscriptions export",
    (
        ("subscription_id", "interval", "next_charge_date"),
        ("customer_id", "email"),
        ("interval", "next_charge_date", "address_id", "product", "quantity", "sku"),
    ),
    (
        Role(
            "subscription_id",
            "id",
            ("subscription_id", "subscription_contract_id", "purchase_item_id", "purchase_items_id"),
        ),
        Role("customer_id", "id", ("customer_id",)),
        Role("shop_customer_id", "id", ("shopify_customer_id", "external_customer_id")),
        Role("email", "mail", _EMAIL, "orders are linked to subscribers by customer id only"),
        Role("status", "text", ("status", "subscription_status"), "every row counts as an active subscription"),
        Role("cancelled_at", "text", ("cancelled_at",)),
        Role("sku", "id", ("sku", "external_sku"), "the box itself is not known by its SKU"),
        Role("product", "text", ("product_title", "shopify_product_id", "external_product_id")),
        Role("quantity", "text", ("quantity",)),
        Role(
            "interval",
            "text",
            ("charge_interval_frequency", "order_interval_frequency", "order_interval_unit", "cadence_interval"),
        ),
        Role(
            "next_charge_date",
            "text",
            (
                "next_charge_date",
                "next_charge_scheduled_at",
                "next_order_date",
                "next_billing_date",
                "upcoming_billing_date",
            ),
        ),
        Role("address_id", "id", ("address_id",)),
        Role("created_at", "moment", ("created_at", "subscription_created_at")),
    ),
    never=("billing_period", "charge_id", "transaction_id", "subscriptions_active_count", "Lineitem name"),
    where="Tools & apps > Exports > Create exports > Subscriptions",
)
CUSTOMERS = Kind(
    "recharge",
    "customers",
    "Recharge customers export",
    (("email",), ("customer_id",), ("recharge",)),
    (
        Role("customer_id", "id", ("customer_id", "id")),
        Role("shop_customer_id", "id", ("shopify_customer_id", "external_customer_id")),
        Role("email", "mail", _EMAIL),
        Role(
            "recharge",
            "text",
            (
                "shopify_customer_id", "external_customer_id", "subscriptions_active_count", "active_subscriptions",
                "subscription_count", "number_active_subscriptions", "first_charge_processed_at",
                "has_valid_payment_method",
                "payment_method_status",
            ),
        ),
    ),
    never=("subscription_id", "charge_id"),
    where="Tools & apps > Exports > Create exports > Customers",
)  # fmt: skip
CHARGES = Kind(
    "recharge",
    "charges",
    "Recharge charges export",
    (("charge_id",), ("email", "customer_id"), ("sku", "processed_at")),
    (
        Role("charge_id", "id", ("charge_id",)),
        Role("customer_id", "id", ("customer_id",)),
        Role("email", "mail", _EMAIL),
        Role("status", "text", ("charge_status", "status")),
        Role("processed_at", "moment", ("processed_at", "charge_processed_at", "charge_date", "scheduled_at")),
        Role("sku", "id", ("sku", "line_item_sku", "line_items_sku"), "charges say nothing of what was bought"),
    ),
    where="Tools & apps > Exports > Create exports > Charges, processed, a row per line item",
)
KINDS = (CHARGES, SUBSCRIPTIONS, CUSTOMERS)
