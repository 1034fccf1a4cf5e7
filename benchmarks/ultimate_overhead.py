"""What it costs that ultimateALPR lives in a process of its own.

The same images are read by the SDK's double directly, in this process, and through the engine: so
the difference is the way of the pixels to the worker and of the answer back. Run it as
``python -m benchmarks.ultimate_overhead``; the SDK is not needed.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from alpr.engines.ultimate import results
from alpr.engines.ultimate.engine import UltimateEngine
from alpr.engines.ultimate.worker import Sdk
from alpr.plates import Plate
from alpr.settings import Settings

DOUBLES = Path(__file__).parent.parent / "tests" / "doubles"
SIZES = [(1280, 720, 3.0), (3840, 2160, 15.0)]
"""Width and height in pixels, and the goal in milliseconds."""
ROUNDS = 60


def main() -> None:
    """Prints a row an image size, in milliseconds.

    ``direct`` and ``worker`` are medians of a read; ``more`` is the median of the differences, and
    ``least`` the difference of the two fastest, which other programs on the machine disturb least.
    """
    sys.path.insert(0, str(DOUBLES))
    os.environ["PYTHONPATH"] = str(DOUBLES)
    sdk = Sdk()
    sdk.start({}, ["RGB24"])

    def directly(image: Image.Image) -> list[Plate]:
        answer = sdk.read("RGB24", image.tobytes(), *image.size)
        return results.plates(answer["json"], *image.size)

    engine = UltimateEngine(Settings(restart_after_calls=0))
    engine.warm_up()
    print(f"{'image':>10} {'direct':>8} {'worker':>8} {'more':>8} {'least':>8} {'goal':>8}")
    for width, height, goal in SIZES:
        image = Image.effect_noise((width, height), 80).convert("RGB")
        if directly(image) != engine.read(image):
            raise SystemExit("the two ways do not see the same plates")
        pairs = [(_timed(directly, image), _timed(engine.read, image)) for _ in range(ROUNDS)]
        columns = list(zip(*pairs, strict=True))
        direct, worker = map(statistics.median, columns)
        more = statistics.median(through - alone for alone, through in pairs)
        least = min(columns[1]) - min(columns[0])
        size = f"{width}x{height}"
        print(f"{size:>10} {direct:8.2f} {worker:8.2f} {more:8.2f} {least:8.2f} {goal:8.0f}")
    engine.close()


def _timed(read: Callable[[Image.Image], list[Plate]], image: Image.Image) -> float:
    began = time.perf_counter()
    read(image)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
