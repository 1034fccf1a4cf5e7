"""Photos from disk, for training."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def read_color(path: Path) -> Image:
    """BGR [height, width, 3]. FileNotFoundError if there is no image at the path."""
    return _read(path, cv2.IMREAD_COLOR)


def read_gray(path: Path) -> Image:
    """Grey [height, width]. FileNotFoundError if there is no image at the path."""
    return _read(path, cv2.IMREAD_GRAYSCALE)


def _read(path: Path, flag: int) -> Image:
    image = cv2.imread(str(path), flag)
    if image is None:
        raise FileNotFoundError(path)
    return np.asarray(image, np.uint8)
