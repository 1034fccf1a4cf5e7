"""The drawing of the grid, for choosing cells: outlines, numbers and encoding."""

from __future__ import annotations

import base64
import io
import re
from itertools import groupby

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image, ImageChops, ImageColor, ImageDraw

from alpr import overlay
from alpr.grid import Grid
from testkit.forms import upload
from testkit.images import encode
from testkit.routes import DEBUG_ROUTES


def drawn(client: FlaskClient, image: Image.Image, **values: str) -> Image.Image:
    body = client.post(DEBUG_ROUTES[0], **upload(encode(image), values=values)).json
    assert body is not None
    assert (body["image_width"], body["image_height"]) == image.size
    uri = re.fullmatch("data:image/([a-z]+);base64,(.+)", body["image"])
    assert uri is not None
    result = Image.open(io.BytesIO(base64.b64decode(uri[2], validate=True)))
    assert result.format == uri[1].upper()
    result.load()
    return result


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        ((320, 240), "WEBP"),
        ((16, 16), "WEBP"),
        ((16, 400), "WEBP"),
        ((3840, 2160), "WEBP"),
        ((7680, 4320), "JPEG"),
        ((16384, 16), "JPEG"),
    ],
)
def test_the_drawing_has_its_mime_type_and_the_size_of_the_image(
    client: FlaskClient, size: tuple[int, int], kind: str
) -> None:
    result = drawn(client, Image.new("RGB", size, "grey"), grid_size="10")
    assert result.size == size
    assert result.format == kind


def with_grid(image: Image.Image, grid: Grid) -> Image.Image:
    result = image.copy()
    overlay.draw(result, grid)
    return result


def numbers(image: Image.Image, grid: Grid, monkeypatch: pytest.MonkeyPatch) -> Image.Image:
    """The pixels of the numbers: the difference of a drawing with them and one without."""
    with_numbers = with_grid(image, grid)
    with monkeypatch.context() as patched:
        patched.setattr(ImageDraw.ImageDraw, "text", lambda *_, **__: None)
        without = with_grid(image, grid)
    return ImageChops.difference(with_numbers, without).convert("L")


@pytest.mark.parametrize(
    ("width", "height", "size", "wanted", "colour"),
    [
        *(
            (*case, colour)
            for case in ((320, 240, 4, "1,6,16"), (320, 180, 10, "1,55,100"), (1280, 720, 3, "5"))
            for colour in ("black", "white", "grey", "red")
        ),
        (240, 960, 5, "25,3", "grey"),
        (960, 160, 5, "25,3", "grey"),
        (7680, 4320, 4, "1,16", "black"),
        (7680, 4320, 4, "6", "white"),
    ],
)
def test_only_wanted_cells_are_outlined_and_numbered_legibly(
    width: int, height: int, size: int, wanted: str, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image.new("RGB", (width, height), colour)
    grid = Grid.parse(str(size), wanted)
    result = with_grid(image, grid)
    figures = numbers(image, grid, monkeypatch)
    for cell in range(1, size * size + 1):
        row, column = divmod(cell - 1, size)
        area = (
            column * width // size + 1, row * height // size + 1,
            (column + 1) * width // size - 1, (row + 1) * height // size - 1,
        )  # fmt: skip
        inside = result.crop(area)
        if cell not in grid.cells:
            assert ImageChops.difference(inside, image.crop(area)).getbbox() is None
            continue
        stroke = figures.crop(area).getbbox()
        assert stroke is not None
        assert stroke[3] - stroke[1] >= max(6, min(width, height) / size * 0.15)
        shades = np.asarray(inside.convert("L"))
        assert shades.min() < 30
        assert shades.max() > 225
        edge = np.asarray(inside.convert("L"))[:, inside.width // 2]
        assert {edge[: max(4, inside.height // 20)].min() < 30,
                edge[: max(4, inside.height // 20)].max() > 225} == {True}  # fmt: skip


@pytest.mark.parametrize(("cell", "width"), [(1266, 11), (50, 1)])
def test_a_cell_is_outlined_in_black_white_black(cell: int, width: int) -> None:
    drawn = with_grid(Image.new("RGB", (2 * cell, 2 * cell), "red"), Grid(2, (1,)))
    edge = [("black", width), ("white", width), ("black", width)]
    expected = [*edge, ("red", cell - 6 * width), *edge, ("red", cell)]
    pixels = np.asarray(drawn)
    beyond_its_number = cell * 7 // 10
    for line in (pixels[beyond_its_number], pixels[:, beyond_its_number]):
        runs = [(ImageColor.getrgb(name), length) for name, length in expected]
        found = [(colour, len(list(same))) for colour, same in groupby(map(tuple, line))]
        assert found == runs


def test_each_number_is_drawn_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.new("RGB", (400, 400))
    figures = numbers(image, Grid.parse("10", ""), monkeypatch)
    cells = [figures.crop((x, y, x + 40, y + 40)).tobytes() for y in range(0, 400, 40)
             for x in range(0, 400, 40)]  # fmt: skip
    assert len(set(cells)) == 100


@pytest.mark.parametrize("size", ["0", "1"])
def test_no_grid_draws_nothing(client: FlaskClient, size: str) -> None:
    image = Image.new("RGB", (320, 240), (90, 90, 90))
    darkest, brightest = drawn(client, image, grid_size=size).convert("L").getextrema()
    assert 85 < darkest <= brightest < 95  # type: ignore[operator]  # two numbers for one band
