"""A PNG's chunks, walked without decoding: what it will cost."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from alpr.errors import ImageError
from alpr.images import exif

START = b"\x89PNG\r\n\x1a\n"

MAX_CHUNKS = 20_000
"""Encoders write a chunk for every 8 kB, so that 20 MB have 2,500. Each costs Pillow 3 us."""

MAX_ORDINARY_CHUNKS = 64
"""Chunks besides those of the pixels."""
MAX_ORDINARY_METADATA_BYTES = 192_000
MAX_ORDINARY_PIXELS = 16_000_000

UNUSUAL = {b"zTXt", b"iTXt", b"acTL", b"fcTL", b"fdAT"}
"""Texts that may be compressed, and animations."""

HEADER = struct.Struct(">IIBBBBB")
"""Width, height, bits, colour type, compression, filter, interlacing: the chunk IHDR."""


def is_ordinary(data: bytes) -> bool:
    """Whether its cost is known and moderate; raises :class:`ImageError` for too many chunks."""
    kinds: list[bytes] = []
    metadata_bytes, has_plain_exif = 0, True
    for number, (kind, start, length) in enumerate(_chunks(data)):
        if number == MAX_CHUNKS:
            raise ImageError(f"the PNG has more than {MAX_CHUNKS} chunks")
        if kind == b"IDAT":
            continue
        kinds.append(kind)
        metadata_bytes += length
        if kind == b"eXIf":
            has_plain_exif &= exif.is_ordinary(data[start : start + length])
    return (
        kinds[:1] == [b"IHDR"]
        and _is_plain(data[16:29])
        and not UNUSUAL.intersection(kinds)
        and len(kinds) <= MAX_ORDINARY_CHUNKS
        and metadata_bytes <= MAX_ORDINARY_METADATA_BYTES
        and has_plain_exif
        and kinds.count(b"eXIf") <= 1
        # ImageMagick writes EXIF as a text, in hexadecimal.
        and b"Raw profile type" not in data
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's kind, and where its content starts and how long it is."""
    position = len(START)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        yield kind, position + 8, length
        if kind == b"IEND":
            return
        position += 12 + length


def _is_plain(header: bytes) -> bool:
    """Whether it has 8 bits a channel, no interlacing, and not too many pixels."""
    if len(header) < HEADER.size:
        return False
    width, height, bits, _, _, _, interlacing = HEADER.unpack(header)
    return (bits, interlacing) == (8, 0) and width * height <= MAX_ORDINARY_PIXELS
