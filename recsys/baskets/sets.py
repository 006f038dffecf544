"""What completes a basket of two or three items: the most frequent sets, and a score for every item that may follow.

The members' associations are added; customers who bought the whole set and one item more correct the sum, the more so
the more of them there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.events import decay
from recsys.base.shrink import lift_bound, shrunk_lift
from recsys.baskets.baskets import FEW, LEAST_LIFT, Association, Baskets, Pairs, Tally
from recsys.baskets.followers import Followers
from recsys.baskets.kernels import triples_in

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Sets:
    """Sets of two or three items that customers bought together, the most frequent first.

    members    int64 (n_sets, 3)  item positions, rising; the last is -1 in a set of two
    customers  int64 (n_sets,)  who bought all of them together
    weight     float64 (n_sets,)  the same, decayed by age as in Pairs
    """

    members: Array
    customers: Array
    weight: Array
    n_items: int

    def __len__(self) -> int:
        """Number of sets."""
        return len(self.customers)

    @property
    def matrix(self) -> sp.csr_matrix:
        """bool CSR (n_sets, n_items): True for members."""
        row, place = np.nonzero(self.members >= 0)
        cells = (np.ones(len(row), bool), (row, self.members[row, place]))
        return sp.csr_matrix(sp.coo_matrix(cells, shape=(len(self), self.n_items)))


def frequent_sets(baskets: Baskets, pairs: Pairs, allowed: Array, most: int, half_life_days: float) -> Sets:
    """The `most` most frequent sets of two or three allowed items, each of at least FEW customers.

    allowed  bool (n_items,)

    Order: decayed customers falling, two before three, members rising. A set of three is never more frequent than the
    pairs in it, so it is looked for among the most frequent pairs only.
    """
    wanted = np.flatnonzero((pairs.customers >= FEW) & allowed[pairs.one] & allowed[pairs.other])
    wanted = np.sort(wanted[np.argsort(-pairs.weight[wanted], kind="stable")[: max(most, 0)]])
    one, other = pairs.one[wanted], pairs.other[wanted]
    codes, customers, weight = _triples(baskets, one * baskets.n_items + other, half_life_days)
    codes, weight, customers = (values[customers >= FEW] for values in (codes, weight, customers))
    pair, third = codes // baskets.n_items, codes % baskets.n_items
    two = np.stack((one, other, np.full(len(one), -1)), axis=1)
    three = np.stack((one[pair], other[pair], third), axis=1)
    members = np.concatenate((two, three)).astype(np.int64)
    weights = np.concatenate((pairs.weight[wanted], weight))
    order = np.lexsort((*members.T[::-1], members[:, 2] >= 0, -weights))[: max(most, 0)]
    counted = np.concatenate((pairs.customers[wanted], customers))
    return Sets(members[order], counted[order], weights[order], baskets.n_items)


def _triples(baskets: Baskets, keys: Array, half_life_days: float) -> tuple[Array, Array, Array]:
    """Sets of three whose pairs are all among `keys` (one x n_items + other, rising): code, customers, weight.

    The code is (position of the first two in keys) x n_items + the third.
    """
    tally = Tally()
    age = decay(baskets.days_ago, half_life_days)
    for lo, hi in baskets.portions(baskets.sizes**2) if len(keys) else ():
        basket, code = triples_in(baskets.starts, baskets.item_idx, baskets.n_items, keys, lo, hi)
        tally.add(baskets.customer_idx[basket], code, age[basket])
    return tally.total()


def _csr(values: Array, cells: tuple[Array, Array], shape: tuple[int, int]) -> sp.csr_matrix:
    matrix = sp.csr_matrix(sp.coo_matrix((values, cells), shape=shape))
    matrix.sort_indices()
    return matrix


def completions(sets: Sets, found: Followers, goes: Association) -> sp.csr_matrix:
    """How well each item completes each set: CSR float64 (n_sets, n_items), > 0, columns rising, members never.

    With s(m, j) the association score of member m and item j (0 where they do not go together), p_j the share of j,
    n_Sj the decayed customers who bought the set and j, N_S their sum over j, a = PSEUDO, and k all that is not in S:

        score(S, j) = sum_m s(m, j) + log2((a + n_Sj) / (a + N_S q_j)),   q_j = p_j 2^(sum_m s(m, j)) / sum_k (the same)

    The sum treats members as independent hints. The second term holds it against what buyers of the whole set bought:
    near 0 while they are few, and when they are many the score becomes how much more often than by chance they took j.
    Listed is what a member goes with, or what goes with the whole set by the law of pairs.
    """
    members = sets.matrix
    hints = sp.csr_matrix(members.astype(np.float64) @ goes.score)
    hints = sp.csr_matrix(hints - hints.multiply(members))
    together = _together(sets, found, goes.share)
    n_found = np.asarray(found.weight.sum(axis=1)).ravel()
    both = sp.csr_matrix(hints.astype(bool) + together.astype(bool))
    both.sort_indices()
    row, item = np.repeat(np.arange(both.shape[0]), np.diff(both.indptr)), both.indices.astype(np.int64)
    hint = _cells(hints, row, item)
    more = goes.share[item] * (np.exp2(hint) - 1)
    norm = _outside(sets, goes.share) + np.bincount(row, more, minlength=len(sets))
    expected = n_found[row] * goes.share[item] * np.exp2(hint) / norm[row]
    score = hint + np.log2(shrunk_lift(_cells(found.weight, row, item), expected))
    good = score > 0
    return _csr(score[good], (row[good], item[good]), both.shape)


def _outside(sets: Sets, share: Array) -> Array:
    """Share of everything that is not in each set: float64 (n_sets,), above 0."""
    inside = np.asarray(sets.matrix.astype(np.float64) @ share)
    return np.asarray(np.maximum(1 - inside, np.finfo(np.float64).tiny))


def _together(sets: Sets, found: Followers, share: Array) -> sp.csr_matrix:
    """bool CSR: what goes with a whole set by the law of pairs (`association`), the set taken as one item.

    A bound lies below the mean, which is quick to tell: only where that is high enough is the bound asked for.
    """
    weight = found.weight
    row = np.repeat(np.arange(weight.shape[0]), np.diff(weight.indptr))
    n_found = np.asarray(weight.sum(axis=1)).ravel()
    by_chance = n_found[row] * share[weight.indices] / _outside(sets, share)[row]
    maybe = np.flatnonzero((found.customers.data >= FEW) & (shrunk_lift(weight.data, by_chance) >= LEAST_LIFT))
    sure = maybe[lift_bound(weight.data[maybe], by_chance[maybe]) >= LEAST_LIFT]
    return _csr(np.ones(len(sure), bool), (row[sure], weight.indices[sure]), weight.shape)


def whole_set_customers(sets: Sets, found: Followers, share: Array, set_idx: Array, item_idx: Array) -> Array:
    """Customers who bought a set and an item together, where the two go together; 0 elsewhere: int64 (n,)."""
    customers = _cells(found.customers, set_idx, item_idx)
    return np.where(_cells(_together(sets, found, share), set_idx, item_idx), customers, 0)


def strongest_member(sets: Sets, goes: Association, set_idx: Array, item_idx: Array) -> tuple[Array, Array]:
    """The member that goes best with an item, -1 where none does, and the customers of both: int64 (n,), (n,)."""
    members = sets.members[set_idx]
    flat, items = np.maximum(members, 0).ravel(), np.repeat(item_idx, 3)
    score = np.where(members >= 0, _cells(goes.score, flat, items).reshape(-1, 3), 0)
    best = np.argmax(score, axis=1)  # ties: the first member
    row = np.arange(len(members))
    member = np.where(score[row, best] > 0, members[row, best], -1)
    return member, np.where(member >= 0, _cells(goes.customers, np.maximum(member, 0), item_idx), 0)


def _cells(matrix: sp.csr_matrix, row: Array, column: Array) -> Array:
    """Values of some cells, 0 where none is stored; the matrix has sorted columns."""
    keys = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)) * np.int64(matrix.shape[1]) + matrix.indices
    wanted = np.asarray(row, np.int64) * matrix.shape[1] + column
    if not len(keys):
        return np.zeros(len(wanted), matrix.dtype)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, matrix.data[at], matrix.dtype.type(0))
