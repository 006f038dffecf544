"""A counted join in one line, and what would put it right."""

from __future__ import annotations

from jobs.joins.join import Join
from jobs.words import printable, shown


def line(join: Join) -> str:
    """`events.csv: 12 of 880 events name a product of this campaign (3 of 24 ids); 800 more would match after ...`."""
    return f"{printable(join.file)}: {told(join)}"


def told(join: Join, *, that: str = "") -> str:
    """The same without the file; with `that`, as a noun: `12 of 880 events that name ...`."""
    reference = join.reference
    counted = f"{join.matched:,} of {join.rows:,} {reference.rows} {that}{reference.names}"
    if reference.counts_ids:
        counted += f" ({join.matched_ids:,} of {join.ids:,} distinct ids)"
    return counted + otherwise(join)


def otherwise(join: Join) -> str:
    """`; 800 more would match after ...`, or what the ids look like; "" where nothing is known of them."""
    found = join.spelling
    if found is None:
        return f"; {join.hint}" if join.hint else ""
    how_many = f"all {found.rows:,}" if found.rows == join.rows else f"{found.rows:,}{' more' if join.matched else ''}"
    pairs = ", ".join(f"{shown(mine)} for {shown(theirs)}" for mine, theirs in found.examples)
    words = f"; {how_many} ({_ids(found.ids)}) would match after {found.how}: {pairs}"
    if found.several > 1:
        other = printable(join.other_file)
        words += (
            f"; {_ids(found.unclear)} could each be one of up to {found.several:,} of {other}: nobody can tell which"
        )
    return words


def _ids(number: int) -> str:
    return f"{number:,} id{'s' * (number != 1)}"


def remedy(join: Join) -> str:
    """What would put a join right; "" where nothing is known to be wrong."""
    other = f"{join.reference.key} of {printable(join.other_file)}"
    if join.spelling is not None:
        again = " out of the shop again, as text" if join.spelling.several > 1 else ""
        return f"write {join.reference.column} as {other} is written" + (f", or export it{again}" if again else "")
    return f"write {join.reference.column} as {other} is written, if they mean the same" if join.hint else ""
