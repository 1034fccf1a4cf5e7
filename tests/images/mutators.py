"""Files of each format, taken apart at their own joints, changed there and put together again.

A flipped bit in the middle of a file rarely reaches deep, because a length or a check sum no longer
fits. These mutations change whole segments, chunks, boxes and fields, and mend what holds them.
"""

from __future__ import annotations

import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import ExifTags, Image

from testkit.images import encode, gradient_image

Split = Callable[[bytes], list[bytes]]
Join = Callable[[list[bytes]], bytes]

MAX_PARTS = 400
MAX_COPIES = 40
NUMBERS = (0, 1, 2, 7, 127, 128, 255, 256, 4095, 16383, 32767, 65535, 2**24, 2**31 - 1, 2**31, -1)
"""Values at which sizes, counts and offsets tend to break."""


def samples(kind: str) -> list[bytes]:
    """Good files of a kind, which use different parts of their format."""
    image = gradient_image(96, 64)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.ImageDescription] = 6, "a street"
    options: dict[str, list[tuple[str, dict[str, object]]]] = {
        "JPEG": [
            ("RGB", {"exif": exif, "icc_profile": bytes(900)}),
            ("L", {"progressive": True}),
            ("RGB", {"progressive": True, "subsampling": 0}),
            ("CMYK", {"restart_marker_rows": 1}),
        ],
        "PNG": [
            ("RGB", {"exif": exif}),
            ("P", {}),
            ("LA", {}),
            ("I;16", {}),
            ("1", {}),
            ("RGBA", {}),
        ],
        "WEBP": [("RGB", {"exif": exif}), ("RGBA", {"lossless": True}), ("RGBA", {"quality": 10})],
        "GIF": [("P", {}), ("RGBA", {}), ("P", {"save_all": True, "append_images": [image]})],
        "BMP": [("RGB", {}), ("P", {}), ("1", {}), ("RGBA", {})],
        "TIFF": [
            ("RGB", {"exif": exif}),
            ("RGB", {"compression": "tiff_lzw"}),
            ("RGB", {"compression": "jpeg"}),
            ("1", {"compression": "group4"}),
            ("F", {"compression": "tiff_adobe_deflate"}),
            ("P", {"compression": "packbits"}),
        ],
        "AVIF": [("RGB", {"exif": exif, "speed": 10}), ("RGBA", {"speed": 10})],
        "HEIF": [("RGB", {"exif": exif.tobytes()}), ("RGBA", {}), ("L", {})],
    }
    return [encode(image.convert(mode), kind, **chosen) for mode, chosen in options[kind]]


def _split_jpeg(data: bytes) -> list[bytes]:
    """Marker by marker; coded data stays with the start of its scan."""
    return re.split(rb"(?=\xff[\xc0-\xcf\xd8-\xfe])", data)


def _split_png(data: bytes) -> list[bytes]:
    """The signature, then kind and content of each chunk."""
    parts, position = [data[:8]], 8
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        parts.append(data[position + 4 : position + 8 + length])
        position += 12 + length
    return parts


def _join_png(parts: list[bytes]) -> bytes:
    chunks = (
        struct.pack(">I", max(len(part) - 4, 0)) + part + struct.pack(">I", zlib.crc32(part))
        for part in parts[1:]
    )
    return parts[0] + b"".join(chunks)


def _split_riff(data: bytes) -> list[bytes]:
    parts, position = [data[:12]], 12
    while position + 8 <= len(data):
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        parts.append(data[position : position + 4] + data[position + 8 : position + 8 + length])
        position += 8 + length + length % 2
    return parts


def _join_riff(parts: list[bytes]) -> bytes:
    chunks = (
        part[:4] + struct.pack("<I", max(len(part) - 4, 0)) + part[4:] + bytes(len(part) % 2)
        for part in parts[1:]
    )
    body = b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _split_boxes(data: bytes) -> list[bytes]:
    """ISO boxes, those inside ``meta`` and its like one by one too."""
    return [
        part
        for part in re.split(rb"(?s)(?=.{4}(?:ftyp|meta|i[a-z]{3}|av1C|hvcC|pixi|mdat))", data)
        if part
    ]


def _split_tiff(data: bytes) -> list[bytes]:
    """The header, the pixels, and each entry of the first directory."""
    start = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[start : start + 2], "little")
    end = start + 2 + 12 * count
    entries = [data[at : at + 12] for at in range(start + 2, end, 12)]
    return [data[:start], data[start : start + 2], *entries, data[end:]]


def _split_fields(data: bytes) -> list[bytes]:
    """Fields of four bytes in the header, and the rest in pieces."""
    header = [data[at : at + 4] for at in range(0, 64, 4)]
    return header + [data[at : at + 99] for at in range(64, len(data), 99)]


FORMATS: dict[str, tuple[Split, Join]] = {
    "JPEG": (_split_jpeg, b"".join),
    "PNG": (_split_png, _join_png),
    "WEBP": (_split_riff, _join_riff),
    "GIF": (_split_fields, b"".join),
    "BMP": (_split_fields, b"".join),
    "TIFF": (_split_tiff, b"".join),
    "AVIF": (_split_boxes, b"".join),
    "HEIF": (_split_boxes, b"".join),
}


def mutants(kind: str, seed: int) -> Iterator[bytes]:
    """Files of a kind without end, the same for the same seed."""
    chance = random.Random(f"{kind} {seed}")
    split, join = FORMATS[kind]
    taken_apart = [split(sample) for sample in samples(kind)]
    while True:
        parts = list(chance.choice(taken_apart))
        for _ in range(chance.randint(1, 4)):
            change(parts, taken_apart, chance)
        yield join(parts)


def change(parts: list[bytes], donors: list[list[bytes]], chance: random.Random) -> None:
    """One mutation: of the parts' order and number, or of one part's content."""
    at = chance.randrange(1, len(parts)) if len(parts) > 1 else 0
    match chance.randrange(7):
        case 0:
            del parts[at : at + chance.randint(1, 3)]
        case 1:
            parts[at:at] = [parts[at]] * chance.randint(1, MAX_COPIES)
        case 2:
            other = chance.randrange(len(parts))
            parts[at], parts[other] = parts[other], parts[at]
        case 3:
            parts.insert(at, chance.choice(chance.choice(donors)))
        case 4:
            parts[at] = parts[at][: chance.randrange(len(parts[at]) + 1)]
        case _:
            parts[at] = _changed(parts[at], chance)
    if not parts:
        parts.append(b"")
    del parts[MAX_PARTS:]


def _changed(part: bytes, chance: random.Random) -> bytes:
    """A number within it replaced, or some bits flipped; most often near its start."""
    if not part:
        return chance.randbytes(chance.randrange(9))
    changed = bytearray(part)
    reach = min(len(part), 40) if chance.random() < 0.7 else len(part)
    for _ in range(chance.randint(1, 3)):
        at, size = chance.randrange(reach), chance.choice((1, 2, 4))
        number = chance.choice(NUMBERS) % 256**size
        changed[at : at + size] = number.to_bytes(size, chance.choice(("big", "little")))
        changed[chance.randrange(reach)] ^= 1 << chance.randrange(8)
    return bytes(changed)
