"""[notify] of campaign.toml: a command is run when a night has ended, and finds in its environment how it did.

It is run without a shell, in the campaign's folder, for a limited time. It cannot change how the night ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

from jobs.telling.outcome import Outcome
from jobs.words import printable, shown

MOST_BYTES = 60_000
"""Of the lines so much is told: the system takes no longer text in an environment."""


class NotifyFailed(Exception):
    """The command could not be run, took too long, or ended with another code than 0."""


def notify(outcome: Outcome) -> None:
    """Run the command, if there is one. Raises NotifyFailed."""
    asked = outcome.campaign.notify
    if not asked.command:
        return
    name = shown(asked.command[0])
    try:
        process = subprocess.Popen(
            asked.command, cwd=outcome.campaign.root, env=environment(outcome), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except (OSError, ValueError) as bad:
        raise NotifyFailed(f"command {name} cannot be run: {bad}") from bad
    try:
        said, _ = process.communicate(timeout=asked.timeout_s)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with all that it has started
        process.wait()
        raise NotifyFailed(f"command {name} took longer than {asked.timeout_s:g} s and was ended") from None
    if process.returncode:
        last = said.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise NotifyFailed(f"command {name} ended with {process.returncode}: {printable(last[0])[:500]}")


def environment(outcome: Outcome) -> dict[str, str]:
    """The environment of boxwise itself, and how the night ended; no text holds a zero byte."""
    row, campaign, folder = outcome.row, outcome.campaign, outcome.folder
    told = {
        "BOXWISE_STATUS": row["status"],
        "BOXWISE_EXIT": str(row["exit"]),
        "BOXWISE_RUN_ID": row.get("run_id") or "",
        "BOXWISE_CAMPAIGN": campaign.name,
        "BOXWISE_CAMPAIGN_FILE": str(campaign.path),
        "BOXWISE_RUN": "" if folder is None else str(folder),
        "BOXWISE_REPORT": "" if folder is None else str(folder / "report.html"),
        "BOXWISE_STAGE": row.get("stage") or "",
        "BOXWISE_SECONDS": str(row["seconds"]),
        "BOXWISE_ENDED_UTC": row["ended_utc"],
        "BOXWISE_LINES": "\n".join(map(str, row["lines"])).encode()[:MOST_BYTES].decode(errors="ignore"),
    }
    return {**os.environ, **{name: text.replace("\0", "") for name, text in told.items()}}
