"""What the most costly honest images take: memory of both processes, and CPU time.

``DECODING_COST=all pytest -s`` prints the figures of docs/operation.md; it takes minutes. Otherwise
only the image that takes most is tried.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from PIL import ExifTags, Image

from alpr import images
from alpr.images import memory_cost
from alpr.settings import Settings
from testkit.images import encode, gradient_image
from tests.load.cost import Cost

LIMITS = Settings().image_limits
SIZE = (8650, 5780)
"""Just below 50 megapixels."""
TURNED = Image.Exif()
TURNED[ExifTags.Base.Orientation] = 6


def photo(kind: str, mode: str = "RGB", size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    """A gradient with the grain of a photo."""
    gradient = Image.linear_gradient("L").resize(size)
    grain = Image.effect_noise((size[0] // 4, size[1] // 4), 60).resize(size)
    return encode(Image.blend(gradient, grain, 0.5).convert(mode), kind, **options)


def gradient(kind: str, mode: str, **options: Any) -> bytes:
    return encode(Image.linear_gradient("L").resize(SIZE).convert(mode), kind, **options)


IMAGES: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: photo("JPEG"),
    "turned JPEG": lambda: photo("JPEG", exif=TURNED),
    "CMYK JPEG": lambda: photo("JPEG", "CMYK"),
    "progressive JPEG": lambda: photo("JPEG", progressive=True),
    "PNG with alpha": lambda: gradient("PNG", "RGBA", compress_level=1),
    "TIFF of floats": lambda: gradient("TIFF", "F", compression="tiff_adobe_deflate"),
    "GIF": lambda: gradient("GIF", "L"),
    "WebP without loss": lambda: photo(
        "WEBP", size=(5400, 3600), lossless=True, method=0, quality=0
    ),
    "AVIF": lambda: photo("AVIF", "RGBA", size=(6200, 4200), speed=10, subsampling="4:4:4"),
}


CHOSEN = IMAGES if os.environ.get("DECODING_COST") == "all" else ["progressive JPEG"]


@pytest.mark.parametrize("name", CHOSEN)
def test_the_most_that_an_honest_image_costs(name: str) -> None:
    data = IMAGES[name]()
    images.prepare(LIMITS)
    images.decode(encode(gradient_image(), "WEBP"), LIMITS)
    with Cost(psutil.Process()) as cost:
        image = images.decode(data, LIMITS)
    megapixels = image.width * image.height / 1e6
    print(
        f"\n{name}, {megapixels:.0f} MP: {cost.growth / 1e6:.0f} MB, {cost.cpu_s:.1f} s of CPU time"
    )
    assert cost.growth < memory_cost.max_bytes(LIMITS)
