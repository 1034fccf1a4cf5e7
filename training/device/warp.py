"""Projective maps of whole batches: [batch, 3, 3], from points of one plane to those of another."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

UNIT = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
"""Corners of the unit square, clockwise from the top left."""


def from_unit_square(corners: Tensor) -> Tensor:
    """The maps of the unit square to corners [batch, 4, 2], clockwise from the top left.

    With x = (a u + b v + c) / (g u + h v + 1) and y likewise, the corner (1, 1) gives two equations
    for g and h; the other three corners then give the rest.
    """
    p0, p1, p2, p3 = corners.unbind(1)
    d1, d2, rest = p1 - p2, p3 - p2, p0 - p1 + p2 - p3
    scale = _cross(d1, d2)
    g, h = _cross(rest, d2) / scale, _cross(d1, rest) / scale
    across = p1 - p0 + g[:, None] * p1
    down = p3 - p0 + h[:, None] * p3
    last = torch.stack([g, h, torch.ones_like(g)], 1)
    return torch.cat([torch.stack([across, down, p0], 2), last[:, None]], 1)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def scaling(scale_x: Tensor, scale_y: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """The maps that scale [batch], then move [batch]."""
    zero, one = torch.zeros_like(dx), torch.ones_like(dx)
    rows = [scale_x, zero, dx, zero, scale_y, dy, zero, zero, one]
    return torch.stack(rows, 1).reshape(-1, 3, 3)


def apply(maps: Tensor, points: Tensor) -> Tensor:
    """Points [batch, n, 2] through the maps."""
    moved = points @ maps[:, :, :2].transpose(1, 2) + maps[:, :, 2][:, None]
    return moved[..., :2] / moved[..., 2:].clamp(min=1e-4)


def pixel_centres(height: int, width: int, device: torch.device) -> Tensor:
    """The x and y of every pixel, [height * width, 2]."""
    ys, xs = torch.arange(height, device=device) + 0.5, torch.arange(width, device=device) + 0.5
    grid_y, grid_x = torch.meshgrid(ys, xs, indexing="ij")
    return torch.stack([grid_x, grid_y], -1).reshape(-1, 2)


def sample(images: Tensor, points: Tensor, height: int, width: int) -> Tensor:
    """Images [batch, channels, h, w] at points [batch, height * width, 2] in their own pixels.

    Outside of an image its edge goes on.
    """
    size = torch.tensor([images.shape[3], images.shape[2]], device=images.device)
    grid = (points / size * 2 - 1).reshape(-1, height, width, 2)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def hulls(corners: Tensor) -> Tensor:
    """Upright boxes [batch, 4] around corners [batch, n, 2]."""
    return torch.cat([corners.amin(1), corners.amax(1)], 1)
