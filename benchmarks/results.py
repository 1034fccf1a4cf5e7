"""The results of a benchmark run, and the file that keeps them for the report."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Axis = Literal["megapixels", "grid", "plates", "clients"]


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine and the time of a run; ``versions`` by package."""

    date: str
    commit: str
    cpu: str
    cores: int
    ram_gb: float
    system: str
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class SetScore:
    """One contender on one folder.

    Counts are those of :class:`benchmarks.scoring.Score`. Each image has a time from the file and
    one from the decoded image.
    """

    folder: str
    reader: str
    images: int
    plates: int
    texts: int
    found: int
    read: int
    folded: int
    false: int
    file_ms: list[float]
    image_ms: list[float]


@dataclass(frozen=True, slots=True)
class Cost:
    """Times at one amount along an axis.

    Only for clients at once: ``rate`` is images a second, ``refused`` the number answered 503.
    """

    axis: Axis
    reader: str
    amount: float
    ms: list[float]
    rate: float = 0.0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Wide:
    """Plates ``width`` pixels wide in 3840x2160 scenes.

    ``searched`` is the number of scenes of which the grid's cells were read.
    """

    folder: str
    width: int
    grid_size: int
    scenes: int
    found: int
    folded: int
    searched: int
    ms: list[float]


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a process in MB, in this order.

    ``service``: the service without an engine. ``ready``: with the engine ready. ``after_720p``:
    after street scenes of 1280x720. ``after_grid``: after one of 3840x2160 with the default grid.
    """

    reader: str
    service: float
    ready: float
    after_720p: float
    after_grid: float
    ready_s: float


@dataclass(frozen=True, slots=True)
class Overhead:
    """Milliseconds, as :func:`benchmarks.ultimate_overhead.measure` defines them."""

    size: str
    direct: float
    worker: float
    more: float
    least: float
    goal: float


@dataclass
class Results:
    """A run; ``notes`` say what was skipped or failed, ``rendered`` that the sets are drawn."""

    machine: Machine
    rendered: bool = False
    limit: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    scores: list[SetScore] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    wide: list[Wide] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    overhead: list[Overhead] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Results:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        rows: dict[str, type[Any]] = {
            "scores": SetScore,
            "costs": Cost,
            "wide": Wide,
            "memory": Memory,
            "overhead": Overhead,
        }
        for name, row in rows.items():
            values[name] = [row(**one) for one in values[name]]
        values["machine"] = Machine(**values["machine"])
        return cls(**values)
