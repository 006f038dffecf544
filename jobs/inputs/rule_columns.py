"""The rules of campaign.toml against the tables: the columns, products and values they name must exist.

A typo in a rule would otherwise be a rule that silently does nothing. Faults name the key and its line in the TOML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from jobs.config.campaign import Campaign
from jobs.config.faults import dotted
from jobs.config.toml_lines import Location, line_of
from jobs.inputs.multi_values import split
from jobs.inputs.table_types import TypedTable
from jobs.reading.collect import Collected
from jobs.reading.schemas import CUSTOMER_PLAIN, CUSTOMERS, PRODUCT_PLAIN, PRODUCTS
from jobs.words import did_you_mean, listed, shown


@dataclass(frozen=True)
class Named:
    """A column that a rule names.

    location  the key, e.g. ("group", 0, "by")
    table     "customers" | "products"
    values    values of it that the rule names; () = the column only
    """

    location: Location
    table: str
    column: str
    values: tuple[str, ...] = ()


def named_columns(campaign: Campaign) -> Iterator[Named]:
    """Every column that the rules name, in the order of docs/campaign.md."""
    for at, rule in enumerate(campaign.eligibility):
        yield Named(("eligibility", at, "product"), "products", rule.product)
        yield Named(("eligibility", at, "customer"), "customers", rule.customer)
    for at, group in enumerate(campaign.groups):
        yield Named(("group", at, "by"), "products", group.by)
        if group.value is not None:
            yield Named(("group", at, "value"), "products", group.by, (group.value,))
    for at, quota in enumerate(campaign.quotas):
        for key, table, choices in (("where", "products", quota.where), ("customers", "customers", quota.customers)):
            for column, wanted in choices.items():
                values = (wanted,) if isinstance(wanted, str) else tuple(wanted)
                yield Named(("quota", at, key, column), table, column)
                yield Named(("quota", at, key, column), table, column, values)
    for location, column in _sums(campaign):
        yield Named(location, "products", column)
    for column in campaign.website.segments:
        yield Named(("website", "segments"), "customers", column)
    for column in campaign.website.at_most:
        yield Named(("website", "at_most", column), "products", column)


def limited_columns(campaign: Campaign) -> Iterator[Named]:
    """Every column that has limits of its own; it is no more read for that than any other."""
    for table, limit in (("customers", campaign.limits.customers), ("products", campaign.limits.products)):
        for column in limit.columns:
            yield Named(("limits", table, "columns", column), table, column)


def columns_read(campaign: Campaign, table: str) -> frozenset[str]:
    """Columns of a table that campaign.toml asks to be read, in rules, [website] or [model] text."""
    named = {named.column for named in named_columns(campaign) if named.table == table}
    asked = {*campaign.model.text, *campaign.model.learn, *campaign.reasons.say}
    return frozenset(named | asked)


def summed_columns(campaign: Campaign) -> dict[str, Location]:
    """Columns of products that a band or a quota adds up, each with the first key that does."""
    summed: dict[str, Location] = {}
    for location, column in _sums(campaign):
        summed.setdefault(column, location)
    return summed


def _sums(campaign: Campaign) -> Iterator[tuple[Location, str]]:
    for at, band in enumerate(campaign.bands):
        yield ("band", at, "column"), band.column
    for at, quota in enumerate(campaign.quotas):
        if quota.amount is not None:
            yield ("quota", at, "amount"), quota.amount


@dataclass(frozen=True)
class RuleFaults:
    """Where faults of the rules go, each with its key and its line.

    file   name of the TOML file
    lines  line of every key of it
    """

    file: str
    lines: dict[Location, int]
    collected: Collected

    def fault(self, location: Location, found: str, expected: str) -> None:
        """Add a fault of the key at `location`."""
        self.collected.fault(self.file, line_of(location, self.lines), dotted(location), found, expected)

    def note(self, location: Location, words: str) -> None:
        """Add a note about the key at `location`."""
        self.collected.note(self.file, 1, line_of(location, self.lines), words)


def check_rules(
    campaign: Campaign, lines: dict[Location, int], tables: dict[str, TypedTable], collected: Collected
) -> None:
    """Add a fault for every column, value and product that the rules name and the tables do not have."""
    faults = RuleFaults(campaign.path.name, lines, collected)
    for named in (*named_columns(campaign), *limited_columns(campaign)):
        if named.table in tables:
            if named.values:
                _check_values(named, tables[named.table], faults)
            else:
                _check_column(named, tables, faults)
    _check_model(campaign, tables, faults)
    products = tables.get("products")
    if products is None:
        return
    if "product_id" not in products.bad:
        _check_pairs(campaign, products, faults)
    for column, location in summed_columns(campaign).items():
        _check_summed(column, location, products, faults)


def _check_model(campaign: Campaign, tables: dict[str, TypedTable], faults: RuleFaults) -> None:
    """The columns that [model] and [reasons] name are there, and what is read as text can be a taste."""
    if "products" not in tables or "customers" not in tables:
        return
    typed = [tables[name] for name in ("products", "customers")]
    there = list(dict.fromkeys(name for one in typed for name in one.table.column_names))
    other = {spec.name for schema in (PRODUCTS, CUSTOMERS) for spec in schema.columns if spec.kind != "text"}
    texts = [name for name in there if name not in PRODUCT_PLAIN | CUSTOMER_PLAIN | other]
    left = set().union(*(one.left for one in typed))
    model, reasons = campaign.model, campaign.reasons
    for location, names, known in (
        (("model", "text"), model.text, texts),
        (("model", "learn"), model.learn, there),
        (("model", "ignore"), model.ignore, there),
        (("reasons", "say"), reasons.say, there),
        (("reasons", "never_say"), reasons.never_say, there),
    ):
        for name in names:
            if name in left and location in (("model", "ignore"), ("reasons", "never_say")):
                continue
            if name not in known:
                files = " or ".join(one.raw.file for one in typed)
                expected = f"a column of {files}: {listed(known)}{did_you_mean(name, known)}"
                faults.fault(location, shown(name), expected)
    for name in model.ignore:
        for key, asked in (("text", model.text), ("learn", model.learn)):
            if name in asked:
                faults.fault(("model", "ignore"), shown(name), f"a column that model.{key} does not name")


def _check_pairs(campaign: Campaign, products: TypedTable, faults: RuleFaults) -> None:
    """The products of pair rules exist."""
    _, ids = products.texts("product_id")
    known = set(ids)
    for at, pair in enumerate(campaign.pairs):
        for product in pair.products:
            if product not in known:
                expected = f"a product_id of {products.raw.file}{did_you_mean(product, ids)}"
                faults.fault(("pair", at, "products"), shown(product), expected)


def _check_column(named: Named, tables: dict[str, TypedTable], faults: RuleFaults) -> None:
    """The column is there, in the file or by default."""
    typed, columns = tables[named.table], tables[named.table].table.column_names
    if named.column not in columns:
        others = (tables[name].raw for name in ("customers", "products") if name != named.table and name in tables)
        there = next((f"; {raw.file} has such a column" for raw in others if named.column in raw.names), "")
        expected = f"a column of {typed.raw.file}: {listed(columns)}{did_you_mean(named.column, columns)}{there}"
        faults.fault(named.location, shown(named.column), expected)


def _check_values(named: Named, typed: TypedTable, faults: RuleFaults) -> None:
    """Each value named occurs in its column: among products that is a must, among customers it is said."""
    if named.column not in typed.table.column_names or named.column in typed.bad or not typed.table.num_rows:
        return
    if not pa.types.is_dictionary(typed.table.column(named.column).type):
        return
    present = {value for cell in typed.texts(named.column)[1] for value in split(cell)}
    if named.column in ("family", "name"):  # an empty cell stands for the product's id
        present |= set(typed.texts("product_id")[1])
    for value in named.values:
        if value in present:
            continue
        hint = did_you_mean(value, present)
        if named.table == "products":
            expected = f"a {named.column} that occurs in {typed.raw.file}: {listed(sorted(present), most=6)}{hint}"
            faults.fault(named.location, shown(value), expected)
        else:
            key = dotted(named.location)
            faults.note(named.location, f"value of {key} that no row of {typed.raw.file} has: {shown(value)}{hint}")


def _check_summed(column: str, location: Location, products: TypedTable, faults: RuleFaults) -> None:
    """A column that is added up is a number column, filled for every boxable product."""
    if column not in products.table.column_names:
        return
    kinds = {spec.name: spec.kind for spec in PRODUCTS.columns}
    if kinds.get(column, "number") != "number":
        faults.fault(location, shown(column), "a column of numbers, which this one is not")
        return
    if column in products.bad or "boxable" in products.bad:
        return
    empty = np.isnan(products.table.column(column).to_numpy()) & products.table.column("boxable").to_numpy()
    empty &= products.sound(column)
    found = "an empty cell" if column in products.given else "no such column"
    expected = f"a number for a boxable product, for {dotted(location)} adds them up"
    faults.collected.cells(products.raw, column, empty, lambda _: found, expected)
