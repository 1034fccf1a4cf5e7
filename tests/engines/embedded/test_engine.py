"""The embedded engine with the models that ship, on drawn scenes."""

from __future__ import annotations

import functools
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from alpr.engines.embedded import engine as engine_module
from alpr.engines.embedded.engine import EmbeddedEngine
from alpr.errors import EngineError
from alpr.grid import Grid
from alpr.plates import Box
from alpr.recognition import recognise
from testkit.plate_art import BY_NAME, STYLES
from testkit.scenes import Scene, plate_free, street
from testkit.service import client_of

FOLDED = str.maketrans("OIQ", "010")
SCENES_A_STYLE = 4


@functools.cache
def scene(style: str, seed: int) -> Scene:
    return street(seed, [BY_NAME[style]], size=(960, 540), plate_width=0.2)


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedEngine]:
    """One for the whole file: loading takes longer than reading."""
    engine = EmbeddedEngine()
    yield engine
    engine.close()


def count_read(
    engine: EmbeddedEngine, style: str, change: Callable[[Image.Image], Image.Image]
) -> int:
    """The number of a style's scenes that are read right, with O and Q as 0 and I as 1."""
    right = 0
    for seed in range(SCENES_A_STYLE):
        drawn = scene(style, seed)
        plates = engine.read(change(drawn.image))
        best = max(plates, key=lambda plate: plate.confidence, default=None)
        truth = drawn.plates[0][0].translate(FOLDED)
        right += best is not None and best.text.translate(FOLDED) == truth
    return right


def intersection_over_union(one: Box, other: Box) -> float:
    shared = one.intersection_area(other)
    return shared / (one.area + other.area - shared)


def rotated(degrees: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.rotate(degrees, Image.Resampling.BICUBIC)


CONDITIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "clear": lambda image: image,
    "dark": lambda image: image.point(lambda value: int(value * 0.15)),
    "grey": lambda image: image.convert("L"),
    "small": lambda image: image.resize((400, 225)),
    "large": lambda image: image.resize((3840, 2160)),
    "rotated": rotated(10),
    "rotated far": rotated(-20),
}
FLOORS = {
    "clear": 35,
    "dark": 34,
    "grey": 35,
    "small": 33,
    "large": 35,
    "rotated": 31,
    "rotated far": 21,
}
"""Of the 36 scenes, four of each of nine styles, in each condition."""


@pytest.mark.parametrize("condition", CONDITIONS)
def test_reads_plates_of_every_style(engine: EmbeddedEngine, condition: str) -> None:
    read = {style.name: count_read(engine, style.name, CONDITIONS[condition]) for style in STYLES}
    assert sum(read.values()) >= FLOORS[condition], read
    if condition == "clear":
        assert min(read.values()) >= SCENES_A_STYLE - 1, read


def cropped(drawn: Scene, margin: float) -> Image.Image:
    """The scene's plate with ``margin`` times its width and height on each side."""
    ((_, box),) = drawn.plates
    width, height = drawn.image.size
    around = box.expand(margin * box.width, margin * box.height, width=width, height=height)
    return drawn.image.crop(around.corners)


VIEWS: dict[str, tuple[float, int]] = {
    "crop": (0.05, 0),
    "wide crop": (0.2, 0),
    "close-up": (0.2, 1280),
    "very close": (0.06, 1280),
}
"""Margin of a crop, and the width to which it is enlarged, in pixels; 0 for none."""


@pytest.mark.parametrize("view", VIEWS)
def test_plates_that_fill_the_image_are_read(engine: EmbeddedEngine, view: str) -> None:
    margin, width = VIEWS[view]
    read, texts = 0, []
    for seed, style in enumerate(STYLES):
        drawn = street(seed, [style], size=(1920, 1080), plate_width=0.2)
        image = cropped(drawn, margin)
        if width:
            image = image.resize((width, round(image.height * width / image.width)))
        texts = [plate.text.translate(FOLDED) for plate in engine.read(image)]
        read += texts == [drawn.plates[0][0].translate(FOLDED)]
    assert read >= len(STYLES) - 1, texts


def test_the_first_candidate_is_the_answer(engine: EmbeddedEngine) -> None:
    (plate,) = engine.read(scene("eu_south", 1).image)
    assert plate.candidates[0].text == plate.text
    assert all(0.01 <= one.probability <= 1 for one in plate.candidates)


@pytest.mark.parametrize("share", [0.2, 0.4])
@pytest.mark.parametrize("side", ["left", "right", "bottom"])
def test_a_plate_that_the_image_cuts_is_marked(
    engine: EmbeddedEngine, side: str, share: float
) -> None:
    answered = 0
    for style in STYLES:
        drawn = scene(style.name, 1)
        ((_, box),) = drawn.plates
        width, height = drawn.image.size
        area = {
            "left": (round(box.x_min + share * box.width), 0, width, height),
            "right": (0, 0, round(box.x_max - share * box.width), height),
            "bottom": (0, 0, width, round(box.y_max - share * box.height)),
        }[side]
        image = drawn.image.crop(area)
        for plate in recognise(engine, image, Grid.parse("0", "")).plates:
            answered += 1
            assert plate.cut, (style.name, plate)
            assert plate.confidence < 0.5
    assert answered or side == "bottom"


@pytest.mark.parametrize("size", [(640, 360), (1280, 720)])
def test_signs_are_no_plates(engine: EmbeddedEngine, size: tuple[int, int]) -> None:
    found = [
        (seed, plate.text)
        for seed in range(50)
        for plate in engine.read(plate_free(seed, size=size).image)
    ]
    assert found == []


def test_boxes_match_the_plates(engine: EmbeddedEngine) -> None:
    shares = []
    for style in STYLES:
        drawn = scene(style.name, 0)
        ((_, box),) = drawn.plates
        shares += [intersection_over_union(plate.box, box) for plate in engine.read(drawn.image)]
    assert len(shares) == len(STYLES)
    assert statistics.mean(shares) > 0.7, shares


def test_each_character_has_a_confidence(engine: EmbeddedEngine) -> None:
    (plate,) = engine.read(scene("eu_south", 1).image)
    assert len(plate.char_confidences) == len(plate.text)
    assert len(set(plate.char_confidences)) > 1
    assert plate.confidence == min(plate.char_confidences)
    assert plate.detection_confidence is not None


def test_threads_get_what_one_caller_gets(engine: EmbeddedEngine) -> None:
    images = [scene("eu_south", 1).image, scene("yellow", 3).image.resize((400, 300))] * 4
    one_by_one = [engine.read(image) for image in images]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(engine.read, images)) == one_by_one


def test_a_far_plate_is_found_in_a_cell(engine: EmbeddedEngine) -> None:
    drawn = scene("eu_south", 1)
    wide = Image.new("RGB", (3840, 2160), "grey")
    wide.paste(drawn.image.resize((480, 270), Image.Resampling.LANCZOS), (2500, 1500))
    result = recognise(engine, wide, Grid.parse("4", ""))
    ((truth, box),) = drawn.plates
    (plate,) = result.plates
    assert plate.text.translate(FOLDED) == truth.translate(FOLDED)
    expected = Box(*(corner // 2 for corner in box.corners)).shift(2500, 1500)
    assert intersection_over_union(plate.box, expected) > 0.5


def test_far_plates_beside_a_near_one_are_read_without_a_grid(engine: EmbeddedEngine) -> None:
    """The scan shows them 15 pixels wide; three of the nine score enough there."""
    near, read = scene("eu_south", 2), 0
    for style in BY_NAME:
        far = scene(style, 1)
        wide = Image.new("RGB", (2560, 1440), "grey")
        wide.paste(near.image, (100, 500))
        wide.paste(far.image.resize((300, 169), Image.Resampling.LANCZOS), (1900, 300))
        texts = {plate.text.translate(FOLDED) for plate in engine.read(wide)}
        assert near.plates[0][0].translate(FOLDED) in texts
        read += far.plates[0][0].translate(FOLDED) in texts
    assert read >= 7


@pytest.mark.parametrize(
    "size",
    [(16, 16), (16, 4000), (4000, 16), (1, 1), (4000, 1), (33, 31), (6000, 4000), (8000, 8000)],
)
def test_any_size_can_be_read(engine: EmbeddedEngine, size: tuple[int, int]) -> None:
    assert engine.read(Image.new("RGB", size, "grey")) == []


def run(code: str, *options: str) -> tuple[int, str, str]:
    command = [sys.executable, *options, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_nothing_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys; from alpr.engines import open_engine; from alpr.settings import Settings; "
        "engine = open_engine(Settings(engine='embedded')); assert not engine.status().ready; "
        "print(*{'onnxruntime'} & set(sys.modules), end='')"
    )
    assert run(code) == (0, "", "")


def test_loading_prints_and_warns_nothing() -> None:
    code = (
        "from alpr.engines.embedded.engine import EmbeddedEngine; from PIL import Image; "
        "engine = EmbeddedEngine(); engine.warm_up(); engine.read(Image.new('RGB', (64, 64)))"
    )
    assert run(code, "-W", "error") == (0, "", "")


def test_ready_after_warm_up_and_again_after_closing(engine: EmbeddedEngine) -> None:
    engine.warm_up()
    assert engine.status().ready
    engine.close()
    engine.close()
    assert not engine.status().ready
    assert engine.read(scene("yellow", 1).image)


def test_calls_are_images_and_cells() -> None:
    engine, image = EmbeddedEngine(), Image.new("RGB", (64, 64))
    engine.read(image)
    engine.read_cells(image, [Box(0, 0, 32, 32), Box(32, 32, 64, 64)])
    assert engine.status().calls == 3


def test_a_missing_model_is_an_engine_error_that_the_status_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine_module, "MODELS", tmp_path)
    engine = EmbeddedEngine()
    with pytest.raises(EngineError, match=r"manifest\.json"):
        engine.warm_up()
    status = engine.status()
    assert not status.ready
    assert "manifest.json" in status.last_error


def test_a_runtime_that_cannot_be_imported_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "alpr.engines.embedded.models", None)
    engine = EmbeddedEngine()
    with pytest.raises(EngineError):
        engine.warm_up()
    assert engine.status().last_error.startswith("ONNX Runtime cannot be imported")


def test_a_manifest_that_lacks_a_model_is_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    monkeypatch.setattr(engine_module, "MODELS", tmp_path)
    engine = EmbeddedEngine()
    with pytest.raises(EngineError):
        engine.warm_up()
    answer = client_of(engine).get("/readyz")
    assert answer.status_code == 503
    assert b"manifest" in answer.data
