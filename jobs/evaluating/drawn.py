"""Which customers an evaluation looks at: all of them, or a part where more would change no figure beyond its interval.

Drawn by hash of their ids, in the order in which customers are drawn to be judged: a smaller part lies in a larger one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jobs.learning.seeds import id_seeds
from recsys.base.seeds import keyed

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables

PER_PRODUCT = 10_000
"""Events per product, on average, that a part must hold: what goes with a product is well known by then."""
FEWEST = 1_000
"""So many customers are looked at in whatever hurry."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """The tables with the customers that are looked at, and their events.

    n_customers  how many they are; of = how many there are in customers and events together
    share        part of those who would be looked at, had the night more time
    """

    tables: Tables
    n_customers: int
    of: int
    share: float = 1.0

    @property
    def words(self) -> str:
        """` This looks at 100,000 of the 300,000 customers, drawn by their ids.`; "" where all are looked at."""
        if self.n_customers == self.of:
            return ""
        why = "" if self.share == 1 else " There was no time for more."
        return f" This looks at {self.n_customers:,} of the {self.of:,} customers, drawn by their ids.{why}"


def drawn(campaign: Campaign, tables: Tables, share: float = 1.0) -> Drawn:
    """Draw [limits] evaluated customers, or more: as many as it takes to have PER_PRODUCT events per product.

    share  only such a part of them, but FEWEST at least: a night that has a deadline may have no time for more
    """
    events, customers = tables.events, tables.customers
    both = pd.concat((events["customer_id"], customers["customer_id"]), ignore_index=True)
    code, ids = pd.factorize(both)
    of_event, of_customer = code[: len(events)], code[len(events) :]
    counting = np.minimum(np.bincount(of_event, minlength=len(ids)), campaign.limits.per_customer)
    wanted = PER_PRODUCT * int(events["product_id"].nunique())
    everyone = len(ids) <= campaign.limits.evaluated or int(counting.sum()) <= wanted
    if everyone and (share == 1 or len(ids) <= FEWEST):
        return Drawn(tables, len(ids), len(ids))
    hashed = keyed(id_seeds(ids, f"customers/{campaign.seed}"), campaign.seed + 1)
    order = np.lexsort((ids, hashed))
    enough = 1 + int(np.searchsorted(np.cumsum(counting[order]), wanted))
    usual = len(ids) if everyone else max(enough, campaign.limits.evaluated)
    use = np.zeros(len(ids), bool)
    use[order[: max(int(share * usual), min(FEWEST, usual))]] = True
    part = replace(
        tables,
        customers=customers[use[of_customer]].reset_index(drop=True),
        events=events[use[of_event]].reset_index(drop=True),
    )
    return Drawn(part, int(use.sum()), len(ids), share)
