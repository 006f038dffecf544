"""One window of the past as tuning asks about it: the same customers and products for every setting, so that answers
differ by the setting alone and can be compared customer by customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from jobs.evaluating.evaluate import MAX_CUSTOMERS
from jobs.evaluating.judge import ranked
from jobs.evaluating.questions import Part, list_scores, parts
from jobs.evaluating.window import Window
from jobs.learning.recommender import Recommender
from recsys.ranking.metrics import Bootstrap, Interval, hits, ndcg
from recsys.scoring.model import Columns

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign

Floats = npt.NDArray[np.float64]
Answers = dict[str, Floats]
"""Question -> nDCG of each customer who is asked it, float64 (n,), 0..1."""


@dataclass(frozen=True)
class Row:
    """`n` answers to a question, or to all together: mean nDCG with the present setting and with another, the gain."""

    name: str
    n: int
    now: float
    then: float
    gain: Interval


@dataclass(frozen=True, eq=False)
class Asked:
    """A window and its questions, as the present setting's recommender puts them.

    parts  the questions that anybody can be asked
    """

    window: Window
    parts: tuple[Part, ...]
    seed: int

    @classmethod
    def of(cls, campaign: Campaign, window: Window, recommender: Recommender, most: int = MAX_CUSTOMERS) -> Asked:
        """The questions of `boxwise evaluate` about this window.

        most  customers per question at most
        """
        asked = parts(recommender, window.later, campaign.seed, most)
        return cls(window, tuple(part for part in asked if len(part.customers)), campaign.seed)

    @property
    def n_answers(self) -> int:
        """Answers of all customers to all questions."""
        return sum(len(part.customers) for part in self.parts)

    @cached_property
    def customers(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Distinct customers asked, and the place among them of who gives each answer, the questions one after another.

        A customer who is asked two questions is still one customer: her answers are drawn together.
        """
        everyone = [np.asarray(part.customers, np.int64) for part in self.parts]
        distinct, place = np.unique(np.concatenate([np.zeros(0, np.int64), *everyone]), return_inverse=True)
        return distinct, place

    @cached_property
    def bootstrap(self) -> Bootstrap:
        """Draws of customers, the same for every setting."""
        return Bootstrap.of(len(self.customers[0]), self.seed)

    def answers(self, recommender: Recommender) -> Answers:
        """How well a recommender's lists do: nDCG of every customer, question by question."""
        found = {}
        for part in self.parts:
            idx = ranked(part, list_scores(recommender, Columns.of(recommender.model, part.items)))
            found[part.name] = ndcg(hits(idx, part.truth), np.diff(part.truth.indptr))
        return found

    def gain(self, new: Answers, old: Answers) -> Interval:
        """How much better `new` is than `old`, each answer counting once, with a 95 % bootstrap interval."""
        of_customer = self.by_customer(new, old)
        return self.bootstrap.mean(of_customer) if len(of_customer) else Interval(0.0, 0.0, 0.0)

    def rows(self, new: Answers, old: Answers) -> tuple[Row, ...]:
        """All answers together, then each question on its own, customers in pairs."""
        said = [Row("all answers", self.n_answers, mean(old), mean(new), self.gain(new, old))]
        for name, before in old.items():
            gain = Bootstrap.of(len(before), self.seed).mean(new[name] - before)
            said.append(Row(name, len(before), float(before.mean()), float(new[name].mean()), gain))
        return tuple(said)

    def by_customer(self, new: Answers, old: Answers) -> Floats:
        """Differences of each customer, float64 (n_customers,), scaled so that their mean is the mean over answers."""
        distinct, place = self.customers
        differences = np.concatenate([np.zeros(0), *(new[name] - old[name] for name in new)])
        sums = np.bincount(place, weights=differences, minlength=len(distinct))
        return np.asarray(sums * (len(distinct) / max(1, self.n_answers)), np.float64)

    def worth_a_step(self, new: Answers, old: Answers) -> bool:
        """Whether the mean gain is above its own standard error: less is a step on nothing but luck."""
        gain = self.by_customer(new, old)
        return bool(len(gain)) and float(gain.mean()) > float(gain.std()) / np.sqrt(len(gain))


def mean(answers: Answers) -> float:
    """Mean nDCG over all answers of all questions; 0 without any."""
    given = np.concatenate([np.zeros(0), *answers.values()])
    return float(given.mean()) if len(given) else 0.0
