"""The recommender at size, beside implicit: `python -m benchmarks.recommending_scale [--customers 30000 300000]`.

Seconds and peak memory of reading events, a night's whole training and every score, against implicit's fit and
`recommend`, and against copying as many bytes. What the rows mean is in docs/recommending.md, "At size".
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.made_shop import Shop, made_shop
from benchmarks.measure import peak_mib, settled_mib
from benchmarks.tables import header, machine, markdown_table, mib_words, ratio_words, seconds_words
from recsys.base.events import profiles, strengths
from recsys.parts import als
from recsys.ranking.rank import top_k
from recsys.scoring.blend import PACKING, Weights
from recsys.scoring.model import Model
from recsys.training import Settings, train

CUSTOMERS = (30_000, 100_000, 300_000)
EVENTS_EACH = 100 / 3
LENGTH = 20
THROUGH = "GB gone through"
SETTINGS = Settings()
WARM = (600, 200, 20_000)
"""Customers, products and events of the shop that everyone sees before the clock starts, to compile."""
HEAD = ("customers", "what", "seconds", "us per customer", "core seconds", "peak MiB")


@dataclass(frozen=True)
class Size:
    """How large a shop is."""

    n_customers: int
    n_items: int
    n_events: int

    def shop(self) -> Shop:
        """The shop, made up."""
        return made_shop(self.n_customers, self.n_items, self.n_events)


@dataclass(frozen=True)
class Stage:
    """What was measured: seconds, those of all cores together (a busy machine lengthens them less), the peak of the
    process meanwhile, and further figures."""

    name: str
    seconds: float
    core_seconds: float
    peak: float
    more: tuple[tuple[str, float], ...] = ()


def stage(name: str, work: Callable[[], Any], repeat: int = 1) -> tuple[Stage, Any]:
    """Run `work` and measure it; of several runs the quickest counts."""
    seconds, core_seconds = [], []
    settled_mib()
    for _ in range(repeat):
        done = None  # what the run before made is not held beside what this one makes
        started, spent = perf_counter(), process_time()
        done = work()
        seconds.append(perf_counter() - started)
        core_seconds.append(process_time() - spent)
    return Stage(name, min(seconds), min(core_seconds), peak_mib()), done


def ours(size: Size, repeat: int) -> list[Stage]:
    """Events, training, and every score: all parts as boxes are packed for, factors alone, and lists."""
    small = Size(*WARM).shop()
    warm = train(small.inputs(small.events()), SETTINGS).model
    for weights in (PACKING, Weights.of(affinity=1.0)):
        _lists(warm, weights)
    shop = size.shop()
    reading, events = stage("events into matrices", lambda: _read(shop), repeat)
    training, model = stage("training, all parts", lambda: train(shop.inputs(events), SETTINGS).model)
    scoring, _ = stage("scoring every pair, all parts", lambda: _every_score(model, PACKING), repeat)
    factors, _ = stage(
        "scoring every pair, factors alone", lambda: _every_score(model, Weights.of(affinity=1.0)), repeat
    )
    lists, _ = stage(f"lists of {LENGTH}, all parts", lambda: _lists(model, PACKING), repeat)
    read = (THROUGH, _numbers(model) * 4 / 1e9)
    return [reading, training, replace(scoring, more=(read,)), factors, lists]


def _read(shop: Shop) -> Any:
    events = shop.events()
    strengths(events, SETTINGS.half_life_days)
    profiles(events, SETTINGS.half_life_days, SETTINGS.step_back, SETTINGS.floor)
    return events


def _every_score(model: Model, weights: Weights) -> None:
    for _ in model.score_blocks(np.arange(model.shape[0]), np.arange(model.shape[1]), weights):
        pass


def _lists(model: Model, weights: Weights) -> None:
    for _, _, block in model.score_blocks(np.arange(model.shape[0]), np.arange(model.shape[1]), weights):
        top_k(block, LENGTH)


def _numbers(model: Model) -> float:
    """Numbers gone through to score: per product, factors, and for each entry of a profile one of three tables."""
    each = model.customer_factors.shape[1] + model.preferences.customer.shape[1]
    return float(model.shape[1] * (model.shape[0] * each + 3 * model.profiles.nnz))


def implicits(size: Size, repeat: int) -> list[Stage]:
    """implicit on the same confidences: as many factors as we use, its own starts, as many sweeps, all cores."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    def fitted(confidence: Any) -> Any:
        model = AlternatingLeastSquares(
            factors=als.sensible_factors(confidence.shape[1], SETTINGS.als.n_factors),
            regularization=SETTINGS.als.regularization,
            alpha=1.0,
            iterations=SETTINGS.als.n_iterations,
            random_state=0,
        )
        model.fit(confidence, show_progress=False)
        return model

    def listed(model: Any, confidence: Any) -> Any:
        everyone = np.arange(confidence.shape[0])
        return model.recommend(everyone, confidence, N=LENGTH, filter_already_liked_items=False)

    with threadpool_limits(1, "blas"):  # as implicit asks for; its own threads take all cores
        small, large = (
            als.confidences(strengths(one.shop().events(), SETTINGS.half_life_days), SETTINGS.als.alpha)
            for one in (Size(*WARM), size)
        )
        listed(fitted(small), small)
        fit, model = stage("implicit's fit", lambda: fitted(large))
        recommend, _ = stage(f"implicit's recommend of {LENGTH}", lambda: listed(model, large), repeat)
    return [fit, recommend]


def copies(size: Size, repeat: int) -> list[Stage]:
    """One array of all scores copied onto another, both in memory already."""
    given = np.ones((size.n_customers, size.n_items), np.float32)
    taken = np.zeros_like(given)
    return [stage("copying as many scores", lambda: np.copyto(taken, given), repeat + 2)[0]]


CONTENDERS = {"boxwise": ours, "implicit": implicits, "copy": copies}


def alone(contender: str, size: Size, repeat: int) -> list[Stage]:
    """Measure a contender in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(CONTENDERS[contender], size, repeat).result()


def rows(size: Size, found: list[Stage]) -> Iterator[list[str]]:
    """Rows of the table for one size."""
    for one in found:
        each = seconds_words(one.seconds / size.n_customers * 1e6)
        spent = seconds_words(one.core_seconds)
        yield [f"{size.n_customers:,}", one.name, seconds_words(one.seconds), each, spent, mib_words(one.peak)]


def told(size: Size, found: list[Stage]) -> Iterator[str]:
    """Lines that hold one stage against another."""
    by_name = {one.name: one for one in found}
    fit, recommend = by_name["implicit's fit"], by_name[f"implicit's recommend of {LENGTH}"]
    copy = by_name["copying as many scores"]
    training, scoring = by_name["training, all parts"], by_name["scoring every pair, all parts"]
    lists, factors = by_name[f"lists of {LENGTH}, all parts"], by_name["scoring every pair, factors alone"]
    gigabytes = size.n_customers * size.n_items * 4 / 1e9
    yield f"training takes {_times(training, fit)} implicit's fit"
    yield f"lists take {_times(lists, recommend)} implicit's recommend"
    yield f"scores written, all parts: {_speed(gigabytes, scoring)}; factors alone: {_speed(gigabytes, factors)}"
    yield f"numbers gone through for all parts: {_speed(dict(scoring.more)[THROUGH], scoring)}"
    yield f"a copy, read and written: {_speed(2 * gigabytes, copy)}"
    peak = max(one.peak for one in (training, scoring, lists))
    yield f"peak {peak / 1024:.2f} GiB"


def _times(one: Stage, other: Stage) -> str:
    """How often the seconds of the other; and so of core seconds, which a busy machine changes less."""
    cores = ratio_words(one.core_seconds / other.core_seconds)
    return f"{ratio_words(one.seconds / other.seconds)} ({cores} in core seconds)"


def _speed(gigabytes: float, of: Stage) -> str:
    return f"{gigabytes / of.seconds:.2f} GB/s ({gigabytes / of.core_seconds:.2f} a core)"


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recommending_scale", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--customers", type=int, nargs="+", default=list(CUSTOMERS))
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--events-each", type=float, default=EVENTS_EACH, help="events per customer")
    parser.add_argument("--repeat", type=int, default=3, help="the quickest counts; training and fit run once")
    given = parser.parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # an idle thread that spins would count as a core at work
    print(header(machine()))
    for n_customers in given.customers:
        size = Size(n_customers, given.items, round(n_customers * given.events_each))
        found = [one for name in CONTENDERS for one in alone(name, size, given.repeat)]
        print(f"{n_customers:,} customers x {size.n_items:,} products, {size.n_events:,} events\n")
        print(markdown_table(HEAD, list(rows(size, found)), (0, 1)))
        print("\n".join(told(size, found)) + "\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
