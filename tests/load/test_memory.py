"""Peak memory of the program for the largest images, with the engine that ships.

``pytest -s`` prints the figures.
"""

from __future__ import annotations

import contextlib
import sys
from http.client import HTTPConnection
from typing import Any

import psutil
import pytest
from PIL import ExifTags, Image

from alpr.settings import Settings
from testkit.forms import Part, encode_form
from testkit.images import encode, gradient_image
from testkit.programs import Program, started
from testkit.routes import DEBUG_ROUTES, PLATE_ROUTES
from tests import corpus
from tests.load.cost import Cost

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")

SIZE = (8650, 5780)
"""Just below 50 megapixels."""

PLATES, DRAWING = PLATE_ROUTES[0], DEBUG_ROUTES[0]
TURNED = Image.Exif()
TURNED[ExifTags.Base.Orientation] = 6


def cost(image: bytes, route: str) -> tuple[int, float, float]:
    """The answer's status, and the megabytes of the program before it and at most.

    Those of the process that decodes such images count too.
    """
    address = ("--host", "127.0.0.1", "--port", "0")
    with started("alpr_api.py", "--engine", "embedded", *address) as program:
        program.wait_for("the engine is ready")
        assert answered(program, PLATES, encode(gradient_image())) == 200
        with Cost(psutil.Process(program.process.pid)) as cost:
            status = answered(program, route, image)
        return status, cost.idle / 1e6, cost.peak / 1e6


def answered(program: Program, route: str, image: bytes) -> int:
    connection = HTTPConnection("127.0.0.1", program.port, timeout=120)
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    with contextlib.closing(connection):
        connection.request(
            "POST", route, encode_form([Part('name="a"; filename="a"', image)], "b"), kind
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status


def fifty_megapixels(mode: str = "RGB", kind: str = "JPEG", **options: Any) -> bytes:
    """A gradient with the grain of a photo, so that the file is as large as one."""
    gradient = Image.linear_gradient("L").resize(SIZE)
    if mode == "F":
        return encode(gradient.convert("F"), kind, **options)
    grain = Image.effect_noise((SIZE[0] // 4, SIZE[1] // 4), 60).resize(SIZE)
    return encode(Image.blend(gradient, grain, 0.5).convert(mode), kind, **options)


@pytest.mark.parametrize(
    ("route", "options", "max_mb"),
    [
        (PLATES, {"quality": 85}, 400),
        (PLATES, {"quality": 85, "exif": TURNED}, 400),
        (PLATES, {"quality": 85, "mode": "CMYK"}, 400),
        # libjpeg holds every coefficient, 3 bytes a pixel, beside the image, 4 bytes a pixel.
        (PLATES, {"quality": 85, "progressive": True}, 500),
        (PLATES, {"kind": "TIFF", "mode": "F", "compression": "tiff_adobe_deflate"}, 400),
        (DRAWING, {"quality": 85}, 400),
    ],
    ids=["JPEG", "turned JPEG", "CMYK JPEG", "progressive JPEG", "TIFF of floats", "drawing"],
)
def test_fifty_megapixels(
    route: str, options: dict[str, Any], max_mb: int, request: pytest.FixtureRequest
) -> None:
    assert 49e6 < SIZE[0] * SIZE[1] <= Settings().max_megapixels * 1e6
    image = fifty_megapixels(**options)
    status, idle, after = cost(image, route)
    name = request.node.callspec.id
    print(f"\n{name}, {len(image) / 1e6:.0f} MB: {idle:.0f} MB before, {after:.0f} MB at most")
    assert status == 200
    assert after < max_mb


def test_a_decompression_bomb_takes_no_memory() -> None:
    status, idle, after = cost(corpus.bomb(), PLATES)
    assert status == 413
    assert after - idle < 50
