"""Every command of `boxwise`, by name."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from jobs.cli.main import app


def commands() -> dict[str, Any]:
    """Name -> command."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return dict(group.commands)
