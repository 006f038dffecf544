"""The Shopify recipe, and with subscriptions of Recharge the Recharge recipe: products, stock, customers and orders.

A product per SKU, its sizes one family; the stock of one location; orders found by e-mail, refunds taken back.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from jobs.recipes.draft import Draft
from jobs.recipes.exports import shopify
from jobs.recipes.exports.headers import Header
from jobs.recipes.exports.kinds import Export
from jobs.recipes.files import Files
from jobs.recipes.people import People, add_customers, people_parts, plain_name, see_people, tell
from jobs.recipes.proposals import Proposal, by_columns, by_tags, is_attribute
from jobs.recipes.rows import rows_sql
from jobs.recipes.scan import Row, Seen, scan
from jobs.recipes.stock import add_stock

_METAFIELD = re.compile(r"\(product\.metafields\.[^.]+\.([^)]+)\)$")
_ROLES = tuple(role.name for role in shopify.PRODUCTS.roles if role.name != "stock")
TAKEN = frozenset(
    {*_ROLES, "name", "category", "brand", "family", "retail_value", "unit_cost", "weight_g", "boxable", "on_site"}
)
SIGNALS = [
    "purchase = 4.0",
    "refund = { weight = -4.0, owns = false }  # takes the purchase back",
]
MOST_EXTRA = 40


@dataclass
class Catalogue:
    """What products exports hold.

    handles  product id -> handles of the products that it stands in
    without  handles that have variants without a SKU
    """

    seen: list[Seen] = field(default_factory=list)
    handles: dict[str, set[str]] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)
    tags: Counter[str] = field(default_factory=Counter)

    def __call__(self, row: Row) -> None:
        """See a row."""
        self.tags.update(tag.strip() for tag in row["tags"].split(",") if tag.strip())
        if not row["handle"] or not (row["sku"] or row["price"] or row["option1"]):
            return
        sku = row["sku"].lstrip("'").strip()
        self.handles.setdefault(sku or row["handle"], set()).add(row["handle"])
        if not sku:
            self.without.add(row["handle"])

    @property
    def extra(self) -> list[str]:
        """Plain names of metafields and other columns that say whom a product suits."""
        return list(dict.fromkeys(name for seen in self.seen for name in seen.extra))


def attribute_columns(header: Header) -> dict[str, str]:
    """Plain name -> column: metafields of products, and whatever else says whom a product suits."""
    found: dict[str, str] = {}
    for name in header.names:
        plain = plain_name(name, _METAFIELD)
        wanted = _METAFIELD.search(name) or (is_attribute(plain) and "google" not in plain and "variant" not in plain)
        if wanted and plain and plain not in TAKEN and len(found) < MOST_EXTRA and not plain[0].isdigit():
            found.setdefault(plain, name)
    return found


def write_shopify(files: Files, draft: Draft) -> None:
    """Fill the draft from the exports of Shopify and of Recharge."""
    catalogue = _see_products(files, draft)
    people = see_people(files, draft)
    proposals = [
        *by_columns(catalogue.extra, people.profile),
        *by_tags(catalogue.tags, people.tags, "arg_min(tags, handle)"),
    ]
    draft.proposals = proposals
    draft.signals = list(SIGNALS)
    if catalogue.seen:
        _add_products(catalogue, people, draft, proposals)
    add_stock(files, catalogue.seen, set(catalogue.handles), draft)
    if people.any:
        add_customers(people, draft, proposals)
    _add_events(files, catalogue, people, draft)


def _see_products(files: Files, draft: Draft) -> Catalogue:
    catalogue = Catalogue()
    for export in files.of("products"):
        seen = scan(export, attribute_columns(export.header), catalogue)
        catalogue.seen.append(seen)
        tell(draft, seen, f"products: {len(catalogue.handles):,}" + " so far" * (len(files.of("products")) > 1))
    if catalogue.without:
        some = ", ".join(sorted(catalogue.without)[:3])
        draft.notes.append(
            f"products with variants without a SKU: {len(catalogue.without):,} ({some}); each is one, by its handle"
        )
    shared = sorted(sku for sku, handles in catalogue.handles.items() if len(handles) > 1)
    if shared:
        draft.notes.append(
            f"SKUs that stand in several products: {len(shared):,} ({', '.join(shared[:3])}); the first handle counts"
        )
    return catalogue


def _add_products(catalogue: Catalogue, people: People, draft: Draft, proposals: list[Proposal]) -> None:
    boxes = people.subscribed.keys() & catalogue.handles.keys()
    is_most = 2 * len(boxes) > len(catalogue.handles)
    if boxes:
        some = ", ".join(sorted(boxes)[:3])
        told = f"SKUs that people subscribe to: {len(boxes):,} ({some}); "
        told += "they may be packed, for they are most of the shop" if is_most else "they are the box and go into none"
        draft.decide.append(told + "; the line is in [inputs.products]")
    packed = {min(handles) for product, handles in catalogue.handles.items() if is_most or product not in boxes}
    draft.n_families = len(packed)
    subscriptions = rows_sql("subscription_rows", people.subscriptions, ("sku",)) if boxes else ""
    draft.table(
        "products",
        "shopify_products.sql",
        ["products: what can be recommended, and what of it may go into boxes (active, no gift card, can be shipped)."],
        parts=",\n".join(filter(None, (rows_sql("product_rows", catalogue.seen, _ROLES), subscriptions))),
        boxes=bool(boxes),
        boxes_commented=is_most,
        extra=catalogue.extra,
        proposed=[line for proposal in proposals for line in proposal.product],
    )


@dataclass
class Orders:
    """What orders exports hold."""

    products: set[str]
    mails: set[str]
    names: set[str] = field(default_factory=set)
    with_mail: set[str] = field(default_factory=set)
    of_customers: set[str] = field(default_factory=set)
    refunded: set[str] = field(default_factory=set)
    n_known: int = 0
    n_lines: int = 0
    n_nameless: int = 0

    def __call__(self, row: Row) -> None:
        """See a row."""
        name = row["order_name"]
        if not name:
            self.n_nameless += 1
            return
        self.names.add(name)
        if row["email"]:
            self.with_mail.add(name)
            if row["email"].casefold() in self.mails:
                self.of_customers.add(name)
        if row["status"].casefold() == "refunded":
            self.refunded.add(name)
        if row["sku"]:
            self.n_lines += 1
            self.n_known += row["sku"].lstrip("'").strip() in self.products


def _add_events(files: Files, catalogue: Catalogue, people: People, draft: Draft) -> None:
    """The query of events: from orders, or, where there are none, from what Recharge charged."""
    if not files.of("orders"):
        _add_charges(files.of("charges"), people, draft)
        return
    orders, seen = Orders(set(catalogue.handles), people.mails), []
    for export in files.of("orders"):
        seen.append(scan(export, {}, orders))
        tell(draft, seen[-1], f"orders: {len(orders.names):,}" + " so far" * (len(files.of("orders")) > 1))
    _say_orders(orders, people, draft)
    draft.notes += [
        f"{export.name} is left out: the orders export holds the same purchases" for export in files.of("charges")
    ]
    roles = ("order_name", "email", "status", "created_at", "paid_at", "cancelled_at", "line_name", "sku")
    products = ("handle", "title", "sku", "price", "option1")
    people_sql = people_parts(people)
    parts = [
        rows_sql("order_rows", seen, roles),
        *(people_sql[name] for name in ("customer_rows", "subscription_rows", "people")),
    ]
    if catalogue.without:
        parts.append(rows_sql("product_rows", catalogue.seen, products, extras=False))
    draft.table(
        "events",
        "shopify_events.sql",
        ["events: what customers bought, one event per product of an order; cancelled and voided orders are left out."],
        parts=",\n".join(filter(None, parts)),
        has_people=people.any,
        by_name=bool(catalogue.without),
    )


def _say_orders(orders: Orders, people: People, draft: Draft) -> None:
    """How orders find their customers and products."""
    n_orders = len(orders.names)
    if without := n_orders - len(orders.with_mail):
        draft.notes.append(
            f"orders without an e-mail: {without:,} of {n_orders:,}; left out, for nobody knows whose they are"
        )
    if orders.n_nameless:
        draft.notes.append(f"rows of orders that name no order: {orders.n_nameless:,}; left out")
    if orders.refunded:
        draft.notes.append(f"refunded orders: {len(orders.refunded):,}; they take their purchases back")
    if people.any:
        draft.notes.append(
            f"orders of customers here: {len(orders.of_customers):,} of {n_orders:,}; the others teach, too"
        )
    if people.any and n_orders and not orders.of_customers:
        draft.decide.append("no order finds its customer: are the e-mail addresses of both exports the same?")
    if orders.n_lines and orders.products and not orders.n_known:
        draft.decide.append("no order line finds its product: do both exports have the same SKUs?")
    if orders.n_lines and orders.products:
        draft.notes.append(f"order lines with the SKU of a product here: {orders.n_known:,} of {orders.n_lines:,}")


def _add_charges(exports: list[Export], people: People, draft: Draft) -> None:
    """Events from what Recharge charged."""
    seen = []
    for export in exports:
        if "sku" in export.columns:
            seen.append(scan(export, {}))
            tell(draft, seen[-1], "what was charged")
        else:
            draft.notes.append(f"{export.name} is left out: its charges do not say what was bought (no column sku)")
    if not seen:
        return
    people_sql = people_parts(people)
    roles = ("customer_id", "email", "status", "processed_at", "sku")
    parts = [
        rows_sql("charge_rows", seen, roles),
        *(people_sql[name] for name in ("customer_rows", "subscription_rows", "people")),
    ]
    draft.table(
        "events",
        "recharge_events.sql",
        ["events: what Recharge charged. The orders export of Shopify tells more: all that customers bought."],
        parts=",\n".join(filter(None, parts)),
        has_people=people.any,
    )
