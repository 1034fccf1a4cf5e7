"""``JSON_CONFIG``: keys and values that the SDK would take in silence are named."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alpr.engines.ultimate import sdk_config
from alpr.engines.ultimate.sdk_config import (
    KEYS,
    UNSET,
    first_problem,
    masked,
    obstacle,
    secrets,
    with_defaults,
)
from alpr.errors import SettingsError
from alpr.settings import load
from alpr_api import main
from tests.engines.ultimate.setup_site import PLUGINS


def test_the_defaults_are_the_ones_promised() -> None:
    assert with_defaults({}) == {
        "charset": "latin",
        "debug_level": "error",
        "num_threads": -1,
        "gpgpu_enabled": True,
        "ienv_enabled": False,
        "openvino_enabled": True,
        "openvino_device": "CPU",
        "npu_enabled": False,
        "trt_enabled": False,
        "detect_roi": (0, 0, 0, 0),
        "detect_minscore": 0.35,
        "pyramidal_search_enabled": False,
        "klass_lpci_enabled": False,
        "klass_vcr_enabled": False,
        "klass_vmmr_enabled": False,
        "klass_vbsr_enabled": False,
        "recogn_minscore": 0.4,
        "recogn_score_type": "min",
        "recogn_rectify_enabled": True,
    }


def test_any_key_can_be_given_over_its_default() -> None:
    given = {"charset": "korean", "detect_minscore": 0, "num_threads": 2, "max_jobs": 4}
    assert {**with_defaults(given), **given} == with_defaults(given)


@pytest.mark.parametrize("charset", ["latin", "korean", "chinese"])
def test_the_three_charsets(charset: str) -> None:
    assert with_defaults({"charset": charset})["charset"] == charset


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"detect_minscor": 0.1}, "unknown key 'detect_minscor'; did you mean 'detect_minscore'?"),
        ({"Charset": "latin"}, "unknown key 'Charset'; did you mean 'charset'?"),
        ({"detect_quantization_enabled": False}, "unknown key 'detect_quantization_enabled'"),
        ({"charset": "greek"}, "charset is 'greek', but takes one of latin, korean, chinese"),
        ({"charset": ["latin"]}, "charset is ['latin'], but takes one of"),
        ({"openvino_enabled": "yes"}, "openvino_enabled is 'yes', but takes true or false"),
        ({"openvino_enabled": 1}, "openvino_enabled is 1, but takes true or false"),
        ({"num_threads": True}, "num_threads is True, but takes a whole number, -1 or more"),
        ({"num_threads": 2.5}, "num_threads is 2.5, but takes a whole number"),
        ({"detect_minscore": 1.01}, "detect_minscore is 1.01, but takes a number from 0 to 1"),
        ({"recogn_minscore": 0}, "recogn_minscore is 0, but takes a number above 0"),
        ({"detect_roi": [0, 0, 9]}, "detect_roi is [0, 0, 9], but takes four numbers"),
        ({"detect_roi": [9, 5, 0, 9]}, "detect_roi is [9, 5, 0, 9], but takes four numbers"),
        ({"detect_roi": [0, 5, -1, 9]}, "detect_roi is [0, 5, -1, 9], but takes four numbers"),
        ({"openvino_device": "cpu"}, "openvino_device is 'cpu', but takes one of CPU, GNA"),
        ({"debug_level": None}, "debug_level is None, but takes one of"),
        (
            {"license_token_file": "a", "license_token_data": "b"},
            "license_token_file and license_token_data exclude each other",
        ),
    ],
)
def test_a_slip_is_named_before_the_sdk_sees_it(given: dict[str, Any], named: str) -> None:
    assert named in first_problem(given)
    with pytest.raises(SettingsError) as caught:
        with_defaults(given)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_token_is_no_token() -> None:
    assert first_problem({"license_token_file": "", "license_token_data": ""}) == ""


def test_secrets_are_never_shown() -> None:
    given = {"license_token_data": "s3cret", "charset": "latin"}
    assert "s3cret" not in str(masked(given))
    assert masked(given)["charset"] == "latin"
    assert secrets(given) == ["s3cret"]
    assert "12345" not in first_problem({"license_token_data": 12345})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "license_token_file names cannot be read: No such file"),
        ("\n", "license_token_file names is empty"),
        ("a token", ""),
    ],
)
def test_a_licence_file_is_looked_at_before_the_sdk_is_started(
    tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "licence.txt"
    if content is not None:
        path.write_text(content)
    found = obstacle(with_defaults({"license_token_file": str(path)}))
    assert said in found
    assert bool(found) is bool(said)
    assert str(tmp_path) not in found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"openvino_device": "CPU"}, ""),
        ({"openvino_device": "GNA"}, ""),
        ({"openvino_device": "GPU"}, "no OpenVINO plugin for openvino_device GPU"),
        ({"openvino_device": "MYRIAD"}, "no OpenVINO plugin for openvino_device MYRIAD"),
        ({"openvino_device": "MYRIAD", "openvino_enabled": False}, ""),
        ({"trt_enabled": True}, "trt_enabled needs libultimatePluginTensorRT.so"),
    ],
)
def test_a_device_without_its_plugin_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr(sdk_config, "bundle_folder", lambda: tmp_path)
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs" / "plugins.xml").write_text(PLUGINS)
    (tmp_path / "libs" / "libGNAPlugin.so").touch()
    found = obstacle(with_defaults(given))
    assert said in found
    assert bool(found) is bool(said)


def test_the_memory_of_a_graphics_card_can_be_shared_out() -> None:
    key = "recogn_tf_gpu_memory_alloc_max_percent"
    assert with_defaults({key: 0.3})[key] == 0.3
    assert "takes a number above 0 and up to 1" in first_problem({key: 30})


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., list[str]]:
    """Writes a config.json with these SDK keys; the arguments that name it."""

    def write(**keys: Any) -> list[str]:
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"JSON_CONFIG": keys}))
        return ["--config", str(path)]

    return write


def test_config_json_holds_them(config: Callable[..., list[str]]) -> None:
    loaded = load(config(charset="korean", detect_roi=[0, 100, 0, 50]))
    assert with_defaults(loaded.settings.json_config)["charset"] == "korean"
    assert with_defaults(loaded.settings.json_config)["detect_roi"] == [0, 100, 0, 50]


def test_a_slip_in_config_json_stops_the_program_in_one_line(
    config: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(config(charsett="latin")) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "unknown key 'charsett'; did you mean 'charset'?" in lines[0]


def test_print_config_hides_the_licence(
    config: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*config(license_token_data="s3cret"), "--print-config"]) == 0
    printed = capsys.readouterr().out
    assert "license_token_data" in printed
    assert "s3cret" not in printed


def test_both_tokens_are_secret() -> None:
    assert {name for name, key in KEYS.items() if key.secret} == {
        "license_token_file",
        "license_token_data",
    }


DOCS = Path(__file__).parents[3] / "docs" / "ultimatealpr.md"


def keys_table() -> str:
    """The table of keys, as it ought to be in the docs."""
    rows = ["| key | default | takes | meaning |", "|---|---|---|---|"]
    for name, key in KEYS.items():
        default = "" if key.default is UNSET else f"`{json.dumps(key.default)}`"
        rows.append(f"| `{name}` | {default} | {key.takes} | {key.meaning} |")
    return "\n".join(rows)


def test_the_docs_have_every_key() -> None:
    shown = DOCS.read_text(encoding="utf-8").split("<!-- keys -->")[1].split("<!-- /keys -->")[0]
    assert shown.strip() == keys_table()


def test_the_docs_have_every_option_of_the_set_up_script() -> None:
    script = (DOCS.parent.parent / "build_and_setup_ultimatealvr.sh").read_text(encoding="utf-8")
    options = set(re.findall(r"^ +(--[a-z-]+)\)", script, re.MULTILINE)) - {"--help"}
    text = DOCS.read_text(encoding="utf-8")
    assert {option for option in options if f"| `{option}" not in text} == set()
    [commit] = re.findall(r"^readonly COMMIT=(\w+)", script, re.MULTILINE)
    assert commit in text
