#!/usr/bin/env python3
"""How well plates are found and read: one row for each folder of labelled photos.

::

    python benchmarks/accuracy.py http://127.0.0.1:5000 photos/eu photos/us
    python benchmarks/accuracy.py embedded photos/eu --misses

The first form posts each file to a running service (ours, or another that answers as
CodeProject.AI does), the second opens an engine in this process. A folder holds photos and
``labels.jsonl``, one JSON object a line::

    {"file": "1.jpg", "plates": [{"box": [x_min, y_min, x_max, y_max], "text": "AB123"}]}

Boxes are in pixels of the upright image. A plate is *found* when its centre lies inside a predicted
box, *read* when such a box has its text, letters outside A-Z aside; *folded* takes O and Q for 0
and I for 1, as many countries' plates and some truth files do. Plates without a text (``null``)
count for *found* alone. A predicted box around no plate's centre is a *false* one. Times are
from the file's bytes to the answer.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also run as a plain script

from alpr import images
from alpr.engines import ENGINES, open_engine
from alpr.grid import Grid
from alpr.recognition import recognise
from alpr.settings import Settings
from benchmarks.peers import PEERS

TARGETS = (*ENGINES, *PEERS)
LABELS = "labels.jsonl"
ROUTE = "/v1/vision/alpr"
FOLDED = str.maketrans("OQI", "001")
TIMEOUT_S = 120
COLUMNS = ("folder", "images", "plates", "texts", "found", "read", "folded", "false/image",
           "median ms", "p95 ms")  # fmt: skip
NARROWEST = 5
"""Characters of a column: those of 0.123."""


class Labelled(NamedTuple):
    """A plate as it is in truth; the box is ``(x_min, y_min, x_max, y_max)`` in pixels."""

    text: str | None
    box: tuple[float, float, float, float]


class Reading(NamedTuple):
    """A plate as it was answered."""

    text: str
    box: tuple[float, float, float, float]


class Photo(NamedTuple):
    path: Path
    plates: list[Labelled]


class Miss(NamedTuple):
    """A plate that was not read (or, without a text, not found), and what was read in its place."""

    file: str
    truth: str | None
    read: list[str]


Reader = Callable[[bytes], list[Reading]]
"""From an image file's bytes to the plates on it."""


class BenchmarkError(Exception):
    """A folder or a service that cannot be measured."""


@dataclass
class Score:
    """Counts over the photos of one folder; ``seconds`` has one time a photo."""

    images: int = 0
    plates: int = 0
    texts: int = 0
    found: int = 0
    read: int = 0
    folded: int = 0
    false: int = 0
    seconds: list[float] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)

    def add(self, file: str, truths: Sequence[Labelled], readings: Sequence[Reading]) -> None:
        """Counts one photo."""
        self.images += 1
        self.false += sum(
            not any(holds_centre(reading, truth) for truth in truths) for reading in readings
        )
        for truth in truths:
            texts = [reading.text for reading in readings if holds_centre(reading, truth)]
            self._add_plate(file, truth, texts)

    def _add_plate(self, file: str, truth: Labelled, texts: list[str]) -> None:
        self.plates += 1
        self.found += bool(texts)
        if truth.text is None:
            right = bool(texts)
        else:
            wanted, got = plain(truth.text), [plain(text) for text in texts]
            right = fold(wanted) in map(fold, got)
            self.texts += 1
            self.read += wanted in got
            self.folded += right
        if not right:
            self.misses.append(Miss(file, truth.text, texts))


def holds_centre(reading: Reading, truth: Labelled) -> bool:
    x_min, y_min, x_max, y_max = truth.box
    x, y = (x_min + x_max) / 2, (y_min + y_max) / 2
    return reading.box[0] <= x <= reading.box[2] and reading.box[1] <= y <= reading.box[3]


def plain(text: str) -> str:
    """Latin capitals and digits alone: what every reader can be asked for."""
    return "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())


def fold(text: str) -> str:
    return text.translate(FOLDED)


def photos(folder: Path) -> Iterator[Photo]:
    """The labelled photos of a folder, in the order of its labels."""
    try:
        lines = (folder / LABELS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BenchmarkError(f"{folder}: {error.strerror}: {LABELS}") from error
    for line in filter(None, lines):
        record = json.loads(line)
        plates = [Labelled(plate["text"], tuple(plate["box"])) for plate in record["plates"]]
        yield Photo(folder / record["file"], plates)


def measure(read: Reader, folder: Path) -> Score:
    score = Score()
    for photo in photos(folder):
        data = photo.path.read_bytes()
        started = time.perf_counter()
        readings = read(data)
        score.seconds.append(time.perf_counter() - started)
        score.add(photo.path.name, photo.plates, readings)
    if not score.images:
        raise BenchmarkError(f"{folder}: no photos in {LABELS}")
    return score


def engine_reader(name: str, grid_size: int) -> Reader:
    """Reads in this process, as the service would; loads the engine first."""
    settings = Settings() if name in PEERS else Settings(engine=name)
    images.prepare(settings.image_limits)
    engine = PEERS[name]() if name in PEERS else open_engine(settings)
    engine.warm_up()
    grid = Grid.parse(str(grid_size), "")

    def read(data: bytes) -> list[Reading]:
        result = recognise(engine, images.decode(data, settings.image_limits), grid)
        return [Reading(plate.text, plate.box.corners) for plate in result.plates]

    return read


def http_reader(url: str, grid_size: int) -> Reader:
    """Posts to a service that answers as CodeProject.AI does."""
    address = url.rstrip("/") + ROUTE

    def read(data: bytes) -> list[Reading]:
        body, content_type = multipart(data, {"grid_size": str(grid_size)})
        request = urllib.request.Request(  # noqa: S310 - the person running it chose the URL
            address, data=body, headers={"Content-Type": content_type}
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the same URL
                return decoded(answer.read())
        except urllib.error.HTTPError as error:
            reason = error.read(300).decode(errors="replace")
            raise BenchmarkError(f"{address} answered {error.code}: {reason}") from error
        except OSError as error:
            raise BenchmarkError(f"{address}: {error}") from error

    return read


def multipart(data: bytes, values: dict[str, str]) -> tuple[bytes, str]:
    """The body and the content type of a form with a file in its field ``upload``."""
    boundary = uuid.uuid4().hex
    part = f"--{boundary}\r\nContent-Disposition: form-data; name="
    fields = "".join(f'{part}"{name}"\r\n\r\n{value}\r\n' for name, value in values.items())
    file = f'{part}"upload"; filename="photo"\r\nContent-Type: application/octet-stream\r\n\r\n'
    body = (fields + file).encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def decoded(answer: bytes) -> list[Reading]:
    """The plates in CodeProject.AI's answer."""
    return [
        Reading(found["plate"], tuple(found[key] for key in ("x_min", "y_min", "x_max", "y_max")))
        for found in json.loads(answer)["predictions"]
    ]


def cells(name: str, score: Score) -> list[str]:
    """A row of the table; fractions of nothing are shown as a dash."""

    def part(count: int, whole: int) -> str:
        return f"{count / whole:.3f}" if whole else "-"

    return [
        name,
        str(score.images),
        str(score.plates),
        str(score.texts),
        part(score.found, score.plates),
        part(score.read, score.texts),
        part(score.folded, score.texts),
        part(score.false, score.images),
        f"{statistics.median(score.seconds) * 1000:.0f}",
        f"{percentile(score.seconds, 0.95) * 1000:.0f}",
    ]


def percentile(values: Sequence[float], fraction: float) -> float:
    """The smallest value that at least this fraction of the values does not exceed."""
    return sorted(values)[max(math.ceil(fraction * len(values)) - 1, 0)]


def aligned(row: Sequence[str], first: int) -> str:
    """The row with its first cell ``first`` characters wide and the rest under their headings."""
    rest = zip(row[1:], COLUMNS[1:], strict=True)
    numbers = (cell.rjust(max(len(title), NARROWEST)) for cell, title in rest)
    return "  ".join([row[0].ljust(first), *numbers])


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", help=f"URL of a service, or an engine: {', '.join(TARGETS)}")
    parser.add_argument("folders", nargs="+", type=Path, metavar="folder")
    parser.add_argument("--grid-size", type=int, default=0, help="2 to 10; 0 (default) for none")
    parser.add_argument("--misses", action="store_true", help="list what was not read")
    options = parser.parse_args(arguments)
    if "://" not in options.target and options.target not in TARGETS:
        parser.error(f"{options.target!r} is neither a URL nor one of {', '.join(TARGETS)}")
    open_reader = http_reader if "://" in options.target else engine_reader
    first = max(len(folder.name) for folder in [*options.folders, Path(COLUMNS[0])])
    try:
        read = open_reader(options.target, options.grid_size)
        print(aligned(COLUMNS, first))
        for folder in options.folders:
            score = measure(read, folder)
            print(aligned(cells(folder.name, score), first), flush=True)
            for miss in score.misses if options.misses else ():
                print(f"    {miss.file}  {miss.truth or '?'}  {' '.join(miss.read) or '-'}")
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
