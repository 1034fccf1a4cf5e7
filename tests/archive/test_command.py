"""``alpr_api read``: an archive of images, read without a server."""

from __future__ import annotations

import errno
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from alpr.archive import command
from alpr.archive.output import COLUMNS
from alpr.engines.fake import FakeEngine
from alpr.errors import EngineError
from alpr.plates import Plate
from alpr.settings import Settings
from testkit.engines import make_plate
from testkit.forms import upload
from testkit.images import encode, gradient_image
from testkit.service import client_of
from tests.archive.conftest import ROOT, Read

BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
"""The usual buffering, so that output is still pending when the program ends."""


def test_a_line_is_the_answer_of_the_service(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    script = [[make_plate("AB12"), make_plate("CD34", 0.5, left=80)]]
    assert read(archive / "b.jpg", engine=script) == 0
    line = json.loads(capsys.readouterr().out)
    answer = client_of(script).post("/v1/vision/alpr", **upload()).get_json()
    assert line.pop("file") == str(archive / "b.jpg")
    assert list(line) == list(answer)
    for key in ("success", "message", "count", "predictions", "image_width", "grid"):
        assert line[key] == answer[key]


def test_regions_hold_for_an_archive(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    script = [[make_plate("ABC1234"), make_plate("EXIT", left=80)]]
    assert read(archive / "b.jpg", "--regions", "br", "--regions-strict", 1, engine=script) == 0
    line = json.loads(capsys.readouterr().out)
    assert [(one["plate"], one["region"]["code"]) for one in line["predictions"]] == [
        ("ABC1234", "br")
    ]
    assert line["left_out"] == 1
    assert read(archive / "b.jpg", "--regions", "atlantis", engine=script) == 2
    assert "'atlantis'" in capsys.readouterr().err


def test_unreadable_files_are_reported_and_the_rest_is_read(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = archive / "gone.jpg"
    assert read(missing, archive / "torn.jpg", archive / "b.jpg") == 1
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["success"] for line in lines] == [False, False, True]
    *reported, summary = err.splitlines()
    assert len(reported) == 2
    assert re.fullmatch(r"alpr_api: 3 files, 1 plate, 2 refused, \d+\.\d s", summary)
    assert f"{missing}: it cannot be read: No such file or directory" in reported[0]
    assert "torn.jpg: the image is damaged" in reported[1]


def test_a_folder_without_images_is_named_and_no_file(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = archive / "empty"
    empty.mkdir()
    (empty / "notes.txt").touch()
    assert read(empty) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["file"] == str(empty)
    assert f"{empty}: there is no image in this folder\n" in err
    assert "alpr_api: 0 files, 0 plates, 1 refused" in err
    read(archive)
    assert str(empty) not in capsys.readouterr().out  # Only what was asked for must have images.


def test_a_folder_that_cannot_be_listed_is_named(
    archive: Path,
    read: Read,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(_: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    assert read(archive) == 1
    assert f"{archive}: it cannot be read: Permission denied" in capsys.readouterr().err


def test_the_grid_is_tried_if_the_image_shows_no_plate(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(archive / "b.jpg", "--grid-size", 3, engine=[[], [make_plate()]]) == 0
    assert json.loads(capsys.readouterr().out)["grid"]["cells_tried"] == list(range(1, 10))
    assert read(archive / "b.jpg", "--grid-size", 0, engine=[[], [make_plate()]]) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 0


def test_repeated_engine_failures_end_the_run(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = FakeEngine([EngineError("gone for good")])
    assert read(archive, "--jobs", 1, engine=engine) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == "alpr_api: given up; --resume goes on from here"
    assert engine.status().calls <= 5


def test_a_missing_engine_is_one_line(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    class Missing(FakeEngine):
        def warm_up(self) -> None:
            raise EngineError("it is not installed")

    assert read(archive, engine=Missing()) == 1
    assert capsys.readouterr() == ("", "alpr_api: it is not installed\n")


def test_an_interrupted_run_names_resume(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted(FakeEngine):
        def read(self, image: Image.Image) -> list[Plate]:
            raise KeyboardInterrupt

    assert read(archive, engine=Interrupted()) == 130
    assert "--resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [[], ["x", "--jobs", "0"], ["x", "--grid-size", "3", "--wanted-cells", "10"]]
)
def test_bad_usage_is_one_line_and_exit_code_2(
    read: Read, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert read(*options) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def fake_read(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    program = [sys.executable, "alpr_api.py", "read", "--engine", "fake", *map(str, arguments)]
    return subprocess.Popen(program, cwd=ROOT, **options)


def test_a_pipe_that_closes_after_a_line_ends_it_quietly(archive: Path) -> None:
    for number in range(60):
        (archive / f"{number:03}.jpg").write_bytes(encode(gradient_image(32, 32)))
    with fake_read(archive, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"BrokenPipe" not in process.stderr.read()
        assert process.wait(60) == 128 + signal.SIGPIPE


@pytest.mark.parametrize(
    "command",
    [["read", "x"], ["read", "--csv", "x"], ["read", "--help"], ["--print-config"]],
    ids=" ".join,
)
def test_a_pipe_that_is_closed_from_the_start_ends_it_quietly(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as gone:
        line = [sys.executable, "alpr_api.py", *command, "--engine", "fake"]
        ended = subprocess.run(
            line, cwd=ROOT, env=BUFFERED, stdout=gone, stderr=subprocess.PIPE, check=False
        )
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.parametrize(
    ("command", "output", "why"),
    [
        (["read", "x"], "&-", "standard output is closed"),
        (["read", "--csv", "x"], "&-", "standard output is closed"),
        (["read", "x"], "/dev/full", "No space left on device"),
        (["read", "--csv", "x"], "/dev/full", "No space left on device"),
        (["read", "--help"], "/dev/full", "No space left on device"),
        (["--print-config"], "/dev/full", "No space left on device"),
    ],
    ids=str,
)
def test_an_unwritable_output_is_one_line_and_exit_code_1(
    command: list[str], output: str, why: str
) -> None:
    if output == "/dev/full" and not Path(output).exists():
        pytest.skip("there is no /dev/full here")
    line = [sys.executable, "alpr_api.py", *command, "--engine", "fake"]
    shell = ["sh", "-c", f'exec "$@" >{output}', "sh", *line]
    ended = subprocess.run(
        shell, cwd=ROOT, env=BUFFERED, capture_output=True, text=True, check=False
    )
    expected = f"alpr_api: the output cannot be written: {why}\n"
    assert (ended.returncode, ended.stderr) == (1, expected)


def test_a_terminal_shows_progress(archive: Path) -> None:
    mine, theirs = pty.openpty()
    with fake_read(archive, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(mine, 4096):
                shown += chunk
        except OSError:  # A terminal whose other end is gone.
            pass
        process.communicate()
    os.close(mine)
    assert b"6/6" in shown
    assert b"torn.jpg" in shown


def test_settings_have_their_usual_sources(
    archive: Path,
    read: Read,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ALPR_GRID_SIZE", "2")
    assert read(archive, "--print-config") == 0
    assert "grid_size = 2  (environment)" in capsys.readouterr().out
    assert Settings().grid_size != 2


def test_every_option_and_column_is_documented() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    table = text.split("## An archive of photos")[1].split("## systemd")[0]
    for parameter in command.PARAMETERS:
        assert parameter.name == "paths" or f"| `{parameter.opts[0]}" in table
    assert ", ".join(f"`{column}`" for column in COLUMNS) in table
