"""How a command answers: its lines for people, or with --json one object for programs, also where it is refused.

The object's shape is in `jobs.answers.schemas`; lines of a refusal go to standard error as ever, whoever asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jobs.ending import refusal_of
from jobs.faults import Exit, InputRefused, Refusal
from jobs.stopping import Stopped
from jobs.streams import mention, tell

Content = Mapping[str, Any]
Say = Callable[[Iterable[str]], None]


@dataclass(frozen=True)
class Answer:
    """What a command has found out: in lines, and as JSON values."""

    lines: tuple[str, ...]
    content: Content


@dataclass
class Reply:
    """The answer that is on its way; a command calls `give` once.

    exit  what the command will end with
    """

    exit: int = Exit.PUBLISHED
    lines: list[str] = field(default_factory=list)
    content: Content | None = None

    def give(self, lines: Iterable[str], content: Content, exit: int = Exit.PUBLISHED) -> None:
        """The answer."""
        self.lines, self.content, self.exit = list(lines), content, exit


@contextmanager
def replying(command: str, as_json: bool, *, deed: bool = False) -> Iterator[Reply]:
    """Answer as a command should: the lines as they are, or all of it as one JSON object.

    deed  the command has done something, and has done it where nobody can read the answer
    """
    say, reply = mention if deed else tell, Reply()
    try:
        yield reply
    except (Exception, Stopped) as bad:
        refusal = refusal_of(bad)
        if as_json and refusal is not None:
            say([as_text(refused(command, refusal))])
        raise
    say([as_text(answered(command, reply))] if as_json else reply.lines)


def answered(command: str, reply: Reply) -> dict[str, Any]:
    """The object that tells an answer."""
    return {
        "command": command,
        "exit": int(reply.exit),
        "lines": reply.lines,
        "faults": [],
        "answer": None if reply.content is None else dict(reply.content),
    }


def refused(command: str, refusal: Refusal) -> dict[str, Any]:
    """The object that tells a refusal."""
    faults = [vars(fault) for fault in refusal.faults] if isinstance(refusal, InputRefused) else []
    return {
        "command": command,
        "exit": int(refusal.exit),
        "lines": list(refusal.lines),
        "faults": faults,
        "answer": None,
    }


def as_text(told: Mapping[str, Any]) -> str:
    """JSON on one line, in letters that every terminal has."""
    return json.dumps(told, allow_nan=False)
