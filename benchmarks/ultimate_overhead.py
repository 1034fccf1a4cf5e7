"""The overhead of running ultimateALPR in a process of its own.

A double of the SDK reads the same images directly in this process, and through the engine. The
difference is the time for the pixels to reach the worker and for the answer to return. Run it as
``python -m benchmarks.ultimate_overhead``; the SDK is not needed.
"""

from __future__ import annotations

import os
import statistics
import sys
from functools import partial
from pathlib import Path

from PIL import Image

from alpr.engines import open_engine
from alpr.engines.ultimate import results
from alpr.engines.ultimate.worker_main import Sdk
from alpr.errors import EngineError
from alpr.plates import Plate
from alpr.settings import Settings
from benchmarks.results import Overhead
from benchmarks.timing import timed

DOUBLES = Path(__file__).parent.parent / "testkit" / "doubles"
SIZES = [(1280, 720, 3.0), (3840, 2160, 15.0)]
"""Width and height in pixels, and the goal in milliseconds."""
ROUNDS = 60


def measure(rounds: int = ROUNDS) -> list[Overhead]:
    """A row for each image size, in milliseconds.

    ``direct`` and ``worker`` are medians of a read; ``more`` is the median of their differences.
    ``least`` is the difference of the fastest reads, which other load affects least.
    """
    sys.path.insert(0, str(DOUBLES))
    os.environ["PYTHONPATH"] = str(DOUBLES)
    sdk = Sdk()
    sdk.start({})

    def read_directly(image: Image.Image) -> list[Plate]:
        answer = sdk.read(image.tobytes(), *image.size)
        return results.plates(answer["json"], *image.size)

    engine = open_engine(Settings(engine="ultimate", restart_after_calls=0))
    engine.warm_up()
    rows = []
    for width, height, goal in SIZES:
        image = Image.effect_noise((width, height), 80).convert("RGB")
        if read_directly(image) != engine.read(image):
            raise EngineError("the two ways do not read the same plates")
        ways = partial(read_directly, image), partial(engine.read, image)
        pairs = [(timed(ways[0])[1], timed(ways[1])[1]) for _ in range(rounds)]
        direct, worker = zip(*pairs, strict=True)
        more = statistics.median(through - direct for direct, through in pairs)
        rows.append(
            Overhead(
                f"{width}x{height}",
                statistics.median(direct),
                statistics.median(worker),
                more,
                min(worker) - min(direct),
                goal,
            )
        )
    engine.close()
    return rows


def main() -> None:
    """Prints the rows."""
    print(f"{'image':>10} {'direct':>8} {'worker':>8} {'more':>8} {'least':>8} {'goal':>8}")
    for row in measure():
        times = f"{row.direct:8.2f} {row.worker:8.2f} {row.more:8.2f} {row.least:8.2f}"
        print(f"{row.size:>10} {times} {row.goal:8.0f}")


if __name__ == "__main__":
    main()
