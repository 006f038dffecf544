"""What a list of the website is, and what may stand in it: products that are on the site and in stock, varied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from jobs.inputs.multi_values import column
from recsys.ranking.diversity import Limits, diverse_top_k, diverse_top_k_sparse
from recsys.ranking.rank import top_k

if TYPE_CHECKING:
    from jobs.inputs.tables import Tables
    from jobs.learning.recommender import Recommender

Idx = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Ranked:
    """Best-first lists of products, one row per key.

    keys         customer_id, product_id, segment or basket of each row; segment "" = everyone
    product_ids  text (n_products_total,) what positions stand for
    idx          int32 (n_keys, k)  positions in product_ids, best first, -1 where a list ends early
    score        float32 (n_keys, k)  higher is better; NaN where idx is -1
    reason       int32 (n_keys, k)  positions in `reasons`, -1 where idx is -1
    """

    keys: list[str]
    product_ids: npt.NDArray[np.object_]
    idx: Idx
    score: Scores
    reason: npt.NDArray[np.int32]
    reasons: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Shelf:
    """The products that any list may hold, by position in the recommender's universe.

    product_idx  int64 (n_listed,)  rising, so that ties go by product_id
    on_site      bool (n_products_total,)  sold on the website, in stock or not
    limits       how many of one value a list holds before the others come, for product_idx
    product_ids  text (n_products_total,)
    """

    product_idx: npt.NDArray[np.int64]
    on_site: npt.NDArray[np.bool_]
    limits: Limits
    product_ids: npt.NDArray[np.object_]

    def best(self, scores: Scores, k: int, allowed: npt.NDArray[np.bool_]) -> tuple[Idx, Scores]:
        """Lists from scores of the products of the shelf, (n, n_listed); positions in the universe."""
        if self.limits.any:
            idx, score = diverse_top_k(scores, k, allowed, self.limits)
        else:
            idx, score = top_k(scores, k, allowed)
        return self._places(idx), score

    def best_sparse(self, scores: sp.csr_matrix, k: int) -> tuple[Idx, Scores]:
        """Lists from the stored cells of (n, n_products_total); positions in the universe."""
        idx, score = diverse_top_k_sparse(sp.csr_matrix(scores[:, self.product_idx]), k, self.limits)
        return self._places(idx), score

    def _places(self, idx: Idx) -> Idx:
        if not len(self.product_idx):
            return idx
        return np.where(idx >= 0, self.product_idx[np.maximum(idx, 0)], -1).astype(np.int32)


def open_shelf(recommender: Recommender, tables: Tables) -> Shelf:
    """Look at the products, the inventory and [website] at_most."""
    products = tables.products
    on_site = products["on_site"].to_numpy(bool)
    rows = recommender.interactions.products(products["product_id"])
    listed = np.flatnonzero(on_site & in_stock(tables))
    listed = listed[np.argsort(rows[listed])]
    sold = np.zeros(len(recommender.interactions.product_ids), bool)
    sold[rows[on_site]] = True
    limits = _limits(products, recommender.campaign.website.at_most).take(listed)
    return Shelf(rows[listed], sold, limits, recommender.interactions.product_ids.to_numpy(dtype=object))


def in_stock(tables: Tables) -> npt.NDArray[np.bool_]:
    """bool per row of products: at least one unit is available in some warehouse, or the inventory does not name it."""
    inventory = tables.inventory
    left = (inventory["on_hand"] - inventory["reserved"] - inventory["safety_stock"]).to_numpy()
    named = tables.products["product_id"].isin(inventory["product_id"])
    available = tables.products["product_id"].isin(inventory["product_id"][left > 0])
    return np.asarray(available | ~named, bool)


def _limits(products: pd.DataFrame, at_most: dict[str, int]) -> Limits:
    """The values that count, each product's by code; an empty cell has none, and is not limited."""
    values: list[list[int]] = [[] for _ in range(len(products))]
    most: list[int] = []
    for name, limit in at_most.items():
        cells = column(texts(products[name]))
        code = {value: len(most) + position for position, value in enumerate(cells.values)}
        most += [limit] * len(code)
        for mine, cell in zip(values, cells.code, strict=True):
            mine += [code[value] for value in cells.cells[cell]]
    return Limits.of(values, most)


def texts(cells: pd.Series) -> pd.Series:
    """Cells of any column as text, "" where nothing is known."""
    return cells.astype("str").where(cells.notna(), "")
