"""What is in the executable, how large that is, and on which systems it can run."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.frozen.box import Box
from tests.frozen.conftest import ROOT

MAX_MB = 75
DEPLOYMENT = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
PACKAGES = {
    *("PIL", "alpr", "alpr_api", "blinker", "click", "flask", "itsdangerous", "jinja2"),
    *("markupsafe", "multipart", "numpy", "onnxruntime", "prometheus_client"),
    *("typing_extensions", "waitress", "werkzeug"),
}
"""All that the service imports and Python does not bring."""


@pytest.fixture(scope="module")
def modules(one_file: Path) -> set[str]:
    """The top-level modules inside, as PyInstaller's archive viewer lists them."""
    viewer = ROOT / "build" / "venv" / "bin" / "pyi-archive_viewer"
    listed = subprocess.run(
        [viewer, "--list", "--recursive", "--brief", one_file],
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.strip().split(".")[0] for line in listed.stdout.splitlines() if line.strip()}


@pytest.fixture(scope="module")
def libraries(one_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """The shared libraries, as they lie unpacked while the program runs."""
    box = Box(one_file, tmp_path_factory.mktemp("unpacked"))
    with box.running("--engine", "fake") as program:
        program.ready()
        (folder,) = box.unpacked()
        yield [path for path in folder.rglob("*.so*") if path.is_file() and not path.is_symlink()]


def test_it_is_small(one_file: Path) -> None:
    assert one_file.stat().st_size < MAX_MB * 1e6


def test_nothing_is_inside_that_the_service_does_not_import(modules: set[str]) -> None:
    installed = subprocess.run(
        [ROOT / "build" / "venv" / "bin" / "python", "-c", _TOP_LEVEL],
        capture_output=True,
        text=True,
        check=True,
    )
    foreign = modules & set(installed.stdout.split())
    assert foreign <= PACKAGES
    assert {"PIL", "flask", "numpy", "onnxruntime", "waitress"} <= modules
    assert not modules & {"asyncio", "libcrypto", "libssl", "sqlite3", "tkinter", "unittest"}


_TOP_LEVEL = """
import importlib.metadata
print(*importlib.metadata.packages_distributions())
"""


def test_it_runs_on_systems_as_old_as_is_stated(libraries: list[Path]) -> None:
    stated = re.search(r"glibc (\d+)\.(\d+) or newer", DEPLOYMENT)
    assert stated is not None
    limit = tuple(map(int, stated.groups()))
    needs = {path.name: _glibc_needs(path) for path in libraries}
    assert len(needs) > 40
    assert {name for name, needed in needs.items() if max(needed, default=(0,)) > limit} == set()


def test_no_library_needs_relative_relocations_in_packs(libraries: list[Path]) -> None:
    """Those are refused before glibc 2.36, whatever else a library asks for."""
    asking = [path.name for path in libraries if "GLIBC_ABI_DT_RELR" in _versions(path)]
    assert not asking


def _glibc_needs(library: Path) -> set[tuple[int, ...]]:
    found = re.findall(r"Name: GLIBC_(\d+)\.(\d+)", _versions(library))
    return {tuple(map(int, version)) for version in found}


def _versions(library: Path) -> str:
    if not shutil.which("readelf"):
        pytest.skip("readelf is not here; it is in the package binutils")
    listed = subprocess.run(
        ["readelf", "--version-info", "--wide", library],
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout
