"""Families dealt among the boxes of one customer, as far as anyone asks: who reads one customer deals hers only.

What a deal is, and why it comes before solving, stands in docs/packing.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from jobs.posing.allowed import Allowed, Mask
from jobs.posing.lock_boxes import locked_items
from jobs.posing.problem import box_rules
from jobs.posing.scores import GRID, Scores
from jobs.posing.shop import Shop
from optimizer.dealing.deal import Hands, deal
from optimizer.problem import Int32, Int64, PairRule, to_points


def dealt(shop: Shop, scores: Scores, allowed: Allowed) -> Allowed:
    """The pairs that may be packed once every family is left to one box of each customer.

    scores   (n_customers, n_items); allowed  what the tables allow
    """
    return replace(allowed, elsewhere=Deal(shop, scores, allowed.undealt)) if shop.has_several else allowed


def bound_families(shop: Shop, pairs: Sequence[PairRule]) -> tuple[Int32, list[Int64]]:
    """What is dealt as one: int32 (n_items,) a number for each family, the same for families whose products must travel
    together; and the items of each such set."""
    family = pd.factorize(shop.items["family"])[0]
    i, j = (np.array([getattr(pair, end) for pair in pairs if pair.kind == "together"], np.int64) for end in "ij")
    ones, n_items = np.ones(len(i), bool), shop.n_items
    edges = coo_matrix((ones, (family[i], family[j])), shape=(n_items, n_items))
    _, dealt_as = connected_components(edges, directed=False)
    _, together = connected_components(coo_matrix((ones, (i, j)), shape=(n_items, n_items)), directed=False)
    sets = [np.flatnonzero(together == number) for number in np.unique(together[i])]
    return pd.factorize(dealt_as[family])[0].astype(np.int32), sets


class Deal:
    """What went to another box of the same customer: `jobs.posing.allowed.Elsewhere`."""

    def __init__(self, shop: Shop, scores: Scores, allowed: Allowed) -> None:
        """Remember what to deal by; nothing is dealt before it is asked for."""
        self._shop, self._scores, self._allowed = shop, scores, allowed
        rules = box_rules(shop)
        self._groups = [group for group in rules.groups if group.name != "family"]
        self._family, self._bound = bound_families(shop, rules.pairs)
        self._locked = locked_items(shop, allowed)
        several = np.diff(shop.first)[shop.person] > 1
        self._place = np.where(several, np.cumsum(several) - 1, -1)
        self._bits = np.zeros((int(several.sum()), -(-shop.n_items // 8)), np.uint8)
        self._done = np.zeros(len(self._bits), bool)

    def block(self, lo: int, hi: int) -> Mask:
        """bool (hi - lo, n_items): True = another of her boxes may hold it, this one may not."""
        mask = np.zeros((hi - lo, self._shop.n_items), bool)
        place = self._place[lo:hi]
        rows = np.flatnonzero(place >= 0)
        if len(rows):
            self._deal(lo + int(rows[0]), lo + int(rows[-1]) + 1)
            mask[rows] = self._read(place[rows])
        return mask

    def pairs(self, customer_idx: npt.NDArray[np.integer], item_idx: npt.NDArray[np.integer]) -> Mask:
        """The same of single pairs: bool (n_pairs,)."""
        found = np.zeros(len(customer_idx), bool)
        place = self._place[customer_idx]
        for row in np.unique(np.asarray(customer_idx)[place >= 0]).tolist():
            self._deal(row, row + 1)
        some = place >= 0
        byte = self._bits[place[some], np.asarray(item_idx)[some] // 8]
        found[some] = (byte >> (7 - np.asarray(item_idx)[some] % 8)) & 1
        return found

    def _read(self, place: npt.NDArray[np.int64]) -> Mask:
        return np.unpackbits(self._bits[place], axis=1, count=self._shop.n_items).astype(bool)

    def _deal(self, lo: int, hi: int) -> None:
        """Deal to the customers of these rows, some thousand rows at a time; what is dealt already stays."""
        first, person = self._shop.first, self._shop.person
        at, last = int(person[lo]), int(person[hi - 1])
        while at <= last:
            until = max(at + 1, int(np.searchsorted(first, first[at] + GRID, side="right")) - 1)
            until = min(until, last + 1)
            self._deal_people(int(first[at]), int(first[until]))
            at = until

    def _deal_people(self, lo: int, hi: int) -> None:
        """Deal to the customers whose rows are lo..hi-1."""
        shop, place = self._shop, self._place[lo:hi]
        rows = np.flatnonzero((place >= 0) & ~self._done[place])
        if not len(rows):
            return
        allowed = self._allowed.block(lo, hi)[rows]
        person = shop.person[lo + rows]
        starts = np.append(np.flatnonzero(np.append(True, person[1:] != person[:-1])), len(rows))
        slots = shop.customers["slots"].to_numpy(np.int32)[lo + rows]
        stocked = allowed & (shop.stock > 0)[shop.pool[lo + rows]]
        for items in self._bound:  # all or none of them: a box that lacks one can use none
            stocked[:, items] = (stocked[:, items].all(axis=1) & (slots >= len(items)))[:, None]
        hands = Hands(
            first=starts.astype(np.int64),
            utility=to_points(self._scores.block(lo, hi)[rows]),
            allowed=allowed,
            stocked=stocked,
            slots=slots,
            locked=self._locked[lo + rows],
        )
        owner = deal(hands, self._family, self._groups)
        number = np.arange(len(rows)) - np.repeat(starts[:-1], np.diff(starts))
        whose = np.repeat(owner, np.diff(starts), axis=0)[:, self._family]
        self._bits[place[rows]] = np.packbits((whose >= 0) & (whose != number[:, None]), axis=1)
        self._done[place[rows]] = True
