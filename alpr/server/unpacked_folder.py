"""The folder that a one-file executable unpacks itself into, and those that killed ones left.

PyInstaller's first process removes the folder when the program ends, but cannot after ``kill -9``
or a power cut: 120 MB would stay in ``/tmp`` each time. So the program locks a file in its folder
as long as it runs. Where another can lock that file, the folder's program has ended.

Nor does it remove the folder where unpacking fails, e.g. on a full disk. So the first file that is
unpacked is an empty one that names the folder ours; the program renames it once it runs. Where it
keeps that name for minutes, the program never ran.

The folder itself is locked too: systemd-tmpfiles, which clears ``/tmp`` of old files, leaves out
what is locked (tmpfiles.d(5)).
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX = "_MEI"
"""What PyInstaller's names of such folders begin with."""

LOCK = "alpr_api.lock"
"""The file that tells our folders from those of other programs."""

UNPACKING = ".alpr_api_unpacking"
"""What it is called until the program runs. ``alpr_api.spec`` knows the name, too."""

MAX_UNPACKING_S = 600
"""Age in seconds from which a folder that is still called so is of a start that failed."""


def claim_and_sweep() -> None:
    """Locks this program's folder until it ends, and removes those of ended ones beside it.

    Does nothing where the program was not unpacked.
    """
    own = Path(getattr(sys, "_MEIPASS", ""))
    if fcntl is None or not own.name.startswith(PREFIX):
        return
    with suppress(OSError):  # Where files cannot be locked, this folder is not swept either.
        _claim(own)
    for folder in own.parent.glob(f"{PREFIX}*"):
        if folder != own and _is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)  # It removes no link and what that leads to.


def _claim(folder: Path) -> None:
    unpacking = folder / UNPACKING  # It gets its name only once it is locked.
    descriptor = os.open(unpacking, os.O_RDWR | os.O_CREAT, 0o600)  # Closed when the process ends.
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    unpacking.rename(folder / LOCK)
    fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_SH)


def _is_left(folder: Path) -> bool:
    """Whether a folder is this user's, of this program, and of no process that runs or starts."""
    try:
        if os.lstat(folder).st_uid != os.geteuid():
            return False
        mark = folder / UNPACKING
        if not mark.exists():
            mark = folder / LOCK
        elif time.time() - mark.stat().st_mtime < MAX_UNPACKING_S:
            return False
        with mark.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # It has no such file, or another process holds the lock.
        return False
    return True
