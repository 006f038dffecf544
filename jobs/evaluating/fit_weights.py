"""How much each part of a score counts, fitted on the campaign's own past: one set of weights for boxes, one for lists.

A model trained up to a day is asked about what customers did after it; the weights that answer best are used tonight.
How the search goes, and when the past says too little, is told in recsys/scoring/fit_weights.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from jobs.learning.weights import AS_SHIPPED, BoxAndListWeights
from recsys.scoring.blend import OF_COLD, OF_NEW, PERSONAL, Floats, PartWeights
from recsys.scoring.fit_weights import Fit, Question, fit_part_weights
from recsys.scoring.model import GRID, Columns, Model

if TYPE_CHECKING:
    from jobs.evaluating.questions import Part
    from jobs.learning.train import Progress

MOST_CELLS = 8_000_000
"""Customers times products looked at per fit; customers beyond that are left out, the order being by hash already."""

MOST_ITEMS = 4_000

CASES = {"warm customers": "known", "new products": "new", "new subscribers": "cold"}
"""Question of the evaluation to the weights that it fits."""

NAMES = {
    "affinity": "taste (factors)",
    "preferences": "leanings",
    "attributes": "attributes in common",
    "neighbours": "chosen by the same customers",
    "sequence": "chosen next",
    "ease": "all past choices together",
    "popularity": "popularity",
}
"""What a part is called in evaluation.json and on the screen; published names, so they stay."""


def fit_weights(
    model: Model,
    parts: Sequence[Part],
    since: date,
    until: date,
    progress: Progress | None = None,
    last: BoxAndListWeights | None = None,
) -> BoxAndListWeights:
    """Fit both sets to the three questions of an evaluation, asked of a model that knows nothing of the answers.

    last  weights of the last night, where the search begins; None = it begins with those of a new shop
    """
    begin = AS_SHIPPED if last is None else last
    found = {"packing": begin.packing, "lists": begin.lists}
    fits: list[tuple[str, str, Fit]] = []
    for done, part in enumerate(parts):
        case = CASES[part.name]
        if not len(part.customers):
            continue
        if progress is not None:
            progress(part.name, done, len(parts))
        question = _question(model, part)
        for name, weights in found.items():
            asked = question.turned() if name == "packing" else question
            start = getattr(weights, case)
            movable = np.array([has(part_name, case) for part_name in PERSONAL] + [name == "lists"])
            first = np.array(start.all, np.float32)
            fitted = start != getattr(getattr(AS_SHIPPED, name), case)  # too few rows leave them as they were
            fit = fit_part_weights(asked, first, movable, by_place=name == "lists", fitted=fitted)
            fits.append((name, case, fit))
            found[name] = replace(weights, **{case: PartWeights(*(float(weight) for weight in fit.weights))})
    return BoxAndListWeights(found["packing"], found["lists"], tuple(fits), since, until)


def has(part: str, case: str) -> bool:
    """Whether a personal part exists in a case at all."""
    return part in {"known": PERSONAL, "new": OF_NEW, "cold": OF_COLD}[case]


def _question(model: Model, part: Part) -> Question:
    """The standardised parts of some customers and items of a question, dense."""
    taken = np.flatnonzero(np.bincount(part.truth.indices, minlength=len(part.items)))
    items = np.arange(len(part.items))
    if len(items) > MOST_ITEMS:
        rest = np.setdiff1d(items, taken)
        items = np.sort(np.concatenate((taken, rest[: max(0, MOST_ITEMS - len(taken))])))
    n = max(1, min(len(part.customers), MOST_CELLS // max(1, len(items))))
    rows = np.sort(np.linspace(0, len(part.customers) - 1, n).astype(np.int64))
    columns = Columns.of(model, part.items[items])
    parts: Floats = np.zeros((len(PERSONAL) + 1, n, len(items)), np.float32)
    for lo in range(0, n, GRID):
        customers = part.customers[rows[lo : lo + GRID]]
        for number in range(len(PERSONAL)):
            parts[number, lo : lo + GRID] = model.standard(number, customers, columns)
    parts[-1] = columns.popularity
    allowed = part.seen[rows][:, items].toarray() == 0
    return Question(parts, allowed, part.truth[rows][:, items])


def weight_lines(weights: BoxAndListWeights) -> list[str]:
    """The weights in words: a line for boxes and one for lists in each case."""
    if not any(fit.n_rows for _, _, fit in weights.fits):
        return ["The parts of a score weigh what they do in a new shop: there is too little past to fit them to."]
    fitted = {(name, case) for name, case, fit in weights.fits if fit.n_rows}
    lines = [
        f"How much each part of a score counts, fitted to what customers did from {weights.since} to {weights.until}:"
    ]
    for name, told_as, of_parts in (("packing", "boxes", weights.packing), ("lists", "lists", weights.lists)):
        for case, who in (("known", "known products"), ("new", "new products"), ("cold", "new subscribers")):
            by_part = dict(zip((*PERSONAL, "popularity"), getattr(of_parts, case).all, strict=True))
            total = sum(by_part.values()) or 1.0
            told = sorted(((100 * weight / total, part) for part, weight in by_part.items()), reverse=True)
            said = ", ".join(f"{NAMES[part]} {share:.0f} %" for share, part in told if share >= 0.5)
            kept = "" if (name, case) in fitted else " (as in a new shop: too little past to fit)"
            lines.append(f"  {told_as}, {who}: {said}{kept}")
    return lines
