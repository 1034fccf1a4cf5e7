"""JSON lines and CSV, and runs that resume where another ended."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest

from alpr.archive.files import find_files
from alpr.archive.output import COLUMNS
from alpr.engines.fake import FakeEngine
from alpr.errors import EngineError
from alpr.plates import Plate
from testkit.engines import make_plate
from testkit.images import encode, gradient_image
from tests.archive.conftest import Read, names


def test_csv_has_a_header_and_a_row_per_image(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    (archive / "2026-11" / "d.jpg").rename(archive / 'with, comma\nand "more".jpg')
    script: list[list[Plate]] = [[], [make_plate("AB12"), make_plate("CD34", 0.5, left=80)]]
    read(archive, "--csv", "--grid-size", 0, "--jobs", 1, engine=script)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows[0]["count"] == "0"
    assert rows[0]["plate"] == ""
    assert (rows[1]["plate"], rows[1]["x_min"], rows[1]["others"]) == ("AB12", "10", "CD34")
    assert [bool(row["error"]) for row in rows] == [False, False, False, True, False, False]
    assert rows[4]["file"].endswith('with, comma\\nand "more".jpg')


def test_a_file_name_that_is_not_utf8_is_kept(
    tmp_path: Path, read: Read, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    Path(os.fsdecode(name)).write_bytes(encode(gradient_image()))
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


def test_an_incomplete_line_is_cut_off_even_if_nothing_follows(
    archive: Path, read: Read, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert read(archive / "a.JPEG", archive / "b.jpg", "--resume", out) == 0
    whole = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(out.read_bytes()[:-20])
    assert read(archive / "a.JPEG", "--resume", out) == 0
    assert out.read_bytes() == whole[0]


def test_a_resumed_run_says_what_was_refused_before(
    archive: Path, read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert read(archive / "torn.jpg", archive / "b.jpg", "--resume", out) == 1
    assert "before" not in capsys.readouterr().err
    for files in (4, 0):
        assert read(archive, "--resume", out) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"alpr_api: {files} files, {files} plates, 0 refused, ")
        assert line.endswith(f" s; before: {6 - files} files, 1 refused")


def test_csv_says_that_an_image_ended_early(
    tmp_path: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = encode(gradient_image(320, 240))
    (tmp_path / "a.jpg").write_bytes(whole)
    (tmp_path / "b.jpg").write_bytes(whole[: len(whole) * 9 // 10])
    assert read("--csv", tmp_path) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["image_truncated"] for row in rows] == ["", "true"]
    assert read(tmp_path) == 0
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    assert [line.get("image_truncated") for line in lines] == [None, True]


def _good_images(written: bytes) -> int:
    """Complete lines about images that the engine read."""
    lines = written.splitlines(keepends=True)
    return sum(b"FAKE123" in line and line.endswith(b"\n") for line in lines)


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ([], encode(gradient_image())),
        ([], b"{}\n"),
        ([], b'{"file": "a.jpg", "success"\n'),
        (["--csv"], b"a,b\n1,2\n"),
        (["--csv"], ",".join(COLUMNS).encode() + b"\n1,2\n"),
        (["--csv"], b'{"file": "a.jpg", "success": true}\n'),
    ],
)
def test_a_file_of_another_program_is_refused_and_unchanged(
    archive: Path, read: Read, tmp_path: Path, form: list[str], content: bytes
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(content)
    assert read(archive, *form, "--resume", precious) == 2
    assert precious.read_bytes() == content


def test_a_file_that_cannot_be_opened_is_one_line(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    out = archive / "gone" / "out"
    assert read(archive, "--resume", out) == 2
    assert capsys.readouterr().err == f"alpr_api: --resume {out}: No such file or directory\n"


def test_an_engine_failure_is_read_again_when_resumed(
    archive: Path, read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    (archive / "torn.jpg").unlink()
    script = [[make_plate()], EngineError("the worker died"), [make_plate()]]
    assert read(archive, "--jobs", 1, "--resume", out, engine=script) == 1
    assert "d.jpg: the worker died" in capsys.readouterr().err
    assert len(names(archive, out.read_text())) == 4
    assert read(archive, "--resume", out) == 0
    assert sorted(names(archive, out.read_text())) == sorted(
        os.path.relpath(file, archive) for file in find_files([str(archive)])
    )


def test_no_text_in_a_csv_is_a_spreadsheet_s_formula(
    tmp_path: Path,
    read: Read,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hostile = ["=HYPERLINK().jpg", "+1.jpg", "-1.jpg", "@SUM.jpg", "\t=1.jpg", "'=1.jpg"]
    monkeypatch.chdir(tmp_path)
    for name in hostile:
        (tmp_path / name).write_bytes(encode(gradient_image()))
    read("--csv", "--grid-size", 0, "--", *hostile, engine=[[make_plate("=1+1")]])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["file"] for row in rows] == [f"'{name}" for name in hostile]
    assert {row["plate"] for row in rows} == {"'=1+1"}


def test_names_with_a_line_end_and_with_a_backslash_are_two(tmp_path: Path, read: Read) -> None:
    folder, out = tmp_path / "photos", tmp_path / "out"
    folder.mkdir()
    for name in ("a\nb.jpg", "a\\nb.jpg", "a\rb.jpg", "a\\rb.jpg", "a\\\\nb.jpg"):
        (folder / name).write_bytes(encode(gradient_image()))
        assert read(folder, "--csv", "--resume", out) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert len({row["file"] for row in rows}) == len(rows) == 5


def test_two_runs_do_not_write_to_one_file(
    archive: Path, read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    class Meanwhile(FakeEngine):
        def warm_up(self) -> None:
            assert read(archive / "a.JPEG", "--resume", out) == 2

    assert read(archive / "b.jpg", "--resume", out, engine=Meanwhile()) == 0
    assert "another run is writing to it" in capsys.readouterr().err
    assert len(out.read_text().splitlines()) == 1
    assert read(archive / "a.JPEG", "--resume", out) == 0
