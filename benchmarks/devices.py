"""What an accelerator gains: drawn scenes read on it and on the CPU by turns.

Run it where the accelerator's package is installed, as docs/engines.md says:

    .venv/bin/python -m benchmarks.devices openvino
"""

from __future__ import annotations

import argparse
import statistics
import time
from functools import partial

from PIL import Image

from alpr.engines.embedded.engine import EmbeddedEngine
from benchmarks.timing import timed
from testkit.plate_art import STYLES
from testkit.scenes import street

SIZES = {"960 x 540": (960, 540), "3840 x 2160": (3840, 2160)}
ROUNDS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("device", choices=["cuda", "openvino"])
    device = parser.parse_args().device
    engines = {name: EmbeddedEngine(device=name) for name in ("cpu", device)}
    for name, engine in engines.items():
        print(f"{name}: ready in {timed(engine.warm_up)[1] / 1000:.1f} s, {engine.status().device}")
    for title, size in SIZES.items():
        scenes = [street(1, [style], size=(960, 540), plate_width=0.2).image for style in STYLES]
        compare(title, engines, [scene.resize(size) for scene in scenes])


def compare(title: str, engines: dict[str, EmbeddedEngine], images: list[Image.Image]) -> None:
    """Prints milliseconds an image on each device: the medians of the rounds, and their ratio."""
    first, second = (all_texts(engine, images) for engine in engines.values())
    same = sum(one == other for one, other in zip(first, second, strict=True))
    print(f"{title}: {same} of {len(images)} images have the same texts")
    wall: dict[str, list[float]] = {name: [] for name in engines}
    cpu: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            started = time.process_time()
            _, taken_ms = timed(partial(all_texts, engine, images))
            wall[name].append(taken_ms / len(images))
            cpu[name].append((time.process_time() - started) * 1000 / len(images))
    for what, taken in (("time", wall), ("processor time", cpu)):
        medians = {name: statistics.median(values) for name, values in taken.items()}
        ratio = medians["cpu"] / list(medians.values())[1]
        shown = ", ".join(f"{name} {value:.1f} ms" for name, value in medians.items())
        print(f"{title}: {what} {shown}; {ratio:.2f} times as fast")


def all_texts(engine: EmbeddedEngine, images: list[Image.Image]) -> list[list[str]]:
    return [[plate.text for plate in engine.read(image)] for image in images]


if __name__ == "__main__":
    main()
