"""Inputs to train the detector on: made of packed photos and rendered plates on the device."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.device.degrade import camera, each
from training.device.dice import Dice
from training.device.pasting import add_boards, add_plates
from training.device.photos import Photos
from training.device.plates import Plates
from training.device.views import Size, move_boxes, views
from training.device.warp import apply, pixel_centres, sample
from training.pack.images import PHOTO_SIDE

SIZES = ((256, 384), (320, 320), (288, 512), (384, 640), (384, 384))
"""Height and width of inputs. The network is fully convolutional: it learns for any size."""
SIZE_ODDS = (0.5, 0.2, 0.12, 0.1, 0.08)
PLATE_FREE, PASTED, BOARDS, GREY, INVERTED = 0.18, 0.35, 0.2, 0.25, 0.02
"""Chances of an input to show a photo without a plate, and of each change."""
PADDING = 114.0
LARGEST_BLUR = 1.6


class DetectorBatches:
    """Draws batches of about `pixels` pixels."""

    def __init__(self, photos: Photos, rendered: Plates, pixels: int, seed: int) -> None:
        is_plate = rendered.lengths[:, 0] > 0
        self.photos = photos
        self.plates = rendered.take(is_plate.nonzero()[:, 0])
        self.boards = rendered.take((~is_plate).nonzero()[:, 0])
        self.pixels, self.seed, self.device = pixels, seed, photos.canvases.device
        with_plates = photos.with_plates()
        empty = (photos.boxes[..., 4] == 0).all(1)
        self.odds_with = photos.weights * with_plates
        self.odds_without = photos.weights * empty if empty.any() else self.odds_with

    def draw(self, step: int) -> tuple[Tensor, Tensor]:
        """RGB images [batch, 3, H, W], 0 to 255, and boxes [batch, n, 5], padded with 0.

        The same step gives the same batch.
        """
        dice = Dice(self.seed * 1_000_003 + step, self.device)
        odds = torch.tensor(SIZE_ODDS, device=self.device)
        size = SIZES[int(dice.weighted(odds, 1))]
        count = max(2, self.pixels // (size[0] * size[1]))
        free = dice.happens(PLATE_FREE, count)
        index = torch.where(
            free,
            dice.weighted(self.odds_without, count),
            dice.weighted(self.odds_with, count),
        )
        maps = views(self.photos, index, size, dice)
        images = look_at(self.photos, index, maps, size, dice)
        boxes = move_boxes(self.photos.boxes[index], maps, size)
        if len(self.boards):
            boards = self.boards.take(dice.index(len(self.boards), count))
            images = add_boards(images, boxes, boards, BOARDS, dice)
        for _ in range(2):
            plates = self.plates.take(dice.index(len(self.plates), count))
            images, boxes = add_plates(images, boxes, plates, PASTED, dice)
        return finish(images, dice), boxes


def look_at(photos: Photos, index: Tensor, maps: Tensor, size: Size, dice: Dice) -> Tensor:
    """Photos through the maps, and a plain colour around them."""
    height, width = size
    canvases = photos.canvases[index].float()
    back = torch.linalg.inv(maps)
    points = apply(back, pixel_centres(height, width, canvases.device)[None])
    clear = sample(canvases, points, height, width)
    # Shrunk by half and more, pixels are averaged first.
    halved = functional.avg_pool2d(canvases, 2)
    small = sample(halved, points / 2, height, width)
    shrinks = torch.linalg.det(maps[:, :2, :2]).abs().sqrt() < 0.6
    seen = torch.where(each(shrinks), small, clear)
    inside = ((points > 0) & (points < photos.sizes[index][:, None])).all(-1)
    return torch.where(inside.reshape(-1, 1, height, width), seen, border(len(index), dice))


def border(count: int, dice: Dice) -> Tensor:
    """Colours [count, 3, 1, 1]: the service's grey, clients' black, sometimes anything."""
    kind = dice.uniform(0, 1, count)[:, None]
    plain = torch.where(kind < 0.6, PADDING, 0.0)
    return each(torch.where(kind < 0.85, plain, dice.uniform(0, 255, count, 3)))


def finish(images: Tensor, dice: Dice) -> Tensor:
    """What the camera does, and that some have no colour or are negatives."""
    count = len(images)
    grey = images.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    images = torch.where(each(dice.happens(GREY, count)), grey, images)
    images = torch.where(each(dice.happens(INVERTED, count)), 255 - images, images)
    return camera(images, dice, LARGEST_BLUR)


def padded_photos(photos: Photos) -> tuple[Tensor, list[Tensor]]:
    """Whole photos on grey, uint8 [n, 3, side, side], and their boxes, to measure on."""
    at = pixel_centres(PHOTO_SIDE, PHOTO_SIDE, photos.canvases.device)
    inside = (at[None] < photos.sizes[:, None]).all(-1).reshape(-1, 1, PHOTO_SIDE, PHOTO_SIDE)
    images = photos.canvases.masked_fill(~inside, int(PADDING))
    boxes = [boxes[boxes[:, 4] != 0] for boxes in photos.boxes]
    return images, boxes
