"""Images to send: drawn, encoded, decoded as the service decodes them, and compared."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from alpr import images
from alpr.settings import Settings


def gradient_image(width: int = 160, height: int = 120, mode: str = "RGB") -> Image.Image:
    """A grey gradient with red, lime and blue corners; no rotation or flip leaves it as it is."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 3, height // 3), fill="red")
    draw.rectangle((2 * width // 3, 0, width, height // 4), fill="lime")
    draw.rectangle((0, 3 * height // 4, width // 4, height), fill="blue")
    return image.convert(mode)


def encode(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The image as a file; ``options`` are those of Pillow's ``save``."""
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def decode(data: bytes, **limits: int) -> Image.Image:
    """The image that the service makes of an upload, under these settings, e.g. ``max_side``."""
    # The limits are numbers, other fields are not.
    image_limits = Settings(**limits).image_limits  # type: ignore[arg-type]
    images.prepare(image_limits)
    image = images.decode(data, image_limits)
    assert image.mode == "RGB"
    return image


def mean_difference(one: Image.Image, other: Image.Image) -> float:
    """The mean absolute difference of two images' pixels, 0 to 255."""
    assert one.size == other.size
    pixels = np.asarray(ImageChops.difference(one, other.convert("RGB")), dtype=np.float64)
    return float(pixels.mean())
