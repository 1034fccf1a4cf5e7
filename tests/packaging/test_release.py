"""What a tag sets going: the notes of a release, and the workflows as far as they can be read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from alpr import __version__
from tools.release_notes import CHANGELOG, notes

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

SHORT = """# Changelog

## [Unreleased]

## [1.1.0] - 2026-12-01

### Added
- A thing.

## [1.0.0] - 2026-11-23

- All of it.
"""


def test_the_notes_are_a_releases_section() -> None:
    assert notes(SHORT, "1.1.0") == "### Added\n- A thing."
    assert notes(SHORT, "1.0.0") == "- All of it."
    assert notes(CHANGELOG.read_text(encoding="utf-8"), "1.0.0")


@pytest.mark.parametrize("version", ["Unreleased", "1.1", "2.0.0"])
def test_a_release_without_notes_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match=version):
        notes(SHORT, version)


def test_a_tag_of_another_version_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.release_notes", "v0.0.1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"the tag v0.0.1 is not that of version {__version__}" in done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_their_version_beside(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    assert used
    pinned = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [action for action in used if not pinned.fullmatch(action)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_may_read_and_only_the_release_may_write(path: Path) -> None:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        written = {"contents": "write", "packages": "write"}
        assert job["permissions"] == (written if name == "release" else {"contents": "read"})
        assert job["timeout-minutes"] <= 60


def test_a_release_has_the_executable_and_the_image_for_both_machines() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))[
        "jobs"
    ]
    for name in ("executable", "image"):
        runners = [built["runner"] for built in jobs[name]["strategy"]["matrix"]["include"]]
        assert runners == ["ubuntu-24.04", "ubuntu-24.04-arm"]
        assert name in jobs["release"]["needs"]
    built = [entry["machine"] for entry in jobs["image"]["strategy"]["matrix"]["include"]]
    scripts = [step.get("run", "") for step in jobs["release"]["steps"]]
    (joined,) = re.findall(r"imagetools create .*\n(.*)", "\n".join(scripts))
    assert re.findall(r"-(\w+)\"", joined) == built
