"""The shop tonight, in positions: who gets a box, what may go in, and which stock serves whom.

Tables speak in ids, the optimizer in positions; a `Shop` is the one place where they meet. Positions follow the order
of the ids, so the same inputs always get the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.config.campaign import Campaign
from jobs.inputs.tables import Tables


@dataclass(frozen=True, eq=False)
class Shop:
    """The retailer's campaign tonight: its customers, boxable products and stock, numbered.

    customers  frame, row = customer_idx: everyone who may get a box
    dropped    frame: the customers that an edit dropped
    items      frame, row = item_idx: the boxable products
    pools      warehouse of each row of stock; ("",) when stock is one heap for everyone
    pool       int32 (n_customers,) row of stock that serves the customer
    stock      int64 (n_pools, n_items) on hand, less reserved and safety stock, never below 0
    promised   int64 (n_pools, n_items) units promised to the brand
    """

    campaign: Campaign
    tables: Tables
    customers: pd.DataFrame
    dropped: pd.DataFrame
    items: pd.DataFrame
    pools: tuple[str, ...]
    pool: npt.NDArray[np.int32]
    stock: npt.NDArray[np.int64]
    promised: npt.NDArray[np.int64]

    @property
    def n_customers(self) -> int:
        """Number of customers who may get a box."""
        return len(self.customers)

    @property
    def n_items(self) -> int:
        """Number of boxable products."""
        return len(self.items)


def open_shop(campaign: Campaign, tables: Tables) -> Shop:
    """Number the customers, the boxable products and the warehouses of validated tables."""
    edits = tables.edits
    dropped = set(edits.loc[edits["action"] == "drop_customer", "customer_id"])
    gone = tables.customers["customer_id"].isin(dropped)
    customers = tables.customers[~gone].reset_index(drop=True)
    items = tables.products[tables.products["boxable"]].reset_index(drop=True)
    pools, pool = _pools(customers, tables.inventory)
    stock, promised = _stock(pools, items, tables.inventory)
    return Shop(campaign, tables, customers, tables.customers[gone], items, pools, pool, stock, promised)


def positions(ids: pd.Series, among: pd.Series) -> npt.NDArray[np.int64]:
    """int64: position of each id in `among` (sorted, distinct); -1 where it is not there."""
    return np.asarray(pd.Index(among).get_indexer(pd.Index(ids)), dtype=np.int64)


def _pools(customers: pd.DataFrame, inventory: pd.DataFrame) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """One row of stock per warehouse of the inventory, or a single heap when the inventory names none."""
    pools = tuple(sorted(set(inventory["warehouse"]))) or ("",)
    if len(pools) == 1:
        return pools, np.zeros(len(customers), np.int32)
    return pools, positions(customers["warehouse"], pd.Series(pools, dtype="str")).astype(np.int32)


def _stock(
    pools: tuple[str, ...], items: pd.DataFrame, inventory: pd.DataFrame
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Available and promised units per warehouse and boxable product."""
    row = positions(inventory["warehouse"], pd.Series(pools, dtype="str"))
    item = positions(inventory["product_id"], items["product_id"])
    here = (row >= 0) & (item >= 0)
    left = inventory["on_hand"] - inventory["reserved"] - inventory["safety_stock"]
    stock = np.zeros((len(pools), len(items)), np.int64)
    promised = np.zeros_like(stock)
    np.add.at(stock, (row[here], item[here]), np.maximum(left.to_numpy(np.int64), 0)[here])
    np.add.at(promised, (row[here], item[here]), inventory["at_least"].to_numpy(np.int64)[here])
    return stock, promised
