"""The docs keep up: every command, packing rule and exit code is written down, and links lead somewhere."""

import importlib
import operator
import re
from pathlib import Path

import pytest

from jobs.faults import Exit
from jobs.serving.routes import PAGES, ROUTES
from tests.contracts.commands import commands

ROOT = Path(__file__).parents[2]
if not (ROOT / "docs").is_dir():
    pytest.skip("the docs belong to the repository, not to the wheel", allow_module_level=True)
PAGES_HERE = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "data" / "README.md"]
DOCS = {path.name: path.read_text("utf-8") for path in PAGES_HERE}
FOLDERS = ("recsys", "optimizer", "jobs", "tests", "benchmarks")
COMMANDS = sorted(commands())
RULES = [
    "size", "distinct", "eligibility", "history", "group at most", "group at least", "family", "apart", "together",
    "band low", "band high", "lock", "ban", "stock", "quota at least", "quota at most", "short boxes",
    "family, several boxes", "exclusion, several boxes",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_docs(command):
    assert f"boxwise {command}" in DOCS["campaign.md"]


@pytest.mark.parametrize("path", [*(route.path for route in ROUTES), "/openapi.json", *PAGES])
def test_every_address_of_the_service_is_in_the_docs(path):
    assert re.search(rf"`{re.escape(path)}[`?]", DOCS["serving.md"])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command):
    assert f"Example: boxwise {command}" in commands()[command].epilog


@pytest.mark.parametrize("rule", RULES)
def test_every_packing_rule_has_a_row_that_names_its_test(rule):
    rows = [line for line in DOCS["packing.md"].splitlines() if line.startswith(f"| {rule} |")]
    assert len(rows) == 1, f"docs/packing.md: expected one row for {rule!r}, found {len(rows)}"
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", rows[0])
    assert named, f"docs/packing.md: the row of {rule!r} names no test"
    for path, function in named:
        assert (ROOT / path).exists(), path
        assert f"def {function}" in (ROOT / path).read_text("utf-8"), (path, function)


def test_the_code_that_rule_rows_name_is_there():
    table = "\n".join(line for line in DOCS["packing.md"].splitlines() if line.startswith("| "))
    named = re.findall(r"`((?:oracle|verify|problem|rounding|laminar|dealing)(?:\.\w+)+)`", table)
    assert len(named) > 20
    for name in set(named):
        found = operator.attrgetter(name)(_loaded("optimizer", name))
        assert callable(found) or hasattr(found, "py_func"), name


def _loaded(package: str, name: str) -> object:
    """The package, with every module on the way to `name` imported."""
    parts = name.split(".")
    for end in range(1, len(parts)):
        importlib.import_module(".".join((package, *parts[:end])))
    return importlib.import_module(package)


@pytest.mark.parametrize("page", PAGES_HERE, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_pages_name_are_there(page):
    words = page.read_text("utf-8")
    named = re.findall(r"`((?:optimizer|recsys|jobs|benchmarks|tests|docs|data)/[\w/.-]+\.\w+)`", words)
    assert [path for path in named if not (ROOT / path).exists() and not path.startswith("data/")] == []


def test_every_exit_code_is_in_the_docs():
    for code in Exit:
        assert re.search(rf"^\| {int(code)} \|", DOCS["campaign.md"], re.MULTILINE), code


@pytest.mark.parametrize("page", PAGES_HERE, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]*)?\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_project_names_no_registry_and_no_path_of_a_machine():
    suffixes = {".py", ".md", ".toml", ".lock", ".txt", ".html", ""}
    registries = ["py" + "pi.org", "python" + "hosted", "npm" + "js"]  # in two parts, so as not to name them here
    hosts = re.compile("|".join([*map(re.escape, registries), "/" + "work/", "/" + "root/"]))
    for folder in (*FOLDERS, "docs", "data", "."):
        for path in (ROOT / folder).glob("**/*" if folder != "." else "*"):
            if (
                path.is_file()
                and path.suffix in suffixes
                and "demo/" not in str(path)
                and path.name not in (Path(__file__).name, ".git")  # a worktree's .git says where its repository is
            ):
                found = hosts.search(path.read_text("utf-8", errors="ignore"))
                assert not found, f"{path}: {found}"


def test_nothing_refers_to_an_issue_that_a_reader_cannot_open():
    by_word = re.compile(r"\b(?:issue|ticket|milestone|pull request)s? #?\d+", re.IGNORECASE)
    by_sign = re.compile(r"(?<![\w&/(])#\d+\b")
    code = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path.name != Path(__file__).name]
    found = {str(path): by_word.findall(path.read_text("utf-8")) for path in [*PAGES_HERE, *code]}
    found |= {f"{path}: sign": by_sign.findall(path.read_text("utf-8")) for path in PAGES_HERE}
    assert {path: names for path, names in found.items() if names} == {}
    assert by_word.search("Decided for issue 3.")
    assert by_sign.search("see #12")
