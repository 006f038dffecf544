"""What an evaluation is doing, and how far it is: its steps in order, each with its share of the work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.learning.train import Progress

SHARES = {"weights": 4, "fit": 2, "train": 5, "judge": 1, "fit again": 1}
"""The steps of an evaluation and about how much of the work each is; only the bar depends on it, no figure."""
LATER_SHARES = {step: share for step, share in SHARES.items() if step not in ("weights", "fit")}
"""The same where the weights to judge by are known from the night before."""

TOTAL = 1_000


@dataclass(frozen=True)
class Steps:
    """Tells a progress how far the whole is while one step after the other works.

    progress  called as progress(text, done, total), done and total for the whole; None = nobody looks
    shares    the steps in order, with their shares of the work
    """

    progress: Progress | None
    shares: Mapping[str, float]

    def of(self, step: str, doing: str) -> Progress | None:
        """A progress for one step: it says `doing` before what the step itself says, and moves through its share."""
        if self.progress is None:
            return None
        names, whole = list(self.shares), sum(self.shares.values())
        before = sum(self.shares[name] for name in names[: names.index(step)])
        progress, own = self.progress, self.shares[step]

        at = 0.0

        def told(text: str = "", done: int | None = None, total: int | None = None) -> None:
            nonlocal at  # words without a figure leave the bar where it is
            at = done / total if done is not None and total else at
            progress(f"{doing}: {text}" if text else doing, round(TOTAL * (before + own * at) / whole), TOTAL)

        told()
        return told
