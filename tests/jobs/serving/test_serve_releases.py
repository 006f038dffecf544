"""Twenty nights are published while shops keep asking: no request fails, no answer mixes two nights, none is late."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

from jobs.publishing.publish import rollback
from tests.jobs.http_service import Answer, Service, ask
from tests.jobs.published import publish_release
from tests.jobs.releases import PRODUCTS, RELEASES

LISTS = ["/recommendations/C117", "/bestsellers", "/box/C001", "/recommendations/nobody?segment=hair_type=curly"]
PAGES = ["/demo/customer?id=C003", "/demo/product?id=P1&for=C003&in=P2", "/demo/basket?in=P1", "/demo/visitor", "/demo"]


def night_of_list(answer: Answer) -> str:
    """The release of a list; all of its content must be of that night."""
    found = answer.json
    assert {item["reason"] for item in found["items"]} == {f"of night {found['release'].removeprefix('glow-')}"}
    assert len(found["items"]) == len(PRODUCTS)
    return str(found["release"])


def night_of_page(answer: Answer) -> str:
    """The release that a page names; every name and reason on it must be of that night."""
    told = re.search(r"release <code>glow-(\d+)</code>", answer.text)
    assert told is not None
    nights = set(re.findall(r"Soap (\d+)|of night (\d+)", answer.text))
    assert {one or other for one, other in nights} == {told[1]}
    return f"glow-{told[1]}"


class Client(threading.Thread):
    """A shop that asks again and again on one connection, with the ETag of the answer before."""

    def __init__(self, service: Service, targets: list[str], page: bool) -> None:
        super().__init__()
        self.service, self.targets, self.night_of = service, targets, night_of_page if page else night_of_list
        self.over = threading.Event()
        self.asked_last: dict[str, float] = {}  # the last moment at which a release was asked for and still given
        self.reads = self.unchanged = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        connection = self.service.connect()
        had: dict[str, tuple[str, str]] = {}
        while not self.over.is_set():
            target = self.targets[self.reads % len(self.targets)]
            etag, night = had.get(target, ("", ""))
            asked = time.time()
            try:
                answer = ask(connection, target, if_none_match=etag)
                if answer.status == 304:
                    self.unchanged += 1
                else:
                    assert answer.status == 200, answer
                    night = self.night_of(answer)
                    had[target] = (answer.headers["etag"], night)
            except Exception as bad:
                self.wrong.append(repr(bad))
                connection.close()
            else:
                self.asked_last[night] = asked
            self.reads += 1
        connection.close()


def test_twenty_nights_fail_tear_and_delay_nothing(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    publish_release(runs, 0)
    with Service(runs) as service:
        clients = [Client(service, LISTS, page=False), Client(service, PAGES, page=True)]
        for client in clients:
            client.start()
        turned = {}
        for number in range(1, RELEASES + 1):
            time.sleep(0.1)
            publish_release(runs, number)
            turned[f"glow-{number - 1}"] = time.time()
        time.sleep(0.3)
        for client in clients:
            client.over.set()
            client.join()
        for client in clients:
            assert client.wrong == []
            assert client.reads > 10 * RELEASES
            assert client.unchanged > 0
            late = {run_id: asked - turned[run_id] for run_id, asked in client.asked_last.items() if run_id in turned}
            assert max(late.values(), default=0) < 1, late
            assert f"glow-{RELEASES}" in client.asked_last
        rollback(runs)
        assert service.get("/bestsellers").json["release"] == f"glow-{RELEASES - 1}"
