"""From an application to a server that starts, answers, drains and stops.

waitress reads whole requests on one event loop before a worker thread sees them, so a camera on a
slow line cannot hold a worker.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

from waitress.server import BaseWSGIServer, MultiSocketServer, create_server
from waitress.task import ThreadedTaskDispatcher

from alpr import __version__
from alpr.engines.base import Engine
from alpr.errors import EngineError, ListenError
from alpr.server import draining, listening, systemd
from alpr.server.event_loop import EventLoop, Sockets, listeners_of
from alpr.server.http_channel import Channel
from alpr.server.path_normalizer import Wsgi
from alpr.service import admission
from alpr.settings import Settings

IDLE_TIMEOUT_S = 30
"""Seconds that a connection may be silent, within a request or between two."""

CLEANUP_INTERVAL_S = 10
"""Seconds between two searches for silent connections."""

MAX_CONNECTIONS = 200

SPARE_THREADS = 4
"""Threads for what needs no slot: health, the page and refusals never wait for a read."""

RECEIVE_BYTES = 256 * 1024
"""Bytes taken from a socket at a time. waitress' own 8 kB cost twenty turns of its loop an image.
"""

MAX_BUFFERED_BYTES = 2_000_000
"""Bytes of an unfinished request that are kept in memory, more than a camera's frame has. A longer
request goes to a temporary file, so MAX_CONNECTIONS slow senders need at most 400 MB."""

TURN_S = 1
"""Longest wait in one turn of the event loop, in seconds."""

log = logging.getLogger(__name__)


def make_server(
    app: Wsgi, settings: Settings, engine: Engine
) -> BaseWSGIServer | MultiSocketServer:
    """A server that already listens. Raises :class:`SettingsError` and :class:`ListenError`."""
    listening_sockets = listening.open_sockets(settings.host, settings.port)
    dispatcher = ThreadedTaskDispatcher()
    sockets: Sockets = {}
    server = create_server(
        app,
        map=sockets,
        _dispatcher=dispatcher,
        sockets=listening_sockets,
        # waitress refuses a body that reaches its limit, not only one that exceeds it.
        max_request_body_size=settings.max_body_mb * 1_000_000 + 1,
        channel_timeout=IDLE_TIMEOUT_S,
        recv_bytes=RECEIVE_BYTES,
        inbuf_overflow=MAX_BUFFERED_BYTES,
        cleanup_interval=CLEANUP_INTERVAL_S,
        connection_limit=MAX_CONNECTIONS,
        ident="alpr_api",
        clear_untrusted_proxy_headers=True,
    )
    admitted = admission.slot_count(settings.slots, engine) + settings.queue
    dispatcher.set_thread_count(admitted + SPARE_THREADS)
    for listener in listeners_of(sockets):
        listener.channel_class = Channel
    return server


def serve(app: Wsgi, settings: Settings, engine: Engine) -> int:
    """Serves until SIGTERM or SIGINT; the exit code is 0 after a clean stop.

    Raises :class:`SettingsError` for a host that is no address of this machine.
    """
    try:
        server = make_server(app, settings, engine)
    except ListenError as error:
        log.error("%s", error)
        return 1
    loop = EventLoop(server, systemd.Watchdog(systemd.watchdog_period_s()).beat)
    stop = StopSignal(loop.wake)
    warm_up = threading.Thread(target=_warm_up, args=(engine,), name="warm-up", daemon=True)
    warm_up.start()
    log.info(
        "alpr_api %s listens on %s, engine %s, %s",
        __version__,
        _addresses(server),
        engine.status().name,
        "with a key" if settings.api_key else "without a key",
    )
    while not stop.received:
        loop.turn(TURN_S)
    log.info("%s: finishing the requests in flight", stop.received)
    systemd.notify("STOPPING=1")
    draining.drain(loop, server.task_dispatcher)
    log.info("stopped")
    engine.close()
    # A thread that is inside native code when the interpreter ends would abort the process.
    warm_up.join(draining.DRAIN_S)
    return 0


class StopSignal:
    """Keeps the name of the first SIGTERM or SIGINT in ``received`` and wakes the event loop.

    It raises nothing because an interrupted loop would lose what it has just received. Further
    signals are ignored so that they do not cut the draining short.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.received = ""
        self._wake = wake
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle)

    def _handle(self, number: int, _: FrameType | None) -> None:
        for ignored in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ignored, signal.SIG_IGN)
        self.received = signal.Signals(number).name
        self._wake()


def _warm_up(engine: Engine) -> None:
    """Loads the engine before the first request; a failure shows in ``/readyz``.

    systemd is told that the service is ready in both cases: one with a broken engine still
    answers, and says what is wrong.
    """
    state = "the engine is not ready"
    try:
        engine.warm_up()
    except EngineError as error:
        log.error("the engine is not ready: %s", error)
    else:
        state = "the engine is ready"
        log.info(state)
    finally:
        systemd.notify("READY=1", f"STATUS={state}")


def _addresses(server: BaseWSGIServer | MultiSocketServer) -> str:
    """The URLs that the server listens on, comma-separated."""
    single = isinstance(server, BaseWSGIServer)
    pairs = [(server.effective_host, server.effective_port)] if single else server.effective_listen
    return ", ".join(f"http://{_bracketed(host)}:{port}" for host, port in pairs)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
