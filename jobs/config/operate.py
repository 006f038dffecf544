"""[operate] and [notify] of campaign.toml: where a night leaves what machines read, and who is told how it ended.

What each key means stands in docs/campaign.md; docs/operating.md says what to do with it.
"""

from __future__ import annotations

from pydantic import Field

from jobs.config.base import Name, Names, Part


class Operate(Part):
    """[operate]: the file of metrics, relative to the TOML, and where lineage events go: a file or an http address."""

    metrics: Name | None = Field(default=None, max_length=4096)
    lineage: Name | None = Field(default=None, max_length=4096)


class Notify(Part):
    """[notify]: a command and its arguments, run without a shell when a night has ended, and its time limit."""

    command: Names = ()
    timeout_s: float = Field(default=30.0, gt=0, le=3600)
