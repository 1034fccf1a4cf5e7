"""A JPEG's markers, walked without decoding: what it will cost (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from alpr.errors import ImageError
from alpr.images import exif, memory_cost
from alpr.settings.limits import ImageLimits

START = b"\xff\xd8\xff"

MAX_SEGMENTS = 1000
"""A phone's depth map takes about a hundred."""

MAX_EXIF_SEGMENTS = 16
"""Cameras write one. Pillow joins them one by one, so that the time grows with their square."""

MAX_SCANS = 64
"""Encoders write ten for a progressive image. Each scan visits every block of the image, even if it
holds nothing: a hundred of them in 2 kB cost a second at 50 megapixels."""

MAX_ORDINARY_SEGMENTS = 64
MAX_ORDINARY_METADATA_BYTES = 192_000
"""Three full segments: EXIF with its thumbnail, XMP and a profile."""
MAX_ORDINARY_TABLE_BYTES = 8_000
"""Tables before the first scan; four of each kind have 3 kB."""
MAX_ORDINARY_PIXELS = 16_000_000
"""Pixels times scans: a phone's photo, or a progressive frame of 1280 x 720."""

EOI, SOS, TEM = 0xD9, 0xDA, 0x01
WITHOUT_LENGTH = {TEM, *range(0xD0, 0xD9)}
"""TEM, the numbered restarts and SOI: no content follows them."""
SEQUENTIAL, PROGRESSIVE = {0xC0, 0xC1}, {0xC2}
START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
TABLES = {0xC4, 0xDB, 0xDD}
APP1, APP2 = 0xE1, 0xE2
METADATA = {*range(0xE0, 0xF0), 0xFE}

MARKER = re.compile(rb"\xff[\x01-\xfe]")
"""It skips what is no marker, as libjpeg does. A run of 0xFF is passed only once."""
END_OF_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""In coded data, only 0 or a restart's number follows 0xFF (B.1.1.5), so this is no part of it."""


class Segment(NamedTuple):
    """A marker's code, and where its content lies."""

    code: int
    start: int
    end: int
    is_adjacent: bool
    """Whether nothing lies between it and the segment before."""


@dataclass(slots=True)
class Walk:
    """What the segments so far say."""

    is_plain: bool = True
    """Whether nothing unusual was met."""
    pixels: int = 0
    components: int = 0
    blocks: float = 0
    """Blocks of coefficients for each block of pixels."""
    needs_all_scans: bool = False
    """Whether a decoder holds all coefficients before it has the first row."""
    segments: int = 0
    scans: int = 0
    exifs: int = 0
    metadata_bytes: int = 0
    table_bytes: int = 0


def is_ordinary(data: bytes, limits: ImageLimits) -> bool:
    """Whether its cost is known and moderate.

    Raises :class:`ImageError` for more segments or scans than a decoder can be asked to visit, and
    :class:`alpr.errors.TooLargeError` for more pixels than fit into memory.
    """
    walk = Walk()
    for segment in _segments(data):
        _visit(walk, segment, data)
        if walk.scans > MAX_SCANS:
            raise ImageError(f"the JPEG has more than {MAX_SCANS} scans")
        if walk.segments > MAX_SEGMENTS or walk.exifs > MAX_EXIF_SEGMENTS:
            raise ImageError("the JPEG has too many segments")
    pixel_bytes = 1 if walk.components == 1 else 4
    coefficient_bytes = 2 * walk.blocks if walk.needs_all_scans else 0
    kind = "a JPEG of this kind"
    memory_cost.check(kind, walk.pixels, pixel_bytes + coefficient_bytes, limits)
    return (
        walk.is_plain
        and walk.components in (1, 3)
        and 0 < walk.pixels * walk.scans <= MAX_ORDINARY_PIXELS
        and walk.segments <= MAX_ORDINARY_SEGMENTS
        and walk.exifs <= 1
        and walk.metadata_bytes <= MAX_ORDINARY_METADATA_BYTES
        and walk.table_bytes <= MAX_ORDINARY_TABLE_BYTES
    )


def _segments(data: bytes) -> Iterator[Segment]:
    """Every segment up to the end of the image; further images of an MPO come after it."""
    position, pattern = 2, MARKER
    while found := pattern.search(data, position):
        code = data[found.start() + 1]
        if code == EOI:
            return
        is_adjacent = pattern is END_OF_SCAN or found.start() == position
        start = end = found.end()
        if code not in WITHOUT_LENGTH:
            length = int.from_bytes(data[start : start + 2], "big")
            start, end = start + 2, start + max(length, 2)
        yield Segment(code, start, end, is_adjacent)
        position, pattern = end, END_OF_SCAN if code == SOS else MARKER


def _visit(walk: Walk, segment: Segment, data: bytes) -> None:
    code, start, end, is_adjacent = segment
    walk.segments += 1
    walk.is_plain &= is_adjacent
    if code in METADATA:
        walk.metadata_bytes += end - start
        _visit_metadata(walk, code, data[start:end])
    elif code in START_OF_FRAME:
        walk.is_plain &= not walk.pixels and code in SEQUENTIAL | PROGRESSIVE
        walk.needs_all_scans |= code not in SEQUENTIAL
        _visit_frame(walk, data[start:end])
    elif code == SOS:
        walk.scans += 1
        # A scan of some components, and any further scan, has rows that need another.
        walk.needs_all_scans |= data[start : start + 1] != bytes([walk.components])
    elif code in TABLES:
        walk.table_bytes += 0 if walk.scans else end - start
    else:
        walk.is_plain = False


def _visit_frame(walk: Walk, frame: bytes) -> None:
    """Precision, height, width, and for each component its name, sampling and table (B.2.2)."""
    walk.is_plain &= frame[:1] == b"\x08"
    walk.pixels = int.from_bytes(frame[1:3], "big") * int.from_bytes(frame[3:5], "big")
    walk.components = frame[5] if len(frame) > 5 else 0
    factors = [(factor >> 4, factor & 15) for factor in frame[7::3]]
    largest = max((h for h, _ in factors), default=0) * max((v for _, v in factors), default=0)
    walk.blocks = sum(h * v for h, v in factors) / largest if largest else 0


def _visit_metadata(walk: Walk, code: int, content: bytes) -> None:
    if code == APP1 and content.startswith(b"Exif\0\0") and not walk.scans:
        walk.exifs += 1
        walk.is_plain &= exif.is_ordinary(content[6:])
    if code == APP2 and content.startswith(b"MPF\0"):
        walk.is_plain = False  # A directory of its own, which Pillow reads like EXIF.
