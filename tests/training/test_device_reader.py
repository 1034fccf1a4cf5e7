"""Crops made on the device: texts, cuts and pixels belong together."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from tests.training import packs
from training.device import reader
from training.device.crossing import Joined, join
from training.device.dice import Dice
from training.device.plates import BOX_HEIGHT, BOX_LEFT, BOX_TOP, BOX_WIDTH, Plates, load_plates
from training.device.reader_batches import ReaderBatches, plain_crops, spoiled_crops
from training.reader.shape import HEIGHT, WIDTH

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def real() -> Plates:
    return load_plates(packs.crops().of_split("train"), 1, CPU)


@pytest.fixture(scope="module")
def rendered() -> Plates:
    return load_plates(packs.plates(), 3, CPU)


def texts(lines: torch.Tensor, lengths: torch.Tensor, like: Plates) -> list[str]:
    count = len(lines)
    blank = like.take(torch.zeros(count, dtype=torch.long))
    return Plates(
        blank.cells, lines, lengths, blank.cuts, blank.cuttable, blank.aspects, blank.room
    ).texts()


def test_every_plate_lies_at_its_place_in_the_cell(real: Plates) -> None:
    assert real.texts() == list(packs.TEXTS)
    cell = real.cells[0, 0].float()
    plate = cell[BOX_TOP : BOX_TOP + BOX_HEIGHT, BOX_LEFT : BOX_LEFT + BOX_WIDTH]
    assert plate.median() > 200
    assert cell[: BOX_TOP - 2].median() < 120
    assert cell[:, : BOX_LEFT - 2].median() < 120


def halves(one: str, other: str) -> set[str]:
    """Every beginning of one text with every end of the other."""
    return {one[:i] + other[j:] for i in range(1, len(one)) for j in range(1, len(other))}


def test_plates_put_together_say_a_beginning_and_an_end(real: Plates) -> None:
    dice = Dice(0, CPU)
    one, other = (real.take(dice.index(len(real), 200)) for _ in range(2))
    joined = join(one, other, dice, crossed=1.0)
    said = texts(joined.lines, joined.lengths, real)
    new = 0
    for text, a, b, trimmed in zip(
        said, one.texts(), other.texts(), joined.trimmed.any(1).tolist(), strict=True
    ):
        whole = halves(a, b) | {a}
        assert text in whole or (trimmed and any(text in longer for longer in whole))
        new += text != a
    assert new > 80


def test_the_width_is_that_of_the_parts(real: Plates) -> None:
    """Characters of the drawn plates are equally wide: a joined plate has whole ones only."""
    dice = Dice(1, CPU)
    one, other = (real.take(dice.index(len(real), 200)) for _ in range(2))
    joined = join(one, other, dice, crossed=1.0)
    beside = joined.split < 5
    begun = (joined.split * one.lengths[:, 0])[beside]
    assert torch.allclose(begun, begun.round(), atol=1e-3)
    ended = ((1 - joined.start) * other.lengths[:, 0])[beside]
    assert torch.allclose(ended, ended.round(), atol=1e-3)
    length = (begun + ended).round().long()
    lost = length - joined.lengths[beside, 0]
    assert set(lost.tolist()) <= {0, 1, 2}
    assert ((lost > 0) == joined.trimmed[beside].any(1)).all()


def test_an_unchanged_crop_shows_the_plate_with_its_margin(real: Plates) -> None:
    crops = plain_crops(real)
    assert crops.shape == (len(real), 1, HEIGHT, WIDTH)
    assert crops[0, 0, HEIGHT // 2, 10:-10].median() > 150
    assert crops[:, :, 0].median() < 150


def test_spoiled_crops_show_whole_plates(real: Plates, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are measured against the plates' own texts, so nothing is put together or trimmed."""
    joins = []

    def join_seen(*parts: Any) -> Joined:
        joins.append(join(*parts))
        return joins[-1]

    monkeypatch.setattr("training.device.reader_batches.join", join_seen)
    plates = real.take(torch.arange(40) % len(real))
    crops = spoiled_crops(plates, seed=1)
    assert crops.shape == (len(plates), 1, HEIGHT, WIDTH)
    assert torch.equal(joins[0].lengths, plates.lengths)
    assert torch.equal(joins[0].lines, plates.lines)
    assert not joins[0].trimmed.any()
    assert torch.equal(crops, spoiled_crops(plates, seed=1))
    assert not torch.equal(crops, spoiled_crops(plates, seed=2))


def test_the_same_step_gives_the_same_batch(real: Plates, rendered: Plates) -> None:
    batches = ReaderBatches(real, rendered, size=16, share=0.5, seed=3)
    (crops, lines, lengths), again = batches.draw(7), batches.draw(7)
    assert crops.shape == (16, 1, HEIGHT, WIDTH)
    assert crops.min() >= 0
    assert crops.max() <= 255
    assert torch.isfinite(crops).all()
    assert all(torch.equal(a, b) for a, b in zip((crops, lines, lengths), again, strict=True))
    assert not torch.equal(crops, batches.draw(8)[0])


def test_trimmed_plates_end_where_their_text_does(
    real: Plates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crop of GH1 without its G shows less ink at the left than one of all of it."""
    joined = join(real, real, Dice(0, CPU), crossed=0.0)
    widths = joined.right - joined.left
    shown = widths * real.lengths[:, 0]
    assert torch.allclose(shown, joined.lengths[:, 0].float(), atol=1e-3)
    monkeypatch.setattr("training.device.crossing.TRIMMED", 1.0)
    cut = join(real, real, Dice(0, CPU), crossed=0.0)
    assert cut.trimmed.any()
    shown = (cut.right - cut.left) * real.lengths[:, 0]
    assert torch.allclose(shown, cut.lengths[:, 0].float(), atol=1e-3)


def test_a_reader_learns_a_batch_by_heart(tmp_path: Path) -> None:
    packs.write(tmp_path)
    options = argparse.Namespace(pack=tmp_path, batch=8, rate=2e-3, seed=1)
    torch.manual_seed(0)
    task = reader.prepare(options, CPU, {"size": 32, "layers": 1, "blocks": 1})
    first = float(task.loss(0).detach())
    for _ in range(25):
        task.trainer.update(task.loss(0), 2e-3)
    assert float(task.loss(0).detach()) < 0.3 * first
    assert task.measure()["plates"] == len(packs.TEXTS)
