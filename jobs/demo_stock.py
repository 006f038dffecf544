"""The demo's stock and promises: what the source does not hold at all, drawn per product and warehouse.

A buyer plans each product for its expected share of the slots; a third of the products then arrive far below plan and
the rest above it, so that stock binds where a merchandiser would feel it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs import draws
from jobs.demo_catalogue import Catalogue

SCARCE_SHARE = 0.34
SCARCE, AMPLE = (0.30, 0.75), (1.35, 2.10)
EVEN_SHARE = 0.5
PROMISED = 10
PROMISE_SHARE = 0.6


def make_inventory(catalogue: Catalogue, customers: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row per boxable product and warehouse, in the columns of campaign.md."""
    boxable = catalogue.boxable
    slots = customers.groupby("warehouse")["slots"].sum()
    factor = arrived(boxable["product_id"], seed)
    parts = []
    for warehouse, n_slots in slots.items():
        keys = [f"{product} {warehouse}" for product in boxable["product_id"]]
        noise = 0.85 + 0.30 * draws.uniform(seed, "stock", keys)
        available = np.maximum(np.rint(n_slots * planned(boxable["recent_buyers"]) * factor * noise), 3).astype(
            np.int64
        )
        reserved = np.rint(available * 0.06 * draws.uniform(seed, "reserved", keys)).astype(np.int64)
        safety = np.rint(available * 0.03).astype(np.int64)
        parts.append(
            pd.DataFrame(
                {
                    "product_id": boxable["product_id"],
                    "warehouse": warehouse,
                    "on_hand": available + reserved + safety,
                    "reserved": reserved,
                    "safety_stock": safety,
                    "at_least": _promises(boxable, available, seed),
                }
            )
        )
    return pd.concat(parts).sort_values(["product_id", "warehouse"]).reset_index(drop=True)


def planned(recent_buyers: pd.Series) -> npt.NDArray[np.float64]:
    """Share of the slots planned for each product: half of it even, half by the root of its recent buyers."""
    known = np.sqrt(recent_buyers.to_numpy(np.float64) + 1.0)
    share: npt.NDArray[np.float64] = EVEN_SHARE / len(known) + (1 - EVEN_SHARE) * known / known.sum()
    return share


def arrived(product_ids: pd.Series, seed: int) -> npt.NDArray[np.float64]:
    """What arrived, as a multiple of what was planned: far too little of a third of the products."""
    scarce = draws.uniform(seed, "scarce", product_ids) < SCARCE_SHARE
    low, high = (np.where(scarce, one, other) for one, other in zip(SCARCE, AMPLE, strict=True))
    factor: npt.NDArray[np.float64] = low + (high - low) * draws.uniform(seed, "arrived", product_ids)
    return factor


def _promises(boxable: pd.DataFrame, available: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.int64]:
    """Units promised of ten new samples: 60 % of the stock; all of it for those that not everyone may receive."""
    luck = pd.Series(draws.uniform(seed, "promised", boxable["product_id"]), index=boxable.index)
    chosen = luck.where(boxable["is_new"], 2.0).rank(method="first") <= PROMISED
    hard = (boxable["contains"] != "") | (boxable["for_hair"] != "")
    promised = np.where(hard, available, np.floor(available * PROMISE_SHARE))
    return np.where(chosen & boxable["is_new"], promised, 0).astype(np.int64)
