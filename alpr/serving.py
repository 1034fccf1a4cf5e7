"""From an application to a server that starts, answers, drains and stops.

waitress reads whole requests on one event loop before a worker thread sees them, so a camera on a
bad line cannot hold a worker. Two things it does not do by itself are done here: its own refusals
are answered in the one JSON shape, and a stop lets the requests in flight finish.
"""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server
from waitress.task import ErrorTask, ThreadedTaskDispatcher

from alpr import __version__, slots, systemd
from alpr.engines.base import Engine
from alpr.errors import EngineError
from alpr.settings import Settings
from alpr.wire import codeproject

DRAIN_S = 25
"""How long requests in flight may go on after a stop is asked for; systemd kills after 30."""

STALLED_S = 30
CONNECTIONS = 200
SPARE_THREADS = 4
"""Threads for what needs no slot: health, the page and refusals never wait for a read."""

RECEIVED_AT_ONCE = 256 * 1024
"""Bytes taken from a socket at a time; waitress' 8 kB cost twenty turns of its loop a picture."""

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


class JsonErrorTask(ErrorTask):
    """A refusal by the server itself (too large, malformed) in the shape that clients parse."""

    def execute(self) -> None:
        refusal = self.request.error
        message = f"{refusal.reason}: {refusal.body}"
        body = json.dumps(codeproject.error(message, refusal.code)).encode()
        self.status = f"{refusal.code} {refusal.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.response_headers.append(("Access-Control-Allow-Origin", "*"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class JsonParser(HTTPRequestParser):
    """Refuses every malformed request; waitress drops the line at some, such as ``http://[``."""

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("Request is invalid") from error


class JsonChannel(HTTPChannel):
    parser_class = JsonParser
    error_task_class = JsonErrorTask


class DrainingDispatcher(ThreadedTaskDispatcher):
    """Worker threads that are given time to finish; waitress itself allows five seconds."""

    def shutdown(self, cancel_pending: bool = True, timeout: float = DRAIN_S) -> bool:
        return bool(super().shutdown(cancel_pending, timeout))


def make_server(
    app: Wsgi, settings: Settings, engine: Engine
) -> BaseWSGIServer | MultiSocketServer:
    """A server that listens already; raises OSError where the address cannot be had."""
    dispatcher = DrainingDispatcher()
    sockets: dict[int, Any] = {}
    server = create_server(
        app,
        map=sockets,
        _dispatcher=dispatcher,
        host=settings.host,
        port=settings.port,
        max_request_body_size=settings.max_body_mb * 1_000_000,
        channel_timeout=STALLED_S,
        recv_bytes=RECEIVED_AT_ONCE,
        connection_limit=CONNECTIONS,
        ident="alpr_api",
        clear_untrusted_proxy_headers=True,
    )
    at_most = slots.count(settings, engine) + settings.queue
    dispatcher.set_thread_count(at_most + SPARE_THREADS)
    for listener in sockets.values():
        if isinstance(listener, BaseWSGIServer):
            listener.channel_class = JsonChannel
    return server


def serve(app: Wsgi, settings: Settings, engine: Engine) -> int:
    """Serves until SIGTERM or SIGINT; the exit code is 0 after a clean stop."""
    try:
        server = make_server(app, settings, engine)
    except OSError as error:
        log.error("cannot listen on %s port %d: %s", settings.host, settings.port, error.strerror)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    warming = threading.Thread(target=_warm_up, args=(engine,), name="warm-up", daemon=True)
    warming.start()
    log.info(
        "alpr_api %s listens on %s, engine %s",
        __version__,
        _addresses(server),
        engine.status().name,
    )
    if period_s := systemd.watchdog_period_s():
        sockets = server.map if isinstance(server, MultiSocketServer) else server._map
        sockets[NO_SOCKET] = systemd.Pulse(period_s)
    server.run()
    log.info("stopped")
    engine.close()
    # A thread that the interpreter's end meets inside native code takes the process down with it.
    warming.join(DRAIN_S)
    return 0


def _stop(number: int, _: FrameType | None) -> None:
    """Ends the event loop; a second signal must not cut the draining short."""
    for ignored in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ignored, signal.SIG_IGN)
    log.info("%s: finishing the requests in flight", signal.Signals(number).name)
    systemd.notify("STOPPING=1")
    raise SystemExit(0)


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
