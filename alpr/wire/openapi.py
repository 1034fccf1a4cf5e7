"""What ``/openapi.json`` answers: every route, field and answer, kept by hand beside this file."""

from __future__ import annotations

from pathlib import Path

from alpr import __version__

_TEMPLATE = Path(__file__).with_name("openapi.json").read_bytes()
DOCUMENT = _TEMPLATE.replace(b"{version}", __version__.encode())
