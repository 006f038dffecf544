"""The audit across boxes: stock and quotas are kept, and every file of the run tells the same story."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.checking.allowed_by_ids import fits, is_vague, known_values, of_all_boxes, text
from jobs.evidence.audit_read import Evidence, capped, holds, millionths, plain, reader
from jobs.evidence.joined import IntArray, box_keys, place


def audit_totals(run: Evidence) -> list[str]:
    """A line for every total that is exceeded and every figure that two files tell differently."""
    kinds = (_stock(run), _quotas(run), _products(run), _boxes(run), _rules(run))
    return [line for kind in kinds for line in capped(kind)]


def stock_rows(run: Evidence) -> pd.DataFrame:
    """Per boxable product and warehouse: available, packed, at_least; by product_id, warehouse.

    Customers are served by their own warehouse when the inventory names more than one, else by the only heap there is.
    """
    stock = run.inputs["inventory"]
    warehouses = sorted(set(stock["warehouse"])) or [""]
    left = (stock["on_hand"] - stock["reserved"] - stock["safety_stock"]).clip(lower=0)
    keys = ["product_id", "warehouse"]
    held = stock[keys].assign(available=left, at_least=stock["at_least"]).groupby(keys, as_index=False).sum()
    boxable = run.inputs["products"].loc[run.inputs["products"]["boxable"], ["product_id"]]
    every = boxable.merge(pd.DataFrame({"warehouse": pd.Series(warehouses, dtype="str")}), how="cross")
    packed = _packed(run, warehouses).astype({key: every[key].dtype for key in keys})
    found = every.merge(held, on=keys, how="left").merge(packed, on=keys, how="left")
    figures = ["available", "at_least", "packed"]
    found[figures] = found[figures].fillna(0).astype("int64")
    return found.sort_values(keys, ignore_index=True)


def _packed(run: Evidence, warehouses: list[str]) -> pd.DataFrame:
    """product_id, warehouse and the units packed, where there are any."""
    product, customers = run.product[run.known], run.inputs["customers"]
    named = run.coded("customers", "warehouse") if len(warehouses) > 1 else (np.zeros(len(customers), int), warehouses)
    units = np.bincount(product * len(named[1]) + named[0][run.customer[run.known]])
    cell = np.flatnonzero(units)
    return pd.DataFrame(
        {
            "product_id": run.inputs["products"]["product_id"].to_numpy(object)[cell // len(named[1])],
            "warehouse": np.array(named[1], object)[cell % len(named[1])],
            "packed": units[cell],
        }
    )


def _named(product: str, warehouse: str) -> str:
    return f"product {product}" + (f" in {warehouse}" if warehouse else "")


def _stock(run: Evidence) -> Iterator[str]:
    """No more units than there are."""
    found = stock_rows(run)
    for row in found[found["packed"] > found["available"]].itertuples():
        named = _named(str(row.product_id), str(row.warehouse))
        yield f"stock: {row.packed:,} of {named} are packed, the inventory has {row.available:,}"


def _quotas(run: Evidence) -> Iterator[str]:
    """No quota's at_most is exceeded."""
    products, customers = run.inputs["products"], run.inputs["customers"]
    for rule in run.rules.get("quota", []):
        if "at_most" not in rule:
            continue
        amount = millionths(products[rule["amount"]].where(products["boxable"], 0.0)) if "amount" in rule else None
        each = np.full(len(products), 1_000_000, np.int64) if amount is None else amount
        each = np.where(holds(run.rules, "products", products, rule.get("where", {})), each, 0)
        counts = holds(run.rules, "customers", customers, rule.get("customers", {}))[run.customer[run.known]]
        total = int(each[run.product[run.known][counts]].sum())
        if total > millionths(rule["at_most"]):
            yield f"quota {rule['name']}: found {plain(total)}, expected at most {rule['at_most']:g}"


def _products(run: Evidence) -> Iterator[str]:
    """products.csv tells the inventory and what assignments.csv packs."""
    file = run.files["products.csv"]
    keys = ["product_id", "warehouse"]
    expected = stock_rows(run)
    expected["left"] = expected["available"] - expected["packed"]
    expected["short_by"] = (expected["at_least"] - expected["packed"]).clip(lower=0)
    names = run.inputs["products"].set_index("product_id")["name"]
    expected["name"] = names.loc[expected["product_id"]].to_numpy()
    expected["marginal_value"] = _marginal_values(run, expected)
    both = file.reset_index(names="row").merge(expected, on=keys, how="outer", suffixes=("", "_expected"))
    for line in both[both["row"].isna()].itertuples():
        yield f"products.csv: no row for {_named(str(line.product_id), str(line.warehouse))}"
    both = both[both["row"].notna()].sort_values("row")
    unknown = both["available_expected"].isna() | both.duplicated(keys)
    for row, product, warehouse in both.loc[unknown, ["row", *keys]].itertuples(index=False):
        yield f"products.csv, row {row + 2:.0f}: {_named(product, warehouse)} is not of this campaign, or told twice"
    both = both[~unknown]
    for column in ("name", "available", "packed", "left", "at_least", "short_by", "marginal_value"):
        told, true = both[column], both[f"{column}_expected"]
        wrong = told.ne(true) if column == "name" else ~np.isclose(told, true, rtol=0, atol=1e-6, equal_nan=True)
        for at in np.flatnonzero(wrong):
            row, product, warehouse = both[["row", *keys]].iloc[at]
            where = f"products.csv, row {row + 2:.0f}, {_named(product, warehouse)}, column {column}"
            yield f"{where}: found {_told(told.iloc[at])}, expected {_told(true.iloc[at])}"


def _marginal_values(run: Evidence, rows: pd.DataFrame) -> pd.Series:
    """Points that one more unit adds: the price of stock in prices.csv, NaN where it has none."""
    prices = run.files["prices.csv"]
    prices = prices[prices["kind"] == "stock"].drop_duplicates(["product_id", "warehouse"])
    return rows.merge(prices, on=["product_id", "warehouse"], how="left")["points"].round(6)


def _told(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:g}" if value == value else "nothing"


def _boxes(run: Evidence) -> Iterator[str]:
    """boxes.csv has every box once, with what assignments.csv puts into it."""
    file, customers = run.files["boxes.csv"], run.inputs["customers"]
    keys = box_keys(file)
    position = place(keys, box_keys(customers))
    again = keys.duplicated().to_numpy()
    for row in np.flatnonzero((position < 0) | again):
        yield f"boxes.csv, row {row + 2}: customer {file['customer_id'].iloc[row]} is told twice, or unknown"
    for absent in np.flatnonzero(place(box_keys(customers), keys[~again]) < 0):
        yield f"boxes.csv: no row for customer {run.customer_id(absent)}"
    rows = np.flatnonzero((position >= 0) & ~again)
    at = position[rows]
    value = run.inputs["products"]["retail_value"].to_numpy(np.float64)[run.product[run.known]]
    expected = {
        "items": run.box_items[at],
        "box_score": _sum(run, run.sent["score"].to_numpy()[run.known])[at],
        "retail_value": _sum(run, value)[at],
    }
    for column, true in expected.items():
        told = file[column].to_numpy(np.float64)[rows]
        for one in np.flatnonzero(~np.isclose(told, true, rtol=1e-6, atol=1e-5, equal_nan=True)):
            where = f"boxes.csv, row {rows[one] + 2}: customer {file['customer_id'].iloc[rows[one]]}, column {column}"
            yield f"{where}: found {_told(told[one])}, expected {_told(true[one])}"
    for column in ("warehouse", "wave"):
        text, cells = file[column].to_numpy(object)[rows], customers[column].to_numpy(object)[at]
        for one in np.flatnonzero(text != cells):
            where = f"boxes.csv, row {rows[one] + 2}: customer {file['customer_id'].iloc[rows[one]]}, column {column}"
            yield f'{where}: found "{text[one]}", expected "{cells[one]}"'
    yield from _flags(run, rows, at)


def _flags(run: Evidence, rows: IntArray, at: IntArray) -> Iterator[str]:
    """A box is called short, empty or dropped exactly when it is."""
    file, customers = run.files["boxes.csv"], run.inputs["customers"]
    slots, items = customers["slots"].to_numpy()[at], run.box_items[at]
    dropped = run.dropped[at]
    code, cells = file["flags"].cat.codes.to_numpy()[rows], file["flags"].cat.categories
    expected = {
        "dropped": dropped,
        "no box": ~dropped & (items == 0) & (slots > 0),
        "short": ~dropped & (items > 0) & (items < slots),
    }
    for flag, true in expected.items():
        told = np.array([flag in cell.split("|") for cell in cells], dtype=bool)[code]
        for one in np.flatnonzero(told != true):
            where = f"boxes.csv, row {rows[one] + 2}: customer {file['customer_id'].iloc[rows[one]]}"
            words = "flagged" if told[one] else "not flagged"
            yield f'{where}: {words} "{flag}", with {items[one]} of {slots[one]} items'


def _sum(run: Evidence, amount: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Sum of an amount per row of inputs customers."""
    return np.bincount(run.customer[run.known], weights=amount, minlength=len(run.box_items)).astype(np.float64)


def _rules(run: Evidence) -> Iterator[str]:
    """rules.json tells what the eligibility rules keep from whom, each decided once per two cells."""
    path, rules = run.folder / "rules.json", run.rules.get("eligibility", [])
    if not path.is_file():  # a run of before there was such a file; one that is lost, the manifest misses
        return
    try:
        told = json.loads(path.read_text(encoding="utf-8"))["eligibility"]
        figures = [{what: int(row[what]) for what in ("customers", "products", "pairs")} for row in told]
    except (ValueError, KeyError, TypeError) as bad:
        yield f"rules.json: cannot be read: {bad}"
        return
    if len(figures) != len(rules):
        yield f"rules.json: found {len(figures)} rules, campaign.toml has {len(rules)}"
        return
    for rule, figure in zip(rules, figures, strict=True):
        for what, number in _kept(run, rule).items():
            if figure[what] != number:
                name = rule.get("name", rule["product"])
                yield f"rules.json, rule {name}, {what}: found {figure[what]}, expected {number}"


def _kept(run: Evidence, rule: dict[str, Any]) -> dict[str, int]:
    """How many customers and products a rule keeps apart, and how many pairs of both."""
    customers, products = run.inputs["customers"], run.inputs["products"]
    known = known_values(run.rules, products, rule["product"])
    joined = of_all_boxes(run.rules, rule, customers)
    who = customers.loc[~run.dropped, ["customer_id", rule["customer"]]]
    read, read_theirs = (reader(run.rules, f"{side}s", rule[side]) for side in ("product", "customer"))
    its, theirs = Counter[frozenset[str]](), Counter[tuple[frozenset[str], frozenset[str]]]()
    for cell, count in products.loc[products["boxable"], rule["product"]].value_counts(dropna=False).items():
        its[read(text(cell))] += count
    several = who["customer_id"].isin(set(joined))
    for cell, count in who.loc[~several, rule["customer"]].value_counts(dropna=False).items():
        theirs[(_asked(read_theirs(text(cell)), known),) * 2] += count
    for customer_id, cell in who[several].itertuples(index=False):
        own = _asked(read_theirs(text(cell)), known)
        theirs[own, _asked(joined[customer_id], known) or own] += 1
    kept = np.array([[not all(fits(rule, one, mine, known) for mine in both) for one in its] for both in theirs], bool)
    kept = kept.reshape(len(theirs), len(its))
    n_theirs, n_its = (np.array([*side.values()], np.int64) for side in (theirs, its))
    return {
        "customers": int(n_theirs[kept.any(axis=1)].sum()),
        "products": int(n_its[kept.any(axis=0)].sum()),
        "pairs": int(n_theirs @ kept @ n_its),
    }


def _asked(values: frozenset[str], known: frozenset[str]) -> frozenset[str]:
    """Values of which all that no product has are one, unless they are vague: many answers are few questions."""
    other = {value if is_vague(value) else "\0no product has it" for value in values - known}
    return frozenset((values & known) | other)
