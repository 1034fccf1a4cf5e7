"""The losses fall where the answer is right, and only there."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("cv2")

import torch

from alpr.engines.embedded.positions import BASE_HEIGHT, BASE_WIDTH
from training.detector.boxes import IGNORED, PLATE
from training.detector.loss import assign, detector_loss, overlap
from training.detector.model import decode, positions
from training.reader.data import encode
from training.reader.loss import loss_of
from training.reader.shape import BLANK, CLASSES, STEPS

HEIGHT, WIDTH = 96, 160
BOX = (40.0, 36.0, 88.0, 56.0)


def truth(kind: float = PLATE) -> Any:
    return torch.tensor([[[*BOX, kind]]])


def answer(box: tuple[float, float, float, float], logit: float) -> Any:
    """Raw outputs that decode to the box everywhere and claim a plate where one is due."""
    points = positions(HEIGHT, WIDTH)
    x1, y1, x2, y2 = box
    stride = points[:, 2]
    raw = torch.zeros(1, len(points), 5)
    raw[0, :, 0] = -8.0
    chosen = assign(points, truth())[0][0] >= 0
    raw[0, chosen, 0] = logit
    raw[0, :, 1] = ((x1 + x2) / 2 - points[:, 0]) / stride
    raw[0, :, 2] = ((y1 + y2) / 2 - points[:, 1]) / stride
    raw[0, :, 3] = ((x2 - x1) / (stride * BASE_WIDTH)).log()
    raw[0, :, 4] = ((y2 - y1) / (stride * BASE_HEIGHT)).log()
    return raw


def test_decoding_gives_the_box_back() -> None:
    boxes = decode(answer(BOX, 8.0), positions(HEIGHT, WIDTH))
    assert torch.allclose(boxes[0, 0], torch.tensor(BOX), atol=1e-3)


def test_the_positions_of_a_plate_lie_within_it() -> None:
    points = positions(HEIGHT, WIDTH)
    index, _ = assign(points, truth())
    chosen = points[index[0] >= 0]
    assert len(chosen)
    assert ((chosen[:, 0] > BOX[0]) & (chosen[:, 0] < BOX[2])).all()
    assert ((chosen[:, 1] > BOX[1]) & (chosen[:, 1] < BOX[3])).all()


def test_the_right_answer_costs_next_to_nothing() -> None:
    loss, iou, _ = detector_loss(answer(BOX, 8.0), truth(), HEIGHT, WIDTH)
    assert float(loss) < 0.05
    assert iou == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("box", "logit"), [(BOX, -8.0), ((40.0, 36.0, 70.0, 56.0), 8.0)], ids=["missed", "too narrow"]
)
def test_a_wrong_answer_costs_more(box: tuple[float, float, float, float], logit: float) -> None:
    right = detector_loss(answer(BOX, 8.0), truth(), HEIGHT, WIDTH)[0]
    wrong = detector_loss(answer(box, logit), truth(), HEIGHT, WIDTH)[0]
    assert float(wrong) > float(right) + 0.2


def test_a_plate_that_nobody_labelled_for_sure_costs_nothing() -> None:
    claimed = answer(BOX, 8.0)
    background = detector_loss(claimed, torch.zeros(1, 1, 5), HEIGHT, WIDTH)[0]
    ignored = detector_loss(claimed, truth(IGNORED), HEIGHT, WIDTH)[0]
    assert float(ignored) < 0.01 < float(background)


def test_generalised_iou_is_negative_for_boxes_far_apart() -> None:
    one, far = torch.tensor([[0.0, 0, 10, 10]]), torch.tensor([[100.0, 0, 110, 10]])
    iou, giou = overlap(one, far)
    assert float(iou) == 0
    assert float(giou) < -0.5
    assert float(overlap(one, one)[1]) == pytest.approx(1.0, abs=1e-5)


def logits(upper: str, lower: str) -> Any:
    """Logits [1, 2 * STEPS, CLASSES] of a reader that is certain of two lines."""
    out = torch.zeros(1, 2 * STEPS, CLASSES)
    out[..., BLANK] = 12.0
    classes = encode([(upper, lower)])[0].tolist()
    places = [2 + 3 * i for i in range(len(upper))]
    places += [STEPS + 2 + 3 * i for i in range(len(lower))]
    for place, char in zip(places, classes, strict=True):
        out[0, place, char] = 24.0
    return out


def test_reading_the_right_lines_costs_least() -> None:
    read = logits("AB", "123")
    right = float(loss_of(read, [("AB", "123")]))
    assert right < 0.5
    for lines in (("AB", "124"), ("AB123", ""), ("", "")):
        assert float(loss_of(read, [lines])) > right + 3
