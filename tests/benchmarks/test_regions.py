"""The benchmark of regions: which plates it takes, and what it counts."""

from __future__ import annotations

import json
from pathlib import Path

from alpr.engines.fake import FakeEngine
from alpr.plates import Box, Candidate, Plate
from benchmarks.regions import Case, cases, measure, table
from benchmarks.scoring import LabelledPlate
from testkit.images import encode, gradient_image

BOX = Box(30, 20, 110, 50)


def labels(folder: Path, *records: dict[str, object]) -> Path:
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, records)))
    return folder


def test_the_labels_country_comes_before_the_folders(tmp_path: Path) -> None:
    box = [1, 2, 3, 4]
    labels(
        tmp_path,
        {"file": "a", "country": "BR", "plate": box, "text": "ABC1234", "split": "val"},
        {"file": "b", "plates": [{"box": box, "text": "X1"}, {"box": box, "text": None}]},
        {"file": "c", "country": "JP", "plate": box, "text": "X2"},
    )
    assert [(one.path.name, one.codes) for one in cases(tmp_path, "gb,ie", "")] == [
        ("a", "br"),
        ("b", "gb,ie"),
    ]
    assert [one.path.name for one in cases(tmp_path, "", "val")] == ["a"]
    assert list(cases(tmp_path, "", "train")) == []


def test_each_way_is_counted(tmp_path: Path) -> None:
    each = (0.999,) * 5 + (0.6, 0.999)
    candidates = (Candidate("ABC12O4", 0.6), Candidate("ABC1204", 0.4))
    doubtful = Plate("ABC12O4", 0.6, BOX, 0.9, each, candidates=candidates)
    telling = Plate("MH12AB1234", 0.99, BOX)
    photo = tmp_path / "a.png"
    photo.write_bytes(encode(gradient_image(200, 100)))
    found = [
        Case(photo, LabelledPlate("ABC1204", BOX.corners), "br"),
        Case(photo, LabelledPlate("MH12AB1234", BOX.corners), "in"),
        Case(photo, LabelledPlate("ABC1204", (150, 60, 190, 90)), "br"),
    ]
    counts = measure(FakeEngine([[doubtful], [telling], [doubtful]]), found)
    assert list(counts) == ["br", "in", "all"]
    assert counts["br"].plates == 2
    assert (counts["br"].read["none"], counts["br"].read["right"]) == (0, 1)
    assert counts["br"].folded["none"] == 1
    assert counts["in"].read["strict"] == 1
    assert (counts["all"].guessed, counts["all"].guessed_right) == (1, 1)
    assert "| br | 2 | 0.000 | 0.500 |" in table(counts)
