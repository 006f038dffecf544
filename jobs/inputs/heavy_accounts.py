"""What is told of events: which customers have more of them than count, and which kinds take back what was bought.

Counted on the codes of the ids, without a look at any single row; what exactly counts, training decides by the same
limits (recsys/base/one_customer.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.config.campaign import Campaign, Signal
from jobs.config.kinds import takes_back
from jobs.inputs.table_types import TypedTable
from jobs.reading.collect import Collected
from jobs.words import listed, shown

Codes = npt.NDArray[np.int64]
MANY = 1_000_000
"""Of more events, the few that may be too many are found by a hash and sorted alone. Compiled code does that; fewer are
sorted all, in less time than it takes to load what compiles."""


def say_heavy(events: TypedTable, kept: pa.Table, campaign: Campaign, collected: Collected) -> None:
    """The notes on customers whose events do not all count, and on events that take back.

    kept  the rows that are used
    """
    if {"customer_id", "product_id", "kind"} & events.bad or not kept.num_rows:
        return
    customer, customer_ids = _codes(kept, "customer_id")
    product, product_ids = _codes(kept, "product_id")
    kind, kinds = _codes(kept, "kind")
    likes = np.array([_counts(campaign.signals.get(name)) for name in kinds] + [False])
    if not likes[np.flatnonzero(np.bincount(kind, minlength=1))].all():
        rows = np.flatnonzero(likes[kind])
        customer, product = customer[rows], product[rows]
    limits, n = campaign.limits, max(len(product_ids), 1)
    pair = customer.astype(np.int64)
    pair *= n
    pair += product
    if len(pair) > MANY:
        from recsys.base.often import may_be_over

        pair = pair[may_be_over(pair, limits.per_product)]
    heavy, times = np.unique(pair, return_counts=True)
    over = np.maximum(times - limits.per_product, 0)
    words = f"with one product: at most {limits.per_product:,} count"
    _say(events.raw.file, heavy // n, over, customer_ids, words, collected)
    each = np.bincount(customer, minlength=len(customer_ids)) - np.bincount(heavy // n, over, len(customer_ids))
    many = np.flatnonzero(each > limits.per_customer)
    over = (each[many] - limits.per_customer).astype(np.int64)
    _say(events.raw.file, many, over, customer_ids, f"in all: the newest {limits.per_customer:,} count", collected)


def _say(file: str, who: Codes, over: Codes, ids: list[str], words: str, collected: Collected) -> None:
    """One note: how many customers have more events than count, how many events that are, whose are the most."""
    per = np.bincount(who, over, len(ids)).astype(np.int64) if len(who) else np.zeros(1, np.int64)
    n_customers, n_events, top = int((per > 0).sum()), int(per.sum()), int(np.argmax(per))
    if n_customers:
        has = "customer has" if n_customers == 1 else "customers have"
        most = f"most of them {shown(ids[top])}, {per[top]:,}" if n_customers > 1 else shown(ids[top])
        what = "event counts" if n_events == 1 else "events count"
        collected.note(file, n_customers, None, f"{has} more events {words}; {n_events:,} {what} for nothing ({most})")


def most_at_once(customer: npt.NDArray[np.integer], distance: npt.NDArray[np.floating], times: int) -> float:
    """The farthest from its centre that a value of one kind counts: so many times what is usual among customers.

    customer  (n,) who gave each value; distance: from the centre, >= 0

    Usual is the median of every customer's farthest, so that one account has one voice here, too.
    """
    farthest = np.zeros(int(customer.max(initial=-1)) + 1)
    np.maximum.at(farthest, customer, distance)
    farthest = farthest[farthest > 0]
    return times * float(np.median(farthest)) if len(farthest) else 0.0


def say_far(events: TypedTable, kept: pa.Table, campaign: Campaign, collected: Collected) -> None:
    """The note on values that lie so far from their centre that they do not count in full, one per kind."""
    centred = {name: one for name, one in campaign.signals.items() if one.centre is not None and one.weight != 0}
    if {"customer_id", "kind", "value"} & events.bad or not kept.num_rows or not centred:
        return
    kind, kinds = _codes(kept, "kind")
    customer, _ = _codes(kept, "customer_id")
    value = kept.column("value").to_numpy()
    for name in (name for name in kinds if name in centred):
        rows = np.flatnonzero(kind == kinds.index(name))
        distance = np.abs(np.nan_to_num(value[rows] - float(centred[name].centre or 0)))
        most = most_at_once(customer[rows], distance, campaign.limits.per_product)
        words = (
            f"of {shown(name)} more than {most:,.6g} from its centre, {campaign.limits.per_product} times what is usual"
        )
        n = int((distance > most).sum())
        collected.note(events.raw.file, n, None, f"{'values' if n != 1 else 'value'} {words}: counted as that")


def _counts(signal: Signal | None) -> bool:
    """Whether events of a kind may add something."""
    return signal is not None and (signal.weight > 0 or (signal.weight != 0 and signal.centre is not None))


def _codes(table: pa.Table, name: str) -> tuple[npt.NDArray[np.integer], list[str]]:
    encoded: Any = table.column(name).combine_chunks()
    return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()


def say_taken_back(events: TypedTable, kept: pa.Table, campaign: Campaign, collected: Collected) -> None:
    """The note on events of kinds that take back."""
    kinds = [name for name, signal in campaign.signals.items() if takes_back(name, signal)]
    if "kind" in events.bad or not kept.num_rows or not kinds:
        return
    kind, names = _codes(kept, "kind")
    count = np.bincount(kind, minlength=len(names))
    found = [name for name in kinds if name in names and count[names.index(name)]]
    n = sum(int(count[names.index(name)]) for name in found)
    words = f"{'events take' if n != 1 else 'event takes'} back what the customer bought before ({listed(found)})"
    collected.note(events.raw.file, n, None, words)
