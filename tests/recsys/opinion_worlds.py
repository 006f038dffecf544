"""Made-up opinions whose true chances are known: items and customers each add a part, some of it said by columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st
from scipy.special import expit

from recsys.satisfaction.effects import Side, sides
from recsys.satisfaction.ratings import Ratings, newest_opinions
from tests.recsys.worlds import seeds

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class World:
    """Opinions, what is said of both sides, and the truth: log-odds = mean + item + customer."""

    ratings: Ratings
    item_features: sp.csr_matrix
    customer_features: sp.csr_matrix
    mean: float
    item: Array
    customer: Array

    def sides(self) -> tuple[Side, Side]:
        """What effects are fitted on."""
        return sides(self.ratings, self.item_features, self.customer_features)

    def inputs(self) -> tuple[Ratings, sp.csr_matrix, sp.csr_matrix, Array, Array]:
        """What fit_satisfaction takes."""
        n_customers, n_items = len(self.customer), len(self.item)
        said = self.ratings, self.item_features, self.customer_features
        return *said, seeds(n_customers), seeds(n_items, 7_000)

    def truth(self) -> Array:
        """True chances, (n_customers, n_items)."""
        return np.asarray(expit(self.mean + self.customer[:, None] + self.item[None, :]))


def made(
    n_customers: int, n_items: int, n: int, seed: int = 0, item_sd: float = 0.7, customer_sd: float = 0.6
) -> World:
    """Opinions of popular items and busy customers more often; the last tenth of both has none.

    Half of an item's variance is in its kind (one of four columns), a third of a customer's in her answer (of three).
    """
    rng = np.random.default_rng(seed)
    kind, answer = rng.integers(4, size=n_items), rng.integers(3, size=n_customers)
    item = item_sd * np.sqrt(0.5) * (rng.permutation([-1.2, -0.4, 0.4, 1.2])[kind] + rng.normal(size=n_items))
    customer = customer_sd * (
        np.sqrt(0.5) * np.array([-1, 0, 1])[answer] + np.sqrt(0.67) * rng.normal(size=n_customers)
    )
    popular, busy = rng.gamma(1.0, 1.0, n_items), rng.gamma(1.0, 1.0, n_customers)
    popular[n_items - n_items // 10 :] = busy[n_customers - n_customers // 10 :] = 0
    c = rng.choice(n_customers, n, p=busy / busy.sum())
    i = rng.choice(n_items, n, p=popular / popular.sum())
    like = rng.random(n) < expit(1.0 + item[i] + customer[c])
    ratings = newest_opinions(c, i, like.astype(float), rng.random(n) * 300, n_customers, n_items)
    return World(ratings, one_hot(kind, 4), one_hot(answer, 3), 1.0, item, customer)


def one_hot(codes: Array, n_values: int) -> sp.csr_matrix:
    """One column per code."""
    return sp.csr_matrix(
        (np.ones(len(codes), np.float32), (np.arange(len(codes)), codes)), shape=(len(codes), n_values)
    )


def with_opinions(given: Ratings, customers: Array, item: int, like: float) -> Ratings:
    """The same opinions and one more of each of these customers on one item, newer than any other."""
    return newest_opinions(
        np.append(given.customer_idx, customers),
        np.append(given.item_idx, np.full(len(customers), item)),
        np.append(given.like, np.full(len(customers), like)),
        np.append(given.age_days + 1, np.zeros(len(customers))),
        given.n_customers,
        given.n_items,
    )


@st.composite
def tiny_worlds(draw: st.DrawFn) -> World:
    """At most 5 customers, 4 items, 12 opinions, with or without columns."""
    n_customers, n_items = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    pairs = draw(
        st.lists(st.tuples(st.integers(0, n_customers - 1), st.integers(0, n_items - 1)), max_size=12, unique=True)
    )
    likes = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.0]), min_size=len(pairs), max_size=len(pairs)))
    c, i = np.array(pairs, int).reshape(-1, 2).T
    ratings = newest_opinions(c, i, np.array(likes), np.zeros(len(pairs)), n_customers, n_items)
    of_items, of_customers = (
        sp.csr_matrix(
            np.array(draw(st.lists(st.booleans(), min_size=n * width, max_size=n * width)), np.float32).reshape(
                n, width
            )
        )
        for n, width in ((n_items, draw(st.integers(0, 3))), (n_customers, draw(st.integers(0, 2))))
    )
    return World(ratings, of_items, of_customers, 0.0, np.zeros(n_items), np.zeros(n_customers))
