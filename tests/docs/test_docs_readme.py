"""What the README shows is what the program answers and what the benchmarks measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alpr.engines import open_engine
from alpr.settings import Settings
from testkit.service import client_of
from tests.docs.pages import ROOT, fenced, text_of
from tools import readme_figures

README = text_of(Path("README.md"))
SAMPLE = ROOT / "docs/images/sample.jpg"


@pytest.fixture(scope="module")
def answer() -> Any:
    engine = open_engine(Settings(engine="embedded"))
    with SAMPLE.open("rb") as image:
        body = client_of(engine).post("/v1/vision/alpr", data={"upload": image}).get_json()
    engine.close()
    return body


def test_the_first_commands_work_where_no_package_list_was_fetched() -> None:
    first = next(text for kind, text in fenced(README) if kind == "sh")
    assert first.startswith("sudo apt update && sudo apt install ")


def test_the_shown_answer_is_the_samples(answer: Any) -> None:
    (shown,) = [json.loads(text) for kind, text in fenced(README) if kind == "json"]
    (plate,), (printed,) = shown.pop("predictions"), answer["predictions"]
    assert shown.items() <= answer.items()
    assert plate["plate"] == printed["plate"]
    assert plate["confidence"] == pytest.approx(printed["confidence"], abs=0.01)
    corners = ("x_min", "y_min", "x_max", "y_max")
    assert [plate[key] for key in corners] == pytest.approx(
        [printed[key] for key in corners], abs=8
    )


def test_the_sample_that_is_sent_is_the_one_in_the_repository() -> None:
    sent = f"curl -F upload=@{SAMPLE.relative_to(ROOT)} http://localhost:5000/v1/vision/alpr"
    assert (("sh", sent + "\n")) in fenced(README)


def test_the_figures_are_the_benchmarks() -> None:
    _, shown, _ = readme_figures.split(README)
    assert shown.strip() == readme_figures.table(text_of(Path("docs/benchmarks.md"))), "make docs"


def test_the_sections_are_in_a_readers_order() -> None:
    titles = [line[3:] for line in README.splitlines() if line.startswith("## ")]
    assert titles == [
        "Install and run",
        "The answer",
        "Features",
        "What works with it",
        "How well it reads",
        "How it compares",
        "Where to go on",
    ]
