"""HEIC, which phones write: decoded where the package pillow-heif is installed, else refused."""

from __future__ import annotations

import importlib.util

from alpr.errors import FormatError

FORMAT = "HEIF"
"""Pillow's name of it."""

BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"))
"""Brands of files whose images are coded as HEVC (ISO/IEC 23008-12, annex B)."""

GENERAL_BRANDS = (b"mif1", b"msf1")
"""Brands that leave the coding open, e.g. to AVIF's; the list of further brands tells."""

MAX_BRANDS_BYTES = 256
"""How much of that list is looked at."""


def is_heif(data: bytes) -> bool:
    """Whether a file says that it is HEIC: by its first box, ``ftyp``, and the brands in it."""
    if data[4:8] != b"ftyp":
        return False
    if data[8:12] in BRANDS:
        return True
    end = min(int.from_bytes(data[:4], "big"), MAX_BRANDS_BYTES)
    others = {data[at : at + 4] for at in range(16, end, 4)}
    return data[8:12] in GENERAL_BRANDS and bool(others & BRANDS)


def is_installed() -> bool:
    """Whether pillow-heif is there. Imports nothing."""
    return importlib.util.find_spec("pillow_heif") is not None


def check_installed() -> None:
    """Raises :class:`FormatError` where pillow-heif is not installed."""
    if not is_installed():
        raise FormatError(
            "HEIC can be read only where the package pillow-heif is installed; send JPEG instead"
        )


def register() -> None:
    """Makes Pillow open HEIC, in the process that decodes; raises :class:`FormatError`."""
    check_installed()
    import pillow_heif  # noqa: PLC0415 - large, and most services never see such a file

    # Each thread would reserve address space, which the limited process counts.
    unused = {"thumbnails": False, "depth_images": False, "aux_images": False}
    pillow_heif.register_heif_opener(decode_threads=1, **unused)
