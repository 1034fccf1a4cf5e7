"""Surroundings of which a picture's edge leaves little or nothing, as in crops that clients send.

Nobody crops a picture around a wall: where next to nothing is left to see, a plate is likely.
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
    return torch.where(kept[:, None], light, 1.0 * PADDING)
