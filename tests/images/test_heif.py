"""HEIC of phones: read where pillow-heif is installed, else refused with the package's name."""

from __future__ import annotations

import importlib.util
import re
import sys
from typing import Any

import pytest
from PIL import ExifTags, Image

from alpr.errors import FormatError, ImageError, TooLargeError
from testkit.forms import upload
from testkit.images import decode, encode, gradient_image, mean_difference
from testkit.service import client_of
from tests.images.test_images import STORED

BOX = b"\0\0\0\x1cftyp"
HEIC = BOX + b"heic\0\0\0\0mif1heicmiaf"
OF_ANY_CODING = BOX + b"mif1\0\0\0\0miafheicmif1"
AVIF = BOX + b"mif1\0\0\0\0miafavifmif1"

SMALL: dict[str, Any] = {"quality": 95, "enc_params": {"preset": "ultrafast"}}


def heic(image: Image.Image, **options: Any) -> bytes:
    """The image as a HEIC file, or the test is skipped."""
    plugin = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    plugin.register_heif_opener()
    return encode(image, "HEIF", **SMALL, **options)


@pytest.mark.parametrize("data", [HEIC, OF_ANY_CODING], ids=["heic", "mif1"])
def test_without_the_package_the_refusal_names_it(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(FormatError, match="pillow-heif"):
        decode(data)
    answer = client_of().post("/v1/vision/alpr", **upload(data))
    assert answer.status_code == 415
    assert "pillow-heif" in answer.get_json()["error"]


@pytest.mark.parametrize("is_installed", [False, True])
def test_the_page_offers_it_where_the_package_is(
    is_installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, client = object() if is_installed else None, client_of()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: found)
    page = client.get("/").get_data(as_text=True)
    (chooser,) = re.findall('id="files".* accept="([^"]*)"', page)
    kinds = {"image/heic", "image/heif", ".heic", ".heif"}
    assert kinds & {*chooser.split(",")} == (kinds if is_installed else set())
    assert ("AVIF or HEIC, up to 20 MB" in page) == is_installed
    assert ("TIFF or AVIF, up to 20 MB" in page) != is_installed


def test_avif_is_not_taken_for_it() -> None:
    with pytest.raises(ImageError, match="damaged"):
        decode(AVIF)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_it_is_decoded(mode: str) -> None:
    found = decode(heic(gradient_image(mode=mode)))
    assert mean_difference(found, gradient_image(mode=mode).convert("RGB")) < 6


def test_a_brand_of_any_coding_is_decoded() -> None:
    data = heic(gradient_image())
    assert data[8:12] == b"heic"
    assert b"heic" in data[16:28]
    changed = data[:8] + b"mif1" + data[12:]
    assert mean_difference(decode(changed), gradient_image()) < 6


@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation(orientation: int) -> None:
    turn = STORED[orientation]
    stored = gradient_image() if turn is None else gradient_image().transpose(turn)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    found = decode(heic(stored, exif=exif.tobytes()))
    assert found.size == (160, 120)
    assert mean_difference(found, gradient_image()) < 6


def test_the_first_of_several_images_counts() -> None:
    more = [Image.new("RGB", (160, 120), colour) for colour in ("red", "blue")]
    data = heic(gradient_image(), save_all=True, append_images=more)
    assert mean_difference(decode(data), gradient_image()) < 8


def test_the_limits_of_the_other_formats_hold() -> None:
    data = heic(gradient_image())
    with pytest.raises(TooLargeError, match="160 x 120"):
        decode(data, max_side=100)
    with pytest.raises(ImageError, match="160 x 120"):
        decode(data, min_side=130)
    with pytest.raises(TooLargeError, match=r"HEIF takes 15 bytes"):
        decode(with_header_size(data, 160, 120, 6000, 6000))


@pytest.mark.parametrize("size", [(640, 480), (80, 60), (16, 16), (4000, 4000)])
def test_a_header_with_a_false_size_is_no_bug(size: tuple[int, int]) -> None:
    try:
        found = decode(with_header_size(heic(gradient_image()), 160, 120, *size))
    except ImageError:
        return
    assert found.size in {size, (160, 120)}


def with_header_size(data: bytes, *sizes: int) -> bytes:
    """The file with another width and height in its box ``ispe``: old ones, then new ones."""
    old, new = (b"".join(n.to_bytes(4, "big") for n in pair) for pair in (sizes[:2], sizes[2:]))
    assert data.count(old) == 1
    return data.replace(old, new)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_that_is_cut_short_is_refused(share: float) -> None:
    data = heic(gradient_image())
    with pytest.raises(ImageError):
        decode(data[: int(share * len(data))])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no process has limits")
def test_only_the_limited_process_loads_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    data = heic(gradient_image())
    monkeypatch.delitem(sys.modules, "pillow_heif")
    assert decode(data).size == (160, 120)
    assert "pillow_heif" not in sys.modules
