"""Crops to train the reader on, and to measure it on: made of packed plates on the device."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from training.device.crossing import CROSSED, Joined, join
from training.device.degrade import camera, each
from training.device.dice import Dice
from training.device.plates import (
    BOX_HEIGHT,
    BOX_LEFT,
    BOX_TOP,
    BOX_WIDTH,
    CELL_HEIGHT,
    CELL_WIDTH,
    Plates,
    in_cell,
)
from training.device.warp import (
    UNIT,
    apply,
    from_unit_square,
    hulls,
    pixel_centres,
    sample,
    scaling,
)
from training.reader.shape import HEIGHT, MARGIN, WIDTH

SCALES = (0.33, 0.42, 0.55, 0.75, 1.0, 1.0, 1.4, 1.8)
"""Size of a crop in the camera, over the network's input; one for each part of a batch."""
LARGEST_BLUR = 1.7
"""In camera pixels, at scale 1."""
MIN_DETAIL, MIN_CORRELATION = 3.5, 0.72
"""Contrast of the strokes that is left, in grey levels, and how much they are like clear ones."""
FILLING, BEYOND = 0.15, 0.02
"""Share of plates that fill their image, and how far a crop may go beyond an image's edge."""
DAYLIGHT = (0.299, 0.587, 0.114)


class ReaderBatches:
    """Draws batches from real and rendered plates; `share` is the share of real ones."""

    def __init__(self, real: Plates, rendered: Plates, size: int, share: float, seed: int) -> None:
        self.real, self.rendered, self.size = real, rendered, size
        self.count = round(size * share)
        self.seed, self.device = seed, real.cells.device

    def draw(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Crops [size, 1, HEIGHT, WIDTH], lines [size, 2, MAX_LINE_LENGTH] and lengths [size, 2].

        The same step gives the same batch.
        """
        dice = Dice(self.seed * 1_000_003 + step, self.device)
        parts = [
            drawn_from(self.real, self.count, dice),
            drawn_from(self.rendered, self.size - self.count, dice),
        ]
        crops, lines, lengths = (torch.cat(part) for part in zip(*parts, strict=True))
        # A part of the batch shares one camera: shuffled, each has plates of both kinds.
        order = torch.randperm(self.size, generator=dice.generator, device=self.device)
        return look(crops[order], dice), lines[order], lengths[order]


def drawn_from(plates: Plates, count: int, dice: Dice) -> tuple[Tensor, Tensor, Tensor]:
    """Clear crops of so many plates, their lines and lengths."""
    one = plates.take(dice.index(len(plates), count))
    other = plates.take(dice.index(len(plates), count))
    return crops_of(one, other, dice)


def crops_of(one: Plates, other: Plates, dice: Dice) -> tuple[Tensor, Tensor, Tensor]:
    """Clear crops of plates put together, at twice the network's size, their lines and lengths."""
    joined = join(one, other, dice, CROSSED)
    first, second = grey(one, dice), grey(other, dice)
    if one.cells.shape[1] > 1:
        first, second = surrounded(first, dice), surrounded(second, dice)
    second = lit_like(second, first)
    maps = pose(joined, one, dice)
    return warp(first, second, joined, maps), joined.lines, joined.lengths


def grey(plates: Plates, dice: Dice) -> Tensor:
    """Cells as float [n, 1, ...]: RGB mixed as some sensor would, by daylight as a rule."""
    cells = plates.cells.float()
    if cells.shape[1] == 1:
        return cells
    count = len(plates)
    daylight = torch.tensor(DAYLIGHT, device=cells.device)
    raw = dice.uniform(0.05, 1, count, 3)
    mixed = torch.where(dice.happens(0.4, count)[:, None], raw / raw.sum(1, keepdim=True), daylight)
    made = (cells * mixed[..., None, None]).sum(1, keepdim=True)
    # Some colours are alike to some sensors: then take daylight.
    plain = (cells * daylight[None, :, None, None]).sum(1, keepdim=True)
    return torch.where(each(inside(made).std((1, 2, 3)) > 25), made, plain)


def inside(cells: Tensor) -> Tensor:
    """The plates' own pixels."""
    return cells[..., BOX_TOP : BOX_TOP + BOX_HEIGHT, BOX_LEFT : BOX_LEFT + BOX_WIDTH]


def surrounded(cells: Tensor, dice: Dice) -> Tensor:
    """Rendered plates on a car: a level, mottled or not, perhaps with a holder around them."""
    count = len(cells)
    coarse = dice.uniform(-90, 90, count, 1, 3, 7) * each(dice.uniform(0, 1, count))
    mottled = functional.interpolate(coarse, (CELL_HEIGHT, CELL_WIDTH), mode="bilinear")
    around = (each(dice.uniform(0, 255, count)) + mottled).clamp(0, 255)
    ys = torch.arange(CELL_HEIGHT, device=cells.device)[:, None] + 0.5
    xs = torch.arange(CELL_WIDTH, device=cells.device)[None] + 0.5
    beyond_x = torch.maximum(BOX_LEFT - xs, xs - BOX_LEFT - BOX_WIDTH)
    beyond_y = torch.maximum(BOX_TOP - ys, ys - BOX_TOP - BOX_HEIGHT)
    beyond = torch.maximum(beyond_x, beyond_y)[None, None]
    rim = torch.where(dice.happens(0.35, count), dice.uniform(1, 7, count), 0.0)
    holder = torch.where(beyond < each(rim), each(dice.uniform(0, 255, count)), around)
    return torch.where(beyond < 0, cells, holder)


def lit_like(cells: Tensor, like: Tensor) -> Tensor:
    """The cells with the brightness and contrast that the others' plates have."""
    own, theirs = inside(cells).flatten(1), inside(like).flatten(1)
    ratio = (theirs.std(1) + 4) / (own.std(1) + 4)
    return ((cells - each(own.mean(1))) * each(ratio) + each(theirs.mean(1))).clamp(0, 255)


def pose(joined: Joined, one: Plates, dice: Dice) -> Tensor:
    """Maps of crop pixels to the unit square of each plate, as camera and detector may have it."""
    count = len(one)
    wide = (joined.right - joined.left) * one.aspects
    size = torch.stack([wide, joined.bottom], 1)
    unit = torch.tensor(UNIT, device=one.cells.device)
    flat = (unit[None] - 0.5) * size[:, None]
    far = dice.happens(0.12, count)
    degrees = torch.where(far, dice.uniform(-22, 22, count), dice.normal(3.5, count))
    angle = degrees * (math.pi / 180)
    cos, sin = angle.cos(), angle.sin()
    lean, slope = dice.normal(0.08, count), dice.normal(0.04, count)
    turn = torch.stack([cos, -sin + lean, sin + slope, cos], 1).reshape(-1, 2, 2)
    corners = flat @ turn.transpose(1, 2)
    spread = torch.tensor([0.012, 0.03], device=corners.device)
    corners = corners + dice.normal(1.0, count, 4, 2) * spread * size[:, None]
    return window(corners, margins(joined, one, dice))


def margins(joined: Joined, one: Plates, dice: Dice) -> Tensor:
    """Room left, above, right and below of plates [n, 4], as shares of their boxes.

    It is as a detector gives it, and no more than the image has.
    """
    count = len(one)
    usual = torch.tensor([*MARGIN, *MARGIN], device=one.room.device)
    spread = torch.tensor([0.04, 0.06] * 2, device=one.room.device)
    given = (usual + dice.normal(1.0, count, 4) * spread).clamp(min=-0.03)
    edge = dice.uniform(-0.03, 0.03, count, 4)
    filling = dice.happens(FILLING, count)[:, None] | dice.happens(0.06, count, 4)
    given = torch.where(filling, torch.minimum(given, edge), given)
    given = torch.minimum(given, one.room + BEYOND)
    near = dice.uniform(-0.02, 0.01, count, 2)
    sides = torch.where(joined.trimmed, near, given[:, [0, 2]])
    return torch.stack([sides[:, 0], given[:, 1], sides[:, 1], given[:, 3]], 1)


def window(corners: Tensor, room: Tensor) -> Tensor:
    """Maps of crop pixels [HEIGHT, WIDTH] to the unit square of plates with these corners."""
    x1, y1, x2, y2 = hulls(corners).unbind(1)
    left, top = x1 - room[:, 0] * (x2 - x1), y1 - room[:, 1] * (y2 - y1)
    right, bottom = x2 + room[:, 2] * (x2 - x1), y2 + room[:, 3] * (y2 - y1)
    to_plane = scaling((right - left) / WIDTH, (bottom - top) / HEIGHT, left, top)
    return torch.linalg.inv(from_unit_square(corners)) @ to_plane


def warp(first: Tensor, second: Tensor, joined: Joined, maps: Tensor, scale: int = 2) -> Tensor:
    """Crops [n, 1, scale * HEIGHT, scale * WIDTH] of plates put together from two cells each."""
    height, width = scale * HEIGHT, scale * WIDTH
    points = apply(maps, pixel_centres(height, width, first.device)[None] / scale)
    u = joined.left[:, None] + points[..., 0] * (joined.right - joined.left)[:, None]
    v = points[..., 1] * joined.bottom[:, None]
    stacked = joined.stacked[:, None]
    along = torch.where(stacked, v, u) - joined.split[:, None]
    start, stretch = joined.start[:, None], joined.stretch[:, None]
    u2 = torch.where(stacked, u, start + along / stretch)
    v2 = torch.where(stacked, start + along, v)
    begun = sample(first, in_cell(torch.stack([u, v], -1)), height, width)
    ended = sample(second, in_cell(torch.stack([u2, v2], -1)), height, width)
    return torch.where((along < 0).reshape(-1, 1, height, width), begun, ended)


def look(crops: Tensor, dice: Dice) -> Tensor:
    """Crops at the network's size, as cameras of several resolutions give them."""
    parts = []
    for number, part in enumerate(crops.tensor_split(min(len(SCALES), len(crops)))):
        scale = SCALES[number]
        small = resize(part, round(HEIGHT * scale), round(WIDTH * scale))
        clear = resize(small, HEIGHT, WIDTH)
        seen = resize(camera(small, dice, max(0.5, LARGEST_BLUR * scale)), HEIGHT, WIDTH)
        parts.append(torch.where(each(legible(clear, seen)), seen, clear))
    made = torch.cat(parts)
    return torch.where(each(dice.happens(0.08, len(made))), 255 - made, made)


def legible(clear: Tensor, seen: Tensor) -> Tensor:
    """Whether enough of the strokes is left, [n]: else the reader would only learn to guess."""
    one, two = (strokes(crops) for crops in (clear, seen))
    power = (one.square().mean((1, 2, 3)) * two.square().mean((1, 2, 3))).sqrt()
    alike = (one * two).mean((1, 2, 3)) / power.clamp(min=1e-6)
    return (two.square().mean((1, 2, 3)).sqrt() > MIN_DETAIL) & (alike > MIN_CORRELATION)


def strokes(crops: Tensor) -> Tensor:
    """What differs from its surroundings in the middle of crops."""
    around = resize(functional.avg_pool2d(crops, 12), HEIGHT, WIDTH)
    return (crops - around)[..., HEIGHT // 5 : -HEIGHT // 5, WIDTH // 6 : -WIDTH // 6]


def resize(images: Tensor, height: int, width: int) -> Tensor:
    """Areas averaged when shrinking, linear when growing."""
    return functional.interpolate(
        images, (height, width), mode="bilinear", antialias=True, align_corners=False
    )


def plain_crops(plates: Plates) -> Tensor:
    """Crops [n, 1, HEIGHT, WIDTH] with the usual margin and nothing changed, to measure on."""
    unit = torch.tensor(UNIT, device=plates.cells.device)
    corners = (
        unit[None] * torch.stack([plates.aspects, torch.ones_like(plates.aspects)], 1)[:, None]
    )
    usual = torch.tensor([*MARGIN, *MARGIN], device=corners.device)
    maps = window(corners, torch.minimum(usual, plates.room.clamp(min=0)))
    points = apply(maps, pixel_centres(HEIGHT, WIDTH, corners.device)[None])
    return sample(plates.cells.float(), in_cell(points), HEIGHT, WIDTH)


def spoiled_crops(plates: Plates, seed: int) -> Tensor:
    """Crops [n, 1, HEIGHT, WIDTH] of whole plates, spoiled as in training, to measure on."""
    whole = replace(plates, cuttable=torch.zeros_like(plates.cuttable))
    dice = Dice(seed, plates.cells.device)
    crops = crops_of(whole, whole, dice)[0]
    order = torch.randperm(len(crops), generator=dice.generator, device=dice.device)
    return look(crops[order], dice)[order.argsort()]
