"""The vendor's module, imported and driven. Runs in the worker process alone.

As a program, ``sdk.py ASSETS CHARSET`` starts the engine once and says whether it works; it needs
nothing but this file, so that the set-up script can call it.

What is relied on, and how it was found out, is in docs/ultimatealpr.md. In short: arguments are
positional, pixels are ``bytes`` and nothing else (other types become a NULL pointer unnoticed), and
no length is ever checked on the other side.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

MODULE = "ultimateAlprSdk"
CHANNELS: Mapping[str, int] = {"RGB24": 3, "RGBA32": 4, "Y": 1}
"""The image types used, by their names in the SDK, and their bytes a pixel."""
UPRIGHT = 1
"""EXIF orientation: images are turned before they come here."""
PACKED = 0
"""Stride in samples: rows follow each other without a gap."""


class SdkError(Exception):
    """The SDK cannot be used; one line for the parent."""


class Sdk:
    """One engine for the whole life of a process: ``init`` is meant to be called once in it."""

    def __init__(self) -> None:
        try:
            with _imp_module():
                self._sdk: Any = importlib.import_module(MODULE)
        except (ImportError, SystemError) as error:
            raise SdkError(f"cannot be imported: {error}") from error

    def start(self, config: Mapping[str, Any], image_types: Iterable[str]) -> None:
        """Loads models and warms up, so that the first read is as fast as any."""
        result = self._sdk.UltAlprSdkEngine_init(json.dumps(config))
        if not result.isOK():
            raise SdkError(f"init was refused with {result.code()}: {result.phrase()}")
        for name in image_types:
            result = self._sdk.UltAlprSdkEngine_warmUp(self._type(name))
            if not result.isOK():
                raise SdkError(f"warmUp({name}) failed with {result.code()}: {result.phrase()}")

    def read(self, image_type: str, data: bytes, width: int, height: int) -> dict[str, Any]:
        """One image's answer: ``ok``, ``code``, ``phrase`` and ``json``, a text or None."""
        if len(data) != width * height * CHANNELS[image_type]:
            raise SdkError(f"{len(data)} bytes are no {image_type} of {width}x{height}")
        result = self._sdk.UltAlprSdkEngine_process(
            self._type(image_type), data, width, height, PACKED, UPRIGHT
        )
        return {
            "ok": bool(result.isOK()),
            "code": int(result.code()),
            "phrase": str(result.phrase()),
            "json": result.json(),
        }

    def stop(self) -> None:
        self._sdk.UltAlprSdkEngine_deInit()

    def _type(self, name: str) -> int:
        return int(getattr(self._sdk, f"ULTALPR_SDK_IMAGE_TYPE_{name}"))


def try_out(assets: str, charset: str) -> None:
    """One start and one read of a grey image; raises :class:`SdkError` if either fails."""
    sdk = Sdk()
    config = {"assets_folder": assets, "charset": charset, "debug_level": "warn"}
    sdk.start({**config, "npu_enabled": False, "trt_enabled": False}, ["RGB24"])
    answer = sdk.read("RGB24", b"\x80" * (640 * 480 * 3), 640, 480)
    if not answer["ok"]:
        raise SdkError(f"a read failed with {answer['code']}: {answer['phrase']}")


@contextmanager
def _imp_module() -> Iterator[None]:
    """Stands in for ``imp``, which the vendor's file imports and Python 3.12 dropped.

    Its ``find_module`` finds nothing, upon which that file imports its extension the plain way.
    """
    if sys.version_info < (3, 12) or "imp" in sys.modules:
        yield
        return
    stand_in = ModuleType("imp")

    def find_module(*_: object) -> None:
        raise ImportError("imp is gone since Python 3.12")

    stand_in.find_module = find_module
    sys.modules["imp"] = stand_in
    try:
        yield
    finally:
        del sys.modules["imp"]


if __name__ == "__main__":
    try:
        try_out(*sys.argv[1:])
    except SdkError as error:
        sys.exit(f"ultimateALPR {error}")
    print(f"ultimateALPR is ready, charset {sys.argv[2]}")
