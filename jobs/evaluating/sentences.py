"""An evaluation in plain words, including where a simple model is as good and what that rests on.

"Beyond doubt" is said only when the two 95 % intervals of nDCG do not overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.evaluating.questions import NEW_PRODUCTS, NEW_SUBSCRIBERS, OURS, RANDOM, WARM, Part

if TYPE_CHECKING:
    from jobs.evaluating.judge import Judged
    from recsys.satisfaction.calibration import Quality
    from recsys.satisfaction.satisfaction import Satisfaction

FEW = 200
"""Customers below which a part is said to rest on few."""
AS_GOOD = 0.0005
"""A difference in nDCG that is surely smaller than this is none to speak of."""

NOBODY = {
    WARM: "no customer with earlier events took a product she had not had",
    NEW_PRODUCTS: "no product was first taken in that time by customers with earlier events",
    NEW_SUBSCRIBERS: "no customer without earlier events took a known product",
}
SUBJECT = {
    WARM: "For customers with a history",
    NEW_PRODUCTS: "For products nobody had before",
    NEW_SUBSCRIBERS: "For customers without a history",
}


def sentences_of(part: Part, judged: Judged, *, profiles: bool) -> list[str]:
    """What one part says: the recommender's recall, then how it stands to each baseline.

    profiles  the campaign has profile columns to tell new subscribers apart
    """
    n = len(part.customers)
    if n == 0:
        return [f"{SUBJECT[part.name]} there is nothing to judge by: {NOBODY[part.name]}."]
    recall = {model: x for (model, metric), x in judged.figures.items() if metric.startswith("recall")}
    k = next(metric for _, metric in judged.figures if metric.startswith("recall")).split("@")[1]
    found = ", ".join(f"{model} {100 * x.value:.1f}" for model, x in recall.items() if model not in (OURS, RANDOM))
    first = (
        f"{SUBJECT[part.name]} the recommender finds {100 * recall[OURS].value:.1f} of 100 next choices"
        f" in its first {k} ({found}; {people(n)})."
    )
    said = [first]
    said += [_compared(part, judged, model) for model in part.models if model not in (OURS, RANDOM)]
    if part.name == NEW_SUBSCRIBERS and not profiles:
        said.append(
            "The customers table has no profile answers, so new subscribers can only be offered what is popular."
        )
    return said


def people(n: int) -> str:
    """`1 customer`, `2,000 customers`."""
    return f"{n:,} customer{'s' * (n != 1)}"


def _compared(part: Part, judged: Judged, model: str) -> str:
    """How the recommender stands to one baseline, by nDCG."""
    metric = next(metric for _, metric in judged.figures if metric.startswith("nDCG"))
    ours, theirs, ahead = judged.figures[OURS, metric], judged.figures[model, metric], judged.ahead[model]
    figures = f"{metric} {ours.value:.3f} against {theirs.value:.3f}"
    few = f"; only {people(len(part.customers))} to judge by" if len(part.customers) < FEW else ""
    if ours.low > theirs.high:
        return f"  Better than {model}, beyond doubt: {figures}."
    if ahead.low > 0:
        return f"  Better than {model} customer by customer, though the two intervals overlap: {figures}{few}."
    if ahead.high < 0:
        return f"  WORSE than {model}: {figures}{few}."
    if ahead.low == ahead.high == 0:
        return f"  The same as {model}: {figures}{few}."
    if max(abs(ahead.low), abs(ahead.high)) < AS_GOOD:
        return f"  As good as {model}, almost to the last list: {figures}{few}."
    return (
        f"  Not shown to be better than {model}: {figures},"
        f" the difference may be anything from {ahead.low:+.3f} to {ahead.high:+.3f}{few}."
    )


def satisfaction_words(satisfaction: Satisfaction) -> list[str]:
    """How well likes are told, on ratings that were held back: in all, and by what was known of the pair."""
    if not satisfaction.n_opinions:
        return ["No rating tells who liked what she got, so boxes are packed for taste alone."]
    n = satisfaction.n_opinions
    likes = (satisfaction.base_rate * (n + 2) - 1) / n  # the base rate has one like and one dislike added
    told = (
        f"Whether she likes what she gets is told from {n:,} rating{'s' * (n != 1)},"
        f" {abs(100 * likes):.0f} of 100 of them likes;"
    )
    kinds = {"in all": satisfaction.quality, **satisfaction.by_kind}
    judged = [_liking(kind, quality) for kind, quality in kinds.items() if quality.auc == quality.auc]
    if not judged:
        return [f"{told} likes and dislikes are too few to judge how well."]
    return [f"{told} judged on ratings held back:", *judged]


def _liking(kind: str, quality: Quality) -> str:
    """One line: how often a liked product is given a higher chance than a disliked one, and how far chances are off."""
    return (
        f"  {kind}: of a liked and a disliked one, the liked one is told {100 * quality.auc:.1f} of 100 times"
        f" (chance 50); chances are off by {100 * quality.calibration_error:.1f} in 100;"
        f" log loss {quality.log_loss:.3f} against {quality.base_log_loss:.3f} of the average; {quality.n:,} judged"
    )
