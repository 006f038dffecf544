"""Stock of a Shopify shop: of one location, the one with the most units, for boxes are packed in one place.

Two forms of the export are read: a row per SKU and location, and the older one with a column per location. Without
either, the figures of the products export are taken, where it has them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from jobs.recipes.draft import Draft
from jobs.recipes.exports import shopify
from jobs.recipes.exports.kinds import Export, Kind, Role, key
from jobs.recipes.files import Files
from jobs.recipes.people import tell
from jobs.recipes.rows import rows_sql, text
from jobs.recipes.scan import Row, Seen, scan

_ROLES = ("handle", "sku", "location", "on_hand", "available", "committed", "unavailable")
_PRODUCT_ROLES = ("handle", "sku", "price", "option1")


class _Counted:
    """Units by location, and which products they are of."""

    def __init__(self) -> None:
        self.units: Counter[str] = Counter()
        self.products: set[str] = set()

    def __call__(self, row: Row) -> None:
        """See a row of the form with a row per location."""
        self.add(row, row["location"], row["on_hand"] or row["available"])

    def add(self, row: Row, location: str, units: str) -> None:
        """Count the units of a product at a location."""
        self.products.add(row["sku"].lstrip("'").strip() or row["handle"])
        self.units[location] += max(0, _whole(units))


def _whole(cell: str) -> int:
    try:
        return int(float(cell.replace(",", "")))
    except ValueError:  # "not stocked"
        return 0


def add_stock(files: Files, catalogue: list[Seen], products: set[str], draft: Draft) -> None:
    """The query of inventory, or why there is none.

    products  ids of the products export
    """
    counted, seen = _Counted(), []
    for export in files.of("inventory"):
        one = _scan_wide(export, counted) if export.kind is shopify.INVENTORY_WIDE else scan(export, {}, counted)
        seen.append(one)
        tell(draft, one, f"products: {len(counted.products):,}, locations: {len(counted.units):,}")
    if not seen:
        _from_products(catalogue, draft)
        return
    if catalogue and (strangers := len(counted.products - products)):
        draft.notes.append(
            f"products of the inventory export that are none here: {strangers:,} of {len(counted.products):,}; left out"
        )
    places = sorted(counted.units, key=lambda place: (-counted.units[place], place))
    others = ", ".join(f"{text(place)} ({counted.units[place]:,})" for place in places[1:6]).replace("\n", " ")
    if others:
        draft.decide.append(
            f"boxes are packed from {text(places[0])}, which has the most units ({counted.units[places[0]]:,}); there "
            f"are also {others}: to take another, or several, name them in [inputs.inventory]"
        )
    seen = [there for one in seen if (there := _of_place(one, places[0])) is not None]
    parts = [rows_sql("product_rows", catalogue, _PRODUCT_ROLES, extras=False)] if catalogue else []
    parts.append(rows_sql("inventory_rows", seen, _ROLES, source=True))
    draft.table(
        "inventory",
        "shopify_inventory.sql",
        ["inventory: units for boxes. What is committed to orders or unavailable is reserved; below zero is nothing."],
        parts=",\n".join(parts),
        has_products=bool(catalogue),
        location=text(places[0]) if len(places) > 1 else "",
        others=f"; also there: {others}" if others else "",
    )


def _scan_wide(export: Export, counted: _Counted) -> Seen:
    """Count the form with a column per location; the locations become extra columns."""
    no_location = {key(name) for name in shopify.NOT_A_LOCATION}
    places = {name: name for name in export.header.names if name.strip() and key(name) not in no_location}

    def visit(row: Row) -> None:
        for place in places:
            counted.add(row, place.strip(), row[place])

    return scan(export, places, visit)


def _of_place(seen: Seen, place: str) -> Seen | None:
    """An export with a column per location as one with rows of this location; others as they are."""
    if seen.export.kind is not shopify.INVENTORY_WIDE:
        return seen
    column = next((name for name in seen.extra if name.strip() == place), None)
    if column is None:
        return None
    kind: Kind = replace(seen.export.kind, roles=(*seen.export.kind.roles, Role("on_hand", "text", (column,))))
    export = replace(seen.export, kind=kind, columns={**seen.export.columns, "on_hand": column})
    return replace(seen, export=export, extra={}, constants={"location": place})


def _from_products(catalogue: list[Seen], draft: Draft) -> None:
    """Stock from the products export, which has it only in shops with one location."""
    if any("stock" in seen.export.columns for seen in catalogue):
        draft.table(
            "inventory",
            "shopify_stock.sql",
            ["inventory: the figures of the products export, for there is no other. What is reserved is not known."],
            parts=rows_sql("product_rows", catalogue, (*_PRODUCT_ROLES, "stock"), extras=False),
        )
        draft.notes.append(
            'stock is taken from the products export ("Variant Inventory Qty"); an inventory export tells more'
        )
