"""A round: price table in, usage table and worth out, boxes on request. The one door between prices and customers.

`Oracle` is what the rest of the solver sees; optimizer/oracle/threaded.py answers with this machine's threads, and a
cluster's workers, each with a share of the customers, would answer the same questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from optimizer.effort import Effort
from optimizer.oracle.box_rules import Rules
from optimizer.oracle.coupling import Coupling
from optimizer.oracle.runner import Runner
from optimizer.problem import Bool, BoxProblem, Int32, Int64


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

    Customers are numbered 0..n_customers-1 in an order of their own, see optimizer/oracle/order.py. Every answer but
    `all_pairs` is from shortlists of good items; `complete` = these hold every pair, so that every answer is exact.

    Raises Late when the deadline passes in the middle of an answer.
    """

    problem: BoxProblem
    coupling: Coupling
    rules: Rules
    order: Int32  # (N,) the problem's position of each customer here
    sizes: Int32  # (N,) slots
    locked: Int32  # (N, K) items that a box must hold, -1 = none
    unit: int
    alike: float  # share of customers who have an exact double before them
    effort: Effort
    runner: Runner

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

    def least_losses(self, table: Int64) -> Int64 | None:
        """int64 (n_customers,): by how much, at least, any other box is worse than everyone's best; 0 = not known.

        None where nothing is known at these prices.
        """
        ...

    def gains(self, customers: Int32, boxes: Int32) -> Int64:
        """int64 (n,) micro-points of one box per customer named: utility, less the penalty of missing slots."""
        ...

    def best_first(self, boxes: Int32) -> Int32:
        """Everyone's box with its items by utility falling, then position rising; missing slots last."""
        ...

    def admit(self, boxes: Int32) -> None:
        """See that every item of these boxes, one per customer, is on its shortlist."""
        ...

    def sample(self, n: int) -> Oracle:
        """Rounds over the first n customers; the coupling rows stay those of everyone."""
        ...


EVERYTHING = 2**60
"""A slack that keeps every box."""
