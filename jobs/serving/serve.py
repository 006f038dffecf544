"""`boxwise serve`: take an address, say so in one line, answer until a signal ends it.

The address is taken before anything else, so that a taken port is a plain refusal; only this machine can ask unless
`--host` says otherwise.
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from jobs.faults import UsageRefused
from jobs.publishing.publish import refuse_other_folders
from jobs.words import shown

PATIENCE_S = 5
"""How long answers on their way may still take once the service is told to end."""
BACKLOG = 2048


def serve(
    runs: Path, *, host: str, port: int, max_age: int = 0, access_log: bool = False, say: Callable[[str], None] = print
) -> None:
    """Serve the current run of a folder of runs until SIGTERM or ctrl-C.

    max_age     seconds for which lists may be kept without asking again
    access_log  one line per request on standard error
    say         hears the line that says where the service listens

    Raises UsageRefused: no such folder, an address that cannot be taken, the extra `web` not installed.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn
    except ImportError:
        raise UsageRefused("found no starlette and uvicorn, expected them: pip install 'boxwise[web]'") from None
    refuse_other_folders(runs)
    from jobs.serving.app import make_app

    with _listening(host, port) as listener:
        logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s", level=logging.INFO)
        config = uvicorn.Config(
            make_app(runs, max_age),
            http="h11", loop="asyncio", ws="none", lifespan="off",  # what is tested is what runs
            log_config=None, log_level="info" if access_log else "error", access_log=access_log,
            server_header=False, proxy_headers=False, timeout_graceful_shutdown=PATIENCE_S,
        )  # fmt: skip
        server = uvicorn.Server(config)

        def end(*_: object) -> None:
            server.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them once more when it is done: exit 0, not -15
            signal.signal(number, end)
        at = _address(listener)
        say(f"boxwise serves {runs} at {at} ; the storefront is at {at}/demo ; ctrl-C ends it.")
        server.run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises UsageRefused."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as bad:
        raise UsageRefused(f"--host: found {shown(host)} ({bad}), expected a name or address of this machine") from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a restart has to wait a minute
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as bad:
        listener.close()
        raise UsageRefused(f"{host} port {port}: {bad.strerror}; expected a free one, see --host and --port") from None
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
