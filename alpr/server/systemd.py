"""What systemd is told: that the service is ready, how it is, and that it is still alive.

Each message is one datagram to the socket that systemd names in the environment. Without such a
socket nothing is sent.
"""

from __future__ import annotations

import logging
import os
import socket
import time

BEATS_PER_PERIOD = 3
"""Signs of life in each of the watchdog's periods."""

log = logging.getLogger(__name__)


def notify(*lines: str) -> None:
    """Sends ``READY=1``, ``STATUS=…`` and the like; a failure is only logged."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # An abstract socket, which has no file.
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto("\n".join(lines).encode(), address)
    except OSError as error:
        log.warning("systemd cannot be told %s: %s", " ".join(lines), error.strerror)


class Watchdog:
    """Sends a sign of life three times in ``period_s`` seconds; never if that is 0.

    The event loop calls :meth:`beat` after each turn. A loop that hangs sends none, and a long read
    in another thread does not matter.
    """

    def __init__(self, period_s: float) -> None:
        self._interval_s = period_s / BEATS_PER_PERIOD
        self._due = 0.0

    def beat(self) -> None:
        """Sends a sign of life if one is due."""
        now = time.monotonic()
        if self._interval_s and now >= self._due:
            self._due = now + self._interval_s
            notify("WATCHDOG=1")


def watchdog_period_s() -> float:
    """Seconds that systemd waits for a sign of life; 0 if it does not watch this process.

    A one-file program is the child of the process that systemd started, which only unpacked it.
    """
    own_pids = ("", str(os.getpid()), str(os.getppid()))
    if os.environ.get("WATCHDOG_PID", "") not in own_pids:
        return 0
    try:
        return int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6
    except ValueError:
        return 0
