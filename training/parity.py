"""Fixed images and what torch makes of them.

`python -m training.parity DETECTOR.pt READER.pt CONTEXT.pt [--crops]`

With --crops, for a new reader, only the crops are drawn again; the scene stays as it is.

Writes ``tests/engines/embedded/parity.npz``, by which the tests see that the published ONNX files
compute what was trained:

- ``crops`` uint8 [n, 1, 48, 144], rendered plates, and the reader's ``probabilities`` of them,
  float16 [n, 72, 37];
- ``scene`` uint8 [3, H, W], rendered plates on a made-up ground, and what the detector makes of it,
  ``rows``, float32 [m, 5] (x_min, y_min, x_max, y_max, score) above SCORE_THRESHOLD;
- ``squares`` uint8 [k, 3, 64, 64], what surrounds some of those boxes, and the context's
  ``likelihoods`` of them, float32 [k];
- ``texts``, what the plates of the scene say.
"""

from __future__ import annotations

import argparse
import itertools
import random
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from alpr.engines.embedded import positions
from alpr.engines.embedded.context import surroundings
from alpr.engines.embedded.ctc import Reading, decode
from alpr.engines.embedded.letterbox import blocks
from alpr.plates import Box
from training.alphabet import ALPHABET
from training.checkpoint import Checkpoint
from training.context.export import Likelihood
from training.context.model import ContextNet
from training.detector.graph import Exported
from training.detector.model import DetectorNet
from training.reader.graph import Probabilities
from training.reader.model import ReaderNet
from training.reader.pool import stretch
from training.reader.shape import HEIGHT, STEPS, WIDTH
from training.render import LAYOUTS, RenderedPlate, photograph, render_plate
from training.scenes.paste import light, shrink, stamp
from training.scenes.pool import as_bgr, aspect

OUT = Path(__file__).resolve().parent.parent / "tests" / "engines" / "embedded" / "parity.npz"
SEED = 5
CROPS_A_LAYOUT, CONFIDENCE_THRESHOLD = 3, 0.6
SCENE = (320, 512)
PLATE_WIDTH = 130.0
SCORE_THRESHOLD = 0.2
SQUARES_APART = 8  # many rows are of one plate


def look(photo: np.ndarray) -> np.ndarray:
    """A grey crop as the reader is given it: [1, 1, HEIGHT, WIDTH]."""
    return stretch(photo, (HEIGHT, WIDTH))[None, None]


def seen(reader: Probabilities, crop: np.ndarray) -> tuple[np.ndarray, Reading]:
    """What the reader makes of a crop [1, 1, HEIGHT, WIDTH], and the text in that."""
    probabilities = reader(torch.from_numpy(crop).float()).numpy()
    return probabilities, decode(probabilities[0], STEPS, ALPHABET)


def crops(reader: Probabilities) -> tuple[np.ndarray, np.ndarray]:
    """Rendered plates of every layout, as the reader is given them, and what it makes of them.

    Only those read with confidence: of two texts as likely, 8 bits may take the other one.
    """
    rng, kept = random.Random(SEED), []
    for layout in LAYOUTS:
        drawn = (look(photograph(rng, render_plate(rng, layout), 36)) for _ in itertools.count())
        read = ((crop, *seen(reader, crop)) for crop in drawn)
        confident = (
            (crop, made) for crop, made, text in read if text.confidence >= CONFIDENCE_THRESHOLD
        )
        kept += list(itertools.islice(confident, CROPS_A_LAYOUT))
    plates, probabilities = zip(*kept, strict=True)
    return np.concatenate(plates), np.concatenate(probabilities).astype(np.float16)


def confidently_read(reader: Probabilities, layout: str, rng: random.Random) -> RenderedPlate:
    """A rendered plate of a layout that the reader reads rightly and with confidence."""
    while True:
        plate = render_plate(rng, layout)
        reading = seen(reader, look(photograph(random.Random(SEED), plate, 36)))[1]
        if reading.text == plate.text and reading.confidence >= CONFIDENCE_THRESHOLD:
            return plate


def scene(reader: Probabilities) -> tuple[np.ndarray, list[str]]:
    """A plate of every layout but the last on a mottled ground: RGB [H, W, 3], and their texts."""
    python, rng = random.Random(SEED), np.random.default_rng(SEED)
    ground = rng.integers(40, 150, (6, 9, 3)).astype(np.uint8)
    image = np.asarray(cv2.resize(ground, SCENE[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)
    texts = []
    for number, layout in enumerate(list(LAYOUTS)[:4]):
        plate = confidently_read(reader, layout, python)
        pixels, source = shrink(*as_bgr(plate), PLATE_WIDTH)
        row, column = divmod(number, 2)
        x, y = 60 + 240 * column, 60 + 140 * row
        size = np.array([PLATE_WIDTH, PLATE_WIDTH / aspect(plate)], np.float32)
        target = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * size + (x, y)
        stamp(image, light(pixels, 170.0, rng), source, target.astype(np.float32), rng)
        texts.append(plate.text)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB), texts


def squares(image: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """What surrounds boxes [k, 4+] of an RGB image, as the context is given it."""
    whole = Image.fromarray(image)
    boxes = [Box.clamp(*row[:4], width=whole.width, height=whole.height) for row in rows]
    return np.stack([surroundings(whole, box) for box in boxes])


def of_scene(reader: Probabilities, detector: Path, context: Path) -> dict[str, np.ndarray]:
    """The scene, and what detector and context make of it, by the names in OUT."""
    image, texts = scene(reader)
    planes = np.ascontiguousarray(image.transpose(2, 0, 1))
    net = Checkpoint.load(detector).network(DetectorNet)
    raw = Exported(net).eval()(torch.from_numpy(blocks(image))[None])[0].numpy()
    rows = positions.decode(raw, *SCENE, SCORE_THRESHOLD)
    around = squares(image, rows[::SQUARES_APART])
    classifier = Likelihood(Checkpoint.load(context).network(ContextNet))
    likelihoods = classifier(torch.from_numpy(around)).numpy()
    return {
        "scene": planes,
        "rows": rows,
        "squares": around,
        "likelihoods": likelihoods,
        "texts": np.array(texts),
    }


@torch.no_grad()
def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("detector", type=Path)
    parser.add_argument("reader", type=Path)
    parser.add_argument("context", type=Path)
    parser.add_argument("--crops", action="store_true", help="leave the scene as it is")
    options = parser.parse_args()
    checkpoint = Checkpoint.load(options.reader)
    reader = Probabilities(checkpoint.network(ReaderNet), float(checkpoint.record["temperature"]))
    plates, probabilities = crops(reader)
    rest = (
        {
            name: kept
            for name, kept in np.load(OUT).items()
            if name not in ("crops", "probabilities")
        }
        if options.crops
        else of_scene(reader, options.detector, options.context)
    )
    np.savez_compressed(OUT, crops=plates, probabilities=probabilities, **rest)
    print(f"{OUT.name}: {len(plates)} crops, a scene of {', '.join(rest['texts'])}")


if __name__ == "__main__":
    main()
