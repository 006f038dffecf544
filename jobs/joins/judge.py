"""Which counted joins are refused, and which are worth a line in exceptions.csv: by [limits.joins] of campaign.toml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobs.config.limits import JoinLimit, Joins
from jobs.faults import Fault
from jobs.joins.join import Join
from jobs.joins.words import told
from jobs.words import printable


def worth_telling(join: Join, limits: Joins) -> bool:
    """Should people read of it, though nothing is refused? Spellings that differ, a low share, or none at all."""
    limit = limits.of(join.reference.table, join.reference.column)
    if not join.rows:
        return False
    return join.spelling is not None or not join.matched or (limit is not None and join.share < limit.tell)


def refused(joins: Iterable[Join], limits: Joins) -> Iterator[Fault]:
    """A fault for every join beyond its limits: spelling first, then too few, then fewer than last night."""
    for join in joins:
        limit = limits.of(join.reference.table, join.reference.column)
        wanted = "" if limit is None or not join.rows else _too_far(join, limit, limits.fewest_rows)
        if wanted:
            yield Fault(printable(join.file), None, join.reference.column, told(join, that="that "), wanted)


def _too_far(join: Join, limit: JoinLimit, fewest_rows: int) -> str:
    """What was expected of a join that is beyond its limits; "" = it is within them."""
    name, last = join.reference.name, join.last
    other = f"{join.reference.key} of {printable(join.other_file)}"
    if join.respelled > limit.respelled:
        return f"ids as {other} has them ({_said(name, 'respelled')} allows {percent(limit.respelled)} that differ)"
    if join.share < limit.least:
        return f"at least {percent(limit.least)} of them ({_said(name, 'least')})"
    if last is not None and join.rows >= fewest_rows and join.share < last * (1 - limit.fallen):
        return (
            f"a share like that of the last night: it fell from {percent(last)} to {percent(join.share)}"
            f" ({_said(name, 'fallen')} allows a fall by {percent(limit.fallen)} of itself)"
        )
    return ""


def fallen_words(join: Join) -> str:
    """` (90 % last night)` where the share is lower than it was; ""."""
    low = join.last is not None and join.rows and join.share < join.last - 0.005
    return f" ({percent(join.last)} last night)" if low and join.last is not None else ""


def _said(name: str, key: str) -> str:
    return f"[limits.joins] {name}.{key}"


def percent(share: float) -> str:
    """`95 %`, `0.01 %`."""
    return f"{100 * share:.3g} %"
