"""The WooCommerce recipe: its products export, and orders, customers and subscriptions as common plugins write them.

A product per SKU, its variations one family; variable products themselves are no product; guests' orders teach, too.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from jobs.recipes.draft import Draft
from jobs.recipes.exports import woocommerce
from jobs.recipes.exports.headers import Header
from jobs.recipes.exports.kinds import Export
from jobs.recipes.files import Files
from jobs.recipes.people import People, add_customers, people_parts, plain_name, see_people, tell
from jobs.recipes.proposals import Proposal, by_columns, by_tags, is_attribute
from jobs.recipes.rows import attribute_pairs, columns_of, rows_sql
from jobs.recipes.scan import Row, Seen, scan
from jobs.recipes.shopify import SIGNALS

_META = re.compile(r"^Meta: _?(.+)$")
_ROLES = tuple(role.name for role in woocommerce.PRODUCTS.roles if role.name not in ("in_stock",))
TAKEN = frozenset(
    {
        *_ROLES,
        "product_id",
        "category",
        "family",
        "retail_value",
        "unit_cost",
        "weight_g",
        "boxable",
        "on_site",
        "units",
    }
)
GRAMS = {"kilograms": 1000, "grams": 1, "pounds": 453.59237, "ounces": 28.349523125}
UNPAID = (
    "cancelled", "failed", "pending", "on-hold", "checkout-draft", "draft", "trash", "pending payment", "on hold",
    "storniert", "fehlgeschlagen", "zahlung ausstehend", "ausstehende zahlung", "in wartestellung",
)  # fmt: skip
"""Statuses of orders that were never paid, or not yet, as exports write them."""
MOST_ATTRIBUTES = 20
NO_PARCEL = re.compile("virtual|downloadable|grouped|external|subscription")
"""Types of products that go into no box."""


@dataclass
class Catalogue:
    """What products exports hold."""

    seen: list[Seen] = field(default_factory=list)
    products: set[str] = field(default_factory=set)
    families: set[str] = field(default_factory=set)
    tags: Counter[str] = field(default_factory=Counter)
    attributes: Counter[str] = field(default_factory=Counter)
    n_unmanaged: int = 0
    n_shared: int = 0

    def __call__(self, row: Row) -> None:
        """See a row."""
        self.tags.update(tag.strip() for tag in row["tags"].split(",") if tag.strip())
        self.attributes.update(cell for name, cell in row.items() if name.startswith("attribute ") and cell)
        if "variable" in row["type"].casefold():
            return
        self.products.add(row["sku"].lstrip("'").strip() or row["id"])
        self.n_shared += row["stock"].casefold() == "parent"
        is_parcel = not NO_PARCEL.search(row["type"].casefold())
        if is_parcel and row["published"] == "1":
            self.families.add(row["parent"] or row["id"])
        self.n_unmanaged += row["stock"] == "" and row["published"] == "1" and is_parcel

    @property
    def extra(self) -> list[str]:
        """Plain names of the attributes and meta columns."""
        return list(dict.fromkeys(name for seen in self.seen for name in (*seen.extra, *seen.attributes)))


def write_woocommerce(files: Files, draft: Draft) -> None:
    """Fill the draft from the exports of WooCommerce."""
    catalogue = _see_products(files, draft)
    people = see_people(files, draft)
    proposals = [
        *by_columns(catalogue.extra, people.profile),
        *by_tags(catalogue.tags, people.tags, "arg_min(any_tags, id)"),
    ]
    draft.proposals = proposals
    draft.signals = list(SIGNALS)
    if catalogue.seen:
        _add_products(catalogue, draft, proposals)
    if people.any:
        add_customers(people, draft, proposals)
    _add_events(files.of("orders"), catalogue, people, draft)
    draft.notes += [f"{one.name} is left out: it is a {one.kind.called}" for one in files.of("report")]


def _meta_columns(header: Header) -> dict[str, str]:
    found = {plain_name(_META.sub(r"\1", name), _META): name for name in header.names if _META.match(name)}
    return {plain: name for plain, name in found.items() if is_attribute(plain) and plain not in TAKEN}


def _see_products(files: Files, draft: Draft) -> Catalogue:
    catalogue = Catalogue()
    for export in files.of("products"):
        names = {f"attribute {place}": pair[0] for place, pair in enumerate(attribute_pairs(export.header.names))}
        seen = scan(export, {**_meta_columns(export.header), **names}, catalogue)
        extra = {plain: name for plain, name in seen.extra.items() if plain not in names}
        catalogue.seen.append(replace(seen, extra=extra))
        tell(draft, seen, f"products: {len(catalogue.products):,}")
    attributes: dict[str, str] = {}
    for name, _ in sorted(catalogue.attributes.items(), key=lambda item: (-item[1], item[0]))[:MOST_ATTRIBUTES]:
        plain = plain_name(name.removeprefix("pa_"), _META)
        if plain and plain not in TAKEN and not plain[0].isdigit():
            attributes.setdefault(plain, name)
    catalogue.seen = [
        replace(seen, attributes=attributes if attribute_pairs(seen.export.header.names) else {})
        for seen in catalogue.seen
    ]
    return catalogue


def _grams(table: str, have: set[str]) -> str:
    """The weight of a row in grams, in SQL."""
    units = [f"{factor} * try_cast({table}.{unit} AS DOUBLE)" for unit, factor in GRAMS.items() if unit in have]
    return f"coalesce({', '.join(units)})" if units else "CAST(NULL AS DOUBLE)"


def _add_products(catalogue: Catalogue, draft: Draft, proposals: list[Proposal]) -> None:
    """The queries of products and inventory, which stand in the same export."""
    have = columns_of(catalogue.seen)
    draft.n_families = len(catalogue.families)
    given = {
        "parts": rows_sql("product_rows", catalogue.seen, _ROLES),
        "grams": _grams("r", have),
        "parent_grams": _grams("p", have),
        "extra": catalogue.extra,
        "proposed": [line for proposal in proposals for line in proposal.product],
    }
    draft.table(
        "products",
        ["woocommerce_products.sql", "woocommerce_products_end.sql"],
        ["products: what can be recommended, and what of it may go into boxes (published, a parcel, no subscription)."],
        **given,
    )
    if "stock" in have:
        draft.table(
            "inventory",
            ["woocommerce_products.sql", "woocommerce_inventory_end.sql"],
            ["inventory: units for boxes, as the products export has them."],
            **given,
        )
    if catalogue.n_unmanaged:
        draft.decide.append(
            f"published products without a stock figure: {catalogue.n_unmanaged:,}; WooCommerce does not manage their "
            "stock, so there are no units of them for boxes"
        )
    if catalogue.n_shared:
        draft.notes.append(
            f"variations that share the stock of their product: {catalogue.n_shared:,}; each gets an equal part"
        )


@dataclass
class Orders:
    """What orders exports hold."""

    names: set[str] = field(default_factory=set)
    known_people: set[str] = field(default_factory=set)
    guests: set[str] = field(default_factory=set)

    def see(self, row: Row, people: People) -> None:
        """See a row."""
        self.names.add(row["order_id"])
        if row["email"].casefold() in people.mails and row["email"]:
            self.known_people.add(row["order_id"])
        if row["email"] or row["customer_id"] not in ("", "0"):
            self.guests.add(row["order_id"])


def _add_events(exports: list[Export], catalogue: Catalogue, people: People, draft: Draft) -> None:
    orders, seen = Orders(), []
    for export in exports:
        seen.append(_with_items(scan(export, {}, lambda row: orders.see(row, people))))
        tell(draft, seen[-1], f"orders: {len(orders.names):,}")
    if not seen:
        return
    if nobodys := len(orders.names) - len(orders.guests):
        draft.notes.append(f"orders that name no customer: {nobodys:,} of {len(orders.names):,}; left out")
    if people.any:
        draft.notes.append(
            f"orders of customers here: {len(orders.known_people):,} of {len(orders.names):,}; the others teach, too"
        )
    people_sql = people_parts(people)
    roles = (
        "order_id",
        "status",
        "created_at",
        "email",
        "customer_id",
        "sku",
        "product_ref",
        "quantity",
        "kept",
        "refunded",
        "item",
    )
    parts = [
        rows_sql("order_rows", seen, roles),
        *(people_sql[name] for name in ("customer_rows", "subscription_rows", "people")),
    ]
    if catalogue.seen:
        parts.append(rows_sql("product_rows", catalogue.seen, ("id", "sku"), extras=False))
    draft.table(
        "events",
        "woocommerce_events.sql",
        ["events: what customers bought, one event per product of an order; orders that were never paid are left out."],
        parts=",\n".join(filter(None, parts)),
        has_people=people.any,
        has_products=bool(catalogue.seen),
        unpaid=", ".join(f"'{status}'" for status in UNPAID),
    )


def _with_items(seen: Seen) -> Seen:
    """An export whose items stand in one cell, or in columns line_item_1, line_item_2 ..., as rows of items."""
    export = seen.export
    wide = [name for name in export.header.names if re.fullmatch(r"line_item_\d+", name.strip())]
    if "items" in export.columns:
        return replace(seen, unnested=(export.columns["items"],))
    if wide:
        return replace(seen, unnested=tuple(wide))
    return seen
