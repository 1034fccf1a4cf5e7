"""The rules of the tree, read from its imports: CONTRIBUTING.md names the rooms and their order."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = ("alpr_api.py", "alpr")
WORKSHOP = ("testkit", "tools", "benchmarks", "training")

ONLY_IN = {
    "flask": ["alpr_api.py"],
    "waitress": ["alpr/server/"],
    "multipart": ["alpr/wire/"],
    "prometheus_client": ["alpr/service/"],
    "onnxruntime": ["alpr/engines/"],
    "ultimateAlprSdk": ["alpr/engines/ultimate/"],
    "alpr.engines.embedded": ["alpr/engines/__init__.py", "alpr/engines/embedded/"],
    "alpr.engines.ultimate": ["alpr/engines/__init__.py", "alpr/engines/ultimate/"],
    "dask": [],
    "distributed": [],
    "PIL.ImageFile": ["alpr/images/", "alpr/pillow_internals.py"],
    "PIL.ImageDraw": ["alpr/overlay.py"],
    "PIL.ImageFont": ["alpr/overlay.py"],
}
"""What the program imports only in these of its files and folders."""

MAX_MODULE_LINES = 300
MAX_MEDIAN_MODULE_LINES = 100
MAX_FUNCTION_LINES = 50


def files_of(*names: str) -> list[str]:
    """The Python files of these files and folders, as paths in the repository."""
    paths = [path for name in names for path in (ROOT / name).rglob("*.py")]
    paths += [ROOT / name for name in names if name.endswith(".py")]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


@cache
def parsed(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def imports_of(file: str) -> Iterator[tuple[str, str]]:
    """Each imported name in full, e.g. ``alpr.grid.Grid``, and its place as ``file:line``."""
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((name, f"{file}:{node.lineno}") for name in names)


def is_within(name: str, module: str) -> bool:
    return f"{name}.".startswith(f"{module}.")


def rooms() -> list[str]:
    """The rooms from top to bottom, as CONTRIBUTING.md's table has them."""
    tree = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## The tree")[1]
    first_cells = re.findall(r"^\| ([^|]*)\|", tree.split("\n## ")[0], re.MULTILINE)
    return re.findall(r"`alpr/(\w+)(?:\.py|/)`", "\n".join(first_cells))


def test_a_room_imports_only_rooms_below_it() -> None:
    order = rooms()
    wrong = []
    for file in files_of("alpr"):
        room = Path(file).with_suffix("").parts[1]
        for name, place in imports_of(file):
            imported = name.split(".")[1] if is_within(name, "alpr") else room
            if imported in (room, "__version__"):
                continue
            if imported not in order[order.index(room) + 1 :]:
                wrong.append(f"{place} imports {name}, which is not below {room}")
    assert wrong == []


def test_imports_are_absolute() -> None:
    everything = files_of(*PROGRAM, *WORKSHOP, "tests")
    named = [(name, place) for file in everything for name, place in imports_of(file)]
    assert [f"{place} imports {name}" for name, place in named if name.startswith(".")] == []


@pytest.mark.parametrize("module", ONLY_IN)
def test_a_library_is_imported_only_where_it_belongs(module: str) -> None:
    wrong = [
        f"{place} imports {name}"
        for file in files_of(*PROGRAM)
        for name, place in imports_of(file)
        if is_within(name, module) and not file.startswith(tuple(ONLY_IN[module]))
    ]
    assert wrong == []


def test_only_one_room_decodes_images() -> None:
    wrong = [
        f"{file}:{node.lineno} calls Image.{node.attr}"
        for file in files_of(*PROGRAM)
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) == ("Image", "open")
        and not file.startswith("alpr/images/")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("importers", "forbidden"),
    [((*PROGRAM, *WORKSHOP), ["tests"]), (PROGRAM, WORKSHOP), (["alpr"], ["alpr_api"])],
    ids=["tests", "workshop", "alpr_api"],
)
def test_what_ships_does_not_import_what_does_not(
    importers: list[str], forbidden: list[str]
) -> None:
    wrong = [
        f"{place} imports {name}"
        for file in files_of(*importers)
        for name, place in imports_of(file)
        if any(is_within(name, package) for package in forbidden)
    ]
    assert wrong == []


def test_modules_are_short() -> None:
    lines = {
        file: len((ROOT / file).read_text(encoding="utf-8").splitlines())
        for file in files_of(*PROGRAM, *WORKSHOP)
    }
    assert {file: count for file, count in lines.items() if count > MAX_MODULE_LINES} == {}
    assert statistics.median(lines.values()) < MAX_MEDIAN_MODULE_LINES


def test_functions_are_short() -> None:
    long = {
        f"{file} {node.name}"
        for file in files_of(*PROGRAM, *WORKSHOP)
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 >= MAX_FUNCTION_LINES
    }
    assert long == set()
