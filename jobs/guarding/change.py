"""One thing that is not as it was last night: what it is called, both nights' figures, and what would be in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.faults import Fault


@dataclass(frozen=True)
class Change:
    """A change beyond its limit.

    name      how it is accepted: `boxwise nightly CAMPAIGN --accept events.rows`
    file      the table's file as its writer knows it
    column    None = the whole table
    found     tonight's figure and last night's, in words
    expected  what the limit allows, and the key of campaign.toml that says so
    health    somebody's health hangs on it: accepted by its own name only, never by that of all it is part of
    """

    name: str
    file: str
    column: str | None
    found: str
    expected: str
    health: bool = False

    @property
    def fault(self) -> Fault:
        """The line that refuses the night."""
        return Fault(self.file, None, self.column, self.found, f"{self.expected}; if it is meant: --accept {self.name}")

    def as_json(self) -> dict[str, str]:
        """What manifest.json tells of a change that was accepted."""
        return {"name": self.name, "found": self.found, "expected": self.expected}

    @property
    def told(self) -> str:
        """The line that says that it was accepted."""
        return f"accepted, {self.name}: {self.found}"

    def accepted_by(self, name: str) -> bool:
        """Whether this name means the change: its own, or that of all it is part of (`events`)."""
        return self.name == name or (not self.health and self.name.startswith(f"{name}."))


def is_accepted(change: Change, accepted: Sequence[str]) -> bool:
    """Whether the change is meant."""
    return any(change.accepted_by(name) for name in accepted)


def percent(share: float) -> str:
    """`25 %`, `0.5 %`."""
    return f"{100 * share:,.3g} %"
