"""What measures: turns, failures, folders of photos, plates in wide frames."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from alpr import images
from alpr.engines.fake import FakeEngine
from alpr.errors import EngineMissingError
from alpr.plates import Box, Plate
from benchmarks import bench, costs, machine, sets, wide_frames
from benchmarks.accuracy import LABELS, BenchmarkError, Labelled, Photo, Reading, photos
from benchmarks.bench import Run, by_turns
from benchmarks.contenders import SETTINGS
from benchmarks.notes import Notes, PeerError
from benchmarks.peers.simple_lpr import EUROPE, SimpleLprEngine, countries_of
from benchmarks.remote import Answer, Way, in_fresh_process
from benchmarks.results import Machine, Results
from tests import scenes

PLATE = Labelled("AB123", (10, 10, 50, 20))


class Scripted:
    """Reads its own name on every image, and fails where it is told to."""

    def __init__(self, name: str, log: list[tuple[str, str]], broken: str = "") -> None:
        self._name, self._log, self._broken = name, log, broken

    def read(self, path: Path, ways: Sequence[Way] = ("file",)) -> Answer:
        if path.name == self._broken:
            raise PeerError("it fell over")
        self._log.append((self._name, path.name))
        return Answer([Reading(self._name, (0, 0, 99, 99))], dict.fromkeys(ways, 5.0))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(bench, "PAUSE_S", 0)
    results = Results(Machine("", "", "", 2, 1.0, "", {}))
    return Run([], 0, results, Notes())


def some(count: int) -> list[Photo]:
    return [Photo(Path(f"{index}.jpg"), [PLATE]) for index in range(count)]


def test_readers_take_turns_and_the_first_photo_warms_up(run: Run) -> None:
    log: list[tuple[str, str]] = []
    readers: Any = {name: Scripted(name, log) for name in ("AB123", "x")}
    right, wrong = by_turns(run, "eu", some(2), readers)
    assert log == [
        ("AB123", "0.jpg"), ("x", "0.jpg"),
        ("x", "0.jpg"), ("AB123", "0.jpg"),
        ("AB123", "1.jpg"), ("x", "1.jpg"),
    ]  # fmt: skip
    assert (right.reader, right.images, right.read, right.file_ms) == ("AB123", 2, 2, [5, 5])
    assert (wrong.reader, wrong.images, wrong.found, wrong.read) == ("x", 2, 2, 0)


def test_a_reader_that_fails_is_a_note_and_no_row(run: Run) -> None:
    log: list[tuple[str, str]] = []
    readers: Any = {"weak": Scripted("weak", log, "1.jpg"), "strong": Scripted("strong", log)}
    rows = by_turns(run, "eu", some(3), readers)
    assert [(row.reader, row.images) for row in rows] == [("strong", 3)]
    assert run.notes == ["weak failed on 1.jpg in eu: it fell over"]


def test_a_note_is_said_once() -> None:
    def fail() -> int:
        raise BenchmarkError("no")

    notes = Notes()
    assert [notes.tried("A", fail), notes.tried("A", fail), notes.tried("B", lambda: 3)] == [
        None,
        None,
        3,
    ]
    assert notes == ["A: no"]


def test_costs_leave_the_first_read_out_and_failures_aside() -> None:
    log: list[tuple[str, str]] = []
    readers: Any = {"embedded": Scripted("a", log), "pp_ocr": Scripted("b", log, "large")}
    files, notes = {1.0: Path("small"), 2.0: Path("large")}, Notes()
    rows = list(costs.of_files("megapixels", files, readers, notes, repeats=2))
    assert [(row.reader, row.amount, row.ms) for row in rows] == [
        ("embedded", 1.0, [5, 5]), ("pp_ocr", 1.0, [5, 5]), ("embedded", 2.0, [5, 5]),
    ]  # fmt: skip
    assert notes == ["PP-OCR failed on large: it fell over"]


def test_every_cell_is_looked_at_whatever_the_image_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(costs, "GRID_FRAME", (320, 180))
    monkeypatch.setattr(costs, "GRIDS", (0, 3))
    engine = FakeEngine()
    rows = list(costs.of_grids(engine, repeats=2))
    assert [(row.amount, len(row.ms)) for row in rows] == [(0, 2), (3, 2)]
    assert engine.status().calls == 3 * (1 + 1 + 9)


def test_parts_that_are_done_are_not_done_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    parts = {name: lambda _, name=name: done.append(name) for name in ("one", "two")}
    monkeypatch.setattr(bench, "PARTS", parts)
    run.results.done.append("one")
    bench.measure(run, tmp_path / "results.json")
    assert done == ["two"]
    assert Results.load(tmp_path / "results.json").done == ["one", "two"]


def test_a_process_gives_its_result_or_why_not() -> None:
    assert in_fresh_process(sum, [1, 2]) == 3
    with pytest.raises(PeerError, match="its process ended"):
        in_fresh_process(os._exit, 3)
    with pytest.raises(PeerError, match="not an image"):
        in_fresh_process(images.decode, b"words", SETTINGS)


def test_the_machine_is_described() -> None:
    described = machine.described()
    assert described.cores >= 1
    assert described.ram_gb > 0
    assert described.cpu
    assert {"alpr_api", "Python", "onnxruntime", "numpy", "pillow"} <= set(described.versions)


def test_folders_are_found_in_a_folder_or_named(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / LABELS).write_text("")
    (tmp_path / "neither").mkdir()
    both = [tmp_path / "a", tmp_path / "b"]
    assert sets.folders([tmp_path]) == both
    assert sets.folders(both) == both
    with pytest.raises(BenchmarkError):
        sets.folders([tmp_path / "neither"])


def test_a_few_photos_come_from_all_over_the_folder() -> None:
    every = some(10)
    assert [photo.path.stem for photo in sets.spread(every, 4)] == ["0", "2", "5", "7"]
    assert sets.spread(every, 99) == every


def test_drawn_scenes_have_the_photos_form(tmp_path: Path) -> None:
    scene = scenes.street(5, size=(640, 360))
    (tmp_path / LABELS).write_text(sets.saved(scene, tmp_path / "5.jpg"))
    (photo,) = photos(tmp_path)
    assert photo.plates == [Labelled(text, box.corners) for text, box in scene.plates]
    assert images.decode(photo.path.read_bytes(), SETTINGS).size == (640, 360)


@pytest.fixture
def photo(tmp_path: Path) -> Photo:
    """A plate of 120 x 30 white pixels on a black picture, and a narrower one without a text."""
    image = Image.new("RGB", (400, 300))
    image.paste((255, 255, 255), (200, 100, 320, 130))
    image.save(tmp_path / "1.png")
    return Photo(
        tmp_path / "1.png",
        [Labelled("AB123", (200, 100, 320, 130)), Labelled(None, (0, 0, 300, 30))],
    )


@pytest.mark.parametrize("width", [40, 60, 120])
def test_a_plate_gets_its_width_in_the_frame(photo: Photo, width: int) -> None:
    placed = wide_frames.scene(photo, width)
    assert placed is not None
    assert placed.image.size == (3840, 2160)
    x_min, y_min, x_max, y_max = placed.plate.box
    assert (x_max - x_min, y_max - y_min) == pytest.approx((width, width / 4))
    x, y = round((x_min + x_max) / 2), round((y_min + y_max) / 2)
    assert placed.image.getpixel((x, y)) == (255, 255, 255)
    assert placed.image.getpixel((x, round(y_min) - 4)) == (0, 0, 0)
    assert placed == wide_frames.scene(photo, width)  # the same scene in every run


def test_no_plate_is_enlarged_and_none_made_up(photo: Photo) -> None:
    assert wide_frames.scene(photo, 121) is None
    assert wide_frames.scene(Photo(photo.path, photo.plates[1:]), 40) is None


def test_wide_frames_are_read_without_and_with_the_grid(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At one width there is a scene too few: its plate is 50 pixels wide."""
    monkeypatch.setattr(wide_frames, "WIDTHS", (40, 60))
    narrow = Photo(photo.path, [Labelled("AB123", (200, 100, 250, 130))])
    frame = Plate("AB123", 0.9, Box(0, 0, 3840, 2160))
    engine = FakeEngine([[], [], *[[frame]] * 16, [frame], [frame], [], [frame]])
    rows = list(wide_frames.measured(engine, Path("eu"), [photo, narrow]))
    assert [(row.width, row.grid_size, row.scenes) for row in rows] == [
        (40, 0, 2), (40, 4, 2), (60, 0, 1), (60, 4, 1),
    ]  # fmt: skip
    without, gridded = rows[:2]
    assert (without.found, without.folded, without.searched) == (1, 1, 0)
    assert (gridded.found, gridded.folded, gridded.searched) == (2, 2, 1)
    assert len(gridded.ms) == 2


class FakeLpr:
    """What of the package SimpleLPR is used."""

    names = ("Brazil", "France", "Vietnam")
    numSupportedCountries = len(names)  # noqa: N815

    def __init__(self, _: object) -> None:
        self.weights: dict[str, float] = {}
        self.plateRegionDetectionEnabled = False

    def get_countryCode(self, index: int) -> str:  # noqa: N802
        return self.names[index]

    def set_countryWeight(self, name: str, weight: float) -> None:  # noqa: N802
        self.weights[name] = weight

    def realizeCountryWeights(self) -> None:  # noqa: N802
        assert set(self.weights) == set(self.names)

    def createProcessor(self) -> FakeLpr:  # noqa: N802
        return self

    def analyze(self, picture: Any) -> list[Any]:
        first = "FILE" if isinstance(picture, str) else "".join(map(str, picture[0, 0]))
        box = SimpleNamespace(left=-3, top=5, width=20, height=8)
        return [
            SimpleNamespace(
                boundingBox=box,
                plateDetectionConfidence=sure,
                matches=[SimpleNamespace(text=text, confidence=1.5)] * bool(text),
            )
            for text, sure in ((first, 0.9), ("SHOP", 0.1), ("", 0.9))
        ]


@pytest.fixture
def lpr(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(SimpleLPR=FakeLpr, EngineSetupParms=object)
    monkeypatch.setitem(__import__("sys").modules, "simplelpr", fake)


@pytest.mark.usefixtures("lpr")
def test_simplelpr_is_given_bgr_and_says_what_is_a_plate() -> None:
    engine = SimpleLprEngine(("Brazil",), plate_regions=True)
    (plate,) = engine.read(Image.new("RGB", (4, 4), (1, 2, 3)))
    assert plate == Plate("321", 1.0, Box(0, 5, 17, 13))
    assert [plate.text for plate in engine.read_file(Path("a.jpg"))] == ["FILE"]
    assert engine.status().ready
    plain = SimpleLprEngine((), plate_regions=False)
    assert [plate.text for plate in plain.read_file(Path("a.jpg"))] == ["FILE", "SHOP"]


@pytest.mark.usefixtures("lpr")
@pytest.mark.parametrize(
    ("countries", "weights"), [(("Brazil",), [1.0, 0.0, 0.0]), ((), [1.0, 1.0, 1.0])]
)
def test_simplelpr_is_told_the_countries(countries: tuple[str], weights: list[float]) -> None:
    engine = SimpleLprEngine(countries, plate_regions=True)
    engine.warm_up()
    assert list(engine._engine.weights.values()) == weights
    assert engine._processor.plateRegionDetectionEnabled


def test_the_countries_follow_from_the_folder() -> None:
    assert countries_of("openalpr_eu") == EUROPE
    assert countries_of("openalpr_us") == ("Canada", "Puerto Rico")
    assert countries_of("my photos") == ()


def test_simplelpr_need_not_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "simplelpr", None)
    with pytest.raises(EngineMissingError, match=r"requirements-simplelpr\.txt"):
        SimpleLprEngine((), plate_regions=True).warm_up()


def test_what_cannot_be_measured_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "BUILD", tmp_path)
    monkeypatch.setattr(machine, "pin", lambda: None)
    assert bench.main(["--sets", str(tmp_path / "missing")]) == 1
    assert bench.main(["--report"]) == 1
    assert capsys.readouterr().err.count("\n") == 2
    assert not list(tmp_path.iterdir())


def test_without_photos_scenes_are_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sets, "USUAL", tmp_path / "missing")
    monkeypatch.setattr(sets, "DRAWN", {"drawn_plates": 1, "drawn_no_plates": 1})
    monkeypatch.setattr(bench, "BUILD", tmp_path)
    results = Results(Machine("", "", "", 2, 1.0, "", {}))
    with_plate, without = bench.photo_folders([], results)
    assert results.rendered
    assert [len(photo.plates) for photo in photos(with_plate)] == [1]
    assert [len(photo.plates) for photo in photos(without)] == [0]
    assert json.loads((with_plate / LABELS).read_text())["file"] == "0.jpg"
