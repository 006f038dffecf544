"""The pages of the recipes are true: their commands are run on exports that the test writes, and their edits are made.

A `console` block holds commands and what they print ("..." stands for any lines); a `diff` block changes campaign.toml.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.cli.main import app
from jobs.recipes.init import PLATFORMS
from tests.jobs.recipes.writers import WRITERS

pytest.importorskip("duckdb", reason="a recipe's queries run in DuckDB, the extra sql")
DOCS = Path(__file__).parents[2] / "docs" / "recipes"
if not DOCS.is_dir():
    pytest.skip("the docs belong to the repository, not to the wheel", allow_module_level=True)
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def commands(block: str) -> list[tuple[list[str], str]]:
    """The commands of a block, each with what it prints."""
    found = re.split(r"^\$ boxwise ", block, flags=re.MULTILINE)[1:]
    return [(one.partition("\n")[0].split(), one.partition("\n")[2]) for one in found]


def prints(page: str, real: str) -> bool:
    """Is this what is printed, with any lines for each "..."?"""
    shape = "".join(r"(?:.*\n)*" if line == "..." else re.escape(line) + r"\n" for line in page.splitlines())
    return re.fullmatch(shape, real) is not None


def edit(path: Path, diff: str) -> None:
    """Make the changes of a diff: lines that begin with - give way to the lines with + that follow them."""
    text = path.read_text("utf-8")
    for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)*)", diff, flags=re.MULTILINE):
        gone, come = (re.sub(r"^[-+]", "", part, flags=re.MULTILINE) for part in (old, new))
        assert text.count(gone) == 1, gone
        text = text.replace(gone, come)
    path.write_text(text, "utf-8")


def test_every_recipe_has_a_page() -> None:
    assert {page.stem for page in DOCS.glob("*.md")} == {*PLATFORMS}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_page_is_true_from_its_first_command_to_its_last(
    platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    WRITERS[platform](Path("exports"))
    page = (DOCS / f"{platform}.md").read_text("utf-8")

    ran = []
    for language, block in BLOCK.findall(page):
        if language == "diff":
            edit(Path("exports/campaign.toml"), block)
            assert CliRunner().invoke(app, ["check", "exports"]).exit_code == 0, block
        for words, printed in commands(block) if language == "console" else ():
            told = CliRunner().invoke(app, words)
            assert told.exit_code == 0, told.output
            assert prints(printed, told.stdout), told.stdout
            ran.append(words[0])

    assert ran[0] == "init"
    assert {"check", "nightly"} < {*ran}
