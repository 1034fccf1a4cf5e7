"""How much an EXIF block asks of a parser."""

from __future__ import annotations

ORDERS = {b"II*\0": "little", b"MM\0*": "big"}
MAX_ORDINARY_ENTRIES = 256
"""Cameras write about fifteen. Each may name up to the whole block as its value, and Pillow makes a
copy of each: a block of 64 kB can ask for 350 MB."""


def is_ordinary(block: bytes) -> bool:
    """Whether a TIFF header and its first directory (TIFF 6.0, section 2) are of usual size."""
    order = ORDERS.get(block[:4])
    if order == "little":
        start = int.from_bytes(block[4:8], "little")
        return int.from_bytes(block[start : start + 2], "little") <= MAX_ORDINARY_ENTRIES
    start = int.from_bytes(block[4:8], "big")
    entries = int.from_bytes(block[start : start + 2], "big")
    return order is not None and entries <= MAX_ORDINARY_ENTRIES
