"""The answer of ``/openapi.json``: every route, field and answer, maintained by hand."""

from __future__ import annotations

from pathlib import Path

from alpr import __version__

_TEMPLATE = Path(__file__).with_name("openapi.json").read_bytes()
DOCUMENT = _TEMPLATE.replace(b"{version}", __version__.encode())
