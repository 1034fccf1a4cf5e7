"""What PP-OCR reads on the real crops of a data set, several ways each.

Raw material for pseudo-labels.

`python -m training.reader.teacher --data DATA/train --out build/teacher_train.jsonl`
writes a line per plate: file, box, licence, the data set's own text if any, and for every variant
of the crop the text read and its weakest character. PP-OCR (Apache-2.0) comes with the package
rapidocr; only its recogniser is used.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import rapidocr

from training.images import read_color

MODEL = Path(rapidocr.__file__).parent / "models" / "PP-OCRv6_rec_small.onnx"
ROWS = 48  # the recogniser's input height
# left and right margin, top and bottom edge, as shares of the box
VARIANTS = {
    "wide": (0.06, -0.10, 1.10),
    "close": (0.02, -0.03, 1.03),
    "upright": (0.03, -0.06, 1.06),
    "middle": (0.03, 0.16, 0.84),
    "upper": (0.03, -0.04, 0.54),
    "lower": (0.03, 0.44, 1.04),
}


class Teacher:
    """The recogniser of PP-OCR on ONNX Runtime."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(MODEL), options, ["CPUExecutionProvider"])
        names = self.session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self.classes = ["", *names, " "]
        self.input = self.session.get_inputs()[0].name

    def read(self, crop: np.ndarray) -> tuple[str, float]:
        """Text of a BGR crop, everything it sees, and the probability of its weakest character."""
        columns = int(np.clip(ROWS * crop.shape[1] / crop.shape[0], ROWS, 10 * ROWS))
        scaled = cv2.resize(crop, (columns, ROWS), interpolation=cv2.INTER_CUBIC)
        values = (scaled.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
        steps = self.session.run(None, {self.input: values})[0][0]
        text, weakest, last = "", 1.0, 0
        for step in steps:
            best = int(step.argmax())
            if best not in (0, last):
                text += self.classes[best] if best < len(self.classes) else "?"
                weakest = min(weakest, float(step[best]))
            last = best
        return text, round(weakest if text else 0.0, 3)


def cut(image: np.ndarray, box: list[float], variant: tuple[float, float, float]) -> np.ndarray:
    """Part of the image around or within a box."""
    x1, y1, x2, y2 = box
    side, top, bottom = variant
    width, height = x2 - x1, y2 - y1
    rows = slice(max(0, round(y1 + top * height)), max(1, round(y1 + bottom * height)))
    columns = slice(max(0, round(x1 - side * width)), max(1, round(x2 + side * width)))
    return image[rows, columns]


def variants_of(box: list[float]) -> list[str]:
    """Which variants pay: lines apart only where the plate is tall enough to have two."""
    aspect = (box[2] - box[0]) / (box[3] - box[1])
    if aspect > 3.2:
        return ["wide", "close", "upright"]
    return ["wide", "close", "middle", "upper", "lower"]


def read_plate(
    teacher: Teacher, image: np.ndarray, box: list[float]
) -> dict[str, tuple[str, float]]:
    """What the teacher reads in each variant of one plate."""
    reads = {}
    for name in variants_of(box):
        crop = cut(image, box, VARIANTS[name])
        if crop.shape[0] >= 4 and crop.shape[1] >= 8:
            reads[name] = teacher.read(crop)
    return reads


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--lowest", type=float, default=10, help="height of the lowest plate to read, in pixels"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    teacher = Teacher()
    with options.out.open("w") as out:
        for line in (options.data / "labels.jsonl").read_text().splitlines():
            record = json.loads(line)
            plates = [p for p in record["plates"] if p["box"][3] - p["box"][1] >= options.lowest]
            if not plates:
                continue
            image = read_color(options.data / record["file"])
            for plate in plates:
                reads = read_plate(teacher, image, plate["box"])
                kept = {key: record[key] for key in ("file", "source", "licence")}
                row = {**kept, "box": plate["box"], "text": plate.get("text"), "reads": reads}
                out.write(json.dumps(row) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
