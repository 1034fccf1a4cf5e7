"""The examples of docs/api.md are run, in order, against the server over the engine ``fake``.

An example is a block of shell or Python; the block after it is what it prints. JSON is compared
by its keys, types and values, but for times and numbers that no two runs share; a text that ends
in ``…`` is compared as far as it goes.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testkit.service import serving
from testkit.wire_client import Server
from tests.docs.pages import ROOT, fenced, text_of

PAGE = Path("docs/api.md")
PROGRAMS = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
BLOCKS = fenced(text_of(PAGE))
EXAMPLES = [
    (kind, command, *BLOCKS[index + 1])
    for index, (kind, command) in enumerate(BLOCKS)
    if kind in PROGRAMS
]
VARYING = {"processMs", "inferenceMs", "analysisRoundTripMs", "processing_time", "timestampUTC",
           "requestId", "calls", "major", "minor", "patch", "preRelease"}  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with serving() as server:
        yield server


def same(shown: Any, printed: Any) -> bool:
    """Whether a page's value stands for this one."""
    if isinstance(shown, str) and shown.endswith("…"):
        return isinstance(printed, str) and printed.startswith(shown[:-1])
    if isinstance(shown, dict) and isinstance(printed, dict):
        return list(shown) == list(printed) and all(
            type(value) is type(printed[key]) if key in VARYING else same(value, printed[key])
            for key, value in shown.items()
        )
    if isinstance(shown, list) and isinstance(printed, list):
        return len(shown) == len(printed) and all(map(same, shown, printed))
    return type(shown) is type(printed) and bool(shown == printed)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")
@pytest.mark.parametrize(
    ("kind", "command", "shown_kind", "shown"),
    EXAMPLES,
    ids=[command.splitlines()[0][:60] for _, command, _, _ in EXAMPLES],
)
def test_an_example_prints_what_the_page_shows(
    running: Server, kind: str, command: str, shown_kind: str, shown: str
) -> None:
    assert "http://localhost:5000/" in command
    here = command.replace("localhost:5000", f"127.0.0.1:{running.port}")
    done = subprocess.run(
        [*PROGRAMS[kind], here],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    if shown_kind == "json":
        printed = json.loads(done.stdout)
        assert same(json.loads(shown), printed), json.dumps(printed, indent=2)
    else:
        assert done.stdout == shown


def test_all_of_the_pages_commands_are_examples() -> None:
    assert len(EXAMPLES) == len(re.findall(r"^```(?:sh|python)$", text_of(PAGE), re.MULTILINE)) > 8
    assert {kind for _, _, kind, _ in EXAMPLES} == {"json", "text"}


def test_the_readmes_answer_is_a_part_of_the_whole() -> None:
    (readme,) = [
        json.loads(text) for kind, text in fenced(text_of(Path("README.md"))) if kind == "json"
    ]
    whole = next(json.loads(shown) for _, _, kind, shown in EXAMPLES if kind == "json")
    assert readme.keys() < whole.keys()
    assert readme["predictions"][0].keys() < whole["predictions"][0].keys()


def test_the_comparison_sees_a_difference() -> None:
    assert same({"a": [1, "b…"], "calls": 3}, {"a": [1, "bc"], "calls": 7})
    assert not same({"a": 1}, {"a": 1.0})
    assert not same({"a": 1}, {"a": 1, "b": 2})
    assert not same(["b…"], ["c"])
    assert not same({"calls": 3}, {"calls": "3"})
