"""From an application to a server that starts, answers, drains and stops.

waitress reads whole requests on one event loop before a worker thread sees them, so a camera on a
slow line cannot hold a worker.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from waitress.adjustments import Adjustments

from alpr import __version__
from alpr.engines.base import Engine
from alpr.errors import EngineError, ListenError
from alpr.server import draining, listening, systemd
from alpr.server.event_loop import EventLoop
from alpr.server.http_parser import MAX_HEADER_BYTES
from alpr.server.listener import Listener, Shared
from alpr.server.path_normalizer import Wsgi
from alpr.service import admission
from alpr.settings import Settings

SPARE_THREADS = 4
"""Threads for what needs no slot: the page and refusals never wait for a read."""

TURN_S = 1
"""Longest wait in one turn of the event loop, in seconds."""

log = logging.getLogger(__name__)


def make_listeners(app: Wsgi, settings: Settings, engine: Engine) -> list[Listener]:
    """What already listens. Raises :class:`SettingsError` and :class:`ListenError`."""
    opened = listening.open_sockets(settings.host, settings.port)
    admitted = admission.slot_count(settings.slots, engine) + settings.queue
    adjustments = Adjustments(
        max_request_header_size=MAX_HEADER_BYTES,
        # waitress refuses a body that reaches its limit, not only one that exceeds it.
        max_request_body_size=settings.max_body_mb * 1_000_000 + 1,
        outbuf_overflow=sys.maxsize,  # Answers wait in memory, which MAX_ANSWER_BYTES bounds.
        ident="alpr_api",
        clear_untrusted_proxy_headers=True,
    )
    shared = Shared(admitted + SPARE_THREADS, settings.max_connections_per_address)
    return [Listener(app, adjustments, one, shared) for one in opened]


def serve(app: Wsgi, settings: Settings, engine: Engine) -> int:
    """Serves until SIGTERM, SIGINT or SIGHUP; the exit code is 0 after a clean stop.

    Raises :class:`SettingsError` for a host that is no address of this machine.
    """
    try:
        listeners = make_listeners(app, settings, engine)
    except ListenError as error:
        log.error("%s", error)
        return 1
    loop = EventLoop(listeners, systemd.Watchdog(systemd.watchdog_period_s()).beat)
    stop = StopSignal(loop.wake)
    warm_up = threading.Thread(target=_warm_up, args=(engine,), name="warm-up", daemon=True)
    warm_up.start()
    log.info(
        "alpr_api %s listens on %s, engine %s, %s",
        __version__,
        ", ".join(map(_url, listeners)),
        engine.status().name,
        "with a key" if settings.api_key else "without a key",
    )
    while not stop.received:
        loop.turn(TURN_S)
    log.info("%s: finishing the requests in flight", stop.received)
    systemd.notify("STOPPING=1")
    draining.drain(loop)
    log.info("stopped")
    engine.close()
    # A thread that is inside native code when the interpreter ends would abort the process.
    warm_up.join(draining.DRAIN_S)
    return 0


def _stop_signals() -> list[int]:
    """SIGTERM, SIGINT, and SIGHUP, which a closed terminal sends, unless nohup had it ignored."""
    signals: list[int] = [signal.SIGTERM, signal.SIGINT]
    # Windows has no SIGHUP.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    return signals


class StopSignal:
    """Keeps the name of the first stop signal in ``received`` and wakes the event loop.

    It raises nothing because an interrupted loop would lose what it has just received. Further
    signals are ignored so that they do not cut the draining short.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.received = ""
        self._wake = wake
        self._signals = _stop_signals()
        for number in self._signals:
            signal.signal(number, self._handle)

    def _handle(self, number: int, _: FrameType | None) -> None:
        for ignored in self._signals:
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


def _url(listener: Listener) -> str:
    host = listener.effective_host
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.effective_port}"
