"""Segments: customers of one pool whom the same quotas count, whichever way they were told apart."""

from __future__ import annotations

import numpy as np
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from optimizer.oracle.coupling import compile_coupling
from optimizer.problem import BoxProblem, Quota


@seed(72)
@settings(max_examples=60)
@given(st.integers(1, 12), st.integers(1, 3), st.integers(0, 4), st.integers(0, 2**20))
def test_customers_share_a_segment_where_the_same_prices_are_theirs(
    n: int, pools: int, quotas: int, drawn: int
) -> None:
    rng = np.random.default_rng(drawn)
    pool = rng.integers(0, pools, n).astype(np.int32)
    who = [pool == rng.integers(pools) if rng.random() < 0.5 else rng.random(n) < 0.5 for _ in range(quotas)]
    told = tuple(Quota(f"q{q}", np.ones(2, np.int64), 1, customers=who[q]) for q in range(quotas))
    problem = BoxProblem(
        np.ones((n, 2), np.int32), np.ones((n, 2), bool), np.ones((pools, 2), np.int64), pool=pool, quotas=told
    )

    coupling = compile_coupling(problem)

    facts = [(int(pool[c]), *(bool(counted[c]) for counted in who)) for c in range(n)]
    assert [(int(coupling.pool_of[t]), *coupling.member[t].tolist()) for t in coupling.segment.tolist()] == facts
    assert coupling.n_segments == len(set(facts))
    assert [facts[coupling.segment.tolist().index(t)] for t in range(coupling.n_segments)] == sorted(set(facts))
