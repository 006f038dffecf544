"""The rules of campaign.toml against the tables: the columns, products and values they name must exist.

A typo in a rule would otherwise be a rule that silently does nothing. Faults name the key and its line in the TOML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from jobs.collect import Collected
from jobs.config import Campaign
from jobs.config_faults import FILE, dotted
from jobs.schemas import Column, PRODUCTS
from jobs.table_types import TypedTable
from jobs.toml_lines import Location, line_of
from jobs.values import split
from jobs.words import did_you_mean, listed, shown


@dataclass(frozen=True)
class Named:
    """A column that a rule names.

    location  the key, e.g. ("group", 0, "by")
    table     "customers" | "products"
    values    values of it that the rule names, () = none
    """

    location: Location
    table: str
    column: str
    values: tuple[str, ...] = ()


def named_columns(campaign: Campaign) -> Iterator[Named]:
    """Every column that the rules name."""
    for at, rule in enumerate(campaign.eligibility):
        yield Named(("eligibility", at, "product"), "products", rule.product)
        yield Named(("eligibility", at, "customer"), "customers", rule.customer)
    for at, group in enumerate(campaign.groups):
        yield Named(("group", at, "by"), "products", group.by)
        if group.value is not None:
            yield Named(("group", at, "value"), "products", group.by, (group.value,))
    for at, band in enumerate(campaign.bands):
        yield Named(("band", at, "column"), "products", band.column)
    for at, quota in enumerate(campaign.quotas):
        for column, wanted in quota.where.items():
            values = (wanted,) if isinstance(wanted, str) else tuple(wanted)
            yield Named(("quota", at, "where", column), "products", column, values)
        for column, wanted in quota.customers.items():
            values = (wanted,) if isinstance(wanted, str) else tuple(wanted)
            yield Named(("quota", at, "customers", column), "customers", column, values)
        if quota.amount is not None:
            yield Named(("quota", at, "amount"), "products", quota.amount)
    for at, column in enumerate(campaign.website.segments):
        yield Named(("website", "segments", at), "customers", column)


def summed_columns(campaign: Campaign) -> dict[str, str]:
    """Columns of products that a band or a quota adds up, each with the key that does."""
    summed: dict[str, str] = {}
    for at, band in enumerate(campaign.bands):
        summed.setdefault(band.column, dotted(("band", at, "column")))
    for at, quota in enumerate(campaign.quotas):
        if quota.amount is not None:
            summed.setdefault(quota.amount, dotted(("quota", at, "amount")))
    return summed


def check_rules(
    campaign: Campaign, lines: dict[Location, int], tables: dict[str, TypedTable], collected: Collected
) -> None:
    """Add a fault for every column, value and product that the rules name and the tables do not have."""
    for named in named_columns(campaign):
        if named.table in tables:
            _check_named(named, lines, tables[named.table], collected)
    products = tables.get("products")
    if products is None:
        return
    for at, pair in enumerate(campaign.pairs):
        _, ids = products.texts("product_id")
        for product in pair.products if "product_id" not in products.bad else ():
            if product not in ids:
                _fault(
                    ("pair", at, "products"),
                    lines,
                    shown(product),
                    f"a product_id of {products.raw.file}",
                    product,
                    ids,
                    collected,
                )
    for column, key in summed_columns(campaign).items():
        _check_summed(column, key, lines, products, collected)


def _fault(
    location: Location,
    lines: dict[Location, int],
    found: str,
    expected: str,
    word: str,
    known: list[str],
    collected: Collected,
) -> None:
    collected.fault(FILE, line_of(location, lines), dotted(location), found, expected + did_you_mean(word, known))


def _check_named(named: Named, lines: dict[Location, int], typed: TypedTable, collected: Collected) -> None:
    """The column is there, and so is each value named."""
    columns = typed.table.column_names
    if named.column not in columns:
        if not named.values or named.location[0] == "quota":
            expected = f"a column of {typed.raw.file}: {listed(columns)}"
            _fault(named.location, lines, shown(named.column), expected, named.column, columns, collected)
        return
    if not named.values or named.column in typed.bad or typed.table.column(named.column).type not in _text_types(typed):
        return
    present = {value for cell in typed.texts(named.column)[1] for value in (cell, *split(cell))}
    if named.column == "family":
        present |= set(typed.texts("product_id")[1])
    for value in named.values:
        if value in present:
            continue
        where = f"{named.column} of {typed.raw.file}"
        known = sorted(present - {""})
        if named.table == "customers":
            collected.note(
                FILE,
                1,
                line_of(named.location, lines),
                f"value {shown(value)} of {dotted(named.location)} is no {where}; the quota has no customers by it",
            )
        else:
            _fault(named.location, lines, shown(value), f"a {where}", value, known, collected)


def _text_types(typed: TypedTable) -> set[object]:
    return {typed.table.column(next(iter(typed.table.column_names))).type}


def _check_summed(
    column: str, key: str, lines: dict[Location, int], products: TypedTable, collected: Collected
) -> None:
    """A column that is added up is a number column, filled for every boxable product."""
    if column not in products.table.column_names:
        return
    listed_kinds: dict[str, Column] = {spec.name: spec for spec in PRODUCTS.columns}
    if column in listed_kinds and listed_kinds[column].kind != "number":
        location: Location = tuple(
            int(part) - 1 if part.isdigit() else part for part in key.replace("[", ".").replace("]", "").split(".")
        )
        collected.fault(
            FILE, line_of(location, lines), key, shown(column), f"a column of numbers, which {column} is not"
        )
        return
    if column in products.bad:
        return
    values = products.table.column(column).to_numpy()
    boxable = products.table.column("boxable").to_numpy()
    found = "an empty cell" if column in products.given else "no such column"
    collected.cells(
        products.raw,
        column,
        np.isnan(values) & boxable,
        lambda _: found,
        f"a number for a boxable product ({key} adds this column up)",
    )
