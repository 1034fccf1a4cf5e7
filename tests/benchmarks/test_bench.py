"""The benchmark run: turns, failures, folders of photos, costs."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from alpr import images
from alpr.engines.fake import FakeEngine
from benchmarks import bench, costs, machine, sets
from benchmarks.bench import Run, interleave
from benchmarks.contenders import SETTINGS
from benchmarks.notes import Notes, PeerError
from benchmarks.remote import Answer, Way, in_fresh_process
from benchmarks.results import Machine, Results
from benchmarks.scoring import (
    LABELS,
    BenchmarkError,
    LabelledPlate,
    Photo,
    Reading,
    load_photos,
)
from testkit import scenes

PLATE = LabelledPlate("AB123", (10, 10, 50, 20))


class Scripted:
    """Reads its own name on every image, and fails on the image ``broken``."""

    def __init__(self, name: str, log: list[tuple[str, str]], broken: str = "") -> None:
        self._name, self._log, self._broken = name, log, broken

    def read(self, path: Path, ways: Sequence[Way] = ("file",)) -> Answer:
        if path.name == self._broken:
            raise PeerError("it crashed")
        self._log.append((self._name, path.name))
        return Answer([Reading(self._name, (0, 0, 99, 99))], dict.fromkeys(ways, 5.0))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(bench, "PAUSE_S", 0)
    results = Results(Machine("", "", "", 2, 1.0, "", {}))
    return Run([], 0, results, Notes())


def make_photos(count: int) -> list[Photo]:
    return [Photo(Path(f"{index}.jpg"), [PLATE]) for index in range(count)]


def test_readers_take_turns_and_the_first_photo_warms_up(run: Run) -> None:
    log: list[tuple[str, str]] = []
    readers: Any = {name: Scripted(name, log) for name in ("AB123", "x")}
    right, wrong = interleave(run, "eu", make_photos(2), readers)
    assert log == [
        ("AB123", "0.jpg"), ("x", "0.jpg"),
        ("x", "0.jpg"), ("AB123", "0.jpg"),
        ("AB123", "1.jpg"), ("x", "1.jpg"),
    ]  # fmt: skip
    assert (right.reader, right.images, right.read, right.file_ms) == ("AB123", 2, 2, [5, 5])
    assert (wrong.reader, wrong.images, wrong.found, wrong.read) == ("x", 2, 2, 0)


def test_a_failing_reader_gets_a_note_and_no_row(run: Run) -> None:
    log: list[tuple[str, str]] = []
    readers: Any = {
        "weak": Scripted("weak", log, "1.jpg"),
        "strong": Scripted("strong", log),
    }
    rows = interleave(run, "eu", make_photos(3), readers)
    assert [(row.reader, row.images) for row in rows] == [("strong", 3)]
    assert run.notes == ["weak failed on 1.jpg in eu: it crashed"]


def test_notes_are_distinct() -> None:
    def fail() -> int:
        raise BenchmarkError("no")

    notes = Notes()
    assert [notes.attempt("A", fail), notes.attempt("A", fail), notes.attempt("B", lambda: 3)] == [
        None,
        None,
        3,
    ]
    assert notes == ["A: no"]


def test_costs_skip_the_first_read_and_failed_readers() -> None:
    log: list[tuple[str, str]] = []
    readers: Any = {
        "embedded": Scripted("a", log),
        "pp_ocr": Scripted("b", log, "large"),
    }
    files, notes = {1.0: Path("small"), 2.0: Path("large")}, Notes()
    rows = list(costs.measure_files("megapixels", files, readers, notes, repeats=2))
    assert [(row.reader, row.amount, row.ms) for row in rows] == [
        ("embedded", 1.0, [5, 5]), ("pp_ocr", 1.0, [5, 5]), ("embedded", 2.0, [5, 5]),
    ]  # fmt: skip
    assert notes == ["PP-OCR failed on large: it crashed"]


def test_every_cell_is_read_even_if_the_image_shows_a_plate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(costs, "GRID_FRAME", (320, 180))
    monkeypatch.setattr(costs, "GRIDS", (0, 3))
    engine = FakeEngine()
    rows = list(costs.measure_grids(engine, repeats=2))
    assert [(row.amount, len(row.ms)) for row in rows] == [(0, 2), (3, 2)]
    assert engine.status().calls == 3 * (1 + 1 + 9)


def test_finished_parts_are_not_repeated(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    parts = {name: lambda _, name=name: done.append(name) for name in ("one", "two")}
    monkeypatch.setattr(bench, "PARTS", parts)
    run.results.done.append("one")
    bench.measure(run, tmp_path / "results.json")
    assert done == ["two"]
    assert Results.load(tmp_path / "results.json").done == ["one", "two"]


def test_a_process_returns_its_result_or_raises() -> None:
    assert in_fresh_process(sum, [1, 2]) == 3
    with pytest.raises(PeerError, match="its process ended"):
        in_fresh_process(signal.raise_signal, signal.SIGKILL)
    with pytest.raises(PeerError, match="not an image"):
        in_fresh_process(images.decode, b"text", SETTINGS.image_limits)


def test_the_machine_is_described() -> None:
    described = machine.describe()
    assert described.cores >= 1
    assert described.ram_gb > 0
    assert described.cpu
    assert {"alpr_api", "Python", "onnxruntime", "numpy", "pillow"} <= set(described.versions)


def test_errors_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "BUILD", tmp_path)
    monkeypatch.setattr(machine, "pin", lambda: None)
    assert bench.main(["--sets", str(tmp_path / "missing")]) == 1
    assert bench.main(["--report"]) == 1
    assert capsys.readouterr().err.count("\n") == 2
    assert not list(tmp_path.iterdir())


def test_sets_are_named_or_found_in_a_folder(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / LABELS).write_text("")
    (tmp_path / "neither").mkdir()
    both = [tmp_path / "a", tmp_path / "b"]
    assert sets.find_sets([tmp_path]) == both
    assert sets.find_sets(both) == both
    with pytest.raises(BenchmarkError):
        sets.find_sets([tmp_path / "neither"])


def test_a_sample_is_evenly_spaced() -> None:
    photos = make_photos(10)
    assert [photo.path.stem for photo in sets.evenly_spaced(photos, 4)] == ["0", "2", "5", "7"]
    assert sets.evenly_spaced(photos, 99) == photos


def test_drawn_scenes_are_labelled_as_photos_are(tmp_path: Path) -> None:
    scene = scenes.street(5, size=(640, 360))
    (tmp_path / LABELS).write_text(sets.save_scene(scene, tmp_path / "5.jpg"))
    (photo,) = load_photos(tmp_path)
    assert photo.plates == [LabelledPlate(text, box.corners) for text, box in scene.plates]
    assert images.decode(photo.path.read_bytes(), SETTINGS.image_limits).size == (640, 360)


def test_without_photos_scenes_are_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sets, "DRAWN", {"drawn_plates": 1, "drawn_no_plates": 1})
    monkeypatch.setattr(bench, "BUILD", tmp_path)
    results = Results(Machine("", "", "", 2, 1.0, "", {}))
    with_plate, without = bench.photo_folders([], results)
    assert results.rendered
    assert [len(photo.plates) for photo in load_photos(with_plate)] == [1]
    assert [len(photo.plates) for photo in load_photos(without)] == [0]
    assert json.loads((with_plate / LABELS).read_text())["file"] == "0.jpg"
