"""Where the program and its own files lie on disk."""

from __future__ import annotations

import sys
from pathlib import Path


def program_folder() -> Path:
    """Where the program lies: the executable's folder when frozen, else the repository."""
    if getattr(sys, "frozen", False):
        return Path(sys.executable).resolve().parent
    return bundle_folder()


def bundle_folder() -> Path:
    """Where the program's own files lie: ``assets/``, ``templates/`` and ``static/``."""
    return Path(__file__).resolve().parent.parent
