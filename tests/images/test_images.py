"""Uploads become upright RGB images, whatever their format, mode and orientation."""

from __future__ import annotations

import io
import resource
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageCms, ImageFile
from PIL.Image import Transpose

from alpr.errors import AlprError, FormatError, ImageError, TooLargeError
from testkit.images import decode, encode, gradient_image, mean_difference
from testkit.service import serving
from tests.contract.senders import python_requests
from tests.images.strips import in_strips

# The program does not turn this warning into an error, so neither may the tests: our own check must
# hold between one and two times the limit, where Pillow only warns.
pytestmark = pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")

FORMATS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95},
    "MPO": {"quality": 95, "save_all": True, "append_images": [gradient_image().rotate(90)]},
    "PNG": {},
    "WEBP": {"lossless": True},
    "BMP": {},
    "GIF": {},
    "TIFF": {},
    "AVIF": {"quality": 95},
}
LOSSLESS = ("PNG", "WEBP", "BMP", "TIFF")

# EXIF orientation to the operation that makes the stored image from the upright one.
STORED = {
    1: None,
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}


TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
"""EXIF that says: a quarter turn to the right."""


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format(kind: str) -> None:
    found = decode(encode(gradient_image(), kind, **FORMATS[kind]))
    assert mean_difference(found, gradient_image()) <= (0 if kind in LOSSLESS else 6)


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 0}, {"optimize": True}])
def test_jpeg_as_cameras_write_it(options: dict[str, Any]) -> None:
    assert (
        mean_difference(
            decode(encode(gradient_image(), "JPEG", quality=95, **options)), gradient_image()
        )
        < 6
    )


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_tiff_compressions(compression: str) -> None:
    assert (
        mean_difference(
            decode(encode(gradient_image(), "TIFF", compression=compression)), gradient_image()
        )
        < 6
    )


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_the_first_frame_counts(kind: str) -> None:
    more = [Image.new("RGB", (160, 120), colour) for colour in ("red", "blue")]
    data = encode(gradient_image(), kind, save_all=True, append_images=more)
    assert mean_difference(decode(data), gradient_image()) < 8


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "MPO"])
def test_every_orientation(kind: str, orientation: int) -> None:
    turn = STORED[orientation]
    stored = gradient_image() if turn is None else gradient_image().transpose(turn)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    found = decode(encode(stored, kind, **FORMATS[kind], exif=exif))
    assert found.size == (160, 120)
    assert mean_difference(found, gradient_image()) < 6


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("kind", ["JPEG", "MPO"])
def test_large_jpegs_are_turned_as_small_ones_are(
    kind: str, mode: str, orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = encode(gradient_image(mode=mode), kind, **FORMATS["JPEG"], exif=exif)
    assert mean_difference(in_strips(data, monkeypatch), decode(data)) == 0


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_means_nothing(orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    assert (
        mean_difference(
            decode(encode(gradient_image(), "JPEG", quality=95, exif=exif)), gradient_image()
        )
        < 6
    )


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0MM\0*", b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0" + b"\xff" * 40],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_image_with_damaged_exif_is_read(exif: bytes) -> None:
    assert (
        mean_difference(
            decode(encode(gradient_image(), "JPEG", quality=95, exif=exif)), gradient_image()
        )
        < 6
    )


@pytest.mark.parametrize(
    ("size", "limits", "fault"),
    [
        ((16, 16), {}, None),
        ((15, 40), {}, ImageError),
        ((40, 15), {}, ImageError),
        ((15, 40), {"min_side": 15}, None),
        ((40, 40), {"min_side": 41}, ImageError),
        ((1000, 20), {"max_side": 1000}, None),
        ((1001, 20), {"max_side": 1000}, TooLargeError),
        ((20, 1001), {"max_side": 1000}, TooLargeError),
        ((16385, 16), {}, TooLargeError),
        ((1000, 1000), {"max_megapixels": 1}, None),
        ((1000, 1001), {"max_megapixels": 1}, TooLargeError),
        ((2000, 1500), {"max_megapixels": 1}, TooLargeError),
    ],
)
def test_limits(size: tuple[int, int], limits: dict[str, int], fault: type[AlprError]) -> None:
    data = encode(Image.new("L", size, 90), "PNG")
    if fault is None:
        assert decode(data, **limits).size == size
        return
    with pytest.raises(fault) as caught:
        decode(data, **limits)
    assert type(caught.value) is fault


def test_messages_name_the_size_and_the_limit() -> None:
    with pytest.raises(ImageError, match="12 x 40 pixels; at least 16 x 16"):
        decode(encode(Image.new("RGB", (12, 40)), "PNG"))
    with pytest.raises(TooLargeError, match=r"1001 x 20 pixels.* 1000"):
        decode(encode(Image.new("RGB", (1001, 20)), "PNG"), max_side=1000)
    with pytest.raises(TooLargeError, match="1 megapixels"):
        decode(encode(Image.new("RGB", (1001, 1000)), "PNG"), max_megapixels=1)
    with pytest.raises(FormatError, match=r"JPEG, PNG"):
        decode(b"<svg/>")


def test_pixels_are_not_decoded_before_the_size_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(Image.new("L", (1000, 1001)), "PNG")
    monkeypatch.setattr(
        ImageFile.ImageFile, "load", lambda _: pytest.fail("the pixels were decoded")
    )
    with pytest.raises(TooLargeError):
        decode(data, max_megapixels=1)


@pytest.mark.parametrize("fault", [OSError, SyntaxError, ValueError, RuntimeError, TypeError])
def test_each_error_of_a_decoder_means_damage(
    monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    def fail(_: ImageFile.ImageFile) -> None:
        raise fault("an odd tag")

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(ImageError, match="damaged"):
        decode(encode(gradient_image(), "PNG"))


def test_icc_profiles_are_no_obstacle() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert (
        mean_difference(
            decode(encode(gradient_image(), "PNG", icc_profile=profile)), gradient_image()
        )
        == 0
    )
    assert decode(encode(gradient_image(), "JPEG", icc_profile=b"nonsense")).size == (160, 120)


def test_the_result_does_not_need_the_upload() -> None:
    data = io.BytesIO(encode(gradient_image(), "PNG"))
    found = decode(data.getvalue())
    data.close()
    assert found.crop((0, 0, 10, 10)).getpixel((1, 1)) == (255, 0, 0)


def test_a_large_image_reuses_the_memory_of_the_one_before() -> None:
    """Few of a 3840 x 2160 frame's 8,100 pages are fetched from the system again.

    It shows in the server's threads, whose heaps are given back at once.
    """
    data = encode(Image.new("RGB", (3840, 2160), "grey"))
    pages = []
    with serving() as server:
        request = python_requests("/v1/vision/alpr", "upload", data)
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
            assert server.exchange(request).status == 200
            pages.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    assert min(pages) < 2000
