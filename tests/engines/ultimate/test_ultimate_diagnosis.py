from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest
from PIL import Image

from alpr.engines.ultimate import diagnosis
from alpr.engines.ultimate.pixels import Pixels
from alpr.errors import EngineError

HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"


def cpuinfo(folder: Path, text: str) -> Path:
    path = folder / "cpuinfo"
    path.write_text(text)
    return path


@pytest.fixture
def x86(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


@pytest.mark.usefixtures("x86")
def test_a_processor_without_avx_is_named_with_a_way_out(tmp_path: Path) -> None:
    old = cpuinfo(tmp_path, "processor\t: 0\nflags\t\t: fpu sse4_2 avx512_never\n")
    assert "no AVX" in diagnosis.preflight(old)
    assert "--engine embedded" in diagnosis.preflight(old)


@pytest.mark.usefixtures("x86")
@pytest.mark.parametrize("text", ["flags\t\t: fpu avx avx2\n", "nothing known\n"])
def test_a_processor_with_avx_or_unknown_may_try(tmp_path: Path, text: str) -> None:
    assert diagnosis.preflight(cpuinfo(tmp_path, text)) == ""
    assert diagnosis.preflight(tmp_path / "not there") == ""


@pytest.mark.parametrize(
    ("tag", "wrong"),
    [
        ("cp38-cp38-linux_x86_64", "built for cp38, but this is " + HERE),
        (f"{HERE}-{HERE}-linux_x86_64", ""),
        ("py3-none-any", ""),
    ],
)
def test_a_wheel_of_another_python_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tag: str, wrong: str
) -> None:
    info = tmp_path / "ultimateAlprSdk-3.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ultimateAlprSdk\nVersion: 3.0.0\n")
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
    monkeypatch.syspath_prepend(tmp_path)
    said = diagnosis.preflight(cpuinfo(tmp_path, "flags : avx\n"))
    assert wrong in said
    assert bool(said) is bool(wrong)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("libtensorflow.so.1: cannot open shared object file", "libtensorflow.so.1 is missing"),
        ("libngraph.so: file too short", "not a whole library"),
        ("libngraph.so: invalid ELF header", "not a whole library"),
        ("udevadm: not found", "cannot identify this machine"),
        ("libngraph.so: cannot open shared object file", "a library is missing from libs/"),
        ("version `GLIBC_ABI_DT_RELR' not found", "linked for glibc 2.36 or newer"),
        ("version `GLIBC_2.38' not found", "older than a library needs"),
        ("version `GLIBCXX_3.4.32' not found", "older than a library needs"),
        ("TF_DeleteSessionOptions, version VERS_1.0 not found", "not a build that the SDK accepts"),
        ("undefined symbol: _PyObject_X", "another Python"),
        ("No module named '_ultimateAlprSdk'", "half installed"),
        ("[ERROR] FILE_NOT_FOUND", "a model is missing"),
        ("was ended by SIGILL", "lacks instructions"),
        ("something new", ""),
    ],
)
def test_last_words_are_explained(words: str, advice: str) -> None:
    found = diagnosis.explain(words)
    assert advice in found
    assert bool(found) is bool(advice)


def test_folders_of_the_machine_are_left_out() -> None:
    text = "/home/someone/alpr/libs/libx.so: no such file, see '/etc/x.conf' and 3/4"
    assert diagnosis.without_folders(text) == "…/libx.so: no such file, see '…/x.conf' and 3/4"


def test_endings_have_names() -> None:
    assert diagnosis.exit_reason(-6) == "was ended by SIGABRT"
    assert diagnosis.exit_reason(3) == "ended with exit code 3"


def test_bytes_that_are_too_few_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.new("RGB", (4, 4))
    monkeypatch.setattr(image, "tobytes", lambda: b"short")
    with pytest.raises(EngineError, match="5 bytes are no RGB image of 4x4"):
        Pixels.of(image)
