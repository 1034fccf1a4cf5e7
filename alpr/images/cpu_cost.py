"""CPU time that decoding may take: twice what the slowest honest image of its kind takes.

That is known for the machine of docs/operation.md. How much slower another one is, a small piece of
the same work tells.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence

from PIL import Image

OPENING_S = 1.0
"""Seconds until the size is known; also what is granted to the smallest image."""

S_PER_MEGAPIXEL = {"WEBP": 0.12, "AVIF": 0.16, "HEIF": 0.16}
OTHER_S_PER_MEGAPIXEL = 0.09
"""Of TIFF in floats and of progressive JPEG; the others take less."""

S_PER_MEGABYTE = 0.1
"""Of a progressive JPEG in CMYK at full quality, whose every bit is visited alone."""

SAMPLE_SIDE = 256
SAMPLE_S = 0.0035
"""CPU time of the sample on the machine of docs/operation.md."""

SAMPLE_TRIES = 5


def seconds(kind: str, pixels: int, size: int) -> float:
    """CPU time for an image of a format, as Pillow names it, from a file of ``size`` bytes."""
    per_megapixel = S_PER_MEGAPIXEL.get(kind, OTHER_S_PER_MEGAPIXEL)
    return OPENING_S + per_megapixel * pixels / 1e6 + S_PER_MEGABYTE * size / 1e6


def slowness(clock: Callable[[], float] = time.process_time) -> float:
    """How many times as long as on that machine decoding takes on this one, at least 1.

    ``clock`` gives CPU time in seconds.
    """
    noise = Image.effect_noise((SAMPLE_SIDE, SAMPLE_SIDE), 60).convert("RGB")
    sample = [_encoded(noise, "PNG", compress_level=1), _encoded(noise, "JPEG")]
    return max(1.0, min(_sample_s(sample, clock) for _ in range(SAMPLE_TRIES)) / SAMPLE_S)


def _encoded(image: Image.Image, kind: str, **options: int) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file


def _sample_s(sample: Sequence[io.BytesIO], clock: Callable[[], float]) -> float:
    began = clock()
    for file in sample:
        file.seek(0)
        Image.open(file).load()
    return clock() - began
