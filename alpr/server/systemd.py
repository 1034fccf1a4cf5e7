"""What systemd is told: that the service is up, how it is, and that it is still alive.

One datagram each, to the socket that systemd names in the environment; without one, nothing.
"""

from __future__ import annotations

import logging
import os
import socket
import time

BEATS = 3
"""Signs of life in each of the watchdog's periods."""

log = logging.getLogger(__name__)


def notify(*lines: str) -> None:
    """Says ``READY=1``, ``STATUS=…`` and the like; never fails, for the service goes on anyway."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # An abstract one, of no file.
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto("\n".join(lines).encode(), address)
    except OSError as error:
        log.warning("systemd cannot be told %s: %s", " ".join(lines), error.strerror)


class Pulse:
    """Gives a sign of life as long as the server's event loop turns; long reads do not matter.

    It stands among the loop's sockets but is none: at each turn, at least once a second, it is
    asked what it waits for, and never waits for anything.
    """

    def __init__(self, period_s: float) -> None:
        self._pause_s = period_s / BEATS
        self._due = 0.0

    def readable(self) -> bool:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + self._pause_s
            notify("WATCHDOG=1")
        return False

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        """Called with the sockets' own, at the end."""


def watchdog_period_s() -> float:
    """How long systemd waits for a sign of life; 0 where it does not.

    A one-file program is the child of the process that systemd started, which only unpacked it.
    """
    ours = ("", str(os.getpid()), str(os.getppid()))
    if os.environ.get("WATCHDOG_PID", "") not in ours:
        return 0
    try:
        return int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6
    except ValueError:
        return 0
