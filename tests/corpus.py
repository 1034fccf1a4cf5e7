"""Malformed files, made from a seed: cut, corrupted, of a false size, of other formats."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from testkit.images import encode, gradient_image

KINDS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
CUTS = 16
SIDE = 13_000


class Sample(NamedTuple):
    name: str
    data: bytes


def whole(kind: str) -> bytes:
    """A good file of this kind, 160 x 120 pixels."""
    if kind == "MPO":
        return encode(
            gradient_image(), kind, save_all=True, append_images=[gradient_image().rotate(90)]
        )
    return encode(gradient_image(), kind)


def cut(kind: str) -> Iterator[Sample]:
    """The file cut at each sixteenth of its length.

    An MPO is cut within its first image, because the second is never read.
    """
    data = whole(kind)
    length = data.index(b"\xff\xd9") if kind == "MPO" else len(data)
    for sixteenth in range(CUTS):
        yield Sample(f"{kind} cut at {sixteenth}/{CUTS}", data[: length * sixteenth // CUTS])


def flipped(kind: str, count: int, seed: int = 1) -> Iterator[Sample]:
    """The file with one to six bits flipped, half of the time within its first 200 bytes."""
    data, chance = whole(kind), random.Random(f"{kind} {seed}")
    for number in range(count):
        corrupted = bytearray(data)
        reach = len(data) if number % 2 else min(len(data), 200)
        for _ in range(chance.randint(1, 6)):
            corrupted[chance.randrange(reach)] ^= 1 << chance.randrange(8)
        yield Sample(f"{kind} flipped, number {number} of seed {seed}", bytes(corrupted))


def foreign() -> Iterator[Sample]:
    """Files in formats that the service does not open."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>'
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("car.jpg", whole("JPEG"))
    yield Sample("SVG", svg)
    yield Sample("EPS", encode(gradient_image(), "EPS"))
    yield Sample("PDF", encode(gradient_image(), "PDF"))
    yield Sample("ICO", encode(gradient_image(), "ICO"))
    yield Sample("PPM", encode(gradient_image(), "PPM"))
    yield Sample("PCX", encode(gradient_image(), "PCX"))
    yield Sample("TGA", encode(gradient_image(), "TGA"))
    yield Sample("JPEG 2000", encode(gradient_image(), "JPEG2000"))
    yield Sample("ZIP", archive.getvalue())
    yield Sample("gzip", gzip.compress(whole("JPEG"), mtime=0))
    yield Sample("HTML", b"<!doctype html><html><body><img src=car.jpg></body></html>")
    yield Sample("text", b"ABC 123\n" * 100)
    yield Sample("URL", b"http://127.0.0.1/car.jpg")
    yield Sample("base64", b"/9j/4AAQSkZJRgABAQAAAQABAAD/")
    yield Sample("one byte", b"\xff")
    yield Sample("zeros", bytes(5000))
    yield Sample("noise", random.Random(1).randbytes(5000))
    yield Sample("JPEG after junk", b"junk" + whole("JPEG"))


SIZES = {
    "no width": (0, 120),
    "no height": (160, 0),
    "huge": (2**31 - 1, 2**31 - 1),
    "beyond the limit": (16_000, 16_000),
}
TALLER = (160, 4000)


def false_sizes() -> Iterator[Sample]:
    """Headers that name an impossible size."""
    for name, size in SIZES.items():
        for kind in ("PNG", "BMP", "JPEG", "GIF", "TIFF"):
            if min(size) > 0 or kind not in ("GIF", "TIFF"):  # a GIF's frame has its own size
                yield Sample(f"{kind} {name}", sized(kind, *size))
    yield Sample("BMP upside down and huge", sized("BMP", 160, -(2**31)))
    yield Sample("BMP taller", sized("BMP", *TALLER))
    yield Sample("WEBP taller", sized("WEBP", *TALLER))
    yield Sample("WEBP no width", sized("WEBP", 0, 120))
    yield Sample("PNG whose text unpacks to ten megabytes", _wordy())
    yield Sample("PNG of one pixel", encode(gradient_image(1, 1), "PNG"))


def tolerable_sizes() -> Iterator[Sample]:
    """Headers of another size than the pixels, which a decoder may tolerate."""
    for kind in ("PNG", "JPEG", "TIFF"):
        yield Sample(f"{kind} taller", sized(kind, *TALLER))
        yield Sample(f"{kind} smaller", sized(kind, 100, 50))
    yield Sample("GIF no width", sized("GIF", 0, 120))
    yield Sample("TIFF no height", sized("TIFF", 160, 0))


def sized(kind: str, width: int, height: int) -> bytes:
    """A good file whose header names this size."""
    data = whole(kind)
    if kind == "PNG":
        header = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
        return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    if kind == "TIFF":
        return _tiff_sized(data, width, height)
    at, order, pair = {
        "BMP": (18, "<ii", (width, height)),
        "GIF": (6, "<HH", (width, height)),
        "JPEG": (data.find(b"\xff\xc0") + 5, ">HH", (height, width)),
        "WEBP": (data.find(b"VP8 ") + 14, "<HH", (width, height)),
    }[kind]
    new = struct.pack(order, *(pair if kind == "BMP" else (min(side, 0xFFFF) for side in pair)))
    return data[:at] + new + data[at + len(new) :]


def _tiff_sized(tiff: bytes, width: int, height: int) -> bytes:
    changed = bytearray(tiff)
    start = int.from_bytes(tiff[4:8], "little")
    for entry in range(start + 2, start + 2 + 12 * tiff[start], 12):
        tag = int.from_bytes(tiff[entry : entry + 2], "little")
        if tag in (256, 257):
            value = width if tag == 256 else height
            changed[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, value)
    return bytes(changed)


def bomb() -> bytes:
    """A PNG of half a megabyte that unpacks to 169 megapixels."""
    rows = bytes((1 + 3 * SIDE) * 100)
    block = zlib.compressobj(9, wbits=-15)
    packed = block.compress(rows) + block.flush(zlib.Z_FULL_FLUSH)
    checksum = 1
    for _ in range(SIDE // 100):
        checksum = zlib.adler32(rows, checksum)
    packed = b"\x78\xda" + packed * (SIDE // 100) + b"\x03\x00" + struct.pack(">I", checksum)
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _wordy() -> bytes:
    png = whole("PNG")
    return png[:33] + _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10_000_000))) + png[33:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def flicker(frames: int = 10_000) -> bytes:
    """An animated GIF of many frames, each a whole image."""
    first = encode(gradient_image(64, 64), "GIF")
    start = 13 + 3 * 2 ** ((first[10] & 7) + 1)
    return first[:start] + first[start:-1] * frames + first[-1:]


def names() -> Iterator[Sample]:
    """File names that have been used to attack servers; the bytes are the name."""
    yield Sample("upwards", b"../../../../etc/passwd")
    yield Sample("backslashes", b"..\\\\..\\\\windows\\\\win.ini")
    yield Sample("absolute", b"/etc/passwd")
    yield Sample("NUL", b"a\x00.jpg")
    yield Sample("Unicode", "\u8eca \U0001f697 \u202egpj.exe".encode())
    yield Sample("not UTF-8", b"\xff\xfe\xfa.jpg")
    yield Sample("4 kB", b"n" * 4096)
    yield Sample("markup", b"<script>alert(1)</script>")
    yield Sample("format", b"%s%n{0}{{7*7}}")
    yield Sample("one blank", b" ")
    yield Sample("another kind", b"car.svg")
