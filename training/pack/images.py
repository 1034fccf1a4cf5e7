"""Many small compressed images, and what is known of each, in one file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PHOTO_SIDE = 416
"""Long side of a packed photo, at most, in pixels; a multiple of the detector's stride."""

Pixels = NDArray[np.uint8]
Result = TypeVar("Result")


@dataclass(frozen=True)
class ImagePack:
    """Images as WebP, one mapping of plain values for each, and the licences of all."""

    images: list[bytes]
    rows: list[dict[str, Any]]
    licences: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """Bytes of the images."""
        return sum(len(image) for image in self.images)

    def save(self, path: Path) -> None:
        """Write the file; no suffix is added."""
        text = json.dumps({"rows": self.rows, "licences": self.licences}, separators=(",", ":"))
        with path.open("wb") as file:
            np.savez(
                file,
                data=np.frombuffer(b"".join(self.images), np.uint8),
                ends=np.cumsum([len(image) for image in self.images]),
                text=np.frombuffer(text.encode(), np.uint8),
            )

    @classmethod
    def load(cls, path: Path) -> ImagePack:
        """Read the file again."""
        with np.load(path, allow_pickle=False) as file:
            data, ends = file["data"].tobytes(), file["ends"].tolist()
            text = json.loads(file["text"].tobytes().decode())
        starts = [0, *ends[:-1]]
        images = [data[start:end] for start, end in zip(starts, ends, strict=True)]
        return cls(images, text["rows"], text["licences"])

    def map(self, use: Callable[[Pixels, dict[str, Any]], Result]) -> list[Result]:
        """Decode every image, on all cores, and hand it and its row to `use`; in order."""
        with ThreadPoolExecutor() as threads:
            return list(threads.map(lambda pair: use(decode(pair[0]), pair[1]), self.pairs()))

    def pairs(self) -> Iterable[tuple[bytes, dict[str, Any]]]:
        """Every image, still compressed, with its row."""
        return zip(self.images, self.rows, strict=True)

    def of_split(self, split: str) -> ImagePack:
        """The images whose row says this split."""
        kept = [pair for pair in self.pairs() if pair[1]["split"] == split]
        return ImagePack([image for image, _ in kept], [row for _, row in kept], self.licences)


def encode(pixels: Pixels, quality: int) -> bytes:
    """Grey [height, width] or RGB [height, width, 3] as WebP; 0 to 100, more is better."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def decode(image: bytes) -> Pixels:
    """RGB [height, width, 3]."""
    with Image.open(io.BytesIO(image)) as opened:
        return np.asarray(opened.convert("RGB"), np.uint8)


def shrink(pixels: Pixels, scale_x: float, scale_y: float) -> Pixels:
    """The image scaled by its pixels' means; never enlarged."""
    height, width = pixels.shape[:2]
    size = max(4, round(width * min(1.0, scale_x))), max(4, round(height * min(1.0, scale_y)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX), np.uint8)
