"""Files made to be costly are refused, or cost what honest ones do, and never a bug."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from alpr.errors import AlprError, FormatError, ImageError, RequestError, TooLargeError
from alpr.images import headers
from alpr.settings import Settings
from testkit.forms import upload
from testkit.images import decode, encode, gradient_image
from testkit.service import client_of
from tests.images import tricks

ROOT = Path(__file__).parents[2]
LIMITS = Settings().image_limits

REFUSED: dict[str, tuple[Callable[[], bytes], type[AlprError]]] = {
    "WebP of 38 bytes": (lambda: tricks.WEBP_OF_38_BYTES, TooLargeError),
    "2 kB of scans": (lambda: tricks.many_scans(200), ImageError),
    "10 kB of scans": (lambda: tricks.many_scans(1000), ImageError),
    "100 kB of scans": (lambda: tricks.many_scans(10_000), ImageError),
    "scans after a false end": (
        lambda: tricks.many_scans(200, between=tricks.segment(0xFE, b"\xff\xd9" * 9)),
        ImageError,
    ),
    "EXIF in 20,000 segments": (lambda: tricks.many_exifs(20_000), ImageError),
    "EXIF in 30 segments": (lambda: tricks.many_exifs(30), ImageError),
    "a million chunks": (lambda: tricks.many_chunks(1_000_000), ImageError),
    "coefficients of 12 bytes a pixel": (
        lambda: tricks.sized(
            encode(gradient_image(mode="CMYK"), progressive=True, subsampling=0),
            b"\xff\xc2",
            7000,
            7000,
        ),
        TooLargeError,
    ),
    "a palette without colours": (tricks.palette_without_colours, ImageError),
    "an empty profile": (tricks.empty_profile_after_the_pixels, ImageError),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_trick_is_refused_at_once(name: str) -> None:
    make, kind = REFUSED[name]
    data = make()
    began = time.process_time()
    with pytest.raises(RequestError) as caught:
        decode(data)
    assert time.process_time() - began < 0.5
    assert isinstance(caught.value, kind)


def test_a_trick_is_answered_like_any_bad_image() -> None:
    client = client_of()
    for make, kind in REFUSED.values():
        answer = client.post("/v1/vision/alpr", **upload(make()))
        assert answer.status_code == kind.status


@pytest.mark.parametrize(
    "data",
    [
        tricks.many_scans(50, 160, 120),
        tricks.many_scans(20, 160, 120, between=tricks.segment(0xFE, b"\xff\xda" * 2000)),
        tricks.many_exifs(3),
        tricks.wide_directory(2),
        tricks.with_segments(tricks.segment(0xEB, bytes(60_000)) * 90),
        tricks.padded(50),
        tricks.many_chunks(3000),
        encode(gradient_image(), "PNG", icc_profile=bytes(500_000)),
    ],
    ids=[
        "scans",
        "markers in a comment",
        "EXIF in parts",
        "a small directory",
        "a depth map",
        "fill bytes",
        "chunks",
        "a large profile",
    ],
)
def test_what_is_only_unusual_is_read(data: bytes) -> None:
    assert decode(data).mode == "RGB"


def test_frames_of_cameras_are_ordinary_and_others_are_not() -> None:
    frame = gradient_image(1280, 720)
    ordinary = {
        "JPEG": encode(frame),
        "grey": encode(frame.convert("L")),
        "progressive": encode(frame, progressive=True),
        "restarts": encode(frame, restart_marker_rows=1),
        "cut short": encode(frame)[:-500],
        "with EXIF": encode(frame, exif=Image.Exif(), comment=b"\xff\xda" * 99),
        "12 megapixels": encode(Image.new("RGB", (4032, 3024))),
        "PNG": encode(frame, "PNG"),
        "PNG with alpha": encode(frame.convert("RGBA"), "PNG"),
    }
    other = {
        "50 megapixels": encode(Image.new("L", (8000, 6000))),
        "progressive and large": encode(Image.new("L", (3000, 2000)), progressive=True),
        "CMYK": encode(frame.convert("CMYK")),
        "fill bytes": tricks.padded(2),
        "a wide directory": tricks.wide_directory(300),
        "two parts of EXIF": tricks.many_exifs(2),
        "two images": encode(frame, "MPO", save_all=True, append_images=[frame]),
        "16 bits": encode(frame.convert("I;16"), "PNG"),
        "a compressed text": encode(frame, "PNG")[:33] + tricks.chunk(b"zTXt", b"a\0\0") + b"rest",
        "WebP": encode(frame, "WEBP"),
    }
    assert [name for name in ordinary if not headers.is_ordinary(ordinary[name], LIMITS)] == []
    assert [name for name in other if headers.is_ordinary(other[name], LIMITS)] == []


def test_a_large_wide_picture_may_have_as_many_pixels_as_its_format_allows() -> None:
    with pytest.raises(TooLargeError, match=r"WEBP takes 20 bytes of memory for each.* 20\.0"):
        decode(tricks.WEBP_OF_38_BYTES)
    with pytest.raises(FormatError):
        decode(b"RIFF....WEBX")


PROGRAM = """
import sys
from testkit.images import decode
from tests.images import tricks
print(decode(tricks.talkative_tiff()).size)
"""


def test_the_words_of_libtiff_do_not_reach_the_log() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("(16, 16000)\n", "")
