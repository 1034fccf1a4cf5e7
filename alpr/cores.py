"""How many of the machine's cores this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")


def available() -> int:
    """Cores that the system gives to this process, at least 1.

    The smallest of the machine's cores, those that the process is bound to, and the processor time
    that its control group has, e.g. 2 for ``docker run --cpus 1.5``.
    """
    bound = getattr(os, "sched_getaffinity", None)  # Only Linux has it.
    cores = len(bound(0)) if bound else os.cpu_count() or 1
    return max(1, min([cores, *map(math.ceil, _quotas())]))


def _quotas() -> Iterator[float]:
    """The limits of this process's control group and those around it, in cores (cgroup v2)."""
    try:
        lines = OWN_CGROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for own in (line.removeprefix("0::/") for line in lines if line.startswith("0::/")):
        folder = CGROUPS / own
        for group in (folder, *folder.parents):
            yield from _quota(group / "cpu.max")
            if group == CGROUPS:
                break


def _quota(file: Path) -> Iterator[float]:
    """The cores of a ``cpu.max``, which has microseconds and their period: ``150000 100000``."""
    try:
        quota, period = file.read_text(encoding="utf-8").split()
        yield int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # No such file, or "max".
        return
