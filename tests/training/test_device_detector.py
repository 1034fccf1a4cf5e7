"""Inputs made on the device: the boxes lie where the plates' pixels do."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from tests.training import packs
from training.detector.boxes import IGNORED, PLATE
from training.device import detector
from training.device.detector_batches import DetectorBatches, look_at
from training.device.dice import Dice
from training.device.pasting import add_boards, add_plates, covered, free, paste
from training.device.photos import Photos, load_photos
from training.device.plates import Plates, load_plates
from training.device.views import move_boxes, views
from training.device.warp import UNIT

CPU = torch.device("cpu")
SIZE = (256, 384)


@pytest.fixture(scope="module")
def photos() -> Photos:
    return load_photos(packs.photos(), {})


@pytest.fixture(scope="module")
def rendered() -> Plates:
    return load_plates(packs.plates(), 3, CPU)


def hull(image: torch.Tensor) -> torch.Tensor:
    """Box of all white pixels of an RGB image."""
    rows, columns = (image.amin(0) > 140).nonzero(as_tuple=True)
    return torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]).float()


def test_boxes_lie_around_the_plates_pixels(photos: Photos) -> None:
    seen = 0
    with_plates = photos.with_plates().nonzero()[:, 0]
    for seed in range(8):
        dice = Dice(seed, CPU)
        index = with_plates.repeat(4)
        maps = views(photos, index, SIZE, dice)
        images = look_at(photos, index, maps, SIZE, dice)
        boxes = move_boxes(photos.boxes[index], maps, SIZE)
        for image, box in zip(images, boxes[:, 0], strict=True):
            # A border of any colour may be white itself.
            if box[4] == PLATE and (image.amin(0) > 140).float().mean() < 0.3:
                assert (hull(image) - box[:4]).abs().max() < 4
                seen += 1
    assert seen > 60


def test_some_views_show_a_plate_that_fills_the_input(photos: Photos) -> None:
    index = photos.with_plates().nonzero()[:, 0].repeat(60)
    maps = views(photos, index, SIZE, Dice(0, CPU))
    boxes = move_boxes(photos.boxes[index], maps, SIZE)[:, 0]
    widths = (boxes[:, 2] - boxes[:, 0])[boxes[:, 4] == PLATE]
    assert (widths > 0.7 * SIZE[1]).any()
    assert (widths < 70).any()


def test_a_pasted_plate_covers_its_corners_and_nothing_else(rendered: Plates) -> None:
    images = torch.full((2, 3, *SIZE), 20.0)
    corners = torch.tensor(UNIT)[None] * torch.tensor([120.0, 40.0]) + torch.tensor([100.0, 60.0])
    used = torch.tensor([True, False])
    plates = rendered.take(torch.tensor([0, 1]))
    made = paste(images, plates, corners.expand(2, -1, -1), used, Dice(0, CPU))
    assert torch.equal(made[1], images[1])
    changed = (made[0] - 20).abs().amax(0) > 2
    rows, columns = changed.nonzero(as_tuple=True)
    assert (columns.min(), columns.max()) == (100, 219)
    assert (rows.min(), rows.max()) == (60, 99)
    assert made.max() <= 255


def test_plates_are_added_with_their_boxes(rendered: Plates) -> None:
    plates = rendered.take(torch.arange(4).repeat(10))
    images, boxes = torch.full((40, 3, *SIZE), 20.0), torch.zeros(40, 1, 5)
    made, after = add_plates(images, boxes, plates, 1.0, Dice(2, CPU))
    whole = 0
    for image, box in zip(made, after[:, -1], strict=True):
        x1, y1, x2, y2 = box[:4].round().int().tolist()
        if box[4] != PLATE:
            continue
        whole += 1
        assert (image[:, y1:y2, x1:x2] - 20).abs().mean() > 5
        outside = (image - 20).abs().amax(0)
        outside[max(0, y1 - 2) : y2 + 2, max(0, x1 - 2) : x2 + 2] = 0
        assert outside.max() < 5
    assert whole > 20


def test_no_plate_is_added_half_over_another(rendered: Plates) -> None:
    count = 60
    plates = rendered.take(torch.zeros(count, dtype=torch.long))
    old = torch.tensor([[[150.0, 100, 230, 130, PLATE]]]).expand(count, -1, -1)
    _, after = add_plates(torch.zeros(count, 3, *SIZE), old, plates, 1.0, Dice(0, CPU))
    for before, new in zip(after[:, 0], after[:, 1], strict=True):
        if before[4] and new[4]:
            apart = (new[:2] >= before[2:4]) | (new[2:4] <= before[:2])
            assert apart.any()
    replaced = after[:, 0, 4] == 0
    assert replaced.any()
    assert (after[replaced, 1, 4] != 0).all()


def test_boards_keep_away_from_plates_and_are_no_plates(rendered: Plates) -> None:
    boards = rendered.take(torch.full((30,), 4))
    boxes = torch.tensor([[[150.0, 100, 230, 130, PLATE]]]).expand(30, -1, -1)
    images = torch.full((30, 3, *SIZE), 20.0)
    made = add_boards(images, boxes, boards, 1.0, Dice(0, CPU))
    changed = (made - 20).abs().amax(1) > 2
    assert not changed[:, 100:130, 150:230].any()
    assert changed.any((1, 2)).sum() > 10


def test_free_and_covered_by_hand() -> None:
    corners = torch.tensor(UNIT)[None] * 10
    boxes = torch.tensor([[[5.0, 0, 15, 10, PLATE]]])
    assert not free(corners, boxes)[0]
    assert free(corners + 100, boxes)[0]
    assert covered(corners, boxes)[0, 0] == pytest.approx(0.5)


def test_the_same_step_gives_the_same_batch(photos: Photos, rendered: Plates) -> None:
    batches = DetectorBatches(photos, rendered, 4 * 256 * 384, seed=3)
    (images, boxes), again = batches.draw(5), batches.draw(5)
    assert images.shape[1] == 3
    assert torch.isfinite(images).all()
    assert images.min() >= 0
    assert images.max() <= 255
    assert set(boxes[..., 4].unique().tolist()) <= {0.0, PLATE, IGNORED}
    assert torch.equal(images, again[0])
    assert torch.equal(boxes, again[1])
    assert not torch.equal(boxes, batches.draw(6)[1])


def test_a_detector_learns_on_the_device(tmp_path: Path) -> None:
    packs.write(tmp_path)
    options = argparse.Namespace(pack=tmp_path, batch=2, rate=2e-3, seed=1)
    torch.manual_seed(0)
    small = {"channels": (8, 8, 16, 16, 16), "blocks": (1, 1, 1, 1), "pyramid": 16}
    task = detector.prepare(options, CPU, small)
    first = float(task.loss(0).detach())
    for _ in range(20):
        task.trainer.update(task.loss(0), 3e-3)
    assert float(task.loss(0).detach()) < 0.8 * first
    figures = task.measure()
    assert figures["plates"] == 2
    assert figures["images"] == 2
