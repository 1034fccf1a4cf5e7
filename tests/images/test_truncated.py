"""JPEGs that end early, e.g. from cameras, are read as far as they were received."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from alpr import images
from alpr.errors import ImageError
from alpr.settings import Settings
from testkit.forms import upload
from testkit.images import encode, gradient_image
from testkit.routes import PLATE_ROUTES
from testkit.service import client_of

LIMITS = Settings().image_limits
JPEG = encode(gradient_image(640, 480), quality=90)


def without_end(data: bytes, fraction: float) -> bytes:
    """The data without its last part, at least two bytes."""
    return data[: len(data) - max(2, round(len(data) * fraction))]


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_rows_received_are_as_in_the_whole_file(mode: str, progressive: bool) -> None:
    data = encode(gradient_image(640, 480, mode), quality=90, progressive=progressive)
    whole = np.asarray(images.decode(data, LIMITS), np.int16)
    image = images.decode(data[:-2], LIMITS)
    assert images.is_truncated(image)
    assert np.abs(np.asarray(image, np.int16) - whole).max() <= 1


def test_half_a_file_is_half_an_image() -> None:
    noisy = Image.effect_noise((640, 480), 60).convert("RGB")
    data = encode(noisy, quality=90)
    whole = np.asarray(images.decode(data, LIMITS))
    cut = np.asarray(images.decode(without_end(data, 0.5), LIMITS))
    assert cut.shape == whole.shape
    assert (cut[:200] == whole[:200]).all()
    assert (cut[280:] == cut[-1, -1]).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_less_than_a_fifth_is_refused_in_any_orientation(orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = encode(Image.effect_noise((320, 240), 60), quality=90, exif=exif)
    with pytest.raises(ImageError, match="less than 20%"):
        images.decode(without_end(data, 0.9), LIMITS)
    assert images.is_truncated(images.decode(without_end(data, 0.6), LIMITS))


def test_other_formats_stay_strict() -> None:
    for kind in ("PNG", "WEBP", "GIF", "TIFF"):
        with pytest.raises(ImageError):
            images.decode(without_end(encode(gradient_image(), kind), 0.3), LIMITS)


def test_a_text_in_the_file_does_not_make_it_truncated() -> None:
    text = PngInfo()
    text.add_text(images.TRUNCATED_KEY, "True")
    output = io.BytesIO()
    gradient_image().save(output, "PNG", pnginfo=text)
    assert not images.is_truncated(images.decode(output.getvalue(), LIMITS))


@pytest.mark.parametrize("route", [PLATE_ROUTES[0], "/v1/vision/detection", "/v1/plate-reader/"])
def test_the_answer_reports_truncated_images_and_no_others(route: str) -> None:
    cut = client_of().post(route, **upload(JPEG[:-2])).json
    whole = client_of().post(route, **upload(JPEG)).json
    assert cut is not None
    assert whole is not None
    assert cut["image_truncated"] is True
    assert "image_truncated" not in whole
