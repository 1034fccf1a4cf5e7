#!/usr/bin/env python3
"""How many plates are found and read: one row for each folder of labelled photos.

::

    python benchmarks/accuracy.py http://127.0.0.1:5000 photos/eu photos/us
    python benchmarks/accuracy.py embedded photos/eu --misses

The first form posts each file to a running service (this one, or another that answers as
CodeProject.AI does), the second opens an engine in this process. A folder of yours, here
``photos/eu``, holds photos and ``labels.jsonl``, one JSON object a line::

    {"file": "1.jpg", "plates": [{"box": [x_min, y_min, x_max, y_max], "text": "AB123"}]}

Boxes are in pixels of the upright image. A plate is *found* when its centre lies inside a predicted
box. It is *read* when such a box has its text, ignoring letters outside A-Z. *Folded* takes O and Q
for 0 and I for 1, as the plates of many countries and some labels do. Plates without a text
(``null``) count for *found* only. A predicted box around no plate's centre is a *false* one. Times
are from the file's bytes to the answer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also run as a plain script

from alpr import images
from alpr.engines import ENGINES, open_engine
from alpr.grid import Grid
from alpr.recognition import decode_for, recognise
from alpr.settings import Settings
from benchmarks.peers import PEERS
from benchmarks.scoring import (
    LABELS,
    BenchmarkError,
    Reading,
    Score,
    exit_code,
    load_photos,
    percentile,
)

TARGETS = (*ENGINES, *PEERS)
ROUTE = "/v1/vision/alpr"
TIMEOUT_S = 120
COLUMNS = ("folder", "images", "plates", "texts", "found", "read", "folded", "false/image",
           "median ms", "p95 ms")  # fmt: skip
MIN_COLUMN_WIDTH = 5
"""Characters of a column: those of 0.123."""

Reader = Callable[[bytes], list[Reading]]
"""From an image file's bytes to the plates on it."""


def measure(read: Reader, folder: Path) -> Score:
    score = Score()
    for photo in load_photos(folder):
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
        result = recognise(engine, decode_for(engine, grid, data, settings.image_limits), grid)
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
                return parse_answer(answer.read())
        except urllib.error.HTTPError as error:
            reason = error.read(300).decode(errors="replace")
            raise BenchmarkError(f"{address} answered {error.code}: {reason}") from error
        except OSError as error:
            raise BenchmarkError(f"{address}: {error}") from error

    return read


def multipart(data: bytes, values: dict[str, str]) -> tuple[bytes, str]:
    """Body and content type of a form with these values and a file in its field ``upload``."""
    boundary = uuid.uuid4().hex
    part = f"--{boundary}\r\nContent-Disposition: form-data; name="
    fields = "".join(f'{part}"{name}"\r\n\r\n{value}\r\n' for name, value in values.items())
    file = f'{part}"upload"; filename="photo"\r\nContent-Type: application/octet-stream\r\n\r\n'
    body = (fields + file).encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def parse_answer(answer: bytes) -> list[Reading]:
    """The plates in CodeProject.AI's answer."""
    return [
        Reading(plate["plate"], tuple(plate[key] for key in ("x_min", "y_min", "x_max", "y_max")))
        for plate in json.loads(answer)["predictions"]
    ]


def table_row(name: str, score: Score) -> list[str]:
    """A row of the table, with a dash for a fraction of nothing."""

    def fraction(count: int, total: int) -> str:
        return f"{count / total:.3f}" if total else "-"

    return [
        name,
        str(score.images),
        str(score.plates),
        str(score.texts),
        fraction(score.found, score.plates),
        fraction(score.read, score.texts),
        fraction(score.folded, score.texts),
        fraction(score.false, score.images),
        f"{statistics.median(score.seconds) * 1000:.0f}",
        f"{percentile(score.seconds, 0.95) * 1000:.0f}",
    ]


def align(row: Sequence[str], first_width: int) -> str:
    """The row with its first cell ``first_width`` characters wide, the rest below their titles."""
    rest = zip(row[1:], COLUMNS[1:], strict=True)
    numbers = (cell.rjust(max(len(title), MIN_COLUMN_WIDTH)) for cell, title in rest)
    return "  ".join([row[0].ljust(first_width), *numbers])


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", help=f"URL of a service, or an engine: {', '.join(TARGETS)}")
    parser.add_argument("folders", nargs="+", type=Path, metavar="folder")
    parser.add_argument("--grid-size", type=int, default=0, help="2 to 10; 0 (default) for none")
    parser.add_argument("--misses", action="store_true", help="list the plates that were not read")
    options = parser.parse_args(arguments)
    if "://" not in options.target and options.target not in TARGETS:
        parser.error(f"{options.target!r} is neither a URL nor one of {', '.join(TARGETS)}")
    open_reader = http_reader if "://" in options.target else engine_reader
    first_width = max(len(folder.name) for folder in [*options.folders, Path(COLUMNS[0])])

    def print_table() -> None:
        read = open_reader(options.target, options.grid_size)
        print(align(COLUMNS, first_width))
        for folder in options.folders:
            score = measure(read, folder)
            print(align(table_row(folder.name, score), first_width), flush=True)
            for miss in score.misses if options.misses else ():
                print(f"    {miss.file}  {miss.truth or '?'}  {' '.join(miss.read) or '-'}")

    return exit_code(print_table)


if __name__ == "__main__":
    sys.exit(main())
