"""A folder that a benchmark cannot measure is one line and exit code 2, and no traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import framing, naming, profile, regions, reliability, scoring
from benchmarks.scoring import LABELS

MAINS: list[Callable[[], None]] = [
    framing.main,
    naming.main,
    profile.main,
    regions.main,
    reliability.main,
]


def outcome(
    main: Callable[[], None],
    argument: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """The line on standard error; the exit code is checked here."""
    monkeypatch.setattr(sys, "argv", ["benchmark", argument])
    assert scoring.exit_code(main) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize("main", MAINS, ids=lambda main: main.__module__)
@pytest.mark.parametrize("name", ["missing", "."])
def test_a_folder_without_photos_is_named(
    main: Callable[[], None],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(profile, "profiler", lambda _: pytest.fail("it started"))
    assert str(tmp_path / name) in outcome(main, str(tmp_path / name), monkeypatch, capsys)


@pytest.mark.parametrize("label", ["{", "[]", '{"file": "a.jpg"}', '{"plates": []}'])
@pytest.mark.parametrize("main", [framing.main, regions.main], ids=["framing", "regions"])
def test_a_line_that_is_no_label_is_named(
    main: Callable[[], None],
    label: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / LABELS).write_text(f"\n{label}\n")
    assert "line 2 is no label" in outcome(main, str(tmp_path), monkeypatch, capsys)


@pytest.mark.parametrize("main", [naming.main, regions.main], ids=["naming", "regions"])
def test_a_folder_without_a_country_says_how_to_name_it(
    main: Callable[[], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / LABELS).write_text('{"file": "a.jpg", "plate": [1, 2, 3, 4], "text": "A1"}')
    assert "add =CODES" in outcome(main, str(tmp_path), monkeypatch, capsys)
