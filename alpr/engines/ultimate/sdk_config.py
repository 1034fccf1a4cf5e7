"""``JSON_CONFIG``: the SDK's own keys, their types and our defaults.

The vendor does not say what happens with bad keys: the SDK may ignore one silently, or abort the
process. So every key is checked here first. Sources: the vendor's configuration guide, and its
issues where our defaults differ from the vendor's.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alpr.engines.ultimate.region_of_interest import is_region
from alpr.errors import SettingsError
from alpr.folders import bundle_folder, program_folder

UNSET = object()
"""The default of a key that is sent only if the user gives it."""
MASK = "…"


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``takes`` says in words which values ``accepts`` is true for."""

    meaning: str
    takes: str
    accepts: Callable[[Any], bool]
    default: Any = UNSET
    secret: bool = False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _boolean(meaning: str, default: Any = UNSET) -> Key:
    return Key(meaning, "true or false", lambda value: isinstance(value, bool), default)


def _text(meaning: str, *, secret: bool = False) -> Key:
    return Key(meaning, "a text", lambda value: isinstance(value, str), secret=secret)


def _choice(meaning: str, default: Any, *choices: str) -> Key:
    return Key(meaning, "one of " + ", ".join(choices), lambda value: value in choices, default)


def _integer(meaning: str, default: Any = UNSET, low: int = -1) -> Key:
    def accepts(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= low

    return Key(meaning, f"a whole number, {low} or more", accepts, default)


def _fraction(meaning: str, default: Any = UNSET, *, above_zero: bool = False) -> Key:
    def accepts(value: Any) -> bool:
        return _is_number(value) and (value > 0 if above_zero else value >= 0) and value <= 1

    takes = "a number above 0 and up to 1" if above_zero else "a number from 0 to 1"
    return Key(meaning, takes, accepts, default)


def _is_roi(value: Any) -> bool:
    is_four = isinstance(value, list | tuple) and len(value) == 4 and all(map(_is_number, value))
    return is_four and is_region(value)


_POLARITIES = ("both", "dark_on_bright", "bright_on_dark")
_DEVICES = ("CPU", "GNA", "HETERO", "MULTI", "GPU", "MYRIAD", "HDDL", "FPGA")

KEYS: Mapping[str, Key] = {
    "assets_folder": _text("where `models/` lies; the program's `assets/` unless given"),
    "charset": _choice("alphabet of the plates", "latin", "latin", "korean", "chinese"),
    # At "error" the SDK says why it fails. At "info" and below it prints its whole configuration,
    # the licence token included.
    "debug_level": _choice(
        "how much the SDK prints", "error", "verbose", "info", "warn", "error", "fatal"
    ),
    "debug_write_input_image_enabled": _boolean("writes each image to a file"),
    "debug_internal_data_path": _text("folder of that file"),
    "license_token_file": _text("the licence, as a file", secret=True),
    "license_token_data": _text("the licence, as its text", secret=True),
    "num_threads": _integer("threads; -1 for one per core", -1),
    "max_jobs": _integer("jobs inside the SDK; -1 for no limit"),
    "max_latency": _integer("frames of delay in the parallel mode, which is not used here"),
    "gpgpu_enabled": _boolean("graphics card, where there is one", True),
    "asm_enabled": _boolean("hand-written code"),
    "intrin_enabled": _boolean("vector instructions"),
    "ienv_enabled": _boolean("brightens images taken at night", False),
    **{
        f"{stage}_tf_gpu_memory_alloc_max_percent": _fraction(
            f"share of the graphics card's memory for TensorFlow's {stage} network", above_zero=True
        )
        for stage in ("detect", "recogn", "pyramidal_search")
    },
    "openvino_enabled": _boolean("OpenVINO finds the plates, not TensorFlow", True),
    "openvino_device": _choice("what OpenVINO runs on", "CPU", *_DEVICES),
    "npu_enabled": _boolean("neural processors of ARM boards", False),
    "trt_enabled": _boolean("TensorRT; switches OpenVINO off", False),
    "detect_roi": Key(
        "region to search, in pixels of the whole image; zeros for all of it",
        "four numbers: left, right, top, bottom, with left < right and top < bottom",
        _is_roi,
        (0, 0, 0, 0),
    ),
    "detect_minscore": _fraction("minimum confidence of a detection", 0.35),
    "car_noplate_detect_enabled": _boolean(
        "also finds cars without plates, which are left out of the answers"
    ),
    "car_noplate_detect_min_score": _fraction("minimum confidence of such a car"),
    "pyramidal_search_enabled": _boolean("finds smaller plates, slower", False),
    "pyramidal_search_sensitivity": _fraction("how hard the SDK searches for smaller plates"),
    "pyramidal_search_minscore": _fraction(
        "minimum confidence of a smaller plate", above_zero=True
    ),
    "pyramidal_search_min_image_size_inpixels": _integer(
        "smallest image that is searched for smaller plates, longer side in pixels", low=0
    ),
    "klass_lpci_enabled": _boolean("the plate's country", False),
    "klass_vcr_enabled": _boolean("the car's colour", False),
    "klass_vmmr_enabled": _boolean("the car's make and model", False),
    "klass_vbsr_enabled": _boolean("the car's body style", False),
    "klass_vcr_gamma": Key(
        "brightness for the colour", "a number above 0", lambda x: _is_number(x) and x > 0
    ),
    "recogn_minscore": _fraction("minimum confidence of a reading", 0.4, above_zero=True),
    "recogn_score_type": _choice(
        "how a reading's confidence follows from its characters'",
        "min",
        *("min", "mean", "median", "max", "minmax"),
    ),
    "recogn_rectify_enabled": _boolean("straightens slanted plates", True),
    "recogn_rectify_polarity": _choice("which plates are straightened", UNSET, *_POLARITIES),
    "recogn_rectify_polarity_preferred": _choice(
        "which of the two is tried first", UNSET, *_POLARITIES
    ),
}
"""Left out on purpose: the ``…_quantization_enabled`` keys, which abort a process without a
licence, and the keys for ARM boards and cloud licences."""


def first_problem(given: Mapping[str, Any]) -> str:
    """What is wrong with these keys, in one line without secrets; empty if nothing is."""
    for name, value in given.items():
        key = KEYS.get(name)
        if key is None:
            close = difflib.get_close_matches(name, KEYS, n=1)
            return f"unknown key {name!r}" + (f"; did you mean {close[0]!r}?" if close else "")
        if not key.accepts(value):
            shown = MASK if key.secret else repr(value)
            return f"{name} is {shown}, but takes {key.takes}"
    if given.get("license_token_file") and given.get("license_token_data"):
        return "license_token_file and license_token_data exclude each other"
    return ""


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given keys over the defaults.

    Raises :class:`SettingsError` with one line that names the key.
    """
    problem = first_problem(given)
    if problem:
        raise SettingsError(f"JSON_CONFIG: {problem}")
    defaults = {name: key.default for name, key in KEYS.items() if key.default is not UNSET}
    return {**defaults, **given}


def with_whole_paths(config: Mapping[str, Any]) -> dict[str, Any]:
    """The same keys with absolute paths: the SDK runs in a process with a folder of its own."""
    paths = {
        name: str(program_folder() / config[name])
        for name in ("license_token_file", "debug_internal_data_path")
        if config.get(name)
    }
    assets = program_folder() / config.get("assets_folder", bundle_folder() / "assets")
    return {**config, **paths, "assets_folder": str(assets)}


def obstacle(config: Mapping[str, Any]) -> str:
    """Why the SDK cannot start with this configuration on this machine; empty if nothing is known.

    The text holds no path: requests are answered with it.
    """
    if name := config.get("license_token_file"):
        try:
            if not Path(name).read_bytes().strip():
                return "the file that license_token_file names is empty"
        except OSError as error:
            return f"the file that license_token_file names cannot be read: {error.strerror}"
    return _missing_plugin(config, bundle_folder() / "libs")


def _missing_plugin(config: Mapping[str, Any], libraries: Path) -> str:
    """Without a plugin the SDK falls back to another device without a word."""
    tensorrt = "libultimatePluginTensorRT.so"
    if config.get("trt_enabled"):
        if (libraries / tensorrt).is_file():
            return ""
        return f"trt_enabled needs {tensorrt} in libs/, with NVIDIA's TensorRT; copy it there"
    device = config["openvino_device"]
    if not config["openvino_enabled"] or device == "CPU":
        return ""
    try:
        plugins = (libraries / "plugins.xml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        plugins = ""
    found = re.search(rf'<plugin[^>]*\bname="{device}"[^>]*\blocation="([^"]+)"', plugins)
    if found and (libraries / found[1]).is_file():
        return ""
    return (
        f"libs/ has no OpenVINO plugin for openvino_device {device}; "
        f"build_and_setup_ultimatealvr.sh --openvino-device {device} brings it"
    )


def masked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given keys with every secret's value hidden, fit to be printed."""
    return {
        name: MASK if name in KEYS and KEYS[name].secret else value for name, value in given.items()
    }


def secrets(config: Mapping[str, Any]) -> list[str]:
    """The values that must not reach a log, longest first."""
    values = [str(value) for name, value in config.items() if name in KEYS and KEYS[name].secret]
    return sorted(filter(None, values), key=len, reverse=True)
