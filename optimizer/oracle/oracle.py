"""A round: price table in, usage table and worth out, boxes on request. The one door between prices and customers.

`Oracle` is what the rest of the solver sees; optimizer/oracle/threaded.py answers with this machine's threads, and a
cluster's workers, each with a share of the customers, would answer the same questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from optimizer.oracle.box_rules import Rules
from optimizer.oracle.coupling import Coupling
from optimizer.problem import Bool, Int32, Int64


class Late(Exception):
    """The deadline has passed in the middle of a round."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What one round says.

    worth   int, sum over customers of their best legal box at unit * utility - price; None = some customer has none
    usage   int64 (n_segments, n_items)  units in those boxes
    boxes   int32 (n_customers, width), in the order found, -1 = missing; None unless asked for
    """

    worth: int | None
    usage: Int64
    boxes: Int32 | None = None


@dataclass(frozen=True, eq=False)
class Choices:
    """Several good boxes per customer of a list: customer, box and reduced worth, customer by customer, best first.

    customer  int32 (n,); box int32 (n, width); worth int64 (n,) in 1/unit micro-points
    """

    customer: Int32
    box: Int32
    worth: Int64


@dataclass(frozen=True, eq=False)
class Reach:
    """What boxes may hold while a plan is mended.

    free  bool (n_segments, n_items)  items that may come into a box
    stay  bool (n_segments, n_items)  items that may stay in the box
    own   int32 (n_customers, width)  everyone's present box
    """

    free: Bool
    stay: Bool
    own: Int32


class Oracle(Protocol):
    """Who can answer a round. All answers are independent of threads and of how customers are dealt out.

    Customers are numbered 0..n_customers-1 in an order of their own, see optimizer/oracle/shortlists.py. Every answer
    but `all_pairs` is from shortlists of good items; `complete` = these hold every pair, so that every answer is exact.

    Raises Late when the deadline passes in the middle of an answer.
    """

    coupling: Coupling
    rules: Rules
    sizes: Int32
    unit: int
    alike: float  # share of customers who have an exact double before them

    @property
    def complete(self) -> bool:
        """True when shortlists hold every pair."""
        ...

    @property
    def n_customers(self) -> int:
        """How many customers are asked."""
        ...

    def run(self, table: Int64, *, boxes: bool = False, jitter: int = 0) -> Answer:
        """The best legal box of every customer at these prices.

        jitter   tell customers who are alike apart, by up to so much per item, in 1/unit micro-points
        """
        ...

    def all_pairs(self, table: Int64) -> Answer:
        """The same over all pairs, with boxes; a shortlist that lacks an item of the best box gets it."""
        ...

    def choices(
        self, table: Int64, customers: Int32, keep: int, slack: int, reach: Reach | None = None, *, jitter: int = 0
    ) -> Choices:
        """Up to `keep` best boxes, within `slack` of the best, of the customers named; `reach` says out of what."""
        ...

    def gains(self, customers: Int32, boxes: Int32) -> Int64:
        """int64 (n,) micro-points of one box per customer named: utility, less the penalty of missing slots."""
        ...

    def sample(self, n: int) -> Oracle:
        """Rounds over the first n customers; the coupling rows stay those of everyone."""
        ...


EVERYTHING = 2**60
"""A slack that keeps every box."""
