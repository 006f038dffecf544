"""From a merchandiser's rules to the optimizer's: rules, locks, slots and quotas in positions and integers.

Amounts with decimals (a price of 4.99) become whole numbers of the smallest decimal place in use: sums are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.config.campaign import Group, QuotaRule
from jobs.faults import Fault, InputRefused
from jobs.inputs.multi_values import column, matches
from jobs.posing.allowed import Allowed
from jobs.posing.lock_boxes import by_row, lock_rows
from jobs.posing.scores import Scores
from jobs.posing.shop import Shop, positions
from optimizer.oracle.runner import Runner
from optimizer.problem import POINTS, Band, BoxProblem, BoxRules, GroupLimit, PairRule, Quota, to_points

DENSE_PAIRS = 150_000_000
"""Campaigns up to this many customer/product pairs are packed from one matrix in memory (5 bytes a pair)."""
ROWS = 16_384
"""Customers whose pairs are made at a time where all are kept."""
MAX_DECIMALS = 6


def box_problem(shop: Shop, scores: Scores, allowed: Allowed, *, whole: bool = True) -> BoxProblem:
    """The packing problem of a shop.

    scores   (n_customers, n_items), the packing score of each pair; 1.0 = one point
    allowed  the pairs that may be packed
    whole    False = pairs are made where they are asked for, however few there are

    Raises InputRefused when a lock names a pair that may not be packed, every such lock at once.
    """
    blocks = Utilities(scores, allowed)
    dense = whole and shop.n_customers * shop.n_items <= DENSE_PAIRS
    utility, mask = _in_memory(blocks) if dense else (blocks, None)
    return BoxProblem(
        utility=utility,
        allowed=mask,
        stock=shop.stock,
        rules=box_rules(shop),
        pool=shop.pool,
        quotas=tuple(quotas(shop)),
        locked=locks(shop, allowed),
        slots=shop.customers["slots"].to_numpy(np.int32),
    )


class Utilities:
    """Utilities and allowed pairs made block by block: `optimizer.problem.boxes.UtilityBlocks`."""

    def __init__(self, scores: Scores, allowed: Allowed) -> None:
        self._scores = scores
        self._allowed = allowed

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        return self._allowed.shape

    def block(self, lo: int, hi: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """Utility int32 and allowed bool of customers lo..hi-1, both (hi - lo, n_items)."""
        return to_points(self._scores.block(lo, hi)), self._allowed.block(lo, hi)


def _in_memory(blocks: Utilities) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """All utilities and allowed pairs; blocks are made side by side, and each has its place."""
    utility, allowed = np.empty(blocks.shape, np.int32), np.empty(blocks.shape, np.bool_)

    def make(lo: int, hi: int) -> None:
        utility[lo:hi], allowed[lo:hi] = blocks.block(lo, hi)

    Runner().each(len(utility), make, ROWS)
    return utility, allowed


def box_rules(shop: Shop) -> BoxRules:
    """The rules of one box: groups, families, bands, pairs and what becomes of a short box."""
    campaign, items = shop.campaign, shop.items
    groups = [limit for group in campaign.groups for limit in _group_limits(group, items)]
    bands = []
    for band in campaign.bands:
        scale = _scale(items[band.column], band.low, band.high)
        name = f"{band.column} of the box"
        bands.append(Band(name, _whole(items[band.column], scale), _whole1(band.low, scale), _whole1(band.high, scale)))
    return BoxRules(
        size=campaign.box_size,
        groups=(*groups, *_family_limit(items)),
        bands=tuple(bands),
        pairs=tuple(_pairs(shop)),
        short_penalty=round(campaign.short.penalty * POINTS),
        short=campaign.short.policy,
    )


def quota_scale(shop: Shop, rule: QuotaRule) -> int:
    """How many of the optimizer's whole units one unit of a quota's column is; 1 where units are counted."""
    if rule.amount is None:
        return 1
    chosen = matches(shop.items, rule.where)
    return _scale(shop.items.loc[chosen, rule.amount], rule.at_least, rule.at_most)


def quotas(shop: Shop) -> Iterator[Quota]:
    """The campaign's quotas, then one for each promise to a brand in the inventory."""
    for rule in shop.campaign.quotas:
        chosen = matches(shop.items, rule.where)
        scale, amount = quota_scale(shop, rule), chosen.astype(np.int64)
        if rule.amount is not None:
            amount[chosen] = _whole(shop.items.loc[chosen, rule.amount], scale)
        segment = matches(shop.customers, rule.customers) if rule.customers else None
        least, most = _whole1(rule.at_least, scale), _whole1(rule.at_most, scale)
        yield Quota(rule.name, amount, least, most, segment, round(rule.penalty * POINTS / scale))
    penalty = round(shop.campaign.promises.penalty * POINTS)
    segments = [shop.pool == pool for pool in range(len(shop.pools))] if len(shop.pools) > 1 else [None]
    for pool, item in zip(*np.nonzero(shop.promised), strict=True):
        one = np.zeros(shop.n_items, np.int64)
        one[item] = 1
        name = promise_name(shop, int(pool), int(item))
        yield Quota(name, one, int(shop.promised[pool, item]), None, segments[pool], penalty)


def promise_name(shop: Shop, pool: int, item: int) -> str:
    """The name of an inventory promise: "promise of P017 (east)"."""
    product = shop.items["product_id"].iloc[item]
    return f"promise of {product}" + (f" ({shop.pools[pool]})" if len(shop.pools) > 1 else "")


def locks(shop: Shop, allowed: Allowed) -> npt.NDArray[np.int32] | None:
    """int32 (n_customers, most locks of one customer), -1 = none; None when nobody locked anything.

    Raises InputRefused naming each lock that may not be packed, and why.
    """
    edits = shop.tables.edits
    wanted = edits[edits["action"] == "lock"]
    customer, wrong = lock_rows(shop, allowed.undealt, wanted)
    item = positions(wanted["product_id"], shop.items["product_id"])
    places = shop.tables.edit_places
    active = np.flatnonzero(customer >= 0)  # -1 = dropped by another edit
    barred = set(active[~allowed.undealt.pairs(customer[active], item[active])].tolist())
    faults = []
    for at in sorted(barred | wrong.keys()):
        row = int(wanted.index[at])
        who, what = wanted["customer_id"].iloc[at], wanted["product_id"].iloc[at]
        why = allowed.undealt.reasons(int(customer[at]), int(item[at])) if at in barred else []
        file, line = places[row] if places else ("edits", row + 1)
        expected = [wrong[at]] if at in wrong else []
        expected += [f"a product that {who} may receive: {'; '.join(why)}"] if why else []
        faults += [Fault(file, line, None, f"a lock on {what}", one) for one in expected]
    if faults:
        raise InputRefused(faults)
    locked = by_row(shop.n_customers, customer, item)
    return locked if locked.shape[1] else None


def _group_limits(group: Group, items: pd.DataFrame) -> Iterator[GroupLimit]:
    """One limit for a column of single values; one per value where cells hold several."""
    cells = column(items[group.by])
    if group.value is not None:
        labels = np.where(cells.holds([group.value]), 0, -1).astype(np.int32)
        yield GroupLimit(f"{group.by} {group.value}", labels, group.at_most, group.at_least)
    elif cells.is_single:
        yield GroupLimit(group.by, single_labels(items[group.by]), group.at_most, group.at_least)
    else:
        for value in cells.values:
            labels = np.where(cells.holds([value]), 0, -1).astype(np.int32)
            yield GroupLimit(f"{group.by} {value}", labels, group.at_most, group.at_least)


def single_labels(texts: pd.Series) -> npt.NDArray[np.int32]:
    """int32 labels of a column, 0.. in order of the text; empty = -1."""
    stripped = texts.astype("str").fillna("").str.strip(" |")
    labels, _ = pd.factorize(stripped.where(stripped != "", None), sort=True)
    return labels.astype(np.int32)


def _family_limit(items: pd.DataFrame) -> Iterator[GroupLimit]:
    """A box never holds two of one family; families of one boxable product need no rule."""
    shared = items["family"].duplicated(keep=False)
    if shared.any():
        yield GroupLimit("family", single_labels(items["family"].where(shared, "")), at_most=1)


def _pairs(shop: Shop) -> Iterator[PairRule]:
    """Apart: every two of the products. Together: each with the next."""
    for pair in shop.campaign.pairs:
        found = positions(pd.Series(sorted(set(pair.products)), dtype="str"), shop.items["product_id"])
        here = [int(item) for item in found if item >= 0]
        for i, j in combinations(here, 2) if pair.kind == "apart" else pairwise(here):
            yield PairRule(pair.kind, i, j)


def _scale(amounts: pd.Series, *limits: float | None) -> int:
    """The smallest power of ten (up to a million) that makes every amount and limit a whole number."""
    numbers = np.array([*amounts, *(limit for limit in limits if limit is not None)], dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    for decimals in range(MAX_DECIMALS):
        if np.allclose(numbers * 10**decimals, np.rint(numbers * 10**decimals), rtol=1e-12, atol=1e-7):
            return int(10**decimals)
    return int(10**MAX_DECIMALS)


def _whole(amounts: pd.Series, scale: int) -> npt.NDArray[np.int64]:
    """Amounts in whole units of 1/scale."""
    whole: npt.NDArray[np.int64] = np.rint(amounts.to_numpy(np.float64) * scale).astype(np.int64)
    return whole


def _whole1(limit: float | None, scale: int) -> int | None:
    """One limit in whole units of 1/scale."""
    return None if limit is None else round(limit * scale)
