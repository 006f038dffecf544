"""The demo's stock and promises: what the source does not hold at all, drawn per product and warehouse.

A buyer plans each product for its expected share of the slots; a third of the products then arrive far below plan and
the rest well above it, so that stock binds where a merchandiser would feel it. Brands push what they launch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.datasets import draws
from jobs.datasets.demo_catalogue import Catalogue

SCARCE_SHARE = 0.34
SCARCE, AMPLE = (0.30, 0.70), (1.70, 2.60)
EVEN_SHARE = 0.35
PROMISED = 10
PROMISE_SHARE = 0.6
PUSHED = 3.0


def make_inventory(catalogue: Catalogue, customers: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row per boxable product and warehouse, in the columns of campaign.md."""
    boxable = catalogue.boxable
    slots = customers.groupby("warehouse")["slots"].sum()
    promised = _promised(boxable, seed)
    pushed = promised | (boxable["brand"] == launch_brands(boxable)[0]).to_numpy()
    factor = np.where(pushed, PUSHED, arrived(boxable["product_id"], seed))
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
                    "at_least": np.where(promised, np.floor(available * _kept(boxable)), 0).astype(np.int64),
                }
            )
        )
    return pd.concat(parts).sort_values(["product_id", "warehouse"]).reset_index(drop=True)


def planned(recent_buyers: pd.Series) -> npt.NDArray[np.float64]:
    """Share of the slots planned for each product: a third of it even, the rest by its recent buyers."""
    known = recent_buyers.to_numpy(np.float64) + 1.0
    share: npt.NDArray[np.float64] = EVEN_SHARE / len(known) + (1 - EVEN_SHARE) * known / known.sum()
    return share


def arrived(product_ids: pd.Series, seed: int) -> npt.NDArray[np.float64]:
    """What arrived, as a multiple of what was planned: far too little of a third of the products."""
    scarce = draws.uniform(seed, "scarce", product_ids) < SCARCE_SHARE
    low, high = (np.where(scarce, one, other) for one, other in zip(SCARCE, AMPLE, strict=True))
    factor: npt.NDArray[np.float64] = low + (high - low) * draws.uniform(seed, "arrived", product_ids)
    return factor


def launch_brands(boxable: pd.DataFrame) -> list[str]:
    """The brands of the new samples, those with most of them first."""
    fresh = boxable[boxable["is_new"]].groupby("brand").size().reset_index(name="n")
    return fresh.sort_values(["n", "brand"], ascending=[False, True])["brand"].tolist()


def _promised(boxable: pd.DataFrame, seed: int) -> npt.NDArray[np.bool_]:
    """bool (n_boxable,): the ten new samples that carry a promise to their brand."""
    luck = pd.Series(draws.uniform(seed, "promised", boxable["product_id"]), index=boxable.index)
    first = luck.where(boxable["is_new"], 2.0).rank(method="first") <= PROMISED
    return (first & boxable["is_new"]).to_numpy()


def _kept(boxable: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Share of the stock that a promise covers: 60 %, or all of it when not everyone may receive the product."""
    everyone = (boxable["contains"] == "") & (boxable["for_hair"] == "")
    return np.where(everyone, PROMISE_SHARE, 1.0)
