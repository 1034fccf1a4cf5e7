"""Where the program, its own files and its settings lie on disk."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "bundle"  # only in a wheel, see pyproject.toml


def program_folder() -> Path:
    """Where ``config.json`` is looked for.

    The executable's folder when frozen, the user's own folder of settings when installed by pip,
    else the repository.
    """
    if getattr(sys, "frozen", False):
        return Path(sys.executable).resolve().parent
    if _INSTALLED.is_dir():
        home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        return Path(home) / "alpr_api"
    return bundle_folder()


def bundle_folder() -> Path:
    """Where the program's own files lie: ``assets/``, ``templates/`` and ``static/``."""
    return _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
