"""Lines of text on an image, by PP-OCRv6 (small) through rapidocr on ONNX Runtime.

Heavy to import: :mod:`benchmarks.peers.pp_ocr.engine` does so at its first read.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rapidocr
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort
from PIL import Image
from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError
from rapidocr.main import RapidOCR, RapidOCRError

from alpr.errors import EngineError
from alpr.plates import Box
from benchmarks.peers.pp_ocr.plausible import Line

MODELS = Path(rapidocr.__file__).parent / "models"
OPTIONS = {
    # Explicit paths, so that rapidocr never downloads models.
    "Det.model_path": str(MODELS / "PP-OCRv6_det_small.onnx"),
    "Rec.model_path": str(MODELS / "PP-OCRv6_rec_small.onnx"),
    # A small plate has a low detection score; its reading decides whether it counts.
    "Det.box_thresh": 0.3,
    "Det.limit_type": "min",
    "Global.use_vertical_padding": False,
    "Global.return_word_box": True,
    "Global.log_level": "critical",
}
FAILURES = (
    ONNXRuntimeError,
    cv2.error,
    MemoryError,
    OSError,
    ort.Fail,
    ort.InvalidGraph,
    ort.InvalidProtobuf,
    ort.NoSuchFile,
    ort.RuntimeException,
)
"""Errors of rapidocr, OpenCV and ONNX Runtime when a model cannot be loaded or run."""

MAX_LONG_SIDE = 2000
"""Larger images are reduced to this many pixels."""

SHORT_SIDE = 960
"""Pixels that the short side is enlarged to for detecting text.

Compared with PP-OCR's default of 736, one plate in twenty more is read on US street scenes, for 1.7
times the work.
"""

MAX_ZOOM = 2
"""Largest enlargement. Beyond it, the small cells of a grid take longer and show no more."""

MIN_SIDE = 32
"""The detector's stride in pixels, and so its smallest input."""


class TextReader:
    """Loads its models in the constructor. Raises :class:`EngineError`.

    Not thread-safe: rapidocr keeps state of a call in its object.
    """

    def __init__(self) -> None:
        # Both models load at their first call; a blank image would never reach the second.
        blank = np.zeros((MIN_SIDE, MIN_SIDE, 3), np.uint8)
        try:
            self._ocr: Any = RapidOCR(params=OPTIONS)
            self._read(blank)
            self._ocr.recognize_txt([blank])
        except FAILURES as error:
            raise EngineError("the text models cannot be loaded; install rapidocr again") from error

    def lines(self, image: Image.Image) -> list[Line]:
        """Every line of text on an RGB image, in its pixels."""
        width, height = working_size(*image.size)
        resized = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
        bgr = np.ascontiguousarray(np.asarray(resized)[:, :, ::-1])
        # Enlarged for detection only: lines are read from the original pixels.
        self._ocr.text_det.limit_side_len = enlarged_side(width, height)
        try:
            read = self._read(bgr)
        except FAILURES as error:
            raise EngineError("the text models failed on this image") from error
        stretch = np.array([image.width / width, image.height / height])
        return [
            _line(text, tuple(words.confs), quad * stretch, image.size)
            for text, words, quad in read
            if text
        ]

    def _read(self, bgr: NDArray[np.uint8]) -> list[tuple[str, Any, NDArray[np.float64]]]:
        """Text, its word information and the four corners (4 x 2, pixels) of each line."""
        try:
            crops, found = self._ocr.detect_and_crop(bgr, {})
        except RapidOCRError:  # rapidocr raises it for an image without text.
            return []
        read = self._ocr.recognize_txt(crops)
        return list(zip(read.txts, read.word_results, found.boxes, strict=True))


def working_size(width: int, height: int) -> tuple[int, int]:
    """The size in pixels that an image is read at."""
    scale = min(1.0, MAX_LONG_SIDE / max(width, height))
    return max(round(width * scale), MIN_SIDE), max(round(height * scale), MIN_SIDE)


def enlarged_side(width: int, height: int) -> int:
    """The short side in pixels for detecting text; larger images keep their size."""
    return min(SHORT_SIDE, MAX_ZOOM * min(width, height))


def _line(
    text: str, confidences: tuple[float, ...], quad: NDArray[np.float64], size: tuple[int, int]
) -> Line:
    """``quad`` is the line's corners from the upper left, clockwise, in pixels."""
    (x_min, y_min), (x_max, y_max) = quad.min(axis=0), quad.max(axis=0)
    box = Box.clamp(x_min, y_min, x_max, y_max, width=size[0], height=size[1])
    length = max(math.dist(quad[0], quad[1]), math.dist(quad[3], quad[2]))
    height = max(math.dist(quad[0], quad[3]), math.dist(quad[1], quad[2]))
    return Line(text, confidences, box, length, max(height, 1.0))
