"""How a command ends when it does not publish: exit codes, faults in input, and refusals in one line each.

An expected refusal is a `Refusal`: its lines go to standard error and its code to the shell. Anything else is a bug and
keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command (docs/campaign.md)."""

    PUBLISHED = 0
    BUG = 1
    USAGE = 2
    INPUT_REFUSED = 3
    NO_ACCEPTABLE_PLAN = 4
    CHECK_FAILED = 5
    MODEL_REFUSED = 6
    ANOTHER_NIGHT = 7
    STOPPED = 8
    NO_TIME = 9
    STALE = 10


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input: where, what was found, what is expected.

    file      name of the file as its writer knows it, e.g. "customers.csv", "campaign.toml", "[inputs.events] sql"
    row       1-based line as a person counts it: in a CSV the header is row 1; None = the whole file or column
    column    column name, or the TOML key, e.g. "eligibility[2].product"; None = the whole row
    found     what was found, shortened if long
    expected  what is expected, with the nearest known name where that helps
    """

    file: str
    row: int | None
    column: str | None
    found: str
    expected: str

    def __str__(self) -> str:
        """One line: `customers.csv, row 7, column slots: found "x", expected a whole number`."""
        where = self.file
        if self.row is not None:
            where += f", row {self.row}"
        if self.column is not None:
            where += f", column {self.column}" if not self.file.endswith(".toml") else f", key {self.column}"
        return f"{where}: found {self.found}, expected {self.expected}"


class Refusal(Exception):
    """A night that ends on purpose, with one line per reason and a documented exit code."""

    exit = Exit.BUG

    def __init__(self, lines: Iterable[str] | str) -> None:
        self.lines: tuple[str, ...] = (lines,) if isinstance(lines, str) else tuple(lines)
        super().__init__("\n".join(self.lines))


class UsageRefused(Refusal):
    """The command's own words are off: no such folder, run or customer."""

    exit = Exit.USAGE


class InputRefused(Refusal):
    """The inputs hold faults; carries every one of them."""

    exit = Exit.INPUT_REFUSED

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(str(fault) for fault in self.faults)


class NoAcceptablePlan(Refusal):
    """No plan, or more short boxes than [short] max_share allows."""

    exit = Exit.NO_ACCEPTABLE_PLAN


class CheckFailed(Refusal):
    """A rule, stock figure, file or bound does not hold."""

    exit = Exit.CHECK_FAILED


class ModelRefused(Refusal):
    """The recommender is not fit to publish."""

    exit = Exit.MODEL_REFUSED


class AnotherNight(Refusal):
    """Another night is running on these runs."""

    exit = Exit.ANOTHER_NIGHT


class StoppedOutside(Refusal):
    """Somebody, or the system, told the command to stop."""

    exit = Exit.STOPPED


class NoTimeLeft(Refusal):
    """The deadline of the night cannot be met, or has passed."""

    exit = Exit.NO_TIME


class TooLittleMemory(CheckFailed):
    """The machine, or its limits, give less memory than the command needs."""


class WordsLost(CheckFailed):
    """What the command was asked to say could not be written."""


class DiskRefused(CheckFailed):
    """A disk, or a limit on files, refuses what the command needs of it."""
