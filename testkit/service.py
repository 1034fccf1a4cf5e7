"""The service inside the test's own process: its Flask client, or its server in a thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence

from flask.testing import FlaskClient

from alpr.engines.base import Engine
from alpr.engines.fake import FakeEngine
from alpr.server.event_loop import EventLoop
from alpr.server.waitress_server import make_listeners
from alpr.settings import Settings
from alpr_api import create_app
from testkit.engines import Script
from testkit.wire_client import TIMEOUT_S, Server


def client_of(engine: Engine | Script = (), settings: Settings | None = None) -> FlaskClient:
    """A client of the application over this engine, or over one that follows this script."""
    return create_app(settings or Settings(), _engine_from(engine)).test_client()


@contextlib.contextmanager
def serving(engine: Engine | Script = (), settings: Settings | None = None) -> Iterator[Server]:
    """The server that ships, over an engine, on a free port, in a thread."""
    engine = _engine_from(engine)
    settings = settings or Settings(host="127.0.0.1", port=0)
    loop = EventLoop(make_listeners(create_app(settings, engine), settings, engine))
    stopped = threading.Event()

    def turn() -> None:
        while not stopped.is_set():
            loop.turn(1)

    thread = threading.Thread(target=turn, name="server")
    thread.start()
    try:
        yield Server(int(loop.listeners[0].effective_port))
    finally:
        stopped.set()
        loop.wake()
        thread.join(TIMEOUT_S)
        for dispatcher in loop.shared.dispatchers:
            dispatcher.shutdown()
        loop.close()
        assert not thread.is_alive()


def _engine_from(engine: Engine | Script) -> Engine:
    return FakeEngine(engine) if isinstance(engine, Sequence) else engine
