"""Measures all readers side by side and writes docs/benchmarks.md: ``make bench SETS=FOLDER``.

Every reader runs in a process of its own on the same two cores. They take turns image by image, so
that other load on the machine affects all of them equally. A reader that is not installed, or that
fails, is a note in the report. Results are kept in ``build/bench`` part by part: ``--resume``
continues an interrupted run, and ``--report`` only writes the page again.
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
from benchmarks.contenders import CONTENDERS, OURS, SETTINGS
from benchmarks.notes import Notes
from benchmarks.remote import Remote, Way, in_fresh_process
from benchmarks.results import Results, SetScore
from benchmarks.scoring import BenchmarkError, Photo, Score
from benchmarks.tables import title
from testkit import scenes

BUILD = Path("build/bench")
PAUSE_S = 0.02
"""Pause between two reads, so that threads that spin after a read do not slow the next reader."""
CLIENT_S, QUICK_CLIENT_S = 5.0, 1.0
WAYS: tuple[tuple[Way, Way], ...] = (("file", "image"), ("image", "file"))


@dataclass
class Run:
    """The state that all parts of a run share; ``limit`` photos of each folder, 0 for all."""

    folders: list[Path]
    limit: int
    results: Results
    notes: Notes

    @contextmanager
    def open_readers(self, folder: str) -> Iterator[dict[str, Remote]]:
        """Every contender that can be opened for a folder of this name."""
        with ExitStack() as stack:
            readers = {}
            for name in CONTENDERS:
                failure = f"{title(name)} was not measured"
                reader = self.notes.attempt(failure, partial(Remote, name, folder))
                if reader:
                    readers[name] = stack.enter_context(closing(reader))
            yield readers


def measure_accuracy(run: Run) -> None:
    for folder in run.folders:
        photos = sets.sample(folder, run.limit)
        print(f"  {folder.name}: {len(photos)} images", flush=True)
        with run.open_readers(folder.name) as readers:
            run.results.scores += interleave(run, folder.name, photos, readers)


def interleave(
    run: Run, folder: str, photos: Sequence[Photo], readers: Mapping[str, Remote]
) -> list[SetScore]:
    """Every reader on every photo; the order of readers rotates from photo to photo."""
    names = list(readers)
    scores = {name: Score() for name in names}
    times: dict[str, dict[Way, list[float]]] = {name: {"file": [], "image": []} for name in names}
    for index, photo in enumerate([photos[0], *photos]):
        first = index % len(names) if names else 0
        for name in names[first:] + names[:first]:
            failure = f"{title(name)} failed on {photo.path.name} in {folder}"
            read = partial(readers[name].read, photo.path, WAYS[index % 2])
            answer = run.notes.attempt(failure, read)
            if answer is None:
                names.remove(name)
            elif index:  # The first photo is read twice, once to warm up.
                scores[name].add(photo.path.name, photo.plates, answer.readings)
                for way, ms in answer.ms.items():
                    times[name][way].append(ms)
            time.sleep(PAUSE_S)
    return [set_score(folder, name, scores[name], times[name]) for name in names]


def set_score(folder: str, reader: str, score: Score, ms: Mapping[Way, list[float]]) -> SetScore:
    return SetScore(
        folder, reader, score.images, score.plates, score.texts, score.found, score.read,
        score.folded, score.false, ms["file"], ms["image"],
    )  # fmt: skip


def measure_costs(run: Run) -> None:
    repeats, seconds = (
        (costs.QUICK_REPEATS, QUICK_CLIENT_S) if run.limit else (costs.REPEATS, CLIENT_S)
    )
    BUILD.mkdir(parents=True, exist_ok=True)
    with run.open_readers("") as readers:
        files = costs.draw_sizes(BUILD)
        run.results.costs += costs.measure_files("megapixels", files, readers, run.notes, repeats)
        files = costs.draw_plates(BUILD)
        run.results.costs += costs.measure_files("plates", files, readers, run.notes, repeats)
    engine = CONTENDERS[OURS].open("")
    run.results.costs += costs.measure_grids(engine, repeats)
    engine.close()
    data = sets.save_jpeg(scenes.street(1).image, BUILD / "street.jpg").read_bytes()
    clients = run.notes.attempt(
        "Clients at once were not measured", lambda: list(costs.measure_clients(data, seconds))
    )
    run.results.costs += clients or []


def measure_wide_frames(run: Run) -> None:
    engine = CONTENDERS[OURS].open("")
    engine.warm_up()
    for folder in run.folders:
        print(f"  {folder.name}", flush=True)
        run.results.wide += wide_frames.measure(engine, folder, sets.sample(folder, run.limit))
    engine.close()


def measure_memory(run: Run) -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    streets = [sets.save_jpeg(scenes.street(i).image, BUILD / f"street_{i}.jpg") for i in range(8)]
    empty = scenes.plate_free(0).image.resize(wide_frames.FRAME)
    frame = sets.save_jpeg(empty, BUILD / "wide.jpg")
    for name in CONTENDERS:
        failure = f"The memory of {title(name)} was not measured"
        work = partial(in_fresh_process, memory.measure, name, streets, frame)
        row = run.notes.attempt(failure, work)
        if row:
            run.results.memory.append(row)


def measure_overhead(run: Run) -> None:
    failure = "The ultimateALPR adapter was not measured"
    rows = run.notes.attempt(failure, partial(in_fresh_process, ultimate_overhead.measure))
    run.results.overhead += rows or []


PARTS: Mapping[str, Callable[[Run], None]] = {
    "accuracy": measure_accuracy,
    "costs": measure_costs,
    "wide frames": measure_wide_frames,
    "memory": measure_memory,
    "ultimateALPR adapter": measure_overhead,
}


def measure(run: Run, kept: Path) -> None:
    """Runs the parts that are not done yet, and saves the results after each."""
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
        help="folders of labelled photos, or a folder of such folders; drawn scenes by default",
    )
    parser.add_argument("--limit", type=int, default=0, help="photos of each folder; 0 for all")
    parser.add_argument("--resume", action="store_true", help="keep the parts that are measured")
    parser.add_argument("--report", action="store_true", help="only write the page again")
    options = parser.parse_args(arguments)  # fmt: skip
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # The peers' ONNX Runtime too.
    machine.pin()
    images.prepare(SETTINGS.image_limits)
    kept = BUILD / "results.json"
    results = Results(machine.describe(), limit=options.limit)
    try:
        if options.resume or options.report:
            results = Results.load(kept)
        if not options.report:
            folders = photo_folders(options.sets, results)
            measure(Run(folders, results.limit, results, Notes(results.notes)), kept)
    except (BenchmarkError, AlprError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    from benchmarks import report  # noqa: PLC0415 - keeps matplotlib out of the readers' memory

    print(*report.write(results), sep="\n")
    return 0


def photo_folders(requested: Sequence[Path], results: Results) -> list[Path]:
    """The sets in the requested folders; without any, drawn ones, which the results note."""
    if requested:
        return sets.find_sets(requested)
    results.rendered = True
    return sets.draw_sets(BUILD)


if __name__ == "__main__":
    sys.exit(main())
