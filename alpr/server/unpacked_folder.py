"""The folder that a one-file executable unpacks itself into, and those that killed ones left.

PyInstaller's first process removes the folder when the program ends, but cannot after ``kill -9``
or a power cut: 120 MB would stay in ``/tmp`` each time. So the program locks a file in its folder
as long as it runs. Where another can lock that file, the folder's program has ended.

The folder itself is locked too: systemd-tmpfiles, which clears ``/tmp`` of old files, leaves out
what is locked (tmpfiles.d(5)).
"""

from __future__ import annotations

import os
import shutil
import sys
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


def claim_and_sweep() -> None:
    """Locks this program's folder until it ends, and removes those of ended ones beside it.

    Does nothing where the program was not unpacked.
    """
    own = Path(getattr(sys, "_MEIPASS", ""))
    if fcntl is None or not own.name.startswith(PREFIX):
        return
    with suppress(OSError):  # The disk is full: this folder is then not swept either.
        _claim(own)
    for folder in own.parent.glob(f"{PREFIX}*"):
        if folder != own and _is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)  # It removes no link and what that leads to.


def _claim(folder: Path) -> None:
    draft = folder / f"{LOCK}.draft"  # It gets its name only once it is locked.
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT, 0o600)  # Closed when the process ends.
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    draft.rename(folder / LOCK)
    fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_SH)


def _is_left(folder: Path) -> bool:
    """Whether a folder is this user's, of this program, and of no process that runs."""
    try:
        if os.lstat(folder).st_uid != os.geteuid():
            return False
        with (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # It has no such file, or another process holds the lock.
        return False
    return True
