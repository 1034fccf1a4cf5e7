"""Large JPEGs are decoded at a fraction of their size until all of their pixels are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from alpr import images
from alpr.errors import EngineError, ImageError
from alpr.images import decoding, reducible
from alpr.images.reducible import ReducibleImage
from alpr.settings import Settings
from testkit.images import encode, gradient_image, mean_difference

LIMITS = Settings().image_limits
SIZE = (2048, 1152)
ENOUGH_PX = 512


@pytest.fixture(autouse=True)
def prepared() -> None:
    images.prepare(LIMITS)


def jpeg(size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    return encode(gradient_image(*size), quality=90, **options)


def first_look(data: bytes) -> ReducibleImage:
    image = images.decode(data, LIMITS, ENOUGH_PX)
    assert isinstance(image, ReducibleImage)
    return image


def test_at_first_an_image_is_decoded_as_small_as_is_enough() -> None:
    image = first_look(jpeg())
    assert image.size == SIZE
    assert image.mode == "RGB"
    assert image.reduced.size == (512, 288)
    assert mean_difference(image.reduced, gradient_image(512, 288)) < 3
    assert not image.is_loaded


USES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "array": lambda image: Image.fromarray(np.asarray(image)),
    "crop": lambda image: image.crop((5, 7, 900, 800)),
    "resize": lambda image: image.resize((300, 200)),
    "reduce": lambda image: image.reduce(3, (0, 0, 600, 300)),
    "convert": lambda image: image.convert("L").convert("RGB"),
    "transpose": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "copy": lambda image: image.copy(),
    "bytes": lambda image: Image.frombytes("RGB", image.size, image.tobytes()),
}


@pytest.mark.parametrize("use", USES)
def test_as_an_image_it_has_all_its_pixels(use: str) -> None:
    data = jpeg()
    image = first_look(data)
    assert USES[use](image).tobytes() == USES[use](images.decode(data, LIMITS)).tobytes()
    assert image.is_loaded


@pytest.mark.parametrize(
    ("width", "enough_px", "reduced"),
    [(2048, 257, 512), (2048, 256, 256), (2048, 513, 2048), (1920, 900, 1920), (4096, 513, 1024)],
)
def test_an_image_is_reduced_by_four_or_eight(width: int, enough_px: int, reduced: int) -> None:
    image = images.decode(jpeg((width, width // 2)), LIMITS, enough_px)
    assert reducible.decoded(image).width == reduced


def test_the_reduced_version_serves_what_needs_no_more() -> None:
    image = first_look(jpeg())
    for _ in range(2):
        assert reducible.at(image, 0.1) is reducible.at(image, 0.25) is image.reduced
        assert reducible.at(image, 0.26) is image
        image.load()
    assert reducible.decoded(image) is image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_version_is_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = jpeg(exif=exif)
    image, whole = first_look(data), images.decode(data, LIMITS)
    assert image.size == whole.size
    expected = whole.resize(image.reduced.size, Image.Resampling.BOX)
    assert mean_difference(image.reduced, expected) < 2
    assert image.tobytes() == whole.tobytes()


WHOLE = {
    "small": jpeg((1024, 576)),
    "sides of which none is a multiple of four": jpeg((2050, 1150)),
    "PNG": encode(gradient_image(*SIZE), "PNG"),
    "CMYK": encode(gradient_image(*SIZE).convert("CMYK")),
    "progressive, of many scans": encode(gradient_image(4096, 2304), progressive=True),
}


@pytest.mark.parametrize("name", WHOLE)
def test_other_images_are_decoded_whole(name: str) -> None:
    image = images.decode(WHOLE[name], LIMITS, ENOUGH_PX)
    assert not isinstance(image, ReducibleImage)
    assert reducible.at(image, 0.1) is reducible.decoded(image) is image


def test_a_grey_jpeg_is_reduced_too() -> None:
    data = encode(gradient_image(*SIZE, "L"))
    image = first_look(data)
    assert image.reduced.mode == "RGB"
    assert image.tobytes() == images.decode(data, LIMITS).tobytes()


def test_without_a_need_all_pixels_are_decoded() -> None:
    assert not isinstance(images.decode(jpeg(), LIMITS), ReducibleImage)


@pytest.mark.parametrize("missing", [10, 3000])
def test_a_jpeg_that_ends_early_says_so_in_every_version(missing: int) -> None:
    data = jpeg()[:-missing]
    image = first_look(data)
    assert images.is_truncated(image)
    assert image.tobytes() == images.decode(data, LIMITS).tobytes()
    assert not images.is_truncated(first_look(jpeg()))


def test_damage_is_seen_at_the_first_look() -> None:
    data = jpeg()
    with pytest.raises(ImageError):
        images.decode(data[: len(data) // 20], LIMITS, ENOUGH_PX)


def test_no_memory_for_all_pixels_is_an_engine_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    image = first_look(jpeg())
    monkeypatch.setattr(decoding, "decode", fail)
    with pytest.raises(EngineError, match="memory"):
        image.load()
