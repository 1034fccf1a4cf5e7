"""A stand-in for the vendor's Python module, faithful to what docs/ultimatealpr.md says of it.

It reads no image: the text of its one plate is a check sum of the pixels, its last character
masked as in the trial, so that a test can tell that the right pixels arrived. A black first pixel
is an empty street. A red first pixel is an image that cannot be read. Its work holds the GIL, like
the real wrapper's.

Environment variables control it, because they reach a worker process:

DOUBLE_FAULTS    ``what@call`` or ``what@start``, comma-separated; a call is counted from 1 in each
                 process. At a call: abort, segv, hang, refuse, not-ok, garbage, none, exit.
                 At the start: import (fails with DOUBLE_IMPORT_ERROR), init, exit, hang, abort.
                 At the stop, in deInit: hang, abort.
DOUBLE_FAULTY    how many processes have the faults, the first ones; 0, the default, for all
DOUBLE_LIMIT     calls a process may make before the trial refuses; 0 for no limit
DOUBLE_REFUSAL   the phrase of that refusal; if empty, the answer is OK and holds no plate
DOUBLE_REFUSAL_LINE  the native error that it prints then
DOUBLE_ERROR     the native errors of a failed init, innermost first, with | between them
DOUBLE_WORK_MS   how long a call takes; DOUBLE_START_MS, how long init takes
DOUBLE_PRINT     what init prints, as a native library would
DOUBLE_LOG       a file: one JSON line a call, with the process's number
"""

# ruff: noqa: N802 - the names are the vendor's

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
import zlib
from typing import Any

ULTALPR_SDK_IMAGE_TYPE_RGB24 = 0
ULTALPR_SDK_IMAGE_TYPE_RGBA32 = 1
ULTALPR_SDK_IMAGE_TYPE_Y = 9
CHANNELS = {0: 3, 1: 4, 9: 1}
REFUSAL = "Your license doesn't allow running the code this long"
UNREADABLE = b"\xff\x00\x00"
INIT_ERRORS = "FILE_NOT_FOUND: no model|detector: not made|engine: not made|init: not done"
SAMPLE_STEP = 997
"""A prime, so that samples wander over columns and channels."""

_libc = ctypes.PyDLL(None)  # Unlike CDLL, its calls keep the GIL.
_state: dict[str, Any] = {"ready": False, "calls": 0, "level": "info"}


def _say(**entry: Any) -> None:
    path = os.environ.get("DOUBLE_LOG")
    if path:
        line = json.dumps({"pid": os.getpid(), "time": time.monotonic(), **entry}) + "\n"
        with open(path, "ab", buffering=0) as log:
            log.write(line.encode())


def _is_faulty() -> bool:
    """Whether this process is among the first few that have faults."""
    faulty = int(os.environ.get("DOUBLE_FAULTY", "0"))
    if not faulty:
        return True
    with open(os.environ["DOUBLE_LOG"], encoding="utf-8") as log:
        born = [entry["pid"] for entry in map(json.loads, log) if entry["what"] == "import"]
    return born.index(os.getpid()) < faulty


def _fault(moment: str) -> str:
    for fault in os.environ.get("DOUBLE_FAULTS", "").split(","):
        what, _, when = fault.partition("@")
        if when == moment and _is_faulty():
            return what
    return ""


def _print(line: str) -> None:
    """As native code prints, so that a line may be lost in the C library's buffer."""
    _libc.puts(line.encode())


def _print_errors(messages: str) -> None:
    """As the SDK reports errors at level "error" and below: four lines each."""
    if _state["level"] != "fatal":
        for number, message in enumerate(filter(None, messages.split("|"))):
            _print(f'*[DOUBLE ERROR]: function: "step_{number}()"')
            _print('file: "/build/agent/source/step.cxx"')
            _print(f'line: "{number}"')
            _print(f"message: {message}")


def _suffer(what: str) -> None:
    """The faults that leave no answer."""
    if what in {"abort", "segv", "exit", "hang"}:
        _print(f"native: about to {what}")
    if what == "abort":
        os.abort()
    if what == "segv":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "exit":
        os._exit(3)
    if what == "hang":
        _libc.sleep(3600)


def _work(variable: str) -> None:
    micros = int(float(os.environ.get(variable, "0")) * 1000)
    if micros:
        _libc.usleep(micros)


class UltAlprSdkResult:
    def __init__(self, code: int = 0, phrase: str = "OK", answer: str | None = None) -> None:
        self._code, self._phrase, self._json = code, phrase, answer

    def isOK(self) -> bool:
        return self._code == 0

    def code(self) -> int:
        return self._code

    def phrase(self) -> str:
        return self._phrase

    def json(self) -> str | None:
        return self._json

    def numPlates(self) -> int:
        return len(json.loads(self._json or "{}").get("plates", []))


def UltAlprSdkEngine_init(config: str = "{}", /) -> UltAlprSdkResult:
    if not isinstance(config, str):
        raise NotImplementedError("Wrong number or type of arguments for overloaded function")
    _say(what="init", config=json.loads(config))
    _state["level"] = json.loads(config).get("debug_level", "info")
    _print(os.environ.get("DOUBLE_PRINT", "native: init"))
    _suffer(_fault("start"))
    _work("DOUBLE_START_MS")
    if _state["ready"]:
        os.abort()  # Not public what happens; a caller must not rely on anything.
    if _fault("start") == "init":
        _print_errors(os.environ.get("DOUBLE_ERROR", INIT_ERRORS))
        return UltAlprSdkResult(-3, "init failed")
    _state["ready"] = True
    return UltAlprSdkResult()


def UltAlprSdkEngine_deInit() -> UltAlprSdkResult:
    _say(what="deInit")
    _suffer(_fault("stop"))
    _state["ready"] = False
    return UltAlprSdkResult()


def UltAlprSdkEngine_warmUp(image_type: int, /) -> UltAlprSdkResult:
    _say(what="warmUp", type=image_type)
    if not _state["ready"]:
        return UltAlprSdkResult(-1, "Engine not initialized yet")
    return UltAlprSdkResult()


def UltAlprSdkEngine_process(
    image_type: int, data: bytes, width: int, height: int, stride: int = 0, exif: int = 1, /
) -> UltAlprSdkResult:
    numbers = (image_type, width, height, stride, exif)
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise NotImplementedError("Wrong number or type of arguments for overloaded function")
    if not _state["ready"]:
        return UltAlprSdkResult(-1, "Engine not initialized yet")
    if type(data) is not bytes:
        return UltAlprSdkResult(-2, "null pointer")
    if len(data) < (stride or width) * height * CHANNELS[image_type]:
        os.kill(os.getpid(), signal.SIGSEGV)  # An out-of-bounds read.
    _state["calls"] += 1
    _say(what="process", type=image_type, size=len(data), stride=stride, exif=exif)
    _work("DOUBLE_WORK_MS")
    fault = _fault(str(_state["calls"]))
    _suffer(fault)
    limit = int(os.environ.get("DOUBLE_LIMIT", "0"))
    if fault == "refuse" or 0 < limit < _state["calls"]:
        _print_errors(os.environ.get("DOUBLE_REFUSAL_LINE", ""))
        phrase = os.environ.get("DOUBLE_REFUSAL", REFUSAL)
        return UltAlprSdkResult(-4, phrase) if phrase else UltAlprSdkResult(answer="{}")
    if fault == "not-ok" or data[:3] == UNREADABLE:
        return UltAlprSdkResult(-5, "something failed")
    answers = {"garbage": '{"plates": [{"text', "none": None}
    return UltAlprSdkResult(answer=answers.get(fault, _answer(data, width, height)))


def _answer(data: bytes, width: int, height: int) -> str:
    answer: dict[str, Any] = {"duration": 1, "frame_id": _state["calls"] - 1}
    if any(data[:3]):
        left, top, right, bottom = width * 0.25, height * 0.5, width * 0.5, height * 0.75
        answer["plates"] = [
            {
                "text": text_of(data),
                "confidences": [84.1, 99.2, 89.8, 90.1, 90.2, 90.1, 84.1, 90.5],
                "warpedBox": [left, top, right, top, right, bottom, left, bottom],
                "car": {"confidence": 99.6, "warpedBox": [left, top, right, top] * 2},
            }
        ]
    return json.dumps(answer)


def text_of(data: bytes) -> str:
    """What the double reads in these pixels."""
    return f"{zlib.crc32(data[::SAMPLE_STEP] + data[-64:]):08X}"[:5] + "*"


def UltAlprSdkEngine_requestRuntimeLicenseKey(raw: bool = False, /) -> UltAlprSdkResult:
    """Asks the hardware, which fails on a healthy engine in a container: so it does here."""
    time.sleep(0)
    return UltAlprSdkResult(-6, f"udevadm: not found (raw={raw})")


_say(what="import", path=sys.path)
if _fault("start") == "import":
    raise ImportError(os.environ["DOUBLE_IMPORT_ERROR"])
