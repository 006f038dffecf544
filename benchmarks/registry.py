"""Every case that packing is measured on: the problem, who else packs it, and what must be reached.

`python -m benchmarks.packing` runs them; docs/benchmarks.md says what each is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FIRST_RUN = "first run"
"""Kind of the case that measures compiling instead of packing."""


@dataclass(frozen=True)
class Goal:
    """What to reach; None or empty = nothing is asked.

    gap         relative, as proved
    seconds     median
    total_mib   peak memory of the process, everything included
    optimum_of  a peer whose proved optimum our value must reach
    faster      (peer, ratio): at least so many times faster than each
    leaner      (peer, ratio): at most a so-manieth of the extra memory of each
    """

    gap: float | None = None
    seconds: float | None = None
    total_mib: float | None = None
    optimum_of: str | None = None
    faster: tuple[tuple[str, float], ...] = ()
    leaner: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Case:
    """One thing to measure.

    name, words   how it is called, and in a line what it is
    kind, n_customers, n_items, setting, seeds   the problems, see `benchmarks.instances`
    peers         keys of `benchmarks.peers.PEERS`
    must, aim     judged at this size only
    limit_s       seconds for us; peer_limit_s for each peer
    """

    name: str
    words: str
    kind: str
    n_customers: int
    n_items: int
    setting: tuple[tuple[str, Any], ...] = ()
    seeds: tuple[int, ...] = (0,)
    peers: tuple[str, ...] = ()
    must: Goal = Goal()
    aim: Goal = Goal()
    limit_s: float = 600.0
    peer_limit_s: float = 600.0


RULES = "category at most 2, brand at most 1, family at most 1, retail value in a band, history, a fifth promised"
EXACT = ("highs", "highs-loose", "cp-sat", "cp-sat-2", "pdlp", "greedy")
SMALL = ("highs", "cp-sat", "greedy")
HIGHS = Goal(optimum_of="highs")
THREE = (0, 1, 2)

CASES: tuple[Case, ...] = (
    Case(
        "plain", "stock and eligibility, from a dense matrix", "plain", 300_000, 200,
        peers=("flow", "greedy"),
        must=Goal(gap=1e-6, faster=(("flow", 10),), leaner=(("flow", 3),)),
        aim=Goal(gap=0, faster=(("flow", 20),), leaner=(("flow", 3),)),
    ),
    Case(
        "plain-warehouses", "the same, three warehouses", "plain", 100_000, 200, (("pools", 3),),
        peers=("flow", "greedy"),
        must=Goal(gap=1e-6),
        aim=Goal(gap=0),
    ),
    Case(
        "ruled", RULES, "ruled", 300_000, 200,
        peers=("greedy",),
        must=Goal(gap=1e-5, seconds=30),
        aim=Goal(gap=1e-6, seconds=10),
    ),
    Case(
        "ruled-small", "the same, where a general solver can follow", "ruled", 2_000, 100, seeds=THREE,
        peers=EXACT,
        must=Goal(optimum_of="highs", faster=(("highs", 80),)),
        aim=Goal(optimum_of="highs", faster=(("highs", 200),)),
        peer_limit_s=1200,
    ),
    Case(
        "ties", "plain; half the customers cold, 50 identical profiles, scores of three digits", "ties", 300_000, 200,
        peers=("flow", "greedy"),
        must=Goal(gap=1e-4, seconds=30),
        aim=Goal(gap=0, seconds=30),
    ),
    Case(
        "ties-ruled", "ruled, with the same ties", "ties", 300_000, 200, (("rules", True),),
        peers=("greedy",),
        must=Goal(gap=1e-4, seconds=30),
        aim=Goal(gap=0, seconds=30),
    ),
    Case(
        "ties-small", "ties-ruled, where a general solver can follow", "ties", 300, 40, (("rules", True),), THREE,
        peers=SMALL, must=HIGHS, peer_limit_s=60,
    ),
    Case(
        "scarce", "ruled; nine units in stock for ten slots", "scarce", 100_000, 200,
        peers=("greedy",),
        must=Goal(gap=1e-3),
        aim=Goal(gap=1e-4),
    ),
    Case(
        "scarce-small", "scarce, where a general solver can follow", "scarce", 40, 40, seeds=THREE,
        peers=SMALL, must=HIGHS, peer_limit_s=60,
    ),
    Case(
        "quotas", "ruled; 40 items and 20 brands promised, the brands by segment, and three budgets",
        "quotas", 100_000, 200,
        peers=("greedy",),
        must=Goal(gap=1e-4),
    ),
    Case(
        "quotas-small", "quotas, where a general solver can follow", "quotas", 40, 40, seeds=THREE,
        peers=SMALL, must=HIGHS, peer_limit_s=60,
    ),
    Case(
        "bands", "ruled; three bands that pull against each other", "bands", 100_000, 200,
        peers=("greedy",),
        must=Goal(gap=1e-3),
    ),
    Case(
        "bands-small", "bands, two of them, where a general solver can follow", "bands", 20, 40, (("count", 2),), THREE,
        peers=SMALL, must=HIGHS, peer_limit_s=60,
    ),
    Case(
        "adversarial", "brand, category and form cross, with at-least sides; pairs apart and together",
        "adversarial", 30_000, 200,
        peers=("greedy",),
        must=Goal(gap=1e-3),
    ),
    Case(
        "adversarial-small", "adversarial, where a general solver can follow", "adversarial", 300, 40, seeds=THREE,
        peers=SMALL, must=HIGHS, peer_limit_s=60,
    ),
    Case(
        "blocks", "ruled; scores made block by block from 64 factors, never the matrix", "blocks", 1_000_000, 500,
        must=Goal(gap=1e-5, seconds=60, total_mib=3 * 1024),
        aim=Goal(gap=1e-6, seconds=25, total_mib=1.5 * 1024),
    ),
    Case(
        "first-run", "import and compile, nothing cached: a small campaign with rules that cross", FIRST_RUN, 300, 40,
        (("ruled", None),),
        must=Goal(seconds=20),
    ),
    Case(
        "first-run-plain", "the same, rules that nest", FIRST_RUN, 300, 40, (("plain", None),),
        must=Goal(seconds=20),
    ),
)  # fmt: skip


def named(names: list[str]) -> list[Case]:
    """The cases of these names, in the order asked for; all when none is named. Raises KeyError for an unknown name."""
    by_name = {case.name: case for case in CASES}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise KeyError(f"no such case: {', '.join(unknown)}; there are {', '.join(by_name)}")
    return [by_name[name] for name in names] if names else list(CASES)
