"""The commands that the documents show are run, in a clone of the repository, in their order.

A clone is a copy of the repository's files with a ``.venv`` as ``make setup`` leaves it. A service
over the engine ``fake`` stands for the one that a page expects on port 5000. A command that serves
is run until it listens. What cannot be run here is in NOT_RUN, with the reason. The commands of
docs/api.md have a test of their own, which also looks at what they print.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

import pytest

from testkit.service import serving
from tests.docs.pages import PAGES, ROOT, fenced, text_of

SHELL = {"sh", ""}
NOT_RUN = {
    r"\bsudo\b": "needs root, and changes the machine",
    r"systemctl --user": "needs a systemd that runs",
    r"^docker ": "needs Docker",
    r"^git (clone|pull)\b": "needs the network, and a repository that is published",
    r"^cd alpr_api$": "the copy is the clone",
    r"\bpip (install|download|uninstall)\b": "needs the network",
    r"--device openvino": "needs another package of ONNX Runtime",
    r"^make bench\b": "needs the network and an hour; tests/benchmarks runs a small one",
    r"^make (check )?test\b": "it is what runs this",
    r"build_alpr_api\.sh": "takes minutes; tests/frozen runs it",
    r"build_and_setup_ultimatealvr\.sh": "needs the vendor's archive; its tests run it",
    r"benchmarks\.framing": "needs labelled photos; tests/benchmarks runs it on drawn ones",
    r"benchmarks\.ultimate_overhead": "needs the vendor's SDK",
    r"\bOUT\b": "needs photos that are not in the repository",
    r"\bjq\b": "needs jq",
}
"""Patterns of commands that are not run here, each with the reason."""

HERE = {
    r"(localhost|127\.0\.0\.1|BOX):5000": "127.0.0.1:{port}",
    r"/opt/alpr_api/alpr_api": ".venv/bin/alpr_api",
    r"/srv/snapshots": "docs/images",
    r"--port \d+": "--port 0",
    r"--seconds \d+": "--seconds 1",
}
"""What stands on a page for something of its reader's machine, and what it is here."""

SERVES = re.compile(r"(make run|\S*alpr_api)(?! read)\b.*")
PATIENCE_S = 60


def lines_of(page: Path) -> list[list[str]]:
    """The commands of each shell block of a page, without comments; a continued one is one."""
    blocks = [text for kind, text in fenced(text_of(page)) if kind in SHELL]
    joined = [re.sub(r"(\\|(?<=\|))\n\s*", " ", block) for block in blocks]
    lines = [[re.sub(r"\s+#.*", "", line) for line in block.splitlines()] for block in joined]
    return [[line for line in block if line] for block in lines]


def reason_not_to_run(line: str) -> str:
    return next((why for pattern, why in NOT_RUN.items() if re.search(pattern, line)), "")


SHOWN = [
    page
    for page in PAGES
    if (page.parent == Path() or page.parts[0] == "docs") and page != Path("docs/api.md")
]
RUN = [
    page
    for page in SHOWN
    if any(not reason_not_to_run(line) for block in lines_of(page) for line in block)
]


OF_MAKE = ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files, and an environment that has the tests' own packages."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode or not shutil.which("make"):
        pytest.skip("this is no clone, or git or make is not here")
    folder = tmp_path_factory.mktemp("clone")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    venv = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    for name in ("bin/pip", ".run", ".dev"):  # newer than the locks, so that make installs nothing
        (venv / name).touch()
    subprocess.run(["make", "-s", ".venv/bin/alpr_api"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as server:
        yield server.port


def environment(home: Path, clone: Path) -> Mapping[str, str]:
    """One in which a service that names no other takes a free port and no engine's time.

    ``.venv/bin`` is on the path, as docs/README.md tells for all pages. What the ``make`` that runs
    these tests was told is not for theirs.
    """
    fixed = {"ALPR_HOST": "127.0.0.1", "ALPR_PORT": "0", "ALPR_ENGINE": "fake", "HOME": str(home)}
    path = os.pathsep.join([str(clone / ".venv" / "bin"), os.environ["PATH"]])
    others = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    return {**others, **fixed, "PATH": path}


def run_script(lines: list[str], clone: Path, env: Mapping[str, str]) -> None:
    script = ["bash", "-euo", "pipefail", "-c", "\n".join(lines)]
    done = subprocess.run(
        script, cwd=clone, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, (lines, done.stdout, done.stderr)


def run_until_it_listens(line: str, clone: Path, env: Mapping[str, str], log: Path) -> None:
    with (
        log.open("wb") as written,
        subprocess.Popen(
            ["bash", "-c", line.removesuffix("&")],
            cwd=clone,
            env=env,
            stderr=written,
            start_new_session=True,
        ) as process,
    ):
        deadline = time.monotonic() + PATIENCE_S
        while "listens on" not in log.read_text() and process.poll() is None:
            assert time.monotonic() < deadline, line
            time.sleep(0.05)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    assert " listens on " in log.read_text(), (line, log.read_text())


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")
@pytest.mark.parametrize("page", RUN, ids=str)
def test_the_commands_of_a_page_run(page: Path, clone: Path, port: int, tmp_path: Path) -> None:
    env = environment(tmp_path, clone)
    for block in lines_of(page):
        lines = [line for line in block if not reason_not_to_run(line)]
        for pattern, here in HERE.items():
            lines = [re.sub(pattern, here.format(port=port), line) for line in lines]
        for serves, group in groupby(lines, lambda line: bool(SERVES.fullmatch(line))):
            if not serves:
                run_script(list(group), clone, env)
                continue
            for line in group:
                run_until_it_listens(line, clone, env, tmp_path / "log")


def test_every_reason_not_to_run_a_command_is_needed() -> None:
    lines = [line for page in SHOWN for block in lines_of(page) for line in block]
    unused = [pattern for pattern in NOT_RUN if not any(re.search(pattern, one) for one in lines)]
    assert unused == []
    assert len([line for line in lines if not reason_not_to_run(line)]) > 15


@pytest.mark.parametrize(
    "line",
    ["false", "make rum", "alpr_api read none.jpg", "curl -f http://BOX:5000/nowhere"],
)
def test_a_command_that_fails_is_seen(line: str, clone: Path, port: int, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run_script(
            [re.sub("BOX:5000", f"127.0.0.1:{port}", line)], clone, environment(tmp_path, clone)
        )
