"""Surroundings of which a picture's edge leaves little or nothing, as in crops that clients send.

Nobody crops a picture around a wall: where next to nothing is left to see, a plate is likely. And
where one edge of the picture is near, be it the lower one that cuts a car off, the rest must tell a
plate from a clock: plates and others are cut there equally often.
"""

from __future__ import annotations

import torch
from torch import Tensor

from alpr.engines.embedded.letterbox import PADDING

# How often a square is cut close around its box, where that is a plate's and where it is not, and
# how often it is cut further away.
CLOSE, CLOSE_OTHERS, FAR = 0.25, 0.04, 0.15
# From the middle to the edge: least and most, as parts of half the square, across and down.
CLOSE_EDGES = ((0.3, 0.75), (0.08, 0.5))
FAR_EDGES = ((0.6, 1.4), (0.35, 1.4))
# How often one edge only is near, and which: left, right, upper, lower.
ONE, SIDES = 0.25, (0.1, 0.1, 0.25, 0.55)


def cropped(light: Tensor, plates: Tensor, dice: torch.Generator) -> Tensor:
    """Squares [n, 3, side, side] of 0 to 255, some cut; `plates` [n] is 1 for plates."""
    count, side = len(light), light.shape[-1]
    draw = torch.rand((count,), generator=dice)
    often = torch.where(plates > 0.5, CLOSE, CLOSE_OTHERS)
    close, far = draw < often, (draw >= often) & (draw < often + FAR)
    at = (torch.arange(side) + 0.5) / side * 2 - 1
    kept = torch.ones((count, side, side), dtype=torch.bool)
    for axis, (near, wide) in enumerate(zip(CLOSE_EDGES, FAR_EDGES, strict=True)):
        low, high = torch.where(close[:, None], torch.tensor([near]), torch.tensor([wide])).T
        edges = low + (high - low) * torch.rand((2, count), generator=dice)
        inside = (at > -edges[0][:, None]) & (at < edges[1][:, None])
        kept &= inside[:, None, :] if axis == 0 else inside[:, :, None]
    kept |= ~(close | far)[:, None, None]
    kept &= one_side(count, at, dice) | (close | far)[:, None, None]
    return torch.where(kept[:, None], light, 1.0 * PADDING)


def one_side(count: int, at: Tensor, dice: torch.Generator) -> Tensor:
    """What squares keep [n, side, side] of which some are cut at one side; `at` as in cropped."""
    side = torch.multinomial(torch.tensor(SIDES), count, replacement=True, generator=dice)
    near = torch.tensor([CLOSE_EDGES[0], CLOSE_EDGES[0], CLOSE_EDGES[1], CLOSE_EDGES[1]])[side]
    edge = near[:, :1] + (near[:, 1:] - near[:, :1]) * torch.rand((count, 1), generator=dice)
    inside = torch.where((side % 2 == 0)[:, None], at > -edge, at < edge)
    inside |= torch.rand((count, 1), generator=dice) >= ONE
    across = (side < 2)[:, None, None]
    return torch.where(across, inside[:, None, :], inside[:, :, None])
