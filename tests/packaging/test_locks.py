"""The locks: exact versions, with hashes, for every Python that is supported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYTHONS = [f"3.{minor}" for minor in range(10, 15)]
HASHED = ("requirements.lock", "requirements-build.lock")
LOCKS = (*HASHED, "requirements-dev.lock")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def entries(name: str) -> list[str]:
    """What a file requires, one entry a package, joined where it goes over several lines."""
    joined = text_of(name).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and line.lstrip()[0] not in "#-"]


def pins(name: str, python: str) -> dict[str, str]:
    """The versions that a lock has for a Python on Linux."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "aarch64",
    }
    found = {}
    for entry in entries(name):
        one = Requirement(entry.partition(" --hash")[0])
        if one.marker is None or one.marker.evaluate(environment):
            assert one.name not in found
            (only,) = one.specifier
            assert only.operator == "=="
            found[one.name] = only.version
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_what_is_required(name: str, python: str) -> None:
    chosen = pins(name, python)
    for wanted in map(Requirement, entries(name.replace(".lock", ".txt"))):
        assert wanted.specifier.contains(chosen[canonicalize_name(wanted.name)])


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS[1:])
def test_locks_agree(name: str, python: str) -> None:
    service, other = pins("requirements.lock", python), pins(name, python)
    shared = service.keys() & other.keys()
    assert shared
    assert [package for package in shared if service[package] != other[package]] == []


@pytest.mark.parametrize("name", HASHED)
def test_every_package_has_its_hashes(name: str) -> None:
    assert [one for one in entries(name) if not re.search(r"--hash=sha256:[0-9a-f]{64}", one)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index(name: str) -> None:
    assert not re.search(r"://|--index|--extra|--find-links", text_of(name))
