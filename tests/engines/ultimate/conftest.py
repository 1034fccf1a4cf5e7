"""An engine over the SDK's double, and what the double was asked."""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from alpr import engines
from alpr.engines.base import Engine
from alpr.settings import Settings

Open = Callable[..., Engine]
Seen = Callable[[Image.Image], str]

DOUBLES = Path(__file__).parents[3] / "testkit" / "doubles"
PATIENCE_S = 60
"""How long a condition is waited for on a busy machine before the test fails."""


def load_double() -> ModuleType:
    """The double as a module of this process, under a name that no engine looks for."""
    spec = importlib.util.spec_from_file_location("sdk_double", DOUBLES / "ultimateAlprSdk.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Double:
    """The double that worker processes will import; its faults and its log."""

    def __init__(self, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = log
        self._monkeypatch = monkeypatch
        self.tell(LOG=str(log))

    def tell(self, **orders: object) -> None:
        """DOUBLE_… variables by their last words, as in ``tell(WORK_MS=5)``."""
        for name, value in orders.items():
            self._monkeypatch.setenv(f"DOUBLE_{name}", str(value))

    def log(self, what: str = "") -> list[dict[str, Any]]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [entry for entry in map(json.loads, lines) if what in ("", entry["what"])]

    @staticmethod
    def until(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
        """Waits for a condition, and fails if it does not come true."""
        end = time.monotonic() + patience_s
        while not condition():
            assert time.monotonic() < end, f"not within {patience_s} s"
            time.sleep(0.005)

    def processes(self) -> list[int]:
        """The workers that imported it, in the order of their births."""
        return [entry["pid"] for entry in self.log("import")]


@pytest.fixture
def double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Double:
    monkeypatch.syspath_prepend(DOUBLES)
    # It would have the C library write at once whatever the double prints.
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    return Double(tmp_path / "double.jsonl", monkeypatch)


@pytest.fixture
def open_engine() -> Iterator[Open]:
    opened: list[Engine] = []

    def build(**settings: Any) -> Engine:
        opened.append(engines.open_engine(Settings(engine="ultimate", **settings)))
        return opened[-1]

    yield build
    for engine in opened:
        engine.close()


@pytest.fixture(scope="session")
def picture() -> Image.Image:
    """Noise, so that each pixel counts."""
    return Image.effect_noise((640, 360), 80).convert("RGB")


@pytest.fixture(scope="session")
def seen() -> Seen:
    """What the double reads on an image."""
    text_of: Callable[[bytes], str] = load_double().text_of
    return lambda image: text_of(image.tobytes())
