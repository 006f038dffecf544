"""The command line as an operator meets it: quick help, plain refusals, documented exit codes."""

import os
import subprocess
import sys
import time

import pytest

from tests.contracts.commands import commands
from tests.jobs.small_campaign import write_small_campaign


def boxwise(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "jobs", *words], capture_output=True, text=True, check=False)


def test_help_loads_nothing_heavy():
    heavy = "('numpy', 'pandas', 'numba', 'ortools', 'rich')"
    code = f"import sys, jobs.cli.main; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_check_loads_no_compiler(tmp_path):
    """What compiles takes longer to load than to check a usual campaign."""
    code = "import sys; from jobs.cli.main import app; app(['check', '.'], standalone_mode=False)"
    code += "; print([m for m in ('numba', 'ortools', 'implicit', 'sklearn') if m in sys.modules])"
    folder = write_small_campaign(tmp_path)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    assert told.stdout.splitlines()[-2].endswith("no fault")
    assert told.stdout.splitlines()[-1] == "[]"


def test_help_answers_at_once():
    started = time.perf_counter()
    told = boxwise("--help")
    assert told.returncode == 0
    assert time.perf_counter() - started < 3, "generous here; benchmarks/ holds the real figure"
    assert all(f"  {name} " in told.stdout for name in commands())
    assert "..." not in told.stdout.split("\n", 1)[1], "a help line is cut short"


@pytest.mark.parametrize("words", [("frob",), ("nightly",), ("synth", "x", "--customers", "many", "--products", "12")])
def test_wrong_words_exit_2(words):
    assert boxwise(*words).returncode == 2


@pytest.mark.parametrize("command", ["nightly", "check", "evaluate", "rollback"])
def test_a_campaign_that_is_not_there_is_refused_in_one_line(command, tmp_path):
    told = boxwise(command, str(tmp_path / "nowhere"))
    assert told.returncode == 2
    assert told.stdout == ""
    assert len(told.stderr.splitlines()) == 1
    assert "nowhere" in told.stderr


def test_a_run_that_is_not_there_is_refused_in_one_line(tmp_path):
    for words in (("verify", str(tmp_path)), ("explain", str(tmp_path), "C1")):
        told = boxwise(*words)
        assert told.returncode == 2
        assert len(told.stderr.splitlines()) == 1


def as_boxwise(*words, **around):
    """What the command line, called by its own name, prints in such an environment."""
    code = "import sys; from jobs.cli.main import app; app(sys.argv[1:], prog_name='boxwise')"
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, env={**os.environ, **around}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_be_taught_to_complete(shell):
    told = as_boxwise("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert told.returncode == 0
    assert f"_BOXWISE_COMPLETE=complete_{shell}" in told.stdout


def test_completion_knows_the_commands():
    told = as_boxwise(_BOXWISE_COMPLETE="complete_bash", COMP_WORDS="boxwise repl", COMP_CWORD="1")
    assert told.stdout.split() == ["replay"]


def test_version():
    assert boxwise("--version").stdout.startswith("boxwise ")
