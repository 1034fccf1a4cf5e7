"""alpr_api.spec, carried out without PyInstaller: which of the repository's files are bundled."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from alpr.images import FORMATS

ROOT = Path(__file__).parents[2]
FILES = """
templates/index.html
static/app.js
alpr/wire/openapi.json
alpr/wire/openapi.py
alpr/formats/regions.txt
assets/models/manifest.json
assets/models/detector.onnx
assets/fonts/plain.ttf
assets/images/lic_us.jpg
assets/models/ultimateALPR-SDK_charset_anpr_latin_size=37.txt
assets/models/ultimateALPR-SDK_charset_anpr_korean_size=78.txt
assets/models/ultimateALPR-SDK_recogn2x150_latin.desktop.model.doubango
assets/models/ultimateALPR-SDK_recogn2x150_korean.desktop.model.doubango
assets/models/ultimateALPR-SDK_recogn2x150_chinese.desktop.model.doubango
assets/models/ultimateALPR-SDK_recogn1x100_latin.desktop.model.doubango
assets/models/ultimateALPR-SDK_detect_main.desktop.model.doubango
assets/models/ultimateALPR-SDK_detect_main.mobile.model.doubango
assets/models.openvino/detect_main/model.bin
assets/models.tensorrt/engine.bin
libs/libultimate_alpr-sdk.so
libs/plugins.xml
libs/README.md
"""
ALWAYS = {
    "templates/index.html",
    "static/app.js",
    "alpr/wire/openapi.json",
    "alpr/formats/regions.txt",
}


class Recipe:
    """What the spec asked PyInstaller for."""

    def __init__(self, top: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
        self.asked: dict[str, Any] = {}
        self.is_folder = False
        monkeypatch.setattr(sys, "argv", ["alpr_api.spec", *options])
        names = {
            "SPECPATH": str(top),
            "workpath": str(top / "build"),
            "Analysis": self._analysis,
            "PYZ": lambda *_: None,
            "EXE": lambda *_, **__: None,
            "COLLECT": self._collect,
        }
        exec(compile((ROOT / "alpr_api.spec").read_text(), "alpr_api.spec", "exec"), names)

    def _analysis(self, scripts: list[str], **asked: Any) -> SimpleNamespace:
        self.asked = asked
        return SimpleNamespace(scripts=scripts, pure=[], binaries=[], datas=[])

    def _collect(self, *_: Any, **__: Any) -> None:
        self.is_folder = True

    def files(self) -> set[str]:
        return {f"{folder}/{Path(file).name}" for file, folder in self.asked["datas"]}


@pytest.fixture
def top(tmp_path: Path) -> Path:
    for name in FILES.split():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def test_without_the_sdk_its_module_and_libraries_stay_out(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(top, monkeypatch)
    ours = {"assets/models/manifest.json", "assets/models/detector.onnx", "assets/fonts/plain.ttf"}
    assert recipe.files() == ALWAYS | ours
    assert "ultimateAlprSdk" in recipe.asked["excludes"]
    assert recipe.asked["hiddenimports"] == []
    assert not recipe.is_folder


def test_with_the_sdk_what_a_server_needs_for_latin_plates_is_in(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(top, monkeypatch, "--sdk", str(top / "sdk"), "--onedir")
    assert recipe.files() == ALWAYS | {
        "assets/models/manifest.json",
        "assets/models/detector.onnx",
        "assets/fonts/plain.ttf",
        "assets/models/ultimateALPR-SDK_charset_anpr_latin_size=37.txt",
        "assets/models/ultimateALPR-SDK_recogn2x150_latin.desktop.model.doubango",
        "assets/models/ultimateALPR-SDK_detect_main.desktop.model.doubango",
        "assets/models.openvino/detect_main/model.bin",
        "libs/libultimate_alpr-sdk.so",
        "libs/plugins.xml",
    }
    assert recipe.asked["hiddenimports"] == ["ultimateAlprSdk"]
    assert str(top / "sdk") in recipe.asked["pathex"]
    assert recipe.is_folder


def test_other_alphabets_are_in_when_requested_and_latin_stays(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Recipe(top, monkeypatch, "--sdk", str(top), "--charset", "korean").files()
    assert "assets/models/ultimateALPR-SDK_charset_anpr_korean_size=78.txt" in names
    assert "assets/models/ultimateALPR-SDK_recogn2x150_korean.desktop.model.doubango" in names
    assert "assets/models/ultimateALPR-SDK_recogn2x150_latin.desktop.model.doubango" in names
    assert "assets/models/ultimateALPR-SDK_recogn2x150_chinese.desktop.model.doubango" not in names


def test_an_alphabet_whose_models_are_not_here_is_refused(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match=r"lacks .* charset_anpr_chinese; run "):
        Recipe(top, monkeypatch, "--sdk", str(top), "--charset", "chinese")


def test_the_plugins_left_out_are_those_of_formats_that_are_not_opened(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    excludes = Recipe(top, monkeypatch).asked["excludes"]
    Image.init()
    assert "PIL.MpoImagePlugin" not in excludes
    for name in FORMATS:
        assert f"PIL.{Image.OPEN[name][0].__module__.split('.')[-1]}" not in excludes
    assert {"PIL.EpsImagePlugin", "PIL.PsdImagePlugin", "PIL.PdfImagePlugin"} <= set(excludes)


def test_a_cluster_s_packages_stay_out(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"dask", "distributed"} <= set(Recipe(top, monkeypatch).asked["excludes"])


def test_an_unknown_alphabet_is_refused(
    top: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        Recipe(top, monkeypatch, "--charset", "klingon")
    assert "klingon" in capsys.readouterr().err
