"""What is written by hand beside the kept library that does the same: `python -m benchmarks.kept`.

Item-kNN beside implicit's, and the walk of `boxwise evaluate --tune` beside scipy.optimize, on made-up data: what was
chosen by these figures is in docs/decisions/0009-written-by-hand-or-not.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Any

import numpy as np
import scipy.sparse as sp
from implicit.nearest_neighbours import BM25Recommender
from scipy.optimize import minimize

from benchmarks.tables import header, machine, text_table
from jobs.tuning.search import search
from jobs.tuning.settings import LEAST, STEPS, Limits, Setting, rounded
from recsys.parts.neighbours import item_similarity, nearest

SHAPES = ((2_500, 250), (20_000, 2_000), (60_000, 500), (50_000, 12_000))
PER_CUSTOMER, NEIGHBOURS = 20, 100
HILLS, MOST, NOISE = 200, 20, 0.3
"""Hills to climb, settings that may be asked about, and what is chance in an answer."""
LIMITS = Limits(factors=64, alpha=60.0, half_life_days=2_000.0)
SHIPPED = Setting.as_shipped()
Hill = Callable[[Setting], tuple[float, float]]
"""A setting's true height, and the height that is seen."""


class Enough(Exception):
    """Too many settings were asked about."""


def made_likes(n_customers: int, n_items: int, seed: int = 0) -> sp.csr_matrix:
    """Likes with a long tail of items, each counted once: bool-like CSR (n_customers, n_items)."""
    popular = 1 / np.arange(1, n_items + 1) ** 0.8
    items = np.random.default_rng(seed).choice(n_items, n_customers * PER_CUSTOMER, p=popular / popular.sum())
    customers = np.repeat(np.arange(n_customers), PER_CUSTOMER)
    likes = sp.csr_matrix((np.ones(len(items)), (customers, items)), shape=(n_customers, n_items))
    likes.data[:] = 1
    return likes


def of_implicit(likes: sp.csr_matrix, n_threads: int = 1) -> sp.csr_matrix:
    """implicit's neighbours, the item itself left out."""
    model = BM25Recommender(K=NEIGHBOURS + 1, K1=1.0, B=0.1, num_threads=n_threads)
    model.fit(likes, show_progress=False)
    found = sp.csr_matrix(model.similarity)
    found.setdiag(0)
    found.eliminate_zeros()
    return nearest(found, NEIGHBOURS)


def neighbours(n_customers: int, n_items: int) -> list[str]:
    """Seconds of both, rows that are the same, and rows that change when customers come in another order."""
    likes = made_likes(n_customers, n_items)
    shuffled = sp.csr_matrix(likes[np.random.default_rng(1).permutation(n_customers)])
    row = [f"{n_customers:,} x {n_items:,}"]
    found = []
    for make in (lambda given: item_similarity(given, NEIGHBOURS), of_implicit):
        started = perf_counter()
        kept = make(likes)
        row += [f"{perf_counter() - started:.2f}", f"{n_items - _same(kept, make(shuffled)):,}"]
        found.append(kept)
    return [*row, f"{n_items - _same(*found):,}"]


def _same(one: sp.csr_matrix, other: sp.csr_matrix) -> int:
    return sum(np.array_equal(one[[row]].indices, other[[row]].indices) for row in range(one.shape[0]))


def made_hill(rng: np.random.Generator) -> Hill:
    """A hill with its top somewhere near the shipped setting, and chance that is the same for the same setting."""
    top = {key: math.log(min(getattr(LIMITS, key), getattr(SHIPPED, key))) + rng.normal(0, 1.5) for key in STEPS}
    steep = {key: abs(rng.normal(0, 0.6)) for key in STEPS}
    chance: dict[Setting, float] = {}

    def height(setting: Setting) -> tuple[float, float]:
        felt = LIMITS.felt(setting)
        true = -sum(steep[key] * (math.log(getattr(felt, key)) - top[key]) ** 2 / 3 for key in STEPS)
        return true, true + chance.setdefault(felt, rng.normal(0, NOISE))

    return height


def by_walk(hill: Hill, present: Setting) -> tuple[Setting, int]:
    """The best setting of our search, and how many were asked about."""
    found = search(present, SHIPPED, LIMITS, lambda one: hill(one)[1], lambda new, old: new - old > NOISE, MOST)
    return found.best, len(found.felt)


def by_scipy(method: str) -> Callable[[Hill, Setting], tuple[Setting, int]]:
    """The same by scipy.optimize over the logarithms of the keys, rounded as a suggestion is."""

    def found(hill: Hill, present: Setting) -> tuple[Setting, int]:
        seen: dict[Setting, float] = {}

        def loss(x: Any) -> float:
            values = {key: rounded(math.exp(value)) for key, value in zip(STEPS, x, strict=True)}
            setting = LIMITS.felt(Setting(**{**values, "factors": round(values["factors"])}))  # type: ignore[arg-type]
            if setting not in seen and len(seen) == MOST:
                raise Enough
            return -seen.setdefault(setting, hill(setting)[1])

        felt = LIMITS.felt(present)
        bounds = [(math.log(LEAST[key]), math.log(min(getattr(LIMITS, key), 1e4))) for key in STEPS]
        start = np.clip([math.log(getattr(felt, key)) for key in STEPS], *np.transpose(bounds))
        with suppress(Enough):
            minimize(loss, start, method=method, bounds=bounds)  # type: ignore[call-overload]
        best = max(seen, key=lambda one: seen[one])
        return (best if seen[best] - hill(present)[1] > NOISE else present), len(seen)

    return found


def walks() -> list[list[str]]:
    """How much higher each way ends than it began, after how many trainings, with how many keys changed."""
    rows = []
    for name, way in (("walk", by_walk), *((one, by_scipy(one)) for one in ("Nelder-Mead", "Powell", "COBYQA"))):
        ends = []
        for seed in range(HILLS):
            rng = np.random.default_rng(seed)
            hill = made_hill(rng)
            best, n_asked = way(hill, SHIPPED)
            ends.append((hill(best)[0] - hill(SHIPPED)[0], n_asked, len(best.changes(SHIPPED))))
        gain, asked, changed = np.mean(ends, axis=0)
        rows.append([name, f"{gain:.2f}", f"{asked:.1f}", f"{changed:.1f}"])
    return rows


def main() -> None:
    """The command line."""
    print(header(machine()))
    heads = ["customers x items", "ours s", "rows moved by a shuffle", "implicit s", "rows moved", "rows that differ"]
    print(text_table(heads, [neighbours(*shape) for shape in SHAPES]))
    print(text_table(["search", "gain", "trainings", "keys changed"], walks()))


if __name__ == "__main__":
    main()
