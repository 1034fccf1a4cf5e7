"""Other readers behind the engine protocol, to be measured beside the embedded engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alpr.engines.base import Engine
from benchmarks.peers.pp_ocr.engine import PpOcrEngine

PEERS: Mapping[str, Callable[[], Engine]] = {"pp_ocr": PpOcrEngine}
