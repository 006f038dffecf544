"""The night as an Airflow DAG: put this file into the folder of DAGs of workers that have boxwise and the campaign.

Every task only calls the command. Its exit code says whether Airflow may try again by itself.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

BIN = Path(os.environ.get("BOXWISE_BIN", "/srv/shop/.venv/bin"))
AGAIN = {7: "another night is running", 8: "stopped from outside"}
"""What may be tried again by itself; 3, 4, 5 and 6 need a person."""


def call(command: str) -> None:
    """Run a boxwise command; its lines are the task's log.

    Raises AirflowException where it may be tried again, AirflowFailException where nobody but a person can help.
    """
    program, *words = shlex.split(command)
    code = subprocess.run([BIN / program, *words], check=False).returncode
    if code in AGAIN:
        raise AirflowException(f"{command}: exit {code}, {AGAIN[code]}")
    if code != 0:
        raise AirflowFailException(f"{command}: exit {code}; what it means stands in docs/operating.md")


@dag(
    schedule="15 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,  # a night is of today's tables; nights of the past are for `boxwise replay`
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=20), "execution_timeout": timedelta(hours=6)},
    tags=["boxwise"],
)
def boxwise_night():
    @task
    def check() -> None:
        call("boxwise check /srv/shop/campaign")

    @task
    def night() -> None:
        call("boxwise nightly /srv/shop/campaign")

    @task
    def publish() -> None:
        call("boxwise publish /srv/shop/campaign/runs/current --to file:///srv/website")

    check() >> night() >> publish()


boxwise_night()
