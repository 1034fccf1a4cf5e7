"""The wheel, installed where nothing of the repository is on Python's path."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from alpr import __version__
from testkit.images import encode
from testkit.plate_art import BY_NAME
from testkit.scenes import street
from tests.frozen.box import Box

ROOT = Path(__file__).parents[2]
BUNDLED = ("assets/models", "static", "templates")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``pip wheel .`` makes."""
    for backend in ("hatchling", "hatch_requirements_txt"):
        if not importlib.util.find_spec(backend):
            pytest.skip(f"{backend} is not here; requirements-dev.txt has it")
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a fresh environment that has the wheel, and the tests' other packages."""
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    pip("--python", venv / "bin" / "python", "install", "--no-deps", wheel)
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    return venv / "bin" / "alpr_api"


@pytest.fixture
def box(program: Path, tmp_path: Path) -> Box:
    return Box(program, tmp_path)


def pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", *map(str, arguments)]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_file_of_the_program_is_in_the_wheel(wheel: Path) -> None:
    listed = subprocess.run(
        [
            "git",
            "-c",
            "safe.directory=*",
            "ls-files",
            "-co",
            "--exclude-standard",
            "alpr",
            "alpr_api.py",
            *BUNDLED,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = {
        f"alpr/bundle/{name}" if name.startswith(BUNDLED) else name
        for name in listed.stdout.split()
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert wheel.name == f"alpr_api-{__version__}-py3-none-any.whl"


def test_the_installed_program_reads_a_plate_and_has_its_page(box: Box) -> None:
    drawn = street(0, [BY_NAME["eu_south"]], size=(960, 540), plate_width=0.2)
    with box.running("--engine", "embedded") as running:
        running.ready()
        answer = json.loads(running.post("/v1/vision/alpr", encode(drawn.image)).body)
        assert answer["predictions"][0]["plate"] == drawn.plates[0][0]
        assert b"static/app.js" in running.get("/").body
        assert running.get("/static/app.js").status == 200
        assert json.loads(running.get("/openapi.json").body)["info"]["version"] == __version__


@pytest.mark.parametrize(
    ("variable", "folder"), [("HOME", ".config/alpr_api"), ("XDG_CONFIG_HOME", "alpr_api")]
)
def test_the_installed_programs_settings_are_the_users(
    box: Box, tmp_path: Path, variable: str, folder: str
) -> None:
    file = tmp_path / folder / "config.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"grid_size": 7}')
    printed = subprocess.run(
        [box.program, "--print-config"],
        cwd="/",
        env={variable: str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "grid_size = 7  (config.json)" in printed.stdout


def test_a_bad_option_is_the_commands_exit_code(box: Box) -> None:
    done = subprocess.run([box.program, "--fast"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
