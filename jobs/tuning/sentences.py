"""A tuning in plain words: a row per setting tried, what is suggested and why, and how it does on the newest past."""

from __future__ import annotations

from jobs.tuning.settings import Setting
from jobs.tuning.verdict import FEWEST, Compared, Tried, Tuning, Verdict, worse_parts
from recsys.ranking.metrics import Interval

KEYS = ("factors", "regularization", "alpha", "half_life_days")


def table_lines(tuning: Tuning, *, seconds: bool = True) -> list[str]:
    """One row per setting tried, in the order of trying.

    seconds  with what each took; without, the same inputs give the same lines
    """
    heads = [*KEYS, "nDCG@20", "gain [95 % interval]", *(["seconds"] if seconds else []), ""]
    rows = [heads, *(_row(one, tuning, seconds) for one in tuning.tried)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(one: Tried, tuning: Tuning, seconds: bool) -> list[str]:
    is_present = one.setting == tuning.present
    gain = "" if is_present else interval(one.gain)
    took = [f"{one.seconds:.1f}"] if seconds else []
    return [*(number(getattr(one.setting, key)) for key in KEYS), f"{one.ndcg:.4f}", gain, *took, _said(one, tuning)]


def _said(one: Tried, tuning: Tuning) -> str:
    """What a row means."""
    if one.setting == tuning.present:
        said = "the campaign's own setting"
        return said if tuning.best != one.setting else f"{said}; nothing tried is better"
    gain = one.gain
    if gain.low > 0:
        said = "better, more than chance explains"
    elif gain.high < 0:
        said = "worse, more than chance explains"
    elif gain.low == gain.high == 0:
        said = "the same"
    else:
        said = "no more than chance explains"
    if one.setting == Setting.as_shipped():
        said = f"what a new shop has; {said}"
    return f"{said} <- best found" if one.setting == tuning.best else said


def sentences(tuning: Tuning) -> list[str]:
    """What was looked at, what is suggested, and the look at the reported window."""
    said = [
        f"Tried on what customers did from {tuning.since} to {tuning.until}, trained on everything before:"
        f" {len(tuning.tried)} settings, {tuning.n_answers:,} answers of {tuning.n_customers:,} customers.",
    ]
    if tuning.confirmed is not None:
        said.append(f"The best found and the present one on what came next, {tuning.confirmed.window}:")
        said += compared_lines(tuning.confirmed)
    said.append(conclusion(tuning))
    if tuning.reported is not None:
        said.append(
            f"On the window that `boxwise evaluate` reports, {tuning.reported.window}, which the search has not seen:"
        )
        said += [*compared_lines(tuning.reported), holds(tuning.reported)]
    return said


def conclusion(tuning: Tuning) -> str:
    """One sentence: take over what, or keep what there is, and why."""
    found = changed(tuning)
    if tuning.verdict is Verdict.BETTER:
        longer = "; training takes longer with more factors" if tuning.best.factors > tuning.present.factors else ""
        return f"Suggested: {found}{longer}."
    keep = "Keep the setting as it is"
    if tuning.verdict is Verdict.NOTHING_FOUND:
        return f"{keep}: none of the {len(tuning.tried) - 1} others tried is better."
    assert tuning.confirmed is not None
    if tuning.verdict is Verdict.NOT_CONFIRMED:
        if tuning.confirmed.n_customers < FEWEST:
            return f"{keep}: {found} was the best found, but too few customers are left to confirm it."
        return f"{keep}: {found} was the best found, but the next window does not confirm it beyond chance."
    if tuning.verdict is Verdict.WORSE_FOR_SOME:
        worse = " and ".join(worse_parts(tuning.confirmed))
        return f"{keep}: {found} is better on the whole, but surely worse for {worse}."
    return f"{keep}: {found} was better on two windows, but on the newest one it is surely worse."


def holds(reported: Compared) -> str:
    """Whether the gain is seen on the reported window too."""
    gain = reported.gain
    if gain.low > 0:
        return "It holds there, too, beyond the 95 % interval."
    if gain.high < 0:
        return "It does not hold there."
    return "There it is neither surely better nor surely worse."


def changed(tuning: Tuning) -> str:
    """`alpha 60 instead of 20, factors 128 instead of 64`."""
    changes = tuning.best.changes(tuning.present)
    return ", ".join(f"{key} {number(then)} instead of {number(now)}" for key, (now, then) in changes.items())


def compared_lines(compared: Compared) -> list[str]:
    """A line for all answers together, and one per question."""
    return [
        f"  {row.name} ({row.n:,}): nDCG@20 {row.now:.4f} as it is, {row.then:.4f} with the best found,"
        f" gain {interval(row.gain)}"
        for row in compared.rows
    ]


def number(value: float) -> str:
    """`1,000,000`, `64`, `6.7`."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:g}"


def interval(gain: Interval) -> str:
    """`+0.0018 [+0.0011, +0.0026]`."""
    return f"{gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
