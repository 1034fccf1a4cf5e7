"""The commands that the documents show exist: programs, subcommands, options, modules, files."""

from __future__ import annotations

import functools
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, fenced, text_of

SHELL = {"sh", ""}
SHOWN = [page for page in PAGES if page.parent == Path() or page.parts[0] == "docs"]
PROGRAM = re.compile(r"(?:\S*/)?alpr_api(?:\.py)?")
FOLDERS = ("benchmarks", "deploy", "docs", "tests", "tools", "training", "alpr", "assets")


def commands(page: Path) -> list[list[str]]:
    """The words of each command line in a page's shell blocks, and of ``make …`` in its prose."""
    text = text_of(page)
    blocks = [block for kind, block in fenced(text) if kind in SHELL]
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    quoted = re.findall(r"`((?:make|alpr_api|curl|\S*python3?|\S*pip|docker|sudo) [^`\n]+)`", text)
    found = []
    for line in [*lines, *quoted]:
        if balanced(line):
            found += split(shlex.split(line, comments=True))
    return found


def balanced(line: str) -> bool:
    return line.count('"') % 2 == 0 and line.count("'") % 2 == 0


def split(words: list[str]) -> list[list[str]]:
    """The commands of a line, taken apart at pipes, ``&`` and ``&&``."""
    found: list[list[str]] = [[]]
    for word in words:
        if word in {"|", "&", "&&", ";"}:
            found.append([])
        elif word != ">" and not (found[-1] == [] and re.fullmatch(r"\w+=.*|sudo", word)):
            found[-1].append(word)
    return [command for command in found if command]


def wrong(command: list[str]) -> str:
    """What a command names that does not exist; empty if nothing."""
    program, *words = command
    if program == "make":
        return wrong_make(words)
    if Path(program).name.startswith("python") and words:
        return wrong_python(program, words)
    if PROGRAM.fullmatch(program):
        return refused(*words)
    named = [program, *words]
    paths = [word.rpartition("@")[2] for word in named if "/" in word and "://" not in word]
    return " ".join(path for path in paths if is_ours(path) and not (ROOT / path).exists())


def is_ours(path: str) -> bool:
    return path.partition("/")[0] in FOLDERS and "…" not in path


def wrong_make(words: list[str]) -> str:
    targets = re.findall(r"^([a-z0-9-]+):", text_of(Path("Makefile")), re.MULTILINE)
    unknown = [word for word in words if "=" not in word and word not in targets]
    arguments = dict(word.split("=", 1) for word in words if "=" in word)
    if "run" in words and not unknown:
        return refused(*shlex.split(arguments.get("ARGS", "")))
    return " ".join(unknown)


def wrong_python(program: str, words: list[str]) -> str:
    if program == "python":
        return "python, which knows no packages of ours; .venv/bin/python does"
    if words[0] == "-m":
        module = words[1].replace(".", "/")
        known = {"pytest", "pip", "venv"}
        here = (ROOT / f"{module}.py").exists() or (ROOT / module / "__main__.py").exists()
        return "" if here or module in known else words[1]
    if PROGRAM.fullmatch(words[0]):
        return refused(*words[1:])
    return "" if words[0].startswith("-") or (ROOT / words[0]).exists() else words[0]


@functools.cache
def refused(*words: str) -> str:
    """The program's own error about these words; it only reads its settings."""
    folder = ["FOLDER"] if words[:1] == ("read",) else []  # a page may name the command only
    done = subprocess.run(
        [sys.executable, "alpr_api.py", *words, *folder, "--print-config"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stderr.strip() if done.returncode else ""


@pytest.mark.parametrize("page", SHOWN, ids=str)
def test_what_a_command_names_exists(page: Path) -> None:
    assert {shlex.join(one): what for one in commands(page) if (what := wrong(one))} == {}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("make rum", "rum"),
        ('make run ARGS="--prot 5"', "--prot"),
        ("alpr_api --grid 3 --port 5", "--grid"),
        ("alpr_api read --jsonl x", "--jsonl"),
        (".venv/bin/python -m benchmarks.none", "benchmarks.none"),
        (".venv/bin/python benchmarks/none.py x", "benchmarks/none.py"),
        ("python alpr_api.py", "python"),
        ("curl -F upload=@docs/images/none.jpg http://localhost:5000/", "docs/images/none.jpg"),
        ("sudo install -m 644 deploy/none.service /etc/", "deploy/none.service"),
        ("ALPR_PORT=1 alpr_api read --csv x | head -3", ""),
    ],
)
def test_the_check_sees_what_is_not_there(line: str, what: str) -> None:
    said = " ".join(filter(None, map(wrong, split(shlex.split(line)))))
    assert what in said
    assert bool(what) == bool(said)


@pytest.mark.skipif(not shutil.which("make"), reason="make is not here")
def test_make_puts_the_program_where_activate_finds_it(tmp_path: Path) -> None:
    folder = tmp_path / "venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "pip").touch()
    (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (folder / "python").chmod(0o755)
    subprocess.run(
        ["make", "-s", f"VENV={tmp_path}/venv", folder / "alpr_api"], check=True, cwd=ROOT
    )
    done = subprocess.run(
        [folder / "alpr_api", "read", "--no-such-option"],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("alpr_api: ")
