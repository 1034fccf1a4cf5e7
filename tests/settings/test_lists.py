"""Settings that are lists: what is taken, also as a JSON list in config.json, and refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from alpr.errors import SettingsError
from alpr.settings import Settings, load


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--host", "", "names nothing"),
        ("--host", ",", "names nothing"),
        ("--host", "0.0.0.0:5000", "neither an address nor a host name"),
        ("--host", "http://0.0.0.0", "neither an address nor a host name"),
        ("--host", "127.0.0.1,a b", "neither an address nor a host name"),
        ("--allowed-hosts", ";;", "neither a host name nor an IPv4 address"),
        ("--allowed-hosts", ",,", "names nothing"),
        ("--allowed-hosts", "*", "neither a host name nor an IPv4 address"),
        ("--allowed-hosts", "http://alpr.lan", "neither a host name nor an IPv4 address"),
        ("--cors-origins", "foo", "not an origin, e.g. http://cams.lan"),
        ("--cors-origins", "http://cams.lan/", "without a path"),
        ("--cors-origins", "http://a,cams.lan", "'cams.lan' is not an origin"),
        ("--api-key-exempt-networks", "192.168.1.7/24", "has host bits set"),
        ("--min-side", "20000", "min_side 20000 is above max_side 16384"),
        ("--max-side", "16", None),
    ],
)
def test_what_is_refused_is_named(option: str, value: str, why: str | None) -> None:
    if why is None:
        assert load([option, value]).settings.max_side == 16
        return
    with pytest.raises(SettingsError) as caught:
        load([option, value])
    message = str(caught.value)
    assert why in message
    assert why.startswith("min_side") or option in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--host", "*"),
        ("--host", "127.0.0.1, ::1,fe80::1%lo,alpr.lan,raspberry_pi"),
        ("--allowed-hosts", "alpr.lan:5000, .example.org,192.168.1.5,kamera-süd.lan"),
        ("--allowed-hosts", ""),
        ("--cors-origins", ""),
        ("--cors-origins", "*"),
        ("--cors-origins", "http://cams.lan:8080,https://a.b,null,moz-extension://x"),
        ("--api-key-exempt-networks", "192.168.1.0/24,10.0.0.7,fd00::/8"),
    ],
)
def test_what_is_accepted_stays_as_it_was_given(option: str, value: str) -> None:
    settings = load([option, value]).settings
    assert getattr(settings, option[2:].replace("-", "_")) == value


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("host", ["127.0.0.1", "::1"], "127.0.0.1,::1"),
        ("allowed_hosts", ["alpr.lan", "192.168.1.5"], "alpr.lan,192.168.1.5"),
        ("api_key_exempt_networks", ["10.0.0.7"], "10.0.0.7"),
        ("cors_origins", [], ""),
        ("wanted_cells", [5, 6], "5,6"),
        ("ignore_areas", ["0,0,1,0.08", "0.7,0.9,1,1"], "0,0,1,0.08;0.7,0.9,1,1"),
        ("ignore_areas", [[0, 0, 1, 0.08], [0.7, 0.9, 1, 1]], "0,0,1,0.08;0.7,0.9,1,1"),
    ],
)
def test_a_json_list_is_the_same_as_the_text(
    tmp_path: Path, name: str, value: object, text: str
) -> None:
    settings = from_file(tmp_path, json.dumps({name: value}))
    assert settings == dataclasses.replace(Settings(), **{name: text})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"allowed_hosts": [True]}, "allowed_hosts"),
        ({"allowed_hosts": [None]}, "allowed_hosts"),
        ({"host": []}, "names nothing"),
        ({"cors_origins": ["foo"]}, "not an origin"),
        ({"box_label": ["a"]}, "box_label"),
    ],
)
def test_a_bad_json_list_is_named(tmp_path: Path, content: object, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        from_file(tmp_path, json.dumps(content))


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Notepad and PowerShell write one."""
    assert from_file(tmp_path, "\ufeff" + json.dumps({"port": 5001})) == Settings(port=5001)


def from_file(folder: Path, content: str) -> Settings:
    file = folder / "config.json"
    file.write_text(content, encoding="utf-8")
    return load(["--config", str(file)]).settings
