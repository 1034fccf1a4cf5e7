"""Recognition: the whole image first, then the wanted cells, and the times of each."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PIL import Image

from alpr.archive.files import FileReader
from alpr.engines.fake import FakeEngine
from alpr.grid import Grid
from alpr.images.reducible import decoded
from alpr.plates import Box, Plate
from alpr.recognition import recognise
from alpr.settings import Settings
from testkit.engines import make_plate
from testkit.forms import upload
from testkit.images import encode, gradient_image
from testkit.routes import PLATE_ROUTES
from testkit.service import client_of

ALL_16 = tuple(range(1, 17))


class NearSightedEngine(FakeEngine):
    """Finds a white plate in images of up to ``max_width`` pixels that show it whole."""

    def __init__(self, truth: Box, max_width: int) -> None:
        super().__init__()
        self._truth, self._max_width = truth, max_width
        self.sizes: list[tuple[int, int]] = []

    def read(self, image: Image.Image) -> list[Plate]:
        self.sizes.append(image.size)
        box = image.getchannel(0).point(lambda value: 255 * (value > 250)).getbbox()
        if image.width > self._max_width or not box or Box(*box).area < self._truth.area:
            return []
        return [Plate("ABC123", 0.9, Box(*box))]


def image_with(truth: Box) -> Image.Image:
    image = Image.new("RGB", (400, 300))
    image.paste("white", truth.corners)
    return image


@pytest.mark.parametrize("left", [0, 10, 95, 190, 205, 310, 360])
@pytest.mark.parametrize("top", [0, 68, 70, 148, 285])
def test_a_plate_in_several_cells_is_returned_once_in_pixels_of_the_image(
    left: int, top: int
) -> None:
    truth = Box(left, top, left + 40, top + 15)
    engine = NearSightedEngine(truth, max_width=399)
    sent = upload(encode(image_with(truth), "PNG"))
    body = client_of(engine).post(PLATE_ROUTES[0], **sent).json
    assert body is not None
    (found,) = body["predictions"]
    assert tuple(found[key] for key in ("x_min", "y_min", "x_max", "y_max")) == truth.corners
    assert body["grid"]["cells_tried"] == list(ALL_16)
    assert len(engine.sizes) == 17


def test_cells_are_not_read_when_the_whole_image_shows_a_plate() -> None:
    engine = FakeEngine([[make_plate()], [make_plate("SECOND")]])
    result = recognise(engine, gradient_image(), Grid(4, ALL_16))
    assert [p.text for p in result.plates] == ["ABC123"]
    assert (result.cells_tried, engine.status().calls) == ((), 1)


def test_without_a_grid_only_the_whole_image_is_read() -> None:
    engine = FakeEngine([[], [make_plate()]])
    result = recognise(engine, gradient_image(), Grid.parse("1", ""))
    assert (result.plates, result.cells_tried, engine.status().calls) == ((), (), 1)


def test_only_wanted_cells_are_read() -> None:
    truth = Box(10, 10, 50, 25)
    engine = NearSightedEngine(truth, max_width=399)
    assert recognise(engine, image_with(truth), Grid.parse("4", "16,15")).plates == ()
    assert engine.sizes == [(400, 300), (120, 83), (110, 83)]


def test_plates_are_merged_and_sorted() -> None:
    best, duplicate, other = (
        make_plate("A", 0.9),
        make_plate("A", 0.8),
        make_plate("B", 0.95, left=90),
    )
    result = recognise(
        FakeEngine([[duplicate, best, other]]), gradient_image(160, 120), Grid(0, ())
    )
    assert result.plates == (other, best)
    assert (result.width, result.height, result.grid_size, result.device) == (160, 120, 0, "CPU")


def test_engine_time_includes_the_cells_and_total_time_starts_with_the_request() -> None:
    engine = FakeEngine([[]], delay_s=0.02)
    started = time.perf_counter() - 60
    result = recognise(engine, gradient_image(), Grid(2, (1, 2)), started)
    assert 60 <= result.engine_ms < 60_000
    assert 60_000 + result.engine_ms <= result.total_ms
    result = recognise(engine, gradient_image(), Grid(0, ()))
    assert 20 <= result.engine_ms <= result.total_ms < 60_000


def order_of(values: dict[str, str], script: list[list[Plate]]) -> tuple[int, bool, list[int]]:
    """The number of plates, and what was read according to ``grid`` in the answer."""
    sent = upload(values={"grid_size": "2", "wanted_cells": "1", **values})
    body = client_of(script).post(PLATE_ROUTES[0], **sent).json
    assert body is not None
    return body["count"], body["grid"]["whole_image"], body["grid"]["cells_tried"]


NEAR, FAR = [make_plate("NEAR12", left=10)], [make_plate("FAR123", left=100)]


@pytest.mark.parametrize(
    ("values", "script", "expected"),
    [
        ({"grid_when": "empty"}, [NEAR, FAR], (1, True, [])),
        ({"grid_when": "always"}, [NEAR, FAR], (2, True, [1])),
        ({"grid_when": "Always"}, [NEAR, []], (1, True, [1])),
        ({"whole_image_fallback": "true"}, [NEAR, FAR], (1, False, [1])),
        ({"whole_image_fallback": "TRUE"}, [[], FAR], (1, True, [1])),
        ({"whole_image_fallback": "0"}, [[], FAR], (0, False, [1])),
        ({"whole_image_fallback": "false", "grid_when": "always"}, [[], FAR], (0, False, [1])),
        ({"whole_image_fallback": "false", "grid_size": "0", "wanted_cells": ""}, [NEAR, FAR],
         (1, True, [])),
    ],
)  # fmt: skip
def test_the_order_of_whole_image_and_cells(
    values: dict[str, str], script: list[list[Plate]], expected: tuple[int, bool, list[int]]
) -> None:
    assert order_of(values, script) == expected


@pytest.mark.parametrize("values", [{"grid_when": "often"}, {"whole_image_fallback": "maybe"}])
def test_a_bad_order_is_a_bad_request(values: dict[str, str]) -> None:
    answer = client_of().post(PLATE_ROUTES[0], **upload(values=values))
    assert answer.status_code == 400
    assert next(iter(values)) in answer.json["error"]  # type: ignore[index]


def test_grid_when_is_a_setting_too() -> None:
    client = client_of([NEAR, FAR], Settings(grid_size=2, wanted_cells="1", grid_when="always"))
    body = client.post(PLATE_ROUTES[0], **upload()).json
    assert body is not None
    assert body["count"] == 2


@pytest.mark.parametrize(
    ("honoured", "value", "count"),
    [(False, "0.95", 2), (True, "0.85", 1), (True, "", 2), (True, "0.8", 2)],
)
@pytest.mark.parametrize("route", [PLATE_ROUTES[0], "/v1/plate-reader/"])
def test_min_confidence_counts_where_it_is_honoured(
    honoured: bool, value: str, count: int, route: str
) -> None:
    found = [[make_plate("ABC123", 0.9), make_plate("XYZ789", 0.8, left=90)]]
    client = client_of(found, Settings(honour_min_confidence=honoured))
    body = client.post(route, **upload(values={"min_confidence": value})).json
    assert body is not None
    assert len(body["results"] if "results" in body else body["predictions"]) == count


def test_a_bad_min_confidence_matters_only_where_it_is_honoured() -> None:
    sent = upload(values={"min_confidence": "high"})
    assert client_of().post(PLATE_ROUTES[0], **sent).status_code == 200
    strict = client_of(settings=Settings(honour_min_confidence=True))
    assert (
        strict.post(PLATE_ROUTES[0], **upload(values={"min_confidence": "high"})).status_code == 400
    )


class FirstLookEngine(FakeEngine):
    """Finds nothing, and keeps how wide each image is decoded when it comes."""

    def __init__(self) -> None:
        super().__init__([[]])
        self.widths: list[int] = []

    @property
    def enough_px(self) -> int:
        return 512

    def read(self, image: Image.Image) -> list[Plate]:
        self.widths.append(decoded(image).width)
        return super().read(image)


@pytest.mark.parametrize(("grid_size", "width"), [("0", 512), ("2", 2048)])
def test_a_large_jpeg_is_decoded_as_far_as_the_first_look_needs(grid_size: str, width: int) -> None:
    engine = FirstLookEngine()
    sent = upload(encode(gradient_image(2048, 1152)), values={"grid_size": grid_size})
    assert client_of(engine).post(PLATE_ROUTES[0], **sent).status_code == 200
    assert engine.widths[0] == width


def test_files_are_decoded_as_far_as_the_first_look_needs(tmp_path: Path) -> None:
    gradient_image(2048, 1152).save(tmp_path / "1.jpg")
    engine = FirstLookEngine()
    FileReader(engine, Settings(grid_size=0)).read(str(tmp_path / "1.jpg"))
    assert engine.widths[0] == 512
