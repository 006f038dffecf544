"""Columns of lists that a shop writes with a separator of its own: from the door on their values stand between "|".

Done once where tables come in, so that rules, groups, segments, features and reasons cannot read a column differently.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.config.campaign import Campaign
from jobs.config.separators import TABLE_OF
from jobs.inputs.rule_columns import RuleFaults
from jobs.inputs.table_types import TypedTable
from jobs.words import shown

AS_WRITTEN = frozenset({"customer_id", "product_id", "name", "family", "warehouse", "wave", "box_id"})
"""Columns whose cells are one thing each and are told as they are written."""


def separated(typed: TypedTable, separators: dict[str, str]) -> TypedTable:
    """The table with "|" where the separator of a column stands; other columns as they are.

    separators  column to separator, as Campaign.separators tells them
    """
    table = typed.table
    for column, separator in separators.items():
        if not _has_lists(typed, column):
            continue
        encoded = table.column(column).combine_chunks()
        values = pc.replace_substring(encoded.dictionary, separator, "|")
        array = pa.DictionaryArray.from_arrays(encoded.indices, values)
        table = table.set_column(table.column_names.index(column), column, array)
    return TypedTable(typed.raw, table, typed.bad, typed.faulty, typed.given)


def check_separators(campaign: Campaign, tables: dict[str, TypedTable], faults: RuleFaults) -> None:
    """Add a fault for every separator of a column that holds no lists: ids, names, numbers, true and false."""
    for at, rule in enumerate(campaign.eligibility):
        for key, name in TABLE_OF.items():
            column, separator = getattr(rule, key), getattr(rule.separator, key)
            typed = tables.get(name)
            if separator is None or typed is None or column not in typed.table.column_names or column in typed.bad:
                continue
            if not _has_lists(typed, column):
                other = next(one for one in TABLE_OF if one != key)
                expected = f"none for {column} of {typed.raw.file}, which holds no lists; {{ {other} = ... }} names one"
                faults.fault(("eligibility", at, "separator"), shown(separator), expected)


def _has_lists(typed: TypedTable, column: str) -> bool:
    there = column in typed.table.column_names and column not in typed.bad and column not in AS_WRITTEN
    return there and pa.types.is_dictionary(typed.table.column(column).type)
