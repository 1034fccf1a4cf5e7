"""Measures everything side by side and writes docs/benchmarks.md: ``make bench``.

Every reader runs in a process of its own on the same two cores, and they take turns image by image,
so that whatever else the machine does hits all of them alike. A reader that is not installed, or
that fails, is a note in the report. What is measured is kept in ``build/bench`` as it comes:
``--resume`` goes on with a run that was cut short, ``--report`` only writes the pages anew.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from alpr import images
from alpr.errors import AlprError
from benchmarks import costs, machine, memory, sets, ultimate_overhead, wide_frames
from benchmarks.accuracy import BenchmarkError, Photo, Score
from benchmarks.contenders import CONTENDERS, OURS, SETTINGS
from benchmarks.notes import Notes
from benchmarks.remote import Remote, Way, in_fresh_process
from benchmarks.results import Results, SetScore
from benchmarks.tables import title
from testkit import scenes

BUILD = Path("build/bench")
PAUSE_S = 0.02
"""Between two reads, so that threads which spin after their work do not disturb the next reader."""
CLIENT_S, QUICK_CLIENT_S = 5.0, 1.0
WAYS: tuple[tuple[Way, Way], ...] = (("file", "image"), ("image", "file"))


@dataclass
class Run:
    """What the parts of a run share; ``limit`` photos of each folder, 0 for all."""

    folders: list[Path]
    limit: int
    results: Results
    notes: Notes

    @contextmanager
    def opened(self, folder: str) -> Iterator[dict[str, Remote]]:
        """Every contender that can be opened for a folder of this name."""
        with ExitStack() as stack:
            readers = {}
            for name in CONTENDERS:
                failing = f"{title(name)} was not measured"
                reader = self.notes.tried(failing, partial(Remote, name, folder))
                if reader:
                    readers[name] = stack.enter_context(closing(reader))
            yield readers


def accuracy(run: Run) -> None:
    for folder in run.folders:
        some = sets.chosen(folder, run.limit)
        print(f"  {folder.name}: {len(some)} images", flush=True)
        with run.opened(folder.name) as readers:
            run.results.scores += by_turns(run, folder.name, some, readers)


def by_turns(
    run: Run, folder: str, some: Sequence[Photo], readers: Mapping[str, Remote]
) -> list[SetScore]:
    """Every reader on every photo; who comes first changes from photo to photo."""
    left = list(readers)
    scores = {name: Score() for name in left}
    times: dict[str, dict[Way, list[float]]] = {name: {"file": [], "image": []} for name in left}
    for index, photo in enumerate([some[0], *some]):
        first = index % len(left) if left else 0
        for name in left[first:] + left[:first]:
            failing = f"{title(name)} failed on {photo.path.name} in {folder}"
            read = partial(readers[name].read, photo.path, WAYS[index % 2])
            answer = run.notes.tried(failing, read)
            if answer is None:
                left.remove(name)
            elif index:  # The first photo comes twice: once to warm up.
                scores[name].add(photo.path.name, photo.plates, answer.readings)
                for way, ms in answer.ms.items():
                    times[name][way].append(ms)
            time.sleep(PAUSE_S)
    return [scored(folder, name, scores[name], times[name]) for name in left]


def scored(folder: str, reader: str, score: Score, ms: Mapping[Way, list[float]]) -> SetScore:
    return SetScore(
        folder, reader, score.images, score.plates, score.texts, score.found, score.read,
        score.folded, score.false, ms["file"], ms["image"],
    )  # fmt: skip


def cost(run: Run) -> None:
    repeats, seconds = (
        (costs.QUICK_REPEATS, QUICK_CLIENT_S) if run.limit else (costs.REPEATS, CLIENT_S)
    )
    BUILD.mkdir(parents=True, exist_ok=True)
    with run.opened("") as readers:
        files = costs.size_scenes(BUILD)
        run.results.costs += costs.of_files("megapixels", files, readers, run.notes, repeats)
        files = costs.plate_scenes(BUILD)
        run.results.costs += costs.of_files("plates", files, readers, run.notes, repeats)
    engine = CONTENDERS[OURS].open("")
    run.results.costs += costs.of_grids(engine, repeats)
    engine.close()
    data = sets.jpeg(scenes.street(1).image, BUILD / "street.jpg").read_bytes()
    clients = run.notes.tried(
        "Clients at once were not measured", lambda: list(costs.of_clients(data, seconds))
    )
    run.results.costs += clients or []


def wide(run: Run) -> None:
    engine = CONTENDERS[OURS].open("")
    engine.warm_up()
    for folder in run.folders:
        print(f"  {folder.name}", flush=True)
        run.results.wide += wide_frames.measured(engine, folder, sets.chosen(folder, run.limit))
    engine.close()


def memories(run: Run) -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    streets = [sets.jpeg(scenes.street(i).image, BUILD / f"street_{i}.jpg") for i in range(8)]
    empty = scenes.plate_free(0).image.resize(wide_frames.FRAME)
    frame = sets.jpeg(empty, BUILD / "wide.jpg")
    for name in CONTENDERS:
        failing = f"The memory of {title(name)} was not measured"
        work = partial(in_fresh_process, memory.measured, name, streets, frame)
        row = run.notes.tried(failing, work)
        if row:
            run.results.memory.append(row)


def overhead(run: Run) -> None:
    failing = "The ultimateALPR adapter was not measured"
    rows = run.notes.tried(failing, partial(in_fresh_process, ultimate_overhead.measured))
    run.results.overhead += rows or []


PARTS: Mapping[str, Callable[[Run], None]] = {
    "accuracy": accuracy,
    "costs": cost,
    "wide frames": wide,
    "memory": memories,
    "ultimateALPR adapter": overhead,
}


def measure(run: Run, kept: Path) -> None:
    """Does what is not done yet, and keeps each part as it is done."""
    for name, part in PARTS.items():
        if name in run.results.done:
            continue
        print(name, flush=True)
        started = time.perf_counter()
        part(run)
        run.results.notes = list(run.notes)
        run.results.seconds += time.perf_counter() - started
        run.results.done.append(name)
        run.results.save(kept)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and writes; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make bench", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--sets",
        nargs="+",
        type=Path,
        default=[],
        metavar="FOLDER",
        help="folders of labelled photos, or a folder of such folders",
    )
    parser.add_argument("--limit", type=int, default=0, help="so many photos of each; 0 for all")
    parser.add_argument("--resume", action="store_true", help="keep the parts measured already")
    parser.add_argument("--report", action="store_true", help="write the pages anew, no more")
    options = parser.parse_args(arguments)  # fmt: skip
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # The peers' ONNX Runtime too.
    machine.pin()
    images.prepare(SETTINGS.image_limits)
    kept = BUILD / "results.json"
    results = Results(machine.described(), limit=options.limit)
    try:
        if options.resume or options.report:
            results = Results.load(kept)
        if not options.report:
            folders = photo_folders(options.sets, results)
            measure(Run(folders, results.limit, results, Notes(results.notes)), kept)
    except (BenchmarkError, AlprError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    from benchmarks import report  # noqa: PLC0415 - matplotlib's memory is not the readers'

    print(*report.write(results), sep="\n")
    return 0


def photo_folders(wanted: Sequence[Path], results: Results) -> list[Path]:
    """Those that were asked for, else the usual ones, else drawn ones, and says so."""
    if wanted or sets.USUAL.is_dir():
        return sets.folders(wanted or [sets.USUAL])
    results.rendered = True
    return sets.drawn(BUILD)


if __name__ == "__main__":
    sys.exit(main())
