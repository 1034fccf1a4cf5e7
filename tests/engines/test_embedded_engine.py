"""The embedded engine over its real models, on drawn scenes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image
from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError
from rapidocr.main import RapidOCR
from rapidocr.utils.download_file import DownloadFile

from alpr.engines.embedded import engine as engine_module
from alpr.engines.embedded import text
from alpr.engines.embedded.engine import EmbeddedEngine
from alpr.engines.embedded.plausible import Line
from alpr.errors import EngineError, EngineMissingError
from alpr.plates import Box
from tests.plate_art import STYLES
from tests.scenes import Scene, plate_free, street

TIMEOUT_S = 20


def clear_scene(seed: int) -> Scene:
    """A small picture with one plate of about 140 pixels; a new style with every seed."""
    return street(seed, [STYLES[seed % len(STYLES)]], size=(640, 360), plate_width=0.22)


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedEngine]:
    """One for the whole file: loading takes longer than reading."""
    engine = EmbeddedEngine()
    yield engine
    engine.close()


def test_reads_nine_of_ten_clear_scenes(engine: EmbeddedEngine) -> None:
    read = 0
    for seed in range(10):
        scene = clear_scene(seed)
        plates = engine.read(scene.image)
        (truth, box), best = scene.plates[0], plates[:1]
        read += [plate.text for plate in best] == [truth] and best[0].box.overlap(box) > 0.5
    assert read >= 9


def test_finds_no_plate_among_signs(engine: EmbeddedEngine) -> None:
    assert [engine.read(plate_free(seed, size=(640, 360)).image) for seed in range(3)] == [[]] * 3


def test_says_how_sure_it_is_of_each_sign(engine: EmbeddedEngine) -> None:
    (plate,) = engine.read(clear_scene(1).image)
    assert len(plate.char_confidences) == len(plate.text)
    assert len(set(plate.char_confidences)) > 1
    assert plate.confidence == pytest.approx(statistics.mean(plate.char_confidences))


def test_threads_get_what_one_caller_gets(engine: EmbeddedEngine) -> None:
    images = [clear_scene(1).image, clear_scene(3).image.resize((400, 300))] * 4
    alone = [engine.read(image) for image in images]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(engine.read, images)) == alone


def test_cells_are_read_in_pixels_of_the_whole_image(engine: EmbeddedEngine) -> None:
    scene = clear_scene(1)
    ((truth, box),) = scene.plates
    cell = Box(box.x_min - 60, box.y_min - 40, box.x_max + 60, box.y_max + 40)
    (plate,) = engine.read_cells(scene.image, [Box(0, 0, 64, 64), cell])
    assert plate.text == truth
    assert plate.box.overlap(box) > 0.5


def test_reads_a_grey_image(engine: EmbeddedEngine) -> None:
    scene = clear_scene(1)
    assert [plate.text for plate in engine.read(scene.image.convert("L"))] == [scene.plates[0][0]]


@pytest.mark.parametrize("size", [(16, 16), (16, 4000), (4000, 16), (6000, 4000)])
def test_any_size_can_be_read(engine: EmbeddedEngine, size: tuple[int, int]) -> None:
    assert engine.read(Image.new("RGB", size, "grey")) == []


def test_finds_a_plate_on_a_very_large_image(engine: EmbeddedEngine) -> None:
    scene = clear_scene(1)
    ((truth, box),) = scene.plates
    (plate,) = engine.read(scene.image.resize((640 * 8, 360 * 8)))
    assert plate.text == truth
    assert plate.box.overlap(Box(*(8 * corner for corner in box.corners))) > 0.5


@pytest.mark.parametrize(
    ("size", "working", "enlarged"),
    [
        ((1280, 720), (1280, 720), 960),
        ((320, 180), (320, 180), 360),
        ((3000, 2000), (2000, 1333), 960),
        ((16, 16000), (32, 2000), 64),
    ],
)
def test_images_are_read_at_a_size_that_suits_the_models(
    size: tuple[int, int], working: tuple[int, int], enlarged: int
) -> None:
    assert text.working_size(*size) == working
    assert text.enlarged_side(*working) == enlarged


def test_nothing_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys; from alpr.engines import open_engine; from alpr.settings import Settings; "
        "engine = open_engine(Settings(engine='embedded')); assert not engine.status().ready; "
        "print(*{'rapidocr', 'cv2', 'onnxruntime'} & set(sys.modules), end='')"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_loading_prints_and_warns_nothing() -> None:
    code = (
        "from alpr.engines.embedded.engine import EmbeddedEngine; from PIL import Image; "
        "engine = EmbeddedEngine(); engine.warm_up(); engine.read(Image.new('RGB', (64, 64)))"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_models_are_never_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("rapidocr's downloader was reached")

    monkeypatch.setattr(DownloadFile, "run", refuse)
    engine = EmbeddedEngine()
    engine.warm_up()
    assert engine.status().ready


class SlowReader:
    """Stands in for the text reader: reads no line, and ends when it is let."""

    def __init__(self) -> None:
        self.reading, self.may_end = threading.Event(), threading.Event()

    def lines(self, _: Image.Image) -> list[Line]:
        self.reading.set()
        assert self.may_end.wait(TIMEOUT_S)
        return []


def test_loads_once_and_tells_its_status_while_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[float] = []
    slow = SlowReader()

    def open_slowly() -> SlowReader:
        opened.append(time.monotonic())
        time.sleep(0.05)
        return slow

    monkeypatch.setattr(engine_module, "_open_reader", open_slowly)
    engine, image = EmbeddedEngine(), Image.new("RGB", (32, 32))
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(engine.read, image) for _ in range(8)]
        assert slow.reading.wait(TIMEOUT_S)
        status = engine.status()
        slow.may_end.set()
    assert (status.ready, status.calls) == (True, 1)
    assert [answer.result() for answer in answers] == [[]] * 8
    assert (len(opened), engine.status().calls) == (1, 8)


def test_every_read_is_done_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = set()

    class Noting(SlowReader):
        def lines(self, _: Image.Image) -> list[Line]:
            readers.add(threading.get_ident())
            return []

    monkeypatch.setattr(engine_module, "_open_reader", Noting)
    engine, image = EmbeddedEngine(), Image.new("RGB", (32, 32))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(engine.read, [image] * 40))
    assert len(readers) == 1
    engine.close()
    assert readers.isdisjoint(thread.ident for thread in threading.enumerate())


def test_a_closed_engine_loads_again(engine: EmbeddedEngine) -> None:
    scene = clear_scene(1)
    before = engine.read(scene.image)
    engine.close()
    engine.close()
    assert not engine.status().ready
    assert engine.read(scene.image) == before


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "alpr.engines.embedded.text")
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    engine = EmbeddedEngine()
    with pytest.raises(EngineMissingError, match=r"rapidocr.*pip install"):
        engine.warm_up()
    assert "rapidocr" in engine.status().last_error


@pytest.mark.parametrize("content", [None, b"no model"])
def test_a_missing_or_broken_model_is_an_engine_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, content: bytes | None
) -> None:
    model = tmp_path_factory.mktemp("models") / "rec.onnx"
    if content is not None:
        model.write_bytes(content)
    monkeypatch.setitem(text.OPTIONS, "Rec.model_path", str(model))
    engine = EmbeddedEngine()
    with pytest.raises(EngineError, match="models cannot be loaded"):
        engine.read(Image.new("RGB", (32, 32)))
    assert not engine.status().ready


def test_a_failing_model_is_an_engine_error(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ONNXRuntimeError("Traceback of /some/path")

    engine.warm_up()
    monkeypatch.setattr(RapidOCR, "detect_and_crop", fail)
    with pytest.raises(EngineError) as caught:
        engine.read(Image.new("RGB", (32, 32)))
    assert "/some/path" not in str(caught.value)
    assert engine.status().last_error == str(caught.value)
    monkeypatch.undo()
    assert engine.read(Image.new("RGB", (32, 32))) == []
