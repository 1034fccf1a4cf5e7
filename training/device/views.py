"""Where photos and rendered plates land on the detector's input, and where their boxes are then."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from training.detector.boxes import IGNORED, MIN_HEIGHT, MIN_VISIBLE, MIN_WIDTH, PLATE
from training.device.dice import Dice
from training.device.photos import Photos
from training.device.warp import UNIT, apply, hulls, scaling

Size = tuple[int, int]
SMALLEST, FILLING = 15.0, 0.98
"""Widths of plates on the input: in pixels, and as a share of the input's width."""
SMALL_SHARE, SMALL_WIDTH = 0.2, 50.0
"""Share of the zooms that bring a plate below this width, in pixels."""
CLOSE_UP_SHARE = 0.12
"""Share of the zooms on a plate that fills the input: from half of it to all."""
MAX_ENLARGEMENT = 4.0


def move_boxes(boxes: Tensor, maps: Tensor, size: Size) -> Tensor:
    """Upright hulls of boxes [batch, n, 5] through the maps, clipped to the input (height, width).

    What is too small or too cut off is IGNORED; what is outside becomes 0, as padding is.
    """
    unit = torch.tensor(UNIT, device=boxes.device)
    low, high = boxes[..., None, :2], boxes[..., None, 2:4]
    corners = low + (high - low) * unit
    batch, count = boxes.shape[:2]
    moved = hulls(apply(maps, corners.reshape(batch, -1, 2)).reshape(-1, 4, 2)).reshape(
        batch, count, 4
    )
    return clip(moved, boxes[..., 4], size)


def clip(boxes: Tensor, kind: Tensor, size: Size) -> Tensor:
    """Boxes [..., 4] of a kind [...], as they count on an input: [..., 5]."""
    limit = torch.tensor([size[1], size[0]] * 2, device=boxes.device, dtype=boxes.dtype)
    inside = torch.minimum(boxes.clamp(min=0), limit)
    span, whole = inside[..., 2:] - inside[..., :2], boxes[..., 2:] - boxes[..., :2]
    visible = span.prod(-1) / whole.prod(-1).clamp(min=1e-6)
    learnt = (visible > MIN_VISIBLE) & (span[..., 0] >= MIN_WIDTH) & (span[..., 1] >= MIN_HEIGHT)
    counts = torch.where(learnt & (kind == PLATE), PLATE, IGNORED)
    kept = (kind != 0) & (span > 2).all(-1)
    return torch.cat([inside, counts[..., None]], -1) * kept[..., None]


def turned(scale: Tensor, dice: Dice) -> Tensor:
    """Linear parts [batch, 2, 2] that scale, and turn, stretch and shear a little."""
    count = len(scale)
    far = dice.happens(0.18, count)
    degrees = torch.where(far, dice.uniform(-25, 25, count), dice.normal(3, count))
    angle, shear = degrees * (math.pi / 180), dice.normal(0.1, count)
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos, -sin, sin, cos], 1).reshape(-1, 2, 2)
    lean = torch.stack(
        [torch.ones_like(shear), shear, torch.zeros_like(shear), torch.ones_like(shear)], 1
    )
    stretch = dice.normal(0.1, count, 2).exp() * scale[:, None]
    return turn @ lean.reshape(-1, 2, 2) @ torch.diag_embed(stretch)


def about(linear: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Maps [batch, 3, 3] with this linear part that bring source points to target points."""
    shift = target - (linear @ source[..., None])[..., 0]
    last = torch.tensor([0.0, 0.0, 1.0], device=linear.device).expand(len(linear), 1, 3)
    return torch.cat([torch.cat([linear, shift[..., None]], 2), last], 1)


def zoom(photos: Photos, index: Tensor, size: Size, dice: Dice) -> Tensor:
    """Maps that bring one plate of each photo to a drawn width, somewhere on the input."""
    count, (height, width) = len(index), size
    boxes = photos.boxes[index]
    is_plate = (boxes[..., 4] == PLATE).float() + 1e-6
    chosen = torch.multinomial(is_plate, 1, generator=dice.generator)[:, 0]
    box = boxes[torch.arange(count, device=index.device), chosen]
    wide, high = (box[:, 2] - box[:, 0]).clamp(min=4), (box[:, 3] - box[:, 1]).clamp(min=2)
    widest = torch.minimum(torch.full_like(wide, FILLING * width), 0.9 * height * wide / high)
    small = torch.where(dice.happens(SMALL_SHARE, count), widest.clamp(max=SMALL_WIDTH), widest)
    log_range = (small.clamp(min=30) / SMALLEST).log()
    wanted = SMALLEST * (dice.uniform(0, 1, count) * log_range).exp()
    close = dice.happens(CLOSE_UP_SHARE, count)
    wanted = torch.where(close, widest * dice.uniform(0.5, 1.0, count), wanted)
    # A photo is not shrunk to less than two thirds of the input, or that would be mostly border.
    least = 0.6 * (torch.tensor([width, height], device=index.device) / photos.sizes[index]).amin(1)
    scale = torch.maximum(wanted / wide, least).clamp(max=MAX_ENLARGEMENT)
    middle = (box[:, :2] + box[:, 2:4]) / 2
    room = torch.tensor([width, height], device=index.device)
    target = dice.uniform(0.06, 0.94, count, 2) * room
    central = dice.uniform(0.42, 0.58, count, 2) * room
    target = torch.where((wanted > 0.5 * widest)[:, None], central, target)
    covered = cover(target, scale[:, None] * middle, scale[:, None] * photos.sizes[index], room)
    target = torch.where(dice.happens(0.85, count)[:, None], covered, target)
    return about(turned(scale, dice), middle, target)


def cover(target: Tensor, source: Tensor, length: Tensor, room: Tensor) -> Tensor:
    """Targets [batch, 2] moved so that photos of these lengths fill the room or lie in it."""
    low, high = (room - length).clamp(max=0), (room - length).clamp(min=0)
    return torch.minimum(torch.maximum(target - source, low), high) + source


def whole(photos: Photos, index: Tensor, size: Size) -> Tensor:
    """Maps that shrink photos to fit, at the top left, as the service does."""
    room = torch.tensor([size[1], size[0]], device=index.device)
    scale = (room / photos.sizes[index]).amin(1)
    zero = torch.zeros_like(scale)
    return scaling(scale, scale, zero, zero)


def somewhere(photos: Photos, index: Tensor, size: Size, dice: Dice) -> Tensor:
    """Maps of any part of a photo at any scale."""
    count = len(index)
    room = torch.tensor([size[1], size[0]], device=index.device)
    scale = (room / photos.sizes[index]).amin(1) * dice.uniform(-0.3, 1.0, count).exp()
    source = dice.uniform(0.2, 0.8, count, 2) * photos.sizes[index]
    target = (room / 2).expand(count, 2)
    return about(turned(scale.clamp(max=MAX_ENLARGEMENT), dice), source, target)


def views(photos: Photos, index: Tensor, size: Size, dice: Dice) -> Tensor:
    """Maps of photos onto an input: zooms on plates, whole photos, and any other parts."""
    kind = dice.uniform(0, 1, len(index))
    near = (kind < 0.7) & photos.with_plates()[index]
    maps = torch.where(
        (kind < 0.87)[:, None, None],
        whole(photos, index, size),
        somewhere(photos, index, size, dice),
    )
    maps = torch.where(near[:, None, None], zoom(photos, index, size, dice), maps)
    flip = torch.where(dice.happens(0.35, len(index)), -1.0, 1.0)
    zero = torch.zeros_like(flip)
    mirror = scaling(flip, torch.ones_like(flip), torch.where(flip < 0, float(size[1]), zero), zero)
    return mirror @ maps
