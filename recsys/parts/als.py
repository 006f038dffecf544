"""Implicit alternating least squares (Hu, Koren, Volinsky 2008), fitted by `implicit`, scored by us.

implicit only fits: starts come in per id, confidences are made here, and the two factor arrays are all that is kept.
Bit-identical for any number of threads, because BLAS runs at one thread and every row is solved alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.seeds import normal_factors
from recsys.base.threads import one_blas_thread

Factors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AlsSettings:
    """How to factorize.

    n_factors       length of the factor vectors at most, >= 1; see sensible_factors
    regularization  flat, added to every diagonal, > 0
    alpha           confidence that a pair of mean strength has over one without events, > 0; see balanced_alpha
    n_iterations    sweeps over customers and items, >= 1
    n_threads       0 = all cores; never changes the result
    """

    n_factors: int = 64
    regularization: float = 30.0
    alpha: float = 20.0
    n_iterations: int = 15
    n_threads: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be fitted."""
        for name in ("n_factors", "n_iterations"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected >= 1, got {getattr(self, name)}")
        for name in ("regularization", "alpha"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: expected > 0, got {getattr(self, name)}")


@dataclass(frozen=True, eq=False)
class Fitted:
    """Two factor arrays; the affinity of customer c for item i is customer[c] @ item[i].

    customer  float32 (n_customers, n_factors); rows of customers without likes are zero: never rank by them
    item      float32 (n_items, n_factors); likewise
    alpha     what was used
    """

    customer: Factors
    item: Factors
    alpha: float


def confidences(strengths: sp.csr_matrix, alpha: float) -> sp.csr_matrix:
    """Signed confidences as implicit wants them: sign x (1 + alpha x |strength|).

    A pair without events has confidence 1, so one with events must never have less, however old they are. Negative =
    "disliked, with that confidence".

    Raises ValueError on NaN or infinity: implicit would find them only after training.
    """
    if not np.isfinite(strengths.data).all():
        raise ValueError("strengths: expected finite numbers, found NaN or infinity")
    matrix = strengths.copy()
    matrix.data = (np.sign(matrix.data) * (1 + alpha * np.abs(matrix.data))).astype(np.float32)
    return matrix


ITEMS_PER_FACTOR = 8
FEWEST_FACTORS = 8


def sensible_factors(n_warm_items: int, n_factors: int) -> int:
    """`n_factors`, but at most one per eight items that have likes (and eight are always fine).

    64 factors for 200 items would learn each like by heart and know nothing of the next one.
    """
    return min(n_factors, max(n_warm_items // ITEMS_PER_FACTOR, FEWEST_FACTORS))


def balanced_alpha(strengths: sp.csr_matrix, alpha: float) -> float:
    """`alpha`, but at most (1 - d) / d where d is the share of pairs (of warm rows and columns) that have events.

    All likes together then never weigh more than everything that was not chosen. Large catalogues are far below this
    limit; in a catalogue of two hundred products it keeps the factors from learning each like by heart.
    """
    n_rows, n_columns = int(warm_rows(strengths).sum()), int(warm_columns(strengths).sum())
    if not n_rows or not n_columns:
        return alpha
    d = min(strengths.nnz / (n_rows * n_columns), 1.0)
    return float(np.clip((1 - d) / d, min(1.0, alpha), alpha))


def fit(
    strengths: sp.csr_matrix,
    customer_seeds: npt.NDArray[np.uint64],
    item_seeds: npt.NDArray[np.uint64],
    settings: AlsSettings,
    progress: Callable[[int, int], None] | None = None,
) -> Fitted:
    """Fit on `strengths`; the factors are what the last sweep left.

    A sweep solves customers against the items of the sweep before, then items against these customers. So both sides
    can be solved once more (recsys/parts/fold_in.py): items against these customers, then customers against the items.

    strengths       CSR (n_customers, n_items), signed
    customer_seeds  uint64 (n_customers,); item_seeds likewise: the starts, one per id
    progress        called with (sweeps done, sweeps in all)
    """
    n_customers, n_items = strengths.shape
    if len(customer_seeds) != n_customers or len(item_seeds) != n_items:
        raise ValueError(
            f"seeds: expected {n_customers} and {n_items}, got {len(customer_seeds)} and {len(item_seeds)}"
        )
    n_factors = sensible_factors(int(warm_columns(strengths).sum()), settings.n_factors)
    if not (strengths.data > 0).any():
        empty = np.zeros((n_customers, n_factors), np.float32)
        return Fitted(empty, np.zeros((n_items, n_factors), np.float32), settings.alpha)
    model_class = _implicit_als()  # loads its own BLAS, which must be there before it can be pinned
    with one_blas_thread():
        model = model_class(
            factors=n_factors,
            regularization=settings.regularization,
            alpha=1.0,  # already in the confidences
            iterations=settings.n_iterations,
            num_threads=settings.n_threads,
            dtype=np.float32,
        )
        model.user_factors = normal_factors(customer_seeds, n_factors, 0.01)
        model.item_factors = normal_factors(item_seeds, n_factors, 0.01)

        def told(done: int, _seconds: float, _loss: Any) -> None:
            if progress is not None:
                progress(done + 1, settings.n_iterations)

        alpha = balanced_alpha(strengths, settings.alpha)
        model.fit(confidences(strengths, alpha), show_progress=False, callback=told)
    return Fitted(
        _cold_rows_zero(model.user_factors, warm_rows(strengths)),
        _cold_rows_zero(model.item_factors, warm_columns(strengths)),
        alpha,
    )


def _implicit_als() -> Any:
    from implicit.cpu.als import AlternatingLeastSquares

    return AlternatingLeastSquares


def _cold_rows_zero(factors: Factors, warm: npt.NDArray[np.bool_]) -> Factors:
    """Exactly zero where a row has no like, so that a leftover of the random start is never taken for knowledge."""
    return np.where(warm[:, None], factors, np.float32(0)).astype(np.float32)


def warm_rows(matrix: sp.csr_matrix) -> npt.NDArray[np.bool_]:
    """Rows with at least one positive value: bool (n_rows,)."""
    likes = np.zeros(matrix.nnz + 1, np.int64)
    np.cumsum(matrix.data > 0, out=likes[1:])
    return np.asarray(np.diff(likes[matrix.indptr]) > 0)


def warm_columns(matrix: sp.csr_matrix) -> npt.NDArray[np.bool_]:
    """Columns with at least one positive value: bool (n_columns,)."""
    likes = np.zeros(matrix.shape[1], bool)
    likes[matrix.indices[matrix.data > 0]] = True
    return likes
