"""Files that are small and were costly to decode, built from the formats' own parts."""

from __future__ import annotations

import base64
import random
import struct
import zlib

from PIL import Image

from testkit.images import encode, gradient_image

WEBP_OF_38_BYTES = base64.b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAv/n/6EgdQvGrVsmSBiOh/AAA=")
"""16383 x 3050 pixels with alpha."""

EMPTY_REFINEMENT = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x10"
"""The header of a progressive scan that refines all coefficients of one component, and no data."""


def sized(jpeg: bytes, start_of_frame: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame names this size."""
    at = jpeg.index(start_of_frame) + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def many_scans(count: int, width: int = 16384, height: int = 3050, between: bytes = b"") -> bytes:
    """A progressive JPEG with ``count`` more scans than usual, each with ``between`` before it."""
    plain = encode(Image.new("L", (16, 16), 90), progressive=True)
    large = sized(plain, b"\xff\xc2", width, height)
    return large[:-2] + (between + EMPTY_REFINEMENT) * count + b"\xff\xd9"


def with_segments(segments: bytes) -> bytes:
    """A JPEG of 160 x 120 pixels with these bytes after its first marker."""
    plain = encode(gradient_image())
    return plain[:2] + segments + plain[2:]


def segment(code: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(content) + 2) + content


def many_exifs(count: int) -> bytes:
    return with_segments(segment(0xE1, b"Exif\0\0xx") * count)


def padded(count: int) -> bytes:
    """Fill bytes before a marker, as many as one likes (T.81, B.1.1.2). Pillow reads each alone."""
    return with_segments(b"\xff" * count)


def wide_directory(entries: int) -> bytes:
    """EXIF whose first directory names the whole block as the value of each entry."""
    each = [struct.pack("<HHII", tag + 300, 7, 60_000, 64) for tag in range(entries)]
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", entries) + b"".join(each)
    return with_segments(segment(0xE1, b"Exif\0\0" + block.ljust(65_000, b"\0")))


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def png(colour: int, *chunks: bytes, size: tuple[int, int] = (32, 32)) -> bytes:
    """A PNG of 8 bits a channel with these chunks between IHDR and IEND."""
    header = struct.pack(">IIBBBBB", *size, 8, colour, 0, 0, 0)
    parts = (chunk(b"IHDR", header), *chunks, chunk(b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def rows(channels: int, size: tuple[int, int] = (32, 32)) -> bytes:
    """The chunk with the pixels of a black image."""
    return chunk(b"IDAT", zlib.compress(bytes((1 + channels * size[0]) * size[1])))


def palette_without_colours() -> bytes:
    return png(3, rows(1))


def empty_profile_after_the_pixels() -> bytes:
    return png(2, rows(3), chunk(b"iCCP"))


def many_chunks(count: int) -> bytes:
    return png(2, chunk(b"IDAT") * count, rows(3))


def talkative_tiff(height: int = 16_000) -> bytes:
    """A TIFF of fax rows that are all wrong; libtiff prints a line for each and goes on."""
    blank = Image.new("1", (16, height))
    tiff = bytearray(encode(blank, "TIFF", compression="group3", strip_size=4 * height))
    start = int.from_bytes(tiff[4:8], "little")
    noise = random.Random(1).randbytes(start - 8)
    return bytes(tiff[:8]) + noise + bytes(tiff[start:])
