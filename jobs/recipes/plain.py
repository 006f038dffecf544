"""The csv recipe: any shop's own CSV files, by what their columns are usually called.

Every guess is written down: which column of which file is taken for what, and what was left out. Rows are taken as they
are; ids that stand twice are left to `boxwise check`, for only the shop can say which row is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from jobs.recipes.draft import Draft
from jobs.recipes.exports import plain, recharge, shopify, woocommerce
from jobs.recipes.exports.headers import Header, headers
from jobs.recipes.exports.kinds import Export, recognise
from jobs.recipes.files import Files, is_ready
from jobs.recipes.people import plain_name, tell
from jobs.recipes.plain_events import add_events, mapping
from jobs.recipes.proposals import by_columns, is_attribute, is_profile
from jobs.recipes.rows import columns_of, rows_sql
from jobs.recipes.scan import Row, Seen, scan

OF_A_PLATFORM = (
    shopify.PRODUCTS, shopify.ORDERS, shopify.INVENTORY, shopify.INVENTORY_WIDE, shopify.CUSTOMERS,
    woocommerce.PRODUCTS, woocommerce.ORDERS, recharge.CHARGES,
)  # fmt: skip
"""Exports that no shop writes by hand; the others could be anybody's table."""
STEMS = {
    "customers": r"customer|client|member|subscriber|user|kund|abonn",
    "products": r"product|item|article|catalog|assortment|produkt|artikel|sortiment",
    "inventory": r"stock|inventor|warehouse|bestand|lager",
    "events": r"order|event|sale|purchase|transaction|rating|review|bestell|k(ä|ae)ufe",
    "orders": r"order|sale|transaction|invoice|bestell",
    "lines": r"line|item|detail|position",
    "shipments": r"ship|sent|box|versand",
}
VAGUE = frozenset({"id", "email", "mail", "user", "status", "order"})
"""Columns by which a file may be anybody's: then its name must say what it is."""
_PERSONAL = re.compile(r"mail|phone|address|street|city|zip|post|birth|(first|last|full).?name|note", re.IGNORECASE)
_WORTHLESS = re.compile(
    r"url|image|img|picture|link|created|updated|modified|(^|_)id$|note|comment|internal|supplier|barcode|ean|gtin|seo|meta|html|status"
)
_NO_METAFIELD = re.compile(r"$^")
_OFFERS = frozenset({"plan", "tier", "membership", "language"})


def look_through_plain(folder: Path) -> Files:
    """Sort the files of a folder: of each table the file that looks most like it, and those with the same header."""
    files = Files(folder)
    found, files.unread = headers(folder)
    candidates: dict[str, list[Export]] = {}
    for header in found:
        if other := recognise(header, OF_A_PLATFORM):
            files.others.append(other)
        elif (ready := is_ready(header)) and not any(map(_PERSONAL.search, header.names)):
            files.ready[ready] = header.path
        elif (export := _likeliest(header)) is not None:
            candidates.setdefault(export.kind.table, []).append(export)
        else:
            files.unknown.append(header)
    for table, exports in candidates.items():
        best = min(exports, key=lambda one: (not _is_called(one), -len(one.columns), one.name))
        alike = [one for one in exports if one.header.names == best.header.names or table == "events"]
        files.exports[table] = alike
        files.unknown += [one.header for one in exports if one not in alike]
    _go_by_mail(files)
    return files


def _go_by_mail(files: Files) -> None:
    """Where events know a customer by the e-mail only, so does the table of customers, if it has one."""
    mails = {plain.plain_key(name) for name in plain.MAILS}
    events = [*files.of("events"), *files.of("orders")]
    if not events or not all(plain.plain_key(one.columns["customer_id"]) in mails for one in events):
        return
    for export in files.of("customers"):
        mail = next((name for name in export.header.names if plain.plain_key(name) in mails), None)
        if mail is not None:
            export.columns["customer_id"] = mail


def _likeliest(header: Header) -> Export | None:
    """The table that a file is: what its name says, else the first that its columns allow for certain."""
    found = plain.plain_matches(header)
    sure = (one for one in found if not {plain.plain_key(one.columns[role]) for role in _first_roles(one)} & VAGUE)
    return next((one for one in found if _is_called(one)), next(sure, None))


def _first_roles(export: Export) -> list[str]:
    """The roles that an export is told by and that it has."""
    return [name for group in export.kind.told_by for name in group if name in export.columns]


def _is_called(export: Export) -> bool:
    """Does the file's name say what it is?"""
    return re.search(STEMS[export.kind.table], export.header.path.stem.casefold()) is not None


def write_plain(files: Files, draft: Draft) -> None:
    """Fill the draft from plain CSV files."""
    products = _see(files, "products", draft, attributes)
    customers = _see(files, "customers", draft, profile)
    extra, asked = _extra(products), _extra(customers)
    draft.proposals = by_columns([name for name in extra if is_attribute(name)], asked)
    if products:
        draft.n_families = sum(one.n_rows for one in products)
        _add(
            draft,
            "products",
            products,
            (
                "product_id",
                "name",
                "category",
                "brand",
                "family",
                "retail_value",
                "unit_cost",
                "weight_g",
                "description",
                "tags",
            ),
        )
    warehouses = _add_inventory(files, products, "warehouse" in columns_of(customers), draft)
    if customers:
        roles = ("customer_id", "wave", "slots", *(("warehouse",) if warehouses else ()))
        proposed = _by_status(customers, draft)
        _add(draft, "customers", customers, roles, ("status",) if proposed else (), proposed)
    add_events(files, draft)
    shipments = _see(files, "shipments", draft)
    if shipments:
        _add(draft, "shipments", shipments, ("customer_id", "product_id", "shipped_on"))


def attributes(header: Header) -> dict[str, str]:
    """Plain name -> column: columns of products that say something of a product."""
    found = next((one for one in plain.plain_matches(header) if one.kind is plain.PRODUCTS), None)
    taken = {*found.columns.values()} if found else set()
    names = {plain_name(name, _NO_METAFIELD): name for name in header.names if name not in taken}
    return {key: name for key, name in names.items() if key and not key[0].isdigit() and not _WORTHLESS.search(key)}


def profile(header: Header) -> dict[str, str]:
    """Plain name -> column: columns of customers that say what suits them or what they ordered."""
    names = {plain_name(name, _NO_METAFIELD): name for name in header.names}
    return {key: name for key, name in names.items() if is_profile(key) or key in _OFFERS}


def _see(
    files: Files,
    table: str,
    draft: Draft,
    extra: Callable[[Header], dict[str, str]] | None = None,
    visit: Callable[[Row], None] | None = None,
) -> list[Seen]:
    """Go over the files of a table, and say which column is taken for what."""
    seen = []
    for export in files.of(table):
        one = scan(export, {} if extra is None else extra(export.header), visit)
        tell(draft, one, mapping(export))
        seen.append(one)
    return seen


def _extra(seen: list[Seen]) -> list[str]:
    return list(dict.fromkeys(name for one in seen for name in one.extra))


def _add(
    draft: Draft, table: str, seen: list[Seen], roles: tuple[str, ...], also: tuple[str, ...] = (), proposed: str = ""
) -> None:
    """A query that takes the columns as they are.

    also      roles that are read and not selected
    proposed  a line that may be meant, written as a comment
    """
    have = columns_of(seen)
    needed = {"product_id", "name", "category", "customer_id", "shipped_on", "on_hand"}
    given = [role for role in roles if role in have or role in needed]
    comments = [f"{table}: a guess by the names of the columns; please check each line."]
    for one in seen:
        left = [
            name for name in one.export.header.names if name not in {*one.export.columns.values(), *one.extra.values()}
        ]
        if left:
            comments.append(f"Left out of {one.export.name}: {', '.join(left)[:200]}".replace("\n", " "))
    rows = f"{table}_rows"
    draft.table(
        table,
        "plain.sql",
        comments,
        parts=rows_sql(rows, seen, (*given, *also)),
        columns=", ".join([*given, *_extra(seen)]),
        rows=rows,
        where=f"{given[0]} IS NOT NULL",
        proposed=[proposed] if proposed else [],
    )


def _by_status(customers: list[Seen], draft: Draft) -> str:
    """A line that takes active customers only, as a comment, where there is a status."""
    if "status" not in columns_of(customers):
        return ""
    name = customers[0].export.columns["status"]
    draft.decide.append(
        f'customers have a column "{name}": who is to get a box? Everybody, unless [inputs.customers] says otherwise'
    )
    return "AND lower(status) = 'active'  -- who is to get a box?"


def _add_inventory(files: Files, products: list[Seen], by_warehouse: bool, draft: Draft) -> bool:
    """The query of inventory; True where stock stays apart by warehouse."""
    places: set[str] = set()
    seen = _see(files, "inventory", draft, visit=lambda row: places.add(row["warehouse"]))
    if not seen and "stock" in columns_of(products) and "inventory" not in files.ready:
        rows = rows_sql("inventory_rows", products, ("product_id", "stock"), extras=False)
        draft.table(
            "inventory",
            "plain.sql",
            ["inventory: from the table of products, which has a column of stock."],
            parts=rows,
            columns="product_id, coalesce(stock, '0') AS on_hand",
            rows="inventory_rows",
            where="product_id IS NOT NULL",
            proposed=[],
        )
    if not seen:
        return False
    places.discard("")
    several = len(places) > 1
    if several and not by_warehouse:
        draft.decide.append(
            f"stock is in several places ({', '.join(sorted(places)[:4])}), and customers have no column warehouse, "
            "for which `boxwise check` will ask; or take one place only, by a WHERE in [inputs.inventory]"
        )
    _add(draft, "inventory", seen, ("product_id", "on_hand", "reserved", *(("warehouse",) if several else ())))
    return several
