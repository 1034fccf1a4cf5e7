"""The folder that a one-file executable unpacks itself into, and those that killed ones left.

PyInstaller's first process removes the folder when the program ends, but cannot after ``kill -9``
or a power cut: 107 MB would stay in ``/tmp`` each time. So the program locks a file in its folder
as long as it runs. Where another can lock that file, the folder's program has ended.

Nor does it remove the folder where unpacking fails, e.g. on a full disk: PyInstaller 6.22 then
returns from ``_pyi_main_onefile_parent`` in its ``pyi_main.c`` before it comes to clean up. So the
first file that is unpacked is an empty one that names the folder ours; the program renames it once
it runs. Where it keeps that name, and the process that the folder's name tells has ended, unpacking
failed.

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

MAX_PAUSE_S = 30
"""Seconds in which a start that goes on writes something, in case its process is only not seen
here: containers that share a folder do not share the numbers of their processes."""

MAX_UNPACKING_S = 600
"""The same where a process has the number that the folder's name tells. It may be another one."""


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
        elif _pause_s(folder) < (MAX_UNPACKING_S if _has_process(folder.name) else MAX_PAUSE_S):
            return False
        with mark.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # It has no such file, or another process holds the lock.
        return False
    return True


def _pause_s(folder: Path) -> float:
    """Seconds since something in the folder was written last."""
    return time.time() - max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))


def _has_process(name: str) -> bool:
    """Whether a process has the number in ``_MEI``, eight hexadecimal digits and six characters."""
    try:
        os.kill(int(name[len(PREFIX) : len(PREFIX) + 8], 16), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):  # It is another user's, or the name has no number.
        pass
    return True
