"""Rendered plates, and boards that are none, put into photos on the detector's input."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from training.detector.boxes import PLATE
from training.device.degrade import blur, each
from training.device.dice import Dice
from training.device.plates import BOX_WIDTH, Plates, in_cell
from training.device.views import Size, clip
from training.device.warp import UNIT, apply, from_unit_square, hulls, pixel_centres, sample

MIN_PASTED = 14.0
"""Width of a pasted plate, at least, in pixels of the input."""
CLOSE_UP_SHARE, REPLACING_SHARE = 0.08, 0.35
"""Shares of the pasted plates that fill the input, and that cover a plate of the photo."""
APART = 4.0
"""Pixels between a pasted plate and others."""


def quads(plates: Plates, boxes: Tensor, size: Size, dice: Dice) -> Tensor:
    """Corners [batch, 4, 2] of plates: anywhere, over the input's edge too, or over a plate.

    `boxes` [batch, n, 5] are the photo's own.
    """
    count, (height, width) = len(plates), size
    largest = torch.minimum(
        torch.full_like(plates.aspects, 0.8 * width), 0.7 * height * plates.aspects
    ).clamp(min=MIN_PASTED + 4)
    wide = MIN_PASTED * (dice.uniform(0, 1, count) * (largest / MIN_PASTED).log()).exp()
    close = dice.happens(CLOSE_UP_SHARE, count)
    wide = torch.where(close, largest * dice.uniform(0.7, 1.35, count), wide)
    room = torch.tensor([width, height], device=wide.device)
    middle = dice.uniform(0, 1, count, 2) * room
    middle = torch.where(close[:, None], dice.uniform(0.4, 0.6, count, 2) * room, middle)
    anywhere = middle[:, None] + posed(wide, plates.aspects, dice)
    is_plate = (boxes[..., 4] == PLATE).float()
    chosen = torch.multinomial(is_plate + 1e-6, 1, generator=dice.generator)[:, 0]
    box = boxes[torch.arange(count, device=wide.device), chosen]
    low, span = box[:, None, :2], (box[:, 2:4] - box[:, :2])[:, None]
    # A little larger than the old plate, or its rim would be left as a hint.
    slack = dice.uniform(0.0, 0.05, count, 4, 2)
    unit = torch.tensor(UNIT, device=wide.device)
    over = low + span * (unit + (2 * unit - 1) * slack)
    covers = dice.happens(REPLACING_SHARE, count) & (box[:, 4] == PLATE) & ~close
    covers &= span[:, 0, 0] > MIN_PASTED
    return torch.where(covers[:, None, None], over, anywhere)


def posed(wide: Tensor, aspects: Tensor, dice: Dice) -> Tensor:
    """Corners [batch, 4, 2] around the origin: turned, sheared, in perspective."""
    count = len(wide)
    far = dice.happens(0.25, count)
    degrees = torch.where(far, dice.uniform(-25, 25, count), dice.normal(5, count))
    angle = degrees * (math.pi / 180)
    high = wide / aspects * dice.normal(0.12, count).exp()
    unit = torch.tensor(UNIT, device=wide.device) - 0.5
    x, y = unit[:, 0] * wide[:, None], unit[:, 1] * high[:, None]
    # Turned away to the side: one end is lower than the other.
    y = y * (1 + 2 * unit[:, 0] * dice.normal(0.06, count, 1))
    y = y + x * dice.normal(0.12, count, 1)
    cos, sin = angle.cos()[:, None], angle.sin()[:, None]
    return torch.stack([x * cos - y * sin, x * sin + y * cos], -1)


def free(corners: Tensor, boxes: Tensor) -> Tensor:
    """Whether the hulls of the corners keep away from all boxes [batch, n, 5], [batch]."""
    hull = hulls(corners)[:, None]
    apart = (boxes[..., :2] > hull[..., 2:] + APART) | (boxes[..., 2:4] < hull[..., :2] - APART)
    return (apart.any(-1) | (boxes[..., 4] == 0)).all(1)


def covered(corners: Tensor, boxes: Tensor) -> Tensor:
    """Share of each box [batch, n, 5] under the hull of the corners, [batch, n]."""
    hull = hulls(corners)[:, None]
    shared = torch.minimum(hull[..., 2:], boxes[..., 2:4]) - torch.maximum(
        hull[..., :2], boxes[..., :2]
    )
    area = (boxes[..., 2:4] - boxes[..., :2]).prod(-1).clamp(min=1e-6)
    return shared.clamp(min=0).prod(-1) / area


def paste(images: Tensor, plates: Plates, corners: Tensor, used: Tensor, dice: Dice) -> Tensor:
    """Images [batch, 3, H, W] with plates at corners [batch, 4, 2] where `used` [batch] is true.

    Each is lit like what it covers, and its edge is blended over about a pixel.
    """
    height, width = images.shape[2:]
    size = hulls(corners)
    wide = (size[:, 2] - size[:, 0]).clamp(min=4)
    high = (size[:, 3] - size[:, 1]).clamp(min=2)
    soft = torch.where(wide < BOX_WIDTH, 0.4 * BOX_WIDTH / wide, 0.0)
    cells = blur(plates.cells.float(), soft, radius=8)
    maps = torch.linalg.inv(from_unit_square(corners))
    at = apply(maps, pixel_centres(height, width, images.device)[None])
    colour = sample(cells, in_cell(at), height, width)
    reach = torch.stack([wide, high], 1)[:, None]
    edge = (torch.minimum(at, 1 - at) * reach + 0.5).clamp(0, 1).prod(-1)
    weight = edge.reshape(-1, 1, height, width) * each(used.float())
    area = weight.sum((2, 3), keepdim=True).clamp(min=1)
    behind = (images * weight).sum((1, 2, 3), keepdim=True) / area / 3
    mean = (colour * weight).sum((1, 2, 3), keepdim=True) / area / 3
    count = len(images)
    gain, more = each(dice.uniform(0.8, 1.7, count)), each(dice.uniform(0, 40, count))
    like_behind = (behind * gain + more).clamp(30, 230)
    wanted = torch.where(each(dice.happens(0.3, count)), mean, like_behind)
    contrast = each(dice.uniform(0.5, 1.1, count)) * (wanted / mean.clamp(min=1)).clamp(0.35, 1.5)
    lit = ((colour - mean) * contrast + wanted).clamp(0, 255)
    return images * (1 - weight) + lit * weight


def add_plates(
    images: Tensor, boxes: Tensor, plates: Plates, chance: float, dice: Dice
) -> tuple[Tensor, Tensor]:
    """A plate more in some images, where it touches no other or takes its place; the boxes then."""
    size = images.shape[2], images.shape[3]
    corners = quads(plates, boxes, size, dice)
    share = covered(corners, boxes)
    # Half of a plate under another is neither a plate nor none: such places are left out.
    partly = ((share < 0.95) & (boxes[..., 4] != 0)).logical_and(share > 0).any(1)
    used = ~partly & dice.happens(chance, len(images))
    made = paste(images, plates, corners, used, dice)
    gone = used[:, None] & (share >= 0.95)
    kind = torch.where(used, PLATE, 0.0)
    new = clip(hulls(corners), kind, size)
    return made, torch.cat([boxes * ~gone[..., None], new[:, None]], 1)


def add_boards(images: Tensor, boxes: Tensor, boards: Plates, chance: float, dice: Dice) -> Tensor:
    """Text that is no plate in some images, away from the boxes; half of it as cameras burn it in.

    That is, upright, small, and near the input's edge.
    """
    count, (height, width) = len(images), (images.shape[2], images.shape[3])
    room = torch.tensor([width, height], device=images.device)
    wide = dice.log_uniform(24, 0.5 * width, count)
    burnt = dice.happens(0.5, count)
    flat = torch.tensor(UNIT, device=images.device) - 0.5
    size = torch.stack([wide, wide / boards.aspects], 1)
    upright = flat[None] * size[:, None]
    corner = dice.happens(0.5, count, 2).float() * (room - size) + size / 2
    middle = torch.where(burnt[:, None], corner, dice.uniform(0, 1, count, 2) * room)
    corners = middle[:, None] + torch.where(
        burnt[:, None, None], upright, posed(wide, boards.aspects, dice)
    )
    used = free(corners, boxes) & dice.happens(chance, count)
    return paste(images, boards, corners, used, dice)
