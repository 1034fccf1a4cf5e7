"""What the set-up script says of itself, what it asks, and what it says to do next."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines.ultimate.setup_site import (
    ROOT,
    SCRIPT,
)

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="Linux x86_64 only"
)


def test_the_start_that_docs_and_script_name_works_in_a_clone(tmp_path: Path) -> None:
    docs = (ROOT / "docs" / "ultimatealpr.md").read_text(encoding="utf-8")
    _, start = re.findall(r"^```\n(.+)\n(.+)\n```", docs, re.MULTILINE)[0]
    assert f"Done: {start} starts" in SCRIPT.read_text(encoding="utf-8")
    for name in ("Makefile", "alpr_api.py", "alpr", "requirements.lock"):
        (tmp_path / name).symlink_to(ROOT / name)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, does in [("python", f'exec "{sys.executable}" "$@"'), ("pip", "true")]:
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    done = subprocess.run(
        [*start.split(), "ARGS=--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "alpr_api" in done.stdout) == (0, True), done.stderr


def test_its_help_names_every_option() -> None:
    shown = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True, check=True).stdout
    script = SCRIPT.read_text()
    taken = set(re.findall(r"^ +(--[a-z0-9-]+)\)", script, re.MULTILINE))
    assert len(taken) == 12
    assert {option for option in taken if option not in shown} == set()


@pytest.mark.parametrize(
    ("options", "answer", "asked", "said"),
    [
        ([], "tpu", True, "--tensorflow takes one of: cpu gpu; not 'tpu'"),
        ([], "gpu", True, "there is no such file"),
        (["--tensorflow", "gpu"], "", False, "there is no such file"),
    ],
    ids=["wrong", "right", "told"],
)
def test_it_asks_on_a_terminal_unless_told(
    options: list[str], answer: str, asked: bool, said: str
) -> None:
    parent, terminal = os.openpty()
    command = [str(SCRIPT), "--sdk", "missing", *options]
    process = subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
    )
    os.close(terminal)
    os.write(parent, f"{answer}\n".encode())
    code, shown = process.wait(timeout=60), os.read(parent, 10_000).decode()
    os.close(parent)
    assert code == 1
    assert ("cpu/gpu" in shown) == asked
    assert said in shown


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not here")
def test_shellcheck_finds_nothing() -> None:
    result = subprocess.run(["shellcheck", SCRIPT], capture_output=True, text=True, check=False)
    assert result.stdout == ""
