"""The night as a Metaflow flow: python boxwise_flow.py run --campaign /srv/shop/campaign

Every step only calls the command. Its exit code says whether Metaflow may try again by itself; what is refused ends the
flow without another try.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from metaflow import FlowSpec, Parameter, retry, step

BIN = Path(os.environ.get("BOXWISE_BIN", "/srv/shop/.venv/bin"))
AGAIN = (7, 8)
"""Another night is running, stopped from outside: may be tried again by itself. 3, 4, 5 and 6 need a person."""


def call(command: str) -> int:
    """Run a boxwise command; its exit code. Its lines are the step's log.

    Raises RuntimeError, which @retry answers, where it may be tried again.
    """
    program, *words = shlex.split(command)
    code = subprocess.run([BIN / program, *words], check=False).returncode
    if code in AGAIN:
        raise RuntimeError(f"{command}: exit {code}, may be tried again")
    return code


class BoxwiseFlow(FlowSpec):
    """Check the tables, then run the night."""

    campaign = Parameter("campaign", help="the campaign's folder", default="/srv/shop/campaign")

    @step
    def start(self):
        self.code = call(f"boxwise check {shlex.quote(self.campaign)}")
        self.next(self.night)

    @retry(times=3, minutes_between_retries=20)
    @step
    def night(self):
        if self.code == 0:
            self.code = call(f"boxwise nightly {shlex.quote(self.campaign)}")
        self.next(self.end)

    @step
    def end(self):
        if self.code != 0:
            raise SystemExit(f"exit {self.code}: a person is needed; what it means stands in docs/operating.md")


if __name__ == "__main__":
    BoxwiseFlow()
