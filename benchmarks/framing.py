"""How plates are read when they are not in a whole photo: crops, close-ups, cuts, overlays.

``python -m benchmarks.framing FOLDER…`` prints a table for the embedded engine, as the service
asks it: what shows no plate as a whole is read by cells. Of each labelled photo it takes the
widest plate that has a text. A photo without any plate gets the clock and the name that a camera
burns in. Every change follows from the photo's name, so every run has the same images.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from alpr import images
from alpr.engines import open_engine
from alpr.engines.base import Engine
from alpr.errors import RequestError
from alpr.grid import Grid
from alpr.plates import Plate
from alpr.recognition import decode_for, recognise
from benchmarks.contenders import SETTINGS
from benchmarks.scoring import LabelledPlate, Photo, exit_code, fold, normalise
from benchmarks.sets import find_sets, sample

MARGINS = (0.0, 0.05, 0.10, 0.25, 0.50)
"""Margins of crops: fractions of the plate's width at the sides, of its height above and below."""
FILLED = (0.5, 0.7, 0.9)
"""Widths of plates in close-ups, as fractions of the image's width."""
CUT = (0.2, 0.4)
"""Parts of a plate's width that lie outside of the image."""
FAR_PX = 60
"""Width of a far plate beside a near one, which is at least twice as wide."""
FRAME_SIZE, NEAR_SIZE = (2560, 1440), (1200, 1000)
MISSING = (0.0, 0.01, 0.10)
"""Parts of a JPEG's bytes that are missing at its end; two bytes are missing at least."""
OVERLAY_PX = (34, 56)
"""Heights of burnt-in text, in an image 1280 pixels wide."""
CLOSE_UP_WIDTH = 1280
GRID = Grid.from_request({}, SETTINGS.grid_defaults)
HIGH_CONFIDENCE = 0.8


class Case(NamedTuple):
    """An image file, the true text on it, None if it shows no plate, and how often it shows it."""

    kind: str
    data: bytes
    text: str | None
    times: int = 1


class Counts(NamedTuple):
    """Numbers of images: all, read right, with a wrong text, and with one of high confidence."""

    images: int = 0
    read: int = 0
    wrong: int = 0
    wrong_high: int = 0

    def plus(self, text: str | None, plates: Sequence[Plate], times: int = 1) -> Counts:
        wrong = [plate for plate in plates if text is None or not is_text(plate, text)]
        return Counts(
            self.images + 1,
            self.read + (len(plates) - len(wrong) >= times),
            self.wrong + bool(wrong),
            self.wrong_high + any(plate.confidence >= HIGH_CONFIDENCE for plate in wrong),
        )


def is_text(plate: Plate, text: str) -> bool:
    return fold(normalise(plate.text)) == fold(normalise(text))


def cases(photo: Photo) -> Iterator[Case]:
    """Every kind of image that one photo gives."""
    image = Image.open(photo.path).convert("RGB")
    readable = [plate for plate in photo.plates if plate.text]
    if readable:
        yield from plate_cases(image, max(readable, key=lambda one: one.box[2] - one.box[0]))
    elif not photo.plates:
        yield from overlay_cases(image, random.Random(photo.path.name))  # noqa: S311 - no secret


def plate_cases(image: Image.Image, plate: LabelledPlate) -> Iterator[Case]:
    text = plate.text
    width = plate.box[2] - plate.box[0]
    yield Case("whole photo", jpeg(image), text)
    for margin in MARGINS:
        height = plate.box[3] - plate.box[1]
        part = image.crop(around(image, plate, margin * width, margin * height))
        yield Case(f"crop, margin {margin:.0%}", jpeg(part), text)
    for filled in FILLED:
        border = (1 / filled - 1) / 2 * width
        part = image.crop(around(image, plate, border, border))
        if width <= 1.1 * filled * part.width:  # else the photo's edge is nearer
            size = (CLOSE_UP_WIDTH, max(16, round(part.height * CLOSE_UP_WIDTH / part.width)))
            enlarged = part.resize(size, Image.Resampling.LANCZOS)
            yield Case(f"close-up, {filled:.0%} of the width", jpeg(enlarged), text)
    for cut in CUT:
        left = round(plate.box[0] + cut * width)
        part = image.crop((left, 0, image.width, image.height))
        yield Case(f"cut by {cut:.0%}", jpeg(part), text)
    if (beside := far_beside_near(image, plate)) is not None:
        yield Case(f"a copy beside it, {FAR_PX} pixels wide", jpeg(beside), text, times=2)
    data = jpeg(image)
    for missing in MISSING:
        name = f"{missing:.0%} of the file" if missing else "2 bytes"
        end = len(data) - max(2, round(missing * len(data)))
        yield Case(f"JPEG without its last {name}", data[:end], text)


def far_beside_near(image: Image.Image, plate: LabelledPlate) -> Image.Image | None:
    """A frame with the photo and a small copy of its plate; None if the plate is too small."""
    width, height = plate.box[2] - plate.box[0], plate.box[3] - plate.box[1]
    near, far = image.copy(), image.crop(around(image, plate, 1.5 * width, 2 * height))
    near.thumbnail(NEAR_SIZE, Image.Resampling.LANCZOS)
    if width * near.width / image.width < 2 * FAR_PX:
        return None
    far = far.resize([round(side * FAR_PX / width) for side in far.size], Image.Resampling.LANCZOS)
    frame = Image.new("RGB", FRAME_SIZE, "grey")
    frame.paste(near, (FRAME_SIZE[0] // 64, FRAME_SIZE[1] // 4))
    frame.paste(far, (FRAME_SIZE[0] * 3 // 4, FRAME_SIZE[1] // 5))
    return frame


def around(
    image: Image.Image, plate: LabelledPlate, across: float, down: float
) -> tuple[int, int, int, int]:
    """The plate's box with a margin in pixels, inside the image."""
    x_min, y_min, x_max, y_max = plate.box
    return (
        max(0, round(x_min - across)),
        max(0, round(y_min - down)),
        min(image.width, round(x_max + across)),
        min(image.height, round(y_max + down)),
    )


def overlay_cases(image: Image.Image, rng: random.Random) -> Iterator[Case]:
    """The image as it is, and with a clock and a name in two of its corners."""
    image = image.resize((CLOSE_UP_WIDTH, round(image.height * CLOSE_UP_WIDTH / image.width)))
    yield Case("no plate", jpeg(image), None)
    for size in OVERLAY_PX:
        burnt = image.copy()
        corners = rng.sample(("tl", "tr", "bl", "br"), 2)
        for corner, text in zip(corners, (clock(rng), camera_name(rng)), strict=True):
            burn_in(burnt, text, corner, size, is_boxed=rng.random() < 0.5)
        yield Case(f"no plate, overlay of {size} pixels", jpeg(burnt), None)


def clock(rng: random.Random) -> str:
    date = rng.choice(("2026-11-{:02}", "{:02}/11/2026", "11-{:02}-2026", "{:02}.11.26"))
    time = f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
    return f"{date.format(rng.randint(1, 30))} {time}"


def camera_name(rng: random.Random) -> str:
    number = rng.randint(1, 16)
    return rng.choice(("CAM{:02}", "GATE {}", "IPC-{:03}", "CH{:02} 25FPS", "Driveway {}")).format(
        number
    )


def burn_in(image: Image.Image, text: str, corner: str, size: int, *, is_boxed: bool) -> None:
    """Writes white text into a corner (t or b, l or r), on a black box or outlined in black."""
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    left, top, right, bottom = draw.textbbox((0, 0), text, font)
    x = size // 3 - left if "l" in corner else image.width - size // 3 - right
    y = size // 3 - top if "t" in corner else image.height - size // 3 - bottom
    if is_boxed:
        edge = size // 6
        box = (x + left - edge, y + top - edge, x + right + edge, y + bottom + edge)
        draw.rectangle(box, fill="black")
    stroke = 0 if is_boxed else max(1, size // 18)
    draw.text((x, y), text, "white", font, stroke_width=stroke, stroke_fill="black")


def jpeg(image: Image.Image) -> bytes:
    output = io.BytesIO()
    image.save(output, "JPEG", quality=90)
    return output.getvalue()


def measure(engine: Engine, photos: Sequence[Photo]) -> dict[str, Counts]:
    counts: defaultdict[str, Counts] = defaultdict(Counts)
    for photo in photos:
        for case in cases(photo):
            plates = read_data(engine, case.data)
            counts[case.kind] = counts[case.kind].plus(case.text, plates, case.times)
    return counts


def read_data(engine: Engine, data: bytes) -> tuple[Plate, ...]:
    """The plates on an image file; none on one that the service refuses, e.g. as too small."""
    try:
        image = decode_for(engine, GRID, data, SETTINGS.image_limits)
        return recognise(engine, image, GRID).plates
    except RequestError:
        return ()


def table(counts: dict[str, Counts]) -> str:
    """A Markdown table, one row a kind of image."""
    rows = [
        "| image | images | read | a wrong text | with confidence .8 or more |",
        "|---|---|---|---|---|",
    ]
    for kind, count in counts.items():
        read = "-" if kind.startswith("no plate") else f"{count.read / count.images:.3f}"
        wrong, high = count.wrong / count.images, count.wrong_high / count.images
        rows.append(f"| {kind} | {count.images} | {read} | {wrong:.3f} | {high:.3f} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="photos of each folder; 0 for all")
    options = parser.parse_args()
    photos = [photo for one in find_sets(options.folders) for photo in sample(one, options.limit)]
    images.prepare(SETTINGS.image_limits)
    engine = open_engine(SETTINGS)
    try:
        print(table(measure(engine, photos)))
    finally:
        engine.close()


if __name__ == "__main__":
    sys.exit(exit_code(main))
