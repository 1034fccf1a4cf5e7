"""ultimateALPR's files, which are its vendor's: git leaves them out, and with git the wheel."""

from __future__ import annotations

import subprocess

import pytest

from tests.packaging.test_spec import FILES, ROOT

VENDORS = ("libs/", "assets/models.", "assets/models/ultimateALPR-SDK_")


@pytest.mark.parametrize("path", FILES.split())
def test_git_ignores_what_is_the_vendors_and_nothing_else(path: str) -> None:
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "check-ignore", "--quiet", "--no-index", path],
        cwd=ROOT,
        check=False,
    )
    is_vendors = path.startswith(VENDORS) and path != "libs/README.md"
    assert done.returncode == (0 if is_vendors else 1)
