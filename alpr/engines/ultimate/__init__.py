"""ultimateALPR, the vendor's SDK, where the user has installed it."""

from __future__ import annotations

from importlib.util import find_spec


def is_installed() -> bool:
    """Whether the SDK's Python module can be found; it is not loaded."""
    return find_spec("ultimateAlprSdk") is not None
