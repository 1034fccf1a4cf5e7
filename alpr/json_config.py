"""``JSON_CONFIG``: the keys ultimateALPR is started with, their types and our defaults.

The vendor says nothing about bad keys, so every one is checked here, before the SDK sees it: its
own answer to a slip may be silence, or an assertion that ends the process. Sources: the vendor's
configuration guide, and its issues where the defaults below differ from the vendor's.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alpr.errors import SettingsError

UNSET = object()
"""The default of a key that is sent only when the user gives it."""

MASK = "…"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what it takes in words, the check of that, and its default."""

    takes: str
    accepts: Callable[[Any], bool]
    default: Any = UNSET
    secret: bool = False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _flag(default: Any = UNSET) -> Key:
    return Key("true or false", lambda value: isinstance(value, bool), default)


def _text(default: Any = UNSET, *, secret: bool = False) -> Key:
    return Key("a text", lambda value: isinstance(value, str), default, secret)


def _choice(default: Any, *choices: str) -> Key:
    return Key("one of " + ", ".join(choices), lambda value: value in choices, default)


def _whole(default: Any = UNSET, low: int = -1) -> Key:
    def accepts(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= low

    return Key(f"a whole number, {low} or more", accepts, default)


def _fraction(default: Any = UNSET, *, above_zero: bool = False) -> Key:
    def accepts(value: Any) -> bool:
        return _is_number(value) and (value > 0 if above_zero else value >= 0) and value <= 1

    takes = "a number above 0 and up to 1" if above_zero else "a number from 0 to 1"
    return Key(takes, accepts, default)


def _is_roi(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 4 and all(map(_is_number, value))


KEYS: Mapping[str, Key] = {
    "assets_folder": _text(),
    "charset": _choice("latin", "latin", "korean", "chinese"),
    # At "info" and below the SDK prints its whole configuration, the licence token included.
    "debug_level": _choice("fatal", "verbose", "info", "warn", "error", "fatal"),
    "debug_write_input_image_enabled": _flag(),
    "debug_internal_data_path": _text(),
    "license_token_file": _text(secret=True),
    "license_token_data": _text(secret=True),
    "num_threads": _whole(-1),
    "max_jobs": _whole(),
    "gpgpu_enabled": _flag(True),
    "asm_enabled": _flag(),
    "intrin_enabled": _flag(),
    "ienv_enabled": _flag(False),
    "openvino_enabled": _flag(True),
    "openvino_device": _choice(
        "CPU", "CPU", "GNA", "HETERO", "MULTI", "GPU", "MYRIAD", "HDDL", "FPGA"
    ),
    "npu_enabled": _flag(False),
    "trt_enabled": _flag(False),
    "detect_roi": Key("four numbers: left, right, top, bottom", _is_roi, (0, 0, 0, 0)),
    "detect_minscore": _fraction(0.35),
    "car_noplate_detect_enabled": _flag(),
    "car_noplate_detect_min_score": _fraction(),
    "pyramidal_search_enabled": _flag(False),
    "pyramidal_search_sensitivity": _fraction(),
    "pyramidal_search_minscore": _fraction(above_zero=True),
    "pyramidal_search_min_image_size_inpixels": _whole(low=0),
    "klass_lpci_enabled": _flag(False),
    "klass_vcr_enabled": _flag(False),
    "klass_vmmr_enabled": _flag(False),
    "klass_vbsr_enabled": _flag(False),
    "klass_vcr_gamma": Key("a number above 0", lambda value: _is_number(value) and value > 0),
    "recogn_minscore": _fraction(0.4, above_zero=True),
    "recogn_score_type": _choice("min", "min", "mean", "median", "max", "minmax"),
    "recogn_rectify_enabled": _flag(True),
    "recogn_rectify_polarity": _choice(UNSET, "both", "dark_on_bright", "bright_on_dark"),
    "recogn_rectify_polarity_preferred": _choice(UNSET, "both", "dark_on_bright", "bright_on_dark"),
}
"""Left out on purpose: the ``…_quantization_enabled`` family, which aborts an unlicensed process,
the parallel mode's ``max_latency``, and the keys for ARM boards and cloud licences."""


def problem(given: Mapping[str, Any]) -> str:
    """The first thing that is wrong with these keys, in one line; empty if nothing is.

    Secret values are never part of it.
    """
    for name, value in given.items():
        key = KEYS.get(name)
        if key is None:
            close = difflib.get_close_matches(name, KEYS, n=1)
            return f"unknown key {name!r}" + (f"; did you mean {close[0]!r}?" if close else "")
        if not key.accepts(value):
            shown = MASK if key.secret else repr(value)
            return f"{name} is {shown}, but takes {key.takes}"
    if "license_token_file" in given and "license_token_data" in given:
        return "license_token_file and license_token_data exclude each other"
    return ""


def complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given keys over the defaults, ready for the SDK's ``init``.

    Raises :class:`SettingsError` with one line that names the key.
    """
    wrong = problem(given)
    if wrong:
        raise SettingsError(f"JSON_CONFIG: {wrong}")
    defaults = {name: key.default for name, key in KEYS.items() if key.default is not UNSET}
    return {**defaults, **given}


def masked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same keys with every secret's value hidden, fit to be printed."""
    return {
        name: MASK if name in KEYS and KEYS[name].secret else value for name, value in given.items()
    }


def secrets(config: Mapping[str, Any]) -> list[str]:
    """The values that must never reach a log, longest first."""
    values = [str(value) for name, value in config.items() if name in KEYS and KEYS[name].secret]
    return sorted(filter(None, values), key=len, reverse=True)
