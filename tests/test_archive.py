"""``alpr_api read``: an archive of pictures, without a server."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import alpr_api
from alpr.archive import command
from alpr.archive.output import COLUMNS
from alpr.archive.reading import files_of, in_turn
from alpr.engines.fake import FakeEngine
from alpr.errors import EngineError
from alpr.plates import Plate
from alpr.settings import Settings
from tests.helpers import client_of, encoded, picture, plate, upload

ROOT = Path(__file__).parent.parent
Read = Callable[..., int]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Five pictures and one file that is none, in two folders, besides what is left out."""
    folder = tmp_path / "archive"
    (folder / "2026-11").mkdir(parents=True)
    (folder / ".thumbnails").mkdir()
    for name in ("b.jpg", "a.JPEG", "2026-11/d.jpg", "2026-11/c.jpg", ".thumbnails/b.jpg", "z.png"):
        (folder / name).write_bytes(encoded(picture()))
    (folder / "._b.jpg").write_bytes(b"a companion file")
    (folder / "notes.txt").write_text("no picture")
    (folder / "torn.jpg").write_bytes(encoded(picture())[:400])
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """The command over an engine that follows a script."""

    def run(*arguments: object, engine: Any = ()) -> int:
        chosen = engine if isinstance(engine, FakeEngine) else FakeEngine(engine)
        monkeypatch.setattr(command, "open_engine", lambda _: chosen)
        return alpr_api.main(["read", *map(str, arguments)])

    return run


def names(folder: Path, text: str) -> list[str]:
    return [os.path.relpath(json.loads(line)["file"], folder) for line in text.splitlines()]


def test_each_image_is_a_line_in_order_of_names(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    read(archive)
    order = ["2026-11/c.jpg", "2026-11/d.jpg", "a.JPEG", "b.jpg", "torn.jpg", "z.png"]
    assert names(archive, capsys.readouterr().out) == order


def test_a_line_holds_what_the_service_answers(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    script = [[plate("AB12"), plate("CD34", 0.5, left=80)]]
    assert read(archive / "b.jpg", engine=script) == 0
    line = json.loads(capsys.readouterr().out)
    answer = client_of(script).post("/v1/vision/alpr", **upload()).get_json()
    assert line.pop("file") == str(archive / "b.jpg")
    assert list(line) == list(answer)
    for key in ("success", "message", "count", "predictions", "image_width", "grid"):
        assert line[key] == answer[key]


def test_what_cannot_be_read_is_told_and_the_rest_is_read(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = archive / "gone.jpg"
    assert read(missing, archive / "torn.jpg", archive / "b.jpg") == 1
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["success"] for line in lines] == [False, False, True]
    told = err.splitlines()
    assert len(told) == 2
    assert f"{missing}: it cannot be read: No such file or directory" in told[0]
    assert "torn.jpg: the image is damaged" in told[1]


def test_a_named_file_is_read_whatever_its_name(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    (archive / ".hidden").write_bytes(encoded(picture()))
    assert read(archive / ".hidden", archive / "notes.txt") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("code") for line in lines] == [200, 415]


def test_a_folder_that_links_to_itself_is_walked_once(archive: Path) -> None:
    (archive / "again").symlink_to(archive)
    assert len(list(files_of([str(archive)]))) == 6


def test_a_folder_that_may_not_be_listed_is_told(
    archive: Path, read: Read, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: str) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refuse)
    assert read(archive) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["code"] == 400
    assert str(archive) in err


def test_what_is_no_file_or_too_large_is_not_opened(
    tmp_path: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "huge.jpg").open("wb") as huge:
        huge.truncate(2_000_001)
    os.mkfifo(tmp_path / "pipe.jpg")
    assert read(tmp_path, "--max-body-mb", 2) == 1
    codes = [json.loads(line)["code"] for line in capsys.readouterr().out.splitlines()]
    assert codes == [413, 400]


def test_a_grid_is_tried_where_the_image_shows_nothing(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(archive / "b.jpg", "--grid-size", 3, engine=[[], [plate()]]) == 0
    assert json.loads(capsys.readouterr().out)["grid"]["cells_tried"] == list(range(1, 10))
    assert read(archive / "b.jpg", "--grid-size", 0, engine=[[], [plate()]]) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 0


def test_csv_has_a_head_and_a_row_an_image(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    (archive / "2026-11" / "d.jpg").rename(archive / 'with, comma\nand "more".jpg')
    script: list[list[Plate]] = [[], [plate("AB12"), plate("CD34", 0.5, left=80)]]
    read(archive, "--csv", "--grid-size", 0, "--jobs", 1, engine=script)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows[0]["count"] == "0"
    assert rows[0]["plate"] == ""
    assert (rows[1]["plate"], rows[1]["x_min"], rows[1]["others"]) == ("AB12", "10", "CD34")
    assert [bool(row["error"]) for row in rows] == [False, False, False, True, False, False]
    assert rows[4]["file"].endswith('with, comma\\nand "more".jpg')


def test_a_name_that_is_no_text_comes_through(
    tmp_path: Path, read: Read, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    Path(os.fsdecode(name)).write_bytes(encoded(picture()))
    assert read(tmp_path) == 0
    assert os.fsencode(json.loads(capfdbinary.readouterr().out)["file"]) == name
    assert read(tmp_path, "--csv") == 0
    assert name in capfdbinary.readouterr().out


@pytest.mark.parametrize("form", [[], ["--csv"]])
def test_a_run_killed_at_any_byte_is_resumed(
    archive: Path, read: Read, tmp_path: Path, form: list[str]
) -> None:
    out = tmp_path / "out"
    assert read(archive, *form, "--resume", out) == 1
    whole = out.read_bytes()
    expected = [line.partition(b'"success"')[0] for line in whole.splitlines()]
    for cut in range(0, len(whole), 97):
        out.write_bytes(whole[:cut])
        engine = FakeEngine()
        assert read(archive, *form, "--resume", out, engine=engine) == 1
        assert [line.partition(b'"success"')[0] for line in out.read_bytes().splitlines()] == (
            expected
        )
        assert engine.status().calls == 5 - _good_images(whole[:cut])


def test_half_a_line_is_cut_off_even_if_nothing_follows(
    archive: Path, read: Read, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert read(archive / "a.JPEG", archive / "b.jpg", "--resume", out) == 0
    whole = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(out.read_bytes()[:-20])
    assert read(archive / "a.JPEG", "--resume", out) == 0
    assert out.read_bytes() == whole[0]


def _good_images(written: bytes) -> int:
    """Whole lines about images that an engine was asked for."""
    lines = written.splitlines(keepends=True)
    return sum(b"FAKE123" in line and line.endswith(b"\n") for line in lines)


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ([], encoded(picture())),
        ([], b"{}\n"),
        ([], b'{"file": "a.jpg", "success"\n'),
        (["--csv"], b"a,b\n1,2\n"),
        (["--csv"], ",".join(COLUMNS).encode() + b"\n1,2\n"),
        (["--csv"], b'{"file": "a.jpg", "success": true}\n'),
    ],
)
def test_a_file_of_others_is_refused_and_left_alone(
    archive: Path, read: Read, tmp_path: Path, form: list[str], content: bytes
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(content)
    assert read(archive, *form, "--resume", precious) == 2
    assert precious.read_bytes() == content


def test_a_file_that_cannot_be_had_is_one_line(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    out = archive / "gone" / "out"
    assert read(archive, "--resume", out) == 2
    assert capsys.readouterr().err == f"alpr_api: --resume {out}: No such file or directory\n"


def test_an_image_the_engine_failed_on_is_read_again_when_resumed(
    archive: Path, read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    (archive / "torn.jpg").unlink()
    script = [[plate()], EngineError("the worker died"), [plate()]]
    assert read(archive, "--jobs", 1, "--resume", out, engine=script) == 1
    assert "d.jpg: the worker died" in capsys.readouterr().err
    assert len(names(archive, out.read_text())) == 4
    assert read(archive, "--resume", out) == 0
    assert sorted(names(archive, out.read_text())) == sorted(
        os.path.relpath(file, archive) for file in files_of([str(archive)])
    )


def test_a_dead_engine_ends_the_run(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = FakeEngine([EngineError("gone for good")])
    assert read(archive, "--jobs", 1, engine=engine) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == "alpr_api: given up; --resume goes on from here"
    assert engine.status().calls <= 5


def test_an_engine_that_does_not_start_is_one_line(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    class Missing(FakeEngine):
        def warm_up(self) -> None:
            raise EngineError("it is not installed")

    assert read(archive, engine=Missing()) == 1
    assert capsys.readouterr() == ("", "alpr_api: it is not installed\n")


def test_an_interrupted_run_says_how_to_go_on(
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


def test_results_keep_their_order_and_few_are_held() -> None:
    taken: list[int] = []
    ahead: list[int] = []
    done = 0

    def items() -> Iterator[int]:
        for number in range(200):
            taken.append(number)
            yield number

    def work(number: int) -> int:
        time.sleep(0.002 if number % 5 else 0.01)
        return number

    for result in in_turn(work, items(), 3):
        assert result == done
        done += 1
        ahead.append(len(taken) - done)
    assert done == 200
    assert max(ahead) < 6


def test_jobs_are_done_side_by_side() -> None:
    together = threading.Barrier(3, timeout=20)
    assert len(list(in_turn(lambda _: together.wait(), range(3), 3))) == 3


def fake_read(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    program = [sys.executable, "alpr_api.py", "read", "--engine", "fake", *map(str, arguments)]
    return subprocess.Popen(program, cwd=ROOT, **options)


def test_a_reader_that_goes_away_is_no_traceback(archive: Path) -> None:
    for number in range(60):
        (archive / f"{number:03}.jpg").write_bytes(encoded(picture(32, 32)))
    with fake_read(archive, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"BrokenPipe" not in process.stderr.read()
        assert process.wait(60) == 1


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


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    """Peak memory of a process that reads twenty images, and of one that reads 1,500."""
    first = tmp_path / "0000.jpg"
    first.write_bytes(encoded(picture(320, 240)))
    for number in range(1, 1500):
        os.link(first, tmp_path / f"{number:04}.jpg")
    few = [tmp_path / f"{number:04}.jpg" for number in range(20)]
    assert _peak_kb(tmp_path) < _peak_kb(*few) * 1.1


def _peak_kb(*paths: Path) -> int:
    program = """
import resource, sys, alpr_api
code = alpr_api.main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""
    command_line = [sys.executable, "-c", program, "read", "--engine", "fake", *map(str, paths)]
    done = subprocess.run(command_line, cwd=ROOT, capture_output=True, check=True)
    return int(done.stderr)


def test_settings_come_from_the_usual_places(
    archive: Path,
    read: Read,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ALPR_GRID_SIZE", "2")
    assert read(archive, "--print-config") == 0
    assert "grid_size = 2  (environment)" in capsys.readouterr().out
    assert Settings().grid_size != 2


def test_the_documentation_names_every_option_and_column() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    table = text.split("## An archive of pictures")[1].split("## systemd")[0]
    for parameter in command.command().params:
        assert parameter.name == "paths" or f"| `{parameter.opts[0]}" in table
    assert ", ".join(f"`{column}`" for column in COLUMNS) in table
