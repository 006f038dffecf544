"""The project's habits hold each other: hooks run what lint runs, versions have dates, files named for people exist."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
if not (ROOT / "Makefile").is_file():
    pytest.skip("the habits belong to the repository, not to the wheel", allow_module_level=True)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def recipe(target: str) -> list[str]:
    """The commands of a target of the Makefile."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text("Makefile"), re.MULTILINE)
    assert found, target
    return [line.strip().removeprefix("@").replace("$(BIN)", ".venv/bin") for line in found[1].splitlines()]


def test_before_a_commit_runs_what_lint_runs() -> None:
    yaml = pytest.importorskip("yaml")
    (local,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]

    assert local["repo"] == "local"  # nothing is fetched
    assert [hook["entry"] for hook in local["hooks"]] == recipe("lint")


def test_the_changelog_tells_every_version_with_its_day() -> None:
    project: dict[str, Any] = tomllib.loads(text("pyproject.toml"))["project"]
    first, *versions = re.findall(r"^## (.+)$", text("CHANGELOG.md"), re.MULTILINE)
    told = [re.fullmatch(r"(\d+\.\d+\.\d+) - (\d{4}-\d{2}-\d{2})", version) for version in versions]

    assert first == "Unreleased"
    assert all(told), versions
    assert told[0] is not None
    assert told[0][1] == project["version"]
    days = [date.fromisoformat(one[2]) for one in told if one]
    assert days == sorted(days, reverse=True)


def test_the_changelog_has_three_kinds_of_lines() -> None:
    kinds = re.findall(r"^### (.+)$", text("CHANGELOG.md"), re.MULTILINE)

    assert kinds
    assert set(kinds) <= {"Added", "Changed", "Fixed", "Removed"}


def test_the_licence_is_named() -> None:
    project: dict[str, Any] = tomllib.loads(text("pyproject.toml"))["project"]

    assert project["license"] == "MIT"
    assert text("LICENSE").startswith("MIT License")


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "README.md"])
def test_every_file_that_is_named_is_there(page: str) -> None:
    """`like/this.py`, `folder/` or `NAME.md`; what a night writes and what a reader types are no files of ours."""
    named = re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|toml|yml|html|css|lock)|\.?[\w-]+(?:/[\w-]+)*/)`", text(page))
    written = {"report.html", "campaign.toml", "site/"}
    ours = {name for name in named if name not in written and not name.startswith("runs/")}

    assert ours
    assert [name for name in sorted(ours) if not (ROOT / name).exists()] == []


def test_the_names_that_recipes_point_at_are_in_their_files() -> None:
    """A row that says `file.py` (`name`) must find that name there."""
    pointed = re.findall(r"`([\w/]+\.py)` \((`\w+`(?:, `\w+`)*)\)", text("CONTRIBUTING.md"))

    assert len(pointed) > 5
    for path, names in pointed:
        for name in re.findall(r"\w+", names):
            assert re.search(rf"\b{name}\b", text(path)), (path, name)
