"""Where the processor time of a request goes: a row for each kind and size of image.

``python -m benchmarks.profile [FOLDER…]`` posts drawn scenes, and the photos in the folders, to a
service of its own. It reads the same files in this process with a clock around each stage. A
stage's time has nothing of another stage that it calls.

All figures are milliseconds of processor time an image, of all threads: the mean over a row's
images of the median over the rounds. *HTTP* is what the service takes above the reading here:
receiving, the form, the answer, the log. *over decoding* is the service's time over that of Pillow,
which decodes the file and does nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import functools
import inspect
import io
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from alpr import images
from alpr.engines import open_engine
from alpr.engines.base import Engine
from alpr.engines.embedded import detector
from alpr.engines.embedded.context import ContextClassifier
from alpr.engines.embedded.detector import Detector
from alpr.engines.embedded.letterbox import View
from alpr.engines.embedded.reader import Reader
from alpr.formats import choice, guess
from alpr.grid import Grid
from alpr.images import decoding
from alpr.recognition import Result, decode_for, recognise
from alpr.server import memory
from alpr.settings import Settings
from benchmarks.framing import jpeg
from benchmarks.scoring import BenchmarkError, exit_code
from testkit import scenes
from testkit.programs import post_image, started

STAGES: Mapping[str, Sequence[tuple[Any, str]]] = {
    "decoding": [(images, "decode"), (decoding, "decode")],
    "resizing": [(View, "through"), (detector, "letterbox")],
    "scan": [(Detector, "scan")],
    "closer": [(Detector, "candidates")],
    "overview": [(Detector, "large_candidates")],
    "fallback": [(Detector, "fallback_candidates")],
    "reader": [(Reader, "read"), (Reader, "reread"), (Reader, "candidates")],
    "context": [(ContextClassifier, "likelihood")],
    "formats": [(choice, "apply"), (guess, "with_region")],
}
"""The functions of each stage, by their owners and names."""

REST, WHOLE, ONLY_DECODED = "rest", "all", "only decoded"
COLUMNS = (*STAGES, REST, "HTTP", WHOLE, "over decoding")

SIZES = ((1280, 720), (1920, 1080), (3840, 2160))
SCENES: Mapping[str, Callable[..., scenes.Scene]] = {
    "no car": functools.partial(scenes.street, cars=0),
    "signs": scenes.plate_free,
    "car": scenes.street,
    "near car": functools.partial(scenes.street, plate_width=0.3),
    "far car": functools.partial(scenes.street, plate_width=0.05),
}
SUFFIXES = {".jpg", ".jpeg", ".png"}

Milliseconds = dict[str, float]
"""Processor time by stage."""


class Stopwatch:
    """Adds up the processor time of functions, each without that of others it calls."""

    def __init__(self) -> None:
        self.ms: defaultdict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def around(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*arguments: Any, **options: Any) -> Any:
            self._inner.append(0)
            began = time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                spent = (time.process_time() - began) * 1000
                self.ms[stage] += spent - self._inner.pop()
                self._inner[-1] += spent

        return timed


@contextlib.contextmanager
def watched(stages: Mapping[str, Sequence[tuple[Any, str]]]) -> Iterator[Stopwatch]:
    """A clock around these functions while the body runs."""
    watch = Stopwatch()
    with contextlib.ExitStack() as undo:
        for stage, functions in stages.items():
            for owner, name in functions:
                function = getattr(owner, name)
                timed: Any = watch.around(stage, function)
                undo.callback(setattr, owner, name, inspect.getattr_static(owner, name))
                setattr(owner, name, staticmethod(timed) if inspect.ismethod(function) else timed)
        yield watch


class Profiler:
    """An engine in this process and a service in another, which read the same files."""

    def __init__(self, engine: Engine, settings: Settings, port: int, service: int) -> None:
        """``service`` is the number of the process that answers at ``port``."""
        self._engine = engine
        self._limits = settings.image_limits
        self._grid = Grid.from_request({}, settings.grid_defaults)
        self._port = port
        self._clock = process_clock(service)

    def measure(self, files: Sequence[bytes], rounds: int) -> Milliseconds:
        """The stages of these files, which take turns; the first turn is left out."""
        rows: list[list[Milliseconds]] = [[] for _ in files]
        for turn in range(rounds + 1):
            for file, data in zip(rows, files, strict=True):
                times = {**self._measure_here(data), WHOLE: self._measure_service(data)}
                if turn:
                    file.append(times)
        return _with_sums(_means([_medians(row) for row in rows]))

    def _measure_here(self, data: bytes) -> Milliseconds:
        with watched(STAGES) as watch:
            watch.around(REST, self._read)(data)
            watch.around(ONLY_DECODED, lambda: Image.open(io.BytesIO(data)).load())()
        return dict(watch.ms)

    def _read(self, data: bytes) -> Result:
        image = decode_for(self._engine, self._grid, data, self._limits)
        return recognise(self._engine, image, self._grid)

    def _measure_service(self, data: bytes) -> float:
        before = time.clock_gettime(self._clock)
        post_image(self._port, data)
        return (time.clock_gettime(self._clock) - before) * 1000


def process_clock(process: int) -> int:
    """The clock of a process's time on processors, as ``clock_getcpuclockid`` of Linux has it."""
    clock = ctypes.c_int()
    if error := ctypes.CDLL(None).clock_getcpuclockid(process, ctypes.byref(clock)):
        raise OSError(error, os.strerror(error))
    return clock.value


def _medians(rows: Sequence[Milliseconds]) -> Milliseconds:
    names = {name for row in rows for name in row}
    return {name: statistics.median(row.get(name, 0) for row in rows) for name in names}


def _means(rows: Sequence[Milliseconds]) -> Milliseconds:
    names = {name for row in rows for name in row}
    return {name: statistics.mean(row.get(name, 0) for row in rows) for name in names}


def _with_sums(times: Milliseconds) -> Milliseconds:
    """These stages with what the service takes above them, and its multiple of decoding."""
    decoded, whole = times.pop(ONLY_DECODED), times.pop(WHOLE)
    http = whole - sum(times.values())
    return {**times, "HTTP": http, WHOLE: whole, "over decoding": whole / decoded}


@contextlib.contextmanager
def profiler(settings: Settings) -> Iterator[Profiler]:
    memory.tune_malloc()
    images.prepare(settings.image_limits)
    engine = open_engine(settings)
    options = ["--engine", settings.engine, "--grid-size", str(settings.grid_size)]
    with (
        contextlib.closing(engine),
        started("alpr_api.py", "--host", "127.0.0.1", "--port", "0", *options) as service,
    ):
        engine.warm_up()
        yield Profiler(engine, settings, service.port, service.process.pid)


def drawn_files(count: int) -> Iterator[tuple[str, list[bytes]]]:
    """The drawn scenes of each kind and size, as JPEG files."""
    for width, height in SIZES:
        for name, draw in SCENES.items():
            drawn = (draw(seed, size=(width, height)) for seed in range(count))
            yield f"{name}, {width}x{height}", [jpeg(scene.image) for scene in drawn]


def photos(folders: Sequence[Path], limit: int) -> list[tuple[str, list[bytes]]]:
    """The first photos of each folder, at their own sizes. Raises :class:`BenchmarkError`."""
    found = []
    for folder in folders:
        paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
        if not paths:
            raise BenchmarkError(f"{folder}: no photos")
        found.append((folder.name, [path.read_bytes() for path in paths[:limit]]))
    return found


def row(name: str, times: Milliseconds) -> str:
    return " | ".join([f"| {name}", *(f"{times.get(one, 0):.1f}" for one in COLUMNS)]) + " |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="of photos")
    parser.add_argument("--images", type=int, default=3, help="images of each kind and folder")
    parser.add_argument("--rounds", type=int, default=10, help="how often each is read")
    parser.add_argument("--grid-size", type=int, default=0, help="2 to 10; 0 (default) for none")
    options = parser.parse_args(arguments)
    settings = Settings(engine="embedded", grid_size=options.grid_size)
    kinds = (
        photos(options.folders, options.images) if options.folders else drawn_files(options.images)
    )
    with profiler(settings) as each:
        print(f"| image | {' | '.join(COLUMNS)} |")
        print("|---" * (len(COLUMNS) + 1) + "|")
        for name, files in kinds:
            print(row(name, each.measure(files, options.rounds)), flush=True)


if __name__ == "__main__":
    sys.exit(exit_code(main))
