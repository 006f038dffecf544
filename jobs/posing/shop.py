"""The shop tonight, in positions: who gets a box, what may go in, and which stock serves whom.

Tables speak in ids, the optimizer in positions; a `Shop` is the one place where they meet. Positions follow the order
of the ids, so the same inputs always get the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.config.campaign import Campaign
from jobs.inputs.tables import Tables


@dataclass(frozen=True, eq=False)
class Shop:
    """The retailer's campaign tonight: its customers, boxable products and stock, numbered.

    customers  frame, row = customer_idx: every box to be packed, by customer_id, then box_id. A customer of several
               boxes has a row for each, so to the optimizer every box is a customer
    dropped    frame: the rows of customers that an edit dropped
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
        """Number of boxes to be packed."""
        return len(self.customers)

    @cached_property
    def first(self) -> npt.NDArray[np.int64]:
        """int64 (n_people + 1,) first row of each customer, each once; the last is n_customers."""
        ids = self.customers["customer_id"]
        return np.append(np.flatnonzero(~ids.duplicated().to_numpy()), len(ids)).astype(np.int64)

    @cached_property
    def person(self) -> npt.NDArray[np.int64]:
        """int64 (n_customers,) whose box each row is: 0, 1, ... in the order of customer_id."""
        return np.repeat(np.arange(self.n_people), np.diff(self.first))

    @property
    def n_people(self) -> int:
        """Number of customers, each once."""
        return len(self.first) - 1

    @property
    def has_several(self) -> bool:
        """Has any customer more than one box?"""
        return self.n_people < self.n_customers

    @cached_property
    def people(self) -> pd.Series:
        """Every customer_id once, in order."""
        return self.customers["customer_id"].iloc[self.first[:-1]].reset_index(drop=True)

    @cached_property
    def by_id(self) -> pd.Index:
        """`people` as an index, whose table of ids is made once for all who look customers up."""
        index: pd.Index = pd.Index(self.people)
        return index

    @property
    def box_ids(self) -> pd.Series:
        """The box_id of each row, "" where it has none."""
        return box_ids(self.customers)

    def rows_of(self, customer_ids: pd.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Every box of these customers: positions in `customer_ids`, ascending, and rows; unknown ids have none."""
        return self.spread(positions(customer_ids, self.by_id))

    def spread(self, person: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Every box of these customers (-1 = unknown): positions in `person`, ascending, and rows."""
        n_boxes = np.where(person >= 0, np.diff(self.first)[person] if self.n_people else 0, 0)
        at = np.repeat(np.arange(len(person)), n_boxes)
        nth = np.arange(len(at)) - np.repeat(np.cumsum(n_boxes) - n_boxes, n_boxes)
        return at, (self.first[person[at]] + nth).astype(np.int64)

    def rows(self, customer_ids: pd.Series, boxes: pd.Series) -> npt.NDArray[np.int64]:
        """int64: the row of each customer's box; -1 where there is no such customer or box."""
        if not ((boxes != "").any() or (self.box_ids != "").any()):
            return positions(customer_ids, self.customers["customer_id"])
        return positions(keys(customer_ids, boxes), keys(self.customers["customer_id"], self.box_ids))

    @property
    def n_items(self) -> int:
        """Number of boxable products."""
        return len(self.items)


def open_shop(campaign: Campaign, tables: Tables) -> Shop:
    """Number the customers, the boxable products and the warehouses of validated tables."""
    gone = _dropped(tables)
    customers = tables.customers[~gone].reset_index(drop=True)
    items = tables.products[tables.products["boxable"]].reset_index(drop=True)
    pools, pool = _pools(customers, tables.inventory)
    stock, promised = _stock(pools, items, tables.inventory)
    return Shop(campaign, tables, customers, tables.customers[gone], items, pools, pool, stock, promised)


def _dropped(tables: Tables) -> npt.NDArray[np.bool_]:
    """Rows of customers that an edit drops: all boxes of a customer, or the one box that it names."""
    drops = tables.edits[tables.edits["action"] == "drop_customer"]
    of_all = drops.loc[(box_ids(drops) == "").to_numpy(), "customer_id"]
    gone = tables.customers["customer_id"].isin(set(of_all))
    if len(of_all) < len(drops):
        named = set(keys(drops["customer_id"], box_ids(drops)))
        gone |= keys(tables.customers["customer_id"], box_ids(tables.customers)).isin(named)
    return gone.to_numpy()


def box_ids(frame: pd.DataFrame) -> pd.Series:
    """The box_id of each row; "" where there is none."""
    return frame["box_id"] if "box_id" in frame else pd.Series("", index=frame.index, dtype="str")


def keys(customer_ids: pd.Series, boxes: pd.Series) -> pd.Series:
    """One text for each box, (n,): no id holds a line break."""
    return customer_ids.astype("str") + "\n" + boxes.astype("str")


def positions(ids: pd.Series, among: pd.Series | pd.Index) -> npt.NDArray[np.int64]:
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
