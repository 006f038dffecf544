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
    """

    name: str
    file: str
    column: str | None
    found: str
    expected: str

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


def is_accepted(name: str, accepted: Sequence[str]) -> bool:
    """Whether a change of this name is meant: by its own name, or by that of all it is part of (`events`)."""
    return any(name == one or name.startswith(f"{one}.") for one in accepted)
