"""Settings: four sources, one order, and errors that name what is wrong in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from alpr import folders
from alpr.errors import SettingsError
from alpr.settings import Settings, loading

ROOT = Path(__file__).parents[2]
ConfigWriter = Callable[[object], Path]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConfigWriter:
    """Writes config.json beside a program that lies in a folder of its own."""
    monkeypatch.setattr(loading, "program_folder", lambda: tmp_path)

    def write(content: object) -> Path:
        path = tmp_path / loading.FILE_NAME
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def load(*arguments: str) -> loading.SettingsWithSources:
    return loading.load(arguments)


def test_defaults_without_any_source(config: ConfigWriter) -> None:
    loaded = load()
    assert loaded.settings == Settings()
    assert set(loaded.sources.values()) == {"default"}


def test_command_line_beats_environment_beats_file_beats_default(
    config: ConfigWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    config({"port": 1001, "queue": 11, "max_side": 1111})
    monkeypatch.setenv("ALPR_PORT", "1002")
    monkeypatch.setenv("ALPR_QUEUE", "12")
    loaded = load("--port", "1003")
    values = loaded.settings
    assert (values.port, values.queue, values.max_side) == (1003, 12, 1111)
    assert values.min_side == 16
    sources = loaded.sources
    assert [sources[name] for name in ("port", "queue", "max_side", "min_side")] == [
        "command line",
        "environment",
        "config.json",
        "default",
    ]


def test_the_sdk_section_of_the_file(config: ConfigWriter) -> None:
    config({"JSON_CONFIG": {"num_threads": 2}})
    assert load().settings.json_config == {"num_threads": 2}


def test_a_file_named_on_the_command_line_or_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"port": 1234}')
    assert load("--config", str(path)).settings.port == 1234
    monkeypatch.setenv("ALPR_CONFIG", str(path))
    assert load().settings.port == 1234


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"prot": 5000}, "prot"),
        ({"json_config": {}}, "json_config"),
        ({"port": "abc"}, "port"),
        ({"port": True}, "port"),
        ({"port": 70000}, "port"),
        ({"port": 5000.5}, "port"),
        ({"port": None}, "port"),
        ({"host": None}, "host"),
        ({"engine": "fast"}, "engine"),
        ({"host": {"a": 1}}, "host"),
        ({"JSON_CONFIG": "x"}, "JSON_CONFIG"),
        ([1], "object"),
        ("{", "config.json"),
        ("[" * 100_000, "config.json"),
        ('{"host": ' + "[" * 900 + "]" * 900 + "}", "host"),
    ],
)
def test_a_bad_file_is_named(config: ConfigWriter, content: object, named: str) -> None:
    config(content)
    with pytest.raises(SettingsError) as caught:
        load()
    message = str(caught.value)
    assert named in message
    assert "config.json" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--prot", "1"], "--prot"),
        (["--port", "x"], "'--port' (env var: 'ALPR_PORT'): expected a whole number, 0 to 65535"),
        (["--port", "70000"], "expected a whole number, 0 to 65535, not '70000'"),
        (["--max-side", "3"], "expected a whole number, 16 or more, not '3'"),
        (["--json-config", "[1]"], "--json-config"),
        (["--config", "missing.json"], "missing.json"),
        (["stray"], "stray"),
    ],
)
def test_a_bad_command_line_is_named(arguments: list[str], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(*arguments)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPR_MAX_SIDE", "wide")
    with pytest.raises(SettingsError, match="ALPR_MAX_SIDE"):
        load()


def test_unknown_variables_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPR_PROT", "1")
    monkeypatch.setenv("ALPR_PORT", "1")
    assert loading.unknown_variables() == ["ALPR_PROT"]


@pytest.mark.parametrize(
    ("settings", "is_doubtful"),
    [
        (Settings(regions_strict=True), True),
        (Settings(regions_strict=True, regions="br"), False),
        (Settings(regions_strict=True, plate_pattern="[A-Z]{3}"), False),
        (Settings(), False),
    ],
)
def test_strict_regions_without_a_region_are_doubtful(
    settings: Settings, is_doubtful: bool
) -> None:
    assert [("regions_strict" in doubt) for doubt in loading.doubts(settings)] == (
        [True] if is_doubtful else []
    )


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "alpr_api.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_program_prints_each_value_and_its_source() -> None:
    done = run("--print-config", "--port", "5005")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert "port = 5005  (command line)" in lines
    assert 'host = "*"  (default)' in lines


def test_what_is_not_utf8_is_printed_with_an_escape(config: ConfigWriter) -> None:
    config('{"box_label": "\\ud800"}')
    lines = load().lines({})
    assert r'box_label = "\ud800"  (config.json)' in lines
    assert "\n".join(lines).encode()


def test_the_program_says_its_version() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert "1." in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "x"],
        ["--prot"],
        ["--engine", "fake", "--grid-size", "2", "--wanted-cells", "5"],
    ],
)
def test_a_bad_setting_is_one_line_and_exit_code_2(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("alpr_api: ")


def test_a_frozen_program_lies_where_its_executable_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "alpr_api"))
    assert folders.program_folder() == tmp_path
    assert folders.bundle_folder() == ROOT
