"""The end of the process that unpacked a one-file executable is the end of the service, too."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
"""Of Linux's ``prctl``: which signal a process gets when its parent ends."""


def stop_with_parent() -> None:
    """Has Linux send SIGTERM to this process when the parent ends, if that unpacked this program.

    PyInstaller's one-file executable is two processes: the first unpacks and waits, the second is
    the program. Without this, ``kill -9`` of the first leaves the second on its port.
    """
    if sys.platform == "linux" and _is_unpacked_by(os.getppid()):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _is_unpacked_by(parent: int) -> bool:
    """Whether the parent runs the same executable, which is not so in a ``--onedir`` build."""
    try:
        is_same = Path(f"/proc/{parent}/exe").readlink() == Path("/proc/self/exe").readlink()
    except OSError:  # It is another user's, or has ended.
        return False
    return is_same and getattr(sys, "frozen", False)
