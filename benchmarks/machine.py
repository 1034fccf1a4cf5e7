"""The machine and the versions that the figures were measured with."""

from __future__ import annotations

import datetime
import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import psutil

from alpr import __version__
from benchmarks.results import Machine

CORES = 2
"""Cores that every reader gets, however many the machine has."""
PACKAGES = ("onnxruntime", "numpy", "pillow", "rapidocr", "SimpleLPR")


def describe() -> Machine:
    return Machine(
        date=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        commit=_commit(),
        cpu=_cpu(),
        cores=os.cpu_count() or 0,
        ram_gb=round(psutil.virtual_memory().total / 1e9, 1),
        system=f"{platform.system()} {platform.release()}",
        versions={"alpr_api": __version__, "Python": platform.python_version(), **_versions()},
    )


def pin() -> None:
    """Limits this process and its children to :data:`CORES` cores, if the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


def _versions() -> dict[str, str]:
    """Versions of the packages that are installed."""
    installed = {one.name.lower(): one.version for one in metadata.distributions()}
    return {name: installed[name.lower()] for name in PACKAGES if name.lower() in installed}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())


def _commit() -> str:
    """The checkout's commit, with a + if files were changed since; empty outside a checkout."""
    git, folder = shutil.which("git"), Path(__file__).parent
    if git is None:
        return ""
    command = [git, "-C", str(folder), "describe", "--always", "--dirty=+", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
