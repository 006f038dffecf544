"""How the bound bends: counted from customers who are about to change their box when prices move.

The bound is a sum of so many customers' best worths that it is smooth to the eye. Its second derivative is the density
of ties: a customer whose second-best box is nearly as good as the best moves a few units from one row to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from optimizer.oracle.coupling import Coupling
from optimizer.oracle.oracle import EVERYTHING, Choices, Oracle
from optimizer.problem import Int32, Int64

Float = npt.NDArray[np.float64]

FARTHEST = 2.0**56
"""Alternatives that lose more than this, in 1/unit micro-points, are none."""

FLOOR = 1e-3
"""Share of the diagonal that is added to it."""


@dataclass(frozen=True, eq=False)
class Hessian:
    """The second derivative of the bound about some prices.

    matrix   float64 (R, R), sparse where there are many rows: units by which the use of each row falls as the price of
             each row rises by one
    nearest  float64, 1/unit micro-points: alternatives that lose up to so much were counted
    """

    matrix: Any
    nearest: float


def rows_of(coupling: Coupling) -> sparse.csr_matrix:
    """(R, S * M): what a unit in each cell of a usage table takes of each row: stock, at-least (negative), at-most."""
    n_pools, n_items = coupling.stock.shape
    n_segments, n_quotas = coupling.n_segments, coupling.at_least.size
    pool = np.repeat(coupling.pool_of, n_items).astype(np.int64)
    row = pool * n_items + np.tile(np.arange(n_items), n_segments)
    cells = np.arange(row.size)
    stock = sparse.csr_matrix((np.ones(row.size), (row, cells)), shape=(n_pools * n_items, row.size))
    amount: Any = sparse.vstack([_weights(coupling, q) for q in range(n_quotas)] or [stock[:0]])
    return sparse.csr_matrix(sparse.vstack([stock, -amount, amount]))


def _weights(coupling: Coupling, q: int) -> sparse.csr_matrix:
    """(1, S * M): what a unit in each cell counts for quota q."""
    n_items = coupling.stock.shape[1]
    segments, items = np.flatnonzero(coupling.member[:, q]), np.flatnonzero(coupling.amount[q])
    cells = (segments[:, None] * n_items + items).ravel()
    weight = np.tile(coupling.amount[q, items].astype(float), segments.size)
    return sparse.csr_matrix((weight, (np.zeros(cells.size, np.int64), cells)), (1, coupling.n_segments * n_items))


def spread(oracle: Oracle, table: Int64) -> float:
    """How far good boxes usually lie apart: the median of (best box - fourth-best box), in 1/unit micro-points, > 0.

    Customers whose best four boxes are worth the same are left out where they would make the median 0. When that leaves
    nobody, the answer is a thousandth of the penalty for a missing slot.
    """
    oracle.run(table)  # shortlists are made by then
    found = oracle.choices(table, _counted(oracle), oracle.effort.alternatives, EVERYTHING)
    first, owner = _owners(found)
    last = np.r_[first[1:], found.customer.size] - 1
    loss = (found.worth[owner] - found.worth)[last[last > first]]
    for some in (loss, loss[loss > 0]):
        if some.size and np.median(some) > 0:
            return float(np.median(some))
    return float(max(1, oracle.unit * oracle.rules.penalty // 1000))


def hessian(oracle: Oracle, rows: sparse.csr_matrix, table: Int64, near: float, *, jitter: int = 0) -> Hessian:
    """Count alternatives that lose up to `near`, or to more where these are few.

    rows    as from `rows_of`
    table   price table int64 (S, M)
    jitter  as in `Oracle.run`
    """
    who = _counted(oracle)
    wanted = min(oracle.effort.per_row * rows.shape[0], who.size // 2)
    while True:
        found = oracle.choices(table, who, oracle.effort.alternatives, int(near), jitter=jitter)
        _, owner = _owners(found)
        other = np.flatnonzero(np.arange(owner.size) != owner)
        if other.size >= wanted or near >= FARTHEST:
            break
        near = 4.0 * near
    cells = _cells(oracle.coupling, found, other) - _cells(oracle.coupling, found, owner[other])
    change: Any = sparse.csr_matrix(cells @ rows.T)
    matrix: Any = change.T @ change * (oracle.n_customers / max(1, who.size) / (2.0 * max(1.0, near)))
    bend = matrix.diagonal()  # never quite flat: what nobody is near to changing may change further on
    matrix = matrix + sparse.diags_array(FLOOR * (bend + max(1e-12, float(bend.mean()))))
    return Hessian(sparse.csr_array(matrix) if bend.size > oracle.effort.dense_rows else matrix.toarray(), near)


def _counted(oracle: Oracle) -> Int32:
    return np.arange(min(oracle.effort.counted, oracle.n_customers), dtype=np.int32)


def _owners(found: Choices) -> tuple[Int64, Int64]:
    """Places of everyone's best box, and for each choice the place of its customer's best box."""
    first = np.flatnonzero(np.r_[True, found.customer[1:] != found.customer[:-1]][: found.customer.size])
    return first, np.repeat(first, np.diff(np.r_[first, found.customer.size]))


def _cells(coupling: Coupling, found: Choices, which: Int64) -> Any:
    """(n, S * M): units in the boxes of some choices, by cell of a usage table."""
    box, n_items = found.box[which], coupling.stock.shape[1]
    segment = coupling.segment[found.customer[which]].astype(np.int64)
    row, slot = np.nonzero(box >= 0)
    cell = segment[row] * n_items + box[row, slot]
    return sparse.csr_matrix((np.ones(row.size), (row, cell)), shape=(which.size, coupling.n_segments * n_items))
