"""From an application to a server that starts, answers, drains and stops.

waitress reads whole requests on one event loop before a worker thread sees them, so a camera on a
bad line cannot hold a worker. What it does not do by itself is done here: its own refusals are
answered by the application, as all others are, and a stop loses no request that has come.
"""

from __future__ import annotations

import io
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server
from waitress.task import ThreadedTaskDispatcher, WSGITask

from alpr import __version__
from alpr.engines.base import Engine
from alpr.errors import AlprError, EngineError, ProtocolError, TooLargeError
from alpr.server import draining, systemd
from alpr.service import admission
from alpr.settings import Settings

STALLED_S = 30
"""How long a connection may be silent, in the middle of a request or between two."""

RECEIVE_S = 120
"""How long a request may take to come, however busily its sender drips; 20 MB at 1.4 Mbit/s."""

CLEANUP_S = 10
"""How often silent connections are looked for."""

CONNECTIONS = 200
SPARE_THREADS = 4
"""Threads for what needs no slot: health, the page and refusals never wait for a read."""

RECEIVED_AT_ONCE = 256 * 1024
"""Bytes taken from a socket at a time; waitress' 8 kB cost twenty turns of its loop a picture."""

WAITING_IN_MEMORY = 2_000_000
"""Bytes of a request that wait in memory until it is whole, more than a camera's frame has. Longer
ones wait in a temporary file, so that as many slow senders as there may be cost at most 400 MB."""

LOOP_S = 1
REFUSAL = "alpr_api.refusal"
"""The key, in a request's environment, of the error that the server found in it."""

NO_SOCKET = -1
"""A key among the event loop's sockets, by number, that is none of theirs."""

log = logging.getLogger(__name__)

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class AnyCase:
    """Lets paths match whatever their case and slashes, as CodeProject.AI's server does."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        parts = [part for part in environ.get("PATH_INFO", "").lower().split("/") if part]
        environ["PATH_INFO"] = "/" + "/".join(parts)
        return self._app(environ, start_response)


class Task(WSGITask):
    """One request; during a stop its answer says that the connection ends."""

    def build_response_header(self) -> bytes:
        if not self.channel.server.accepting:
            self.set_close_on_finish()
        return bytes(super().build_response_header())


class RefusalTask(Task):
    """A refusal by the server itself (too large, malformed), answered by the application."""

    def execute(self) -> None:
        self.set_close_on_finish()
        super().execute()

    def get_environment(self) -> dict[str, Any]:
        request = self.request
        parts = {"command": "GET", "path": "/", "request_uri": "/", "query": ""}
        for name, unknown in {**parts, "url_scheme": "http"}.items():
            if not hasattr(request, name):  # It could not be read so far.
                setattr(request, name, unknown)
        environ: dict[str, Any] = super().get_environment()
        environ["wsgi.input"] = io.BytesIO()
        environ[REFUSAL] = self._refusal()
        return environ

    def _refusal(self) -> AlprError:
        error = self.request.error
        if error.code == 413:
            limit = (self.channel.adj.max_request_body_size - 1) // 1_000_000
            return TooLargeError(f"the request is larger than max_body_mb, {limit} MB")
        if error.code >= 500 and error.code != 501:
            return AlprError("internal error")
        return ProtocolError(f"{error.reason}: {error.body}", error.code)


class Parser(HTTPRequestParser):
    """Refuses every malformed request; waitress drops the line at some, such as ``http://[``."""

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("Request is invalid") from error


class Channel(HTTPChannel):
    parser_class = Parser
    task_class = Task
    error_task_class = RefusalTask
    _began = 0.0

    def received(self, data: bytes) -> bool:
        """Takes what has come, and hangs up where the same request has been coming for too long."""
        if self.request is None:
            self._began = time.monotonic()
        elif time.monotonic() - self._began > RECEIVE_S:
            self.will_close = True
            return False
        return bool(super().received(data))


def make_server(
    app: Wsgi, settings: Settings, engine: Engine
) -> BaseWSGIServer | MultiSocketServer:
    """A server that listens already; raises OSError where the address cannot be had."""
    dispatcher = ThreadedTaskDispatcher()
    sockets: dict[int, Any] = {}
    server = create_server(
        app,
        map=sockets,
        _dispatcher=dispatcher,
        host=settings.host,
        port=settings.port,
        # waitress refuses what reaches its limit, not only what exceeds it.
        max_request_body_size=settings.max_body_mb * 1_000_000 + 1,
        channel_timeout=STALLED_S,
        recv_bytes=RECEIVED_AT_ONCE,
        inbuf_overflow=WAITING_IN_MEMORY,
        cleanup_interval=CLEANUP_S,
        connection_limit=CONNECTIONS,
        ident="alpr_api",
        clear_untrusted_proxy_headers=True,
    )
    at_most = admission.slot_count(settings, engine) + settings.queue
    dispatcher.set_thread_count(at_most + SPARE_THREADS)
    for listener in draining.listeners(sockets):
        listener.channel_class = Channel
    return server


def serve(app: Wsgi, settings: Settings, engine: Engine) -> int:
    """Serves until SIGTERM or SIGINT; the exit code is 0 after a clean stop."""
    try:
        server = make_server(app, settings, engine)
    except OSError as error:
        log.error("cannot listen on %s port %d: %s", settings.host, settings.port, error.strerror)
        return 1
    sockets = server.map if isinstance(server, MultiSocketServer) else server._map
    stop = Stop(sockets)
    warming = threading.Thread(target=_warm_up, args=(engine,), name="warm-up", daemon=True)
    warming.start()
    log.info(
        "alpr_api %s listens on %s, engine %s, %s",
        __version__,
        _addresses(server),
        engine.status().name,
        "with a key" if settings.api_key else "without a key",
    )
    if period_s := systemd.watchdog_period_s():
        sockets[NO_SOCKET] = systemd.Pulse(period_s)
    while not stop.asked:
        wasyncore.loop(timeout=LOOP_S, map=sockets, count=1)
    log.info("%s: finishing the requests in flight", stop.asked)
    systemd.notify("STOPPING=1")
    draining.drain(sockets, server.task_dispatcher)
    log.info("stopped")
    engine.close()
    # A thread that the interpreter's end meets inside native code takes the process down with it.
    warming.join(draining.DRAIN_S)
    return 0


class Stop:
    """Notes the first SIGTERM or SIGINT in ``asked`` and wakes the event loop.

    It interrupts nothing, for an interrupted loop would lose what it has just received. Further
    signals must not cut the draining short.
    """

    def __init__(self, sockets: dict[int, Any]) -> None:
        self.asked = ""
        self._trigger = draining.listeners(sockets)[0].trigger
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, number: int, _: FrameType | None) -> None:
        for ignored in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ignored, signal.SIG_IGN)
        self.asked = signal.Signals(number).name
        self._trigger.pull_trigger()


def _warm_up(engine: Engine) -> None:
    """Loads the engine ahead of the first request; a failure shows in ``/readyz``.

    systemd is told either way: a service whose engine is broken still answers, and why.
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
    single = isinstance(server, BaseWSGIServer)
    pairs = [(server.effective_host, server.effective_port)] if single else server.effective_listen
    return ", ".join(f"http://{_bracketed(host)}:{port}" for host, port in pairs)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
