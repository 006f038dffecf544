"""One night's finished stages: what is there is handed out, what is not is made and kept.

Keeping never ends a night: where the disk refuses, or what is there cannot be trusted, a line says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from jobs.config.campaign import Campaign
from jobs.resuming.contents import code_digest, json_digest
from jobs.resuming.known import KNOWN
from jobs.resuming.store import NotKeptError, Store

T = TypeVar("T")


class Stages(Protocol):
    """Who tells the operator: `jobs.progress.Stages`."""

    def line(self, text: str) -> None: ...
    def reuse(self) -> None: ...


class Kept:
    """The finished stages of a folder of runs, for one night.

    fresh  make everything anew; it is kept all the same

    Call it inside `night_lock`.
    """

    def __init__(self, runs: Path, campaign: Campaign, stages: Stages, *, fresh: bool = False) -> None:
        self._store = Store(runs, KNOWN)
        self._campaign, self._stages, self._fresh = campaign, stages, fresh
        self.size, self.seconds = 0, 0.0

    @property
    def took(self) -> dict[str, float]:
        """What keeping took tonight, for the manifest."""
        return {"mib": round(self.size / 2**20, 1), "seconds": round(self.seconds, 3)}

    def has(self, stage: str, depends_on: Sequence[str]) -> bool:
        """Whether something is kept of the stage and these inputs; it may turn out that it cannot be used."""
        return not self._fresh and self._store.has(stage, _key(stage, depends_on))

    def or_made(
        self,
        stage: str,
        kind: type[T],
        depends_on: Sequence[str],
        make: Callable[[], T],
        *,
        worth: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """What the stage made of these very inputs, tonight or before; else it is made now, and kept.

        kind        what it makes: anything else that is found is not used
        depends_on  digests of everything that it is made of, beside the code
        worth       whether it is to be kept
        """
        key = _key(stage, depends_on)
        if not self._fresh:
            try:
                found = self._store.read(stage, key, self._campaign)
                if isinstance(found, kind):
                    self._stages.reuse()
                    return found
            except KeyError:
                pass
            except NotKeptError as bad:
                self._stages.line(f"What was kept of the stage {stage} is not used, and made anew: {bad}")
        made = make()
        if worth(made):
            self._keep(stage, key, made)
        return made

    def _keep(self, stage: str, key: str, made: object) -> None:
        started = time.perf_counter()
        try:
            self.size += self._store.write(stage, key, made)
        except OSError as bad:
            why = bad.strerror or str(bad)
            self._stages.line(f"The stage {stage} could not be kept, and is done again by whoever needs it: {why}")
        self.seconds += time.perf_counter() - started


def _key(stage: str, depends_on: Sequence[str]) -> str:
    return json_digest([stage, code_digest(), *depends_on])
