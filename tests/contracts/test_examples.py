"""The examples for orchestrators: commands that there are, valid formats, and tries again only where that may help.

What needs another's package to judge is in tests/long/test_examples.py.
"""

from __future__ import annotations

import ast
import configparser
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.main import get_command

from jobs.cli.main import app
from jobs.faults import Exit
from tests.contracts.example_commands import commands_of

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
if not EXAMPLES.is_dir():
    pytest.skip("the examples belong to the repository, not to the wheel", allow_module_level=True)
FILES = sorted(path for path in EXAMPLES.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
AGAIN = {Exit.ANOTHER_NIGHT, Exit.STOPPED}
"""What may be tried again without a person (docs/operating.md)."""


USAGE = typer.BadParameter.__mro__[1]
"""What the command line raises for words that it does not take."""


def named(name: str) -> Path:
    (path,) = [path for path in FILES if path.name == name]
    return path


def understood(words: list[str]) -> bool:
    """Whether our command line takes these words; nothing is run."""
    group: Any = get_command(app)
    with group.make_context("boxwise", list(words)) as around:
        name, command, rest = group.resolve_command(around, [*around._protected_args, *around.args])
        command.make_context(name, rest, parent=around)
    return True


CALLS = [(path, words) for path in FILES for words in commands_of(path)]


@pytest.mark.parametrize(
    ("path", "words"), CALLS, ids=[f"{path.parent.name}: {' '.join(words)}" for path, words in CALLS]
)
def test_every_command_is_understood(path: Path, words: list[str]) -> None:
    assert understood(words)


def test_every_orchestrator_runs_the_night() -> None:
    rooms = {path.parent.name for path in FILES}

    assert rooms == {"systemd", "cron", "airflow", "metaflow", "kubernetes", "docker"}
    assert {path.parent.name for path, words in CALLS if words[0] == "nightly"} == rooms


@pytest.mark.parametrize("words", [["nightly"], ["nightly", "x", "--fast"], ["frob", "x"], ["publish", "x"]])
def test_words_that_are_none_would_be_found(words: list[str]) -> None:
    with pytest.raises(USAGE):
        understood(words)


def test_every_example_is_told_in_the_runbook() -> None:
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")

    assert [path.name for path in FILES if f"examples/{path.relative_to(EXAMPLES)}" not in page] == []


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".py"], ids=lambda path: path.name)
def test_python_is_python(path: Path) -> None:
    ast.parse(path.read_text("utf-8"))


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=("#",), delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(named(name).read_text("utf-8"))
    return parser


def test_systemd_tries_again_what_may_be_tried_again() -> None:
    service = unit("boxwise.service")["Service"]
    never = {int(code) for code in service["RestartPreventExitStatus"].split()}

    assert service["Restart"] == "on-failure"
    assert never.isdisjoint(AGAIN)
    assert never >= set(Exit) - AGAIN - {Exit.PUBLISHED}
    assert unit("boxwise.timer")["Timer"]["OnCalendar"] == "*-*-* 02:15:00"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("boxwise")
    for path in sorted((EXAMPLES / "systemd").iterdir()):
        text = path.read_text("utf-8").replace("/srv/shop/.venv/bin/boxwise", str(program))
        (tmp_path / path.name.replace("@", "@night")).write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))]
    told = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (told.returncode, told.stderr) == (0, "")


def cron_lines() -> list[tuple[list[str], str]]:
    """The five fields and the command of every line."""
    lines = named("boxwise.crontab").read_text("utf-8").splitlines()
    jobs = [line for line in lines if line and not line.startswith("#") and not re.match(r"\w+=", line)]
    return [(fields[:5], fields[5]) for fields in (line.split(maxsplit=5) for line in jobs)]


def test_cron_lines_have_five_fields_and_a_command_that_a_shell_reads() -> None:
    assert len(cron_lines()) == 2
    for fields, command in cron_lines():
        for field, (low, high) in zip(fields, ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7)), strict=True):
            assert field == "*" or low <= int(field) <= high
        assert re.search(r"(?<!\\)%", command) is None
        subprocess.run(["sh", "-n", "-c", command], check=True)


@pytest.mark.parametrize(
    ("codes", "calls", "mails"),
    [((0,), 1, ""), ((7, 0), 2, ""), ((8, 8, 8), 3, "exit 8"), ((3,), 1, "exit 3"), ((7, 5), 2, "exit 5")],
    ids=str,
)
def test_cron_tries_again_what_may_be_tried_again(
    codes: tuple[int, ...], calls: int, mails: str, tmp_path: Path
) -> None:
    """The line as it stands, with a night that ends in given codes, and neither waiting nor mail."""
    made = {
        ".venv/bin/boxwise": 'echo "night $*"; read code < codes; sed -i 1d codes; exit $code',
        "bin/sleep": "exit 0",
        "bin/mail": 'echo "$*" > mailed; cat >> mailed',
    }
    for name, script in made.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "codes").write_text("".join(f"{code}\n" for code in codes))
    command = cron_lines()[0][1].replace("/srv/shop", str(tmp_path))

    subprocess.run(["sh", "-c", command], env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}, check=False)

    assert (tmp_path / "night.log").read_text().splitlines() == ["night nightly campaign"] * calls
    mailed = tmp_path / "mailed"
    assert (mailed.read_text().splitlines()[0] if mailed.exists() else "") == (
        f"-s boxwise: {mails} ops@shop.example" if mails else ""
    )


@pytest.mark.parametrize("name", ["boxwise_night.py", "boxwise_flow.py"])
def test_python_orchestrators_try_again_what_may_be_tried_again(name: str) -> None:
    tree = ast.parse(named(name).read_text("utf-8"))
    (told,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "AGAIN"
    ]

    assert set(told) == AGAIN


def test_kubernetes_tries_again_what_may_be_tried_again_and_runs_as_nobody_special() -> None:
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load(named("cronjob.yaml").read_text("utf-8"))["spec"]
    rules = {
        rule["action"]: rule.get("onExitCodes") for rule in job["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    }
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    (night,) = pod["containers"]

    assert job["concurrencyPolicy"] == "Forbid"
    assert set(rules["Count"]["values"]) == AGAIN
    assert rules["FailJob"]["operator"] == "NotIn"
    assert set(rules["FailJob"]["values"]) == AGAIN | {Exit.PUBLISHED}
    assert pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"]
    assert night["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip


def test_the_image_is_pinned_and_does_not_run_as_root() -> None:
    lines = [line for line in named("Dockerfile").read_text("utf-8").splitlines() if line and line[0] not in "# "]
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]

    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", base) for base in bases)
    assert "USER 10001:10001" in lines
    assert "HEALTHCHECK NONE" in lines
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    ignored = named("Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert [name for name in copied if f"!{name}" not in ignored] == []


NIGHT_PACKAGES: Any = SimpleNamespace(**runpy.run_path(str(ROOT / ".ci" / "night_packages")))


def part(lock: str, project: str, *extras: str) -> str:
    """The part of the lock that an installation with these extras needs."""
    wanted = NIGHT_PACKAGES.needed(lock, tomllib.loads(project), list(extras), [])
    return "".join(text for package, _, text in NIGHT_PACKAGES.blocks(lock) if package in wanted)


LOCK = """\
a==1 ; python_version < '3.12' \\
    --hash=sha256:1
    # via shop (pyproject.toml)
a==2 ; python_version >= '3.12' \\
    --hash=sha256:2
    # via shop (pyproject.toml)
b-b==1 \\
    --hash=sha256:3
    # via
    #   a
    #   tool
c==1 \\
    --hash=sha256:4
    # via tool
d==1 \\
    --hash=sha256:5
    # via b-b
tool==1 \\
    --hash=sha256:6
    # via shop (pyproject.toml)
"""
PROJECT = '[project]\ndependencies = ["A>=1"]\n[project.optional-dependencies]\nweb = ["c[x]>=1"]\ndev = ["tool"]\n'


def test_the_image_gets_what_the_night_needs_and_no_tools() -> None:
    without_tool = LOCK[: LOCK.index("tool==1")]
    c = LOCK[LOCK.index("c==1") : LOCK.index("d==1")]

    assert part(LOCK, PROJECT) == without_tool.replace(c, "")
    assert part(LOCK, PROJECT, "web") == without_tool
    assert part(LOCK, PROJECT, "dev", "web") == LOCK
    with pytest.raises(KeyError):
        part(LOCK, PROJECT, "wbe")


def test_our_own_lock_has_all_that_the_image_needs() -> None:
    lock, project = ((ROOT / name).read_text("utf-8") for name in ("requirements.lock", "pyproject.toml"))

    got = part(lock, project, "postgres", "sql", "web")

    names = set(re.findall(r"^([a-z0-9-]+)==", got, re.MULTILINE))
    assert {"numpy", "ortools", "implicit", "duckdb", "psycopg", "psycopg-binary", "starlette", "click"} <= names
    assert names.isdisjoint({"pytest", "mypy", "ruff", "mkdocs", "playwright", "hypothesis"})
    assert got.count("--hash=sha256:") > len(names)
