"""Which positions answer for which plate, and the loss over them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from alpr.engines.embedded.positions import STRIDES
from training.detector.boxes import IGNORED, PLATE
from training.detector.model import decode, positions

# Size (square root of area, input pixels) of the plates each stride answers for. The ranges
# overlap, so that a plate near a limit is learnt by both strides instead of being foreground here
# and background there.
SIZES = {8: (0.0, 48.0), 16: (32.0, 100.0), 32: (70.0, 1e6)}
# A position answers for a plate when it is within this part of its width and height from its
# centre, but never further than MAX_REACH strides, and always as near as MIN_REACH (which holds
# at least one position).
REACH, MIN_REACH, MAX_REACH = 0.3, 0.55, 1.5
BOX_WEIGHT = 1.25
# Below this IoU not even a plate's best box is good enough to be scored 1.
GOOD_IOU = 0.5


def assign(points: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Which of the boxes [batch, n, 5] each position answers for, and the ignored positions.

    Both are [batch, positions]; the index is -1 for background. Of several plates the smallest
    wins.
    """
    x1, y1, x2, y2, kind = (v.unsqueeze(-1) for v in boxes.unbind(-1))
    width, height = x2 - x1, y2 - y1
    size = (width * height).clamp(min=0).sqrt()
    px, py, stride = points[:, 0], points[:, 1], points[:, 2]
    low = sum((stride == s) * SIZES[s][0] for s in STRIDES)
    high = sum((stride == s) * SIZES[s][1] for s in STRIDES)
    reach_x = torch.minimum(torch.maximum(width * REACH, stride * MIN_REACH), stride * MAX_REACH)
    reach_y = torch.minimum(torch.maximum(height * REACH, stride * MIN_REACH), stride * MAX_REACH)
    near = ((px - (x1 + x2) / 2).abs() < reach_x) & ((py - (y1 + y2) / 2).abs() < reach_y)
    mine = near & (size >= low) & (size < high) & (kind == PLATE)
    inside = (
        (px > x1 - stride / 2)
        & (px < x2 + stride / 2)
        & (py > y1 - stride / 2)
        & (py < y2 + stride / 2)
    )
    ignored = (inside & (kind == IGNORED)).any(1) & ~mine.any(1)
    areas, index = torch.where(mine, size, torch.full_like(size, 1e9)).min(1)
    return torch.where(areas < 1e9, index, torch.full_like(index, -1)), ignored


def overlap(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and GIoU (Rezatofighi et al. 2019) of boxes [n, 4] pair by pair."""
    inner = (
        (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    )
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - inner + 1e-6
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1) + 1e-6
    iou = inner / union
    return iou, iou - (hull - union) / hull


def relative(quality: Tensor, plate: Tensor) -> Tensor:
    """IoU [n] over the best IoU of the same plate, given the plate's number [n].

    The best position of a plate is scored 1 however loosely plates of its kind are labelled, so the
    score says whether there is a plate; among the positions of one plate it still says how tight.
    """
    best = torch.zeros(int(plate.max()) + 1, device=quality.device).scatter_reduce(
        0, plate, quality, "amax"
    )
    return quality / best.clamp(min=GOOD_IOU)[plate]


def detector_loss(
    raw: Tensor, boxes: Tensor, height: int, width: int
) -> tuple[Tensor, float, float]:
    """Loss of raw [batch, positions, 5] against boxes [batch, n, 5]; mean IoU; loss of the score.

    Score: quality focal loss against the IoU of the predicted box, relative to the plate's best.
    Box: GIoU, weighted by that IoU so that positions that cannot see the whole plate do not spoil
    those that can.
    """
    points = positions(height, width, raw.device)
    index, ignored = assign(points, boxes)
    chosen = index >= 0
    target = torch.zeros_like(raw[..., 0])
    box_loss, mean_iou = raw.sum() * 0, 0.0
    if chosen.any():
        batch, position = chosen.nonzero(as_tuple=True)
        truth = boxes[batch, index[batch, position], :4]
        iou, giou = overlap(decode(raw, points)[batch, position], truth)
        quality = iou.detach().clamp(0, 1)
        target[batch, position] = relative(quality, batch * boxes.shape[1] + index[batch, position])
        weight = quality + 0.2
        box_loss = ((1 - giou) * weight).sum() / weight.sum()
        mean_iou = float(quality.mean())
    logit = raw[..., 0]
    cross_entropy = functional.binary_cross_entropy_with_logits(logit, target, reduction="none")
    focal = (target - logit.sigmoid()).abs().square() * cross_entropy * ~ignored
    score_loss = focal.sum() / target.sum().clamp(min=4.0)
    return score_loss + BOX_WEIGHT * box_loss, mean_iou, float(score_loss.detach())
