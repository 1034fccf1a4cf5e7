"""The network: a residual backbone, a top-down pyramid, one head shared by strides 8, 16, 32.

The pyramid is smoothed where it is coarse. At stride 8 that would cost a seventh of the whole
network's time, and the head's own convolution does as well there. The strides' features then
differ so much that each has a normalisation of its own in the head, as in RTMDet (Lyu et al. 2022).

The head is anchor-free in the manner of FCOS (Tian et al. 2019), with centre offsets and log
sizes as in YOLO (Redmon & Farhadi 2018). Its score is learnt against the IoU of the box, as in
Generalized Focal Loss (Li et al. 2020), here relative to the best box of the same plate.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from alpr.engines.embedded.positions import BASE_HEIGHT, BASE_WIDTH, LOG_SIZE_LIMIT, STRIDES

# Sigmoid of this is 0.01: nearly every position is background, and the first steps should know it.
PRIOR_LOGIT = -4.6


def conv(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, spread: int = 1
) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU; keeps the size where stride is 1.

    `spread` is the distance of its taps: further ones see more at the same cost.
    """
    pad = kernel // 2 * spread
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, pad, spread, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """1x1 to half the channels, 3x3 back, added to the input."""

    def __init__(self, channels: int, spread: int = 1) -> None:
        super().__init__()
        self.squeeze = conv(channels, channels // 2, 1)
        self.expand = conv(channels // 2, channels, spread=spread)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.expand(self.squeeze(x))


def stage(inputs: int, outputs: int, blocks: int, spread: int = 1) -> nn.Sequential:
    """Halve the size, then residual blocks."""
    residual = (Residual(outputs, spread) for _ in range(blocks))
    return nn.Sequential(conv(inputs, outputs, 3, 2), *residual)


class DetectorNet(nn.Module):
    """RGB [batch, 3, H, W] in 0..255, H and W multiples of 32, to raw [batch, positions, 5].

    The positions are those of stride 8 row by row, then 16, then 32; the five outputs are the logit
    of the score, the centre's offset from the position in strides (x, y) and the log of the size
    over BASE strides.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (16, 24, 48, 96, 128),
        blocks: tuple[int, ...] = (1, 2, 2, 2),
        pyramid: int = 64,
        reach: int = 1,
    ) -> None:
        """Channels at strides 2 to 32; residual blocks at 4 to 32; channels of the pyramid.

        `reach` is the distance of the taps at stride 32: with 2 they see both ends of a plate that
        fills an input of 640 pixels.
        """
        super().__init__()
        c, n, d = channels, blocks, pyramid
        self.stem = nn.Sequential(conv(3, c[0], 3, 2), stage(c[0], c[1], n[0]))
        self.stages = nn.ModuleList(
            stage(c[i], c[i + 1], n[i], reach if i == 3 else 1) for i in (1, 2, 3)
        )
        self.lateral = nn.ModuleList(conv(c[i], d, 1) for i in (2, 3, 4))
        self.smooth = nn.ModuleList([nn.Identity(), conv(d, d), conv(d, d, spread=reach)])
        self.head = nn.Conv2d(d, d, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(d) for _ in STRIDES)
        self.last = nn.Conv2d(d, 5, 1)
        self.last.bias = nn.Parameter(torch.tensor([PRIOR_LOGIT, 0.0, 0.0, 0.0, 0.0]))

    def forward(self, x: Tensor) -> Tensor:
        features = []
        x = self.stem((x - 114.0) / 64.0)
        for down in self.stages:
            x = down(x)
            features.append(x)
        levels: list[Tensor] = []
        top: Tensor | None = None
        for i in (2, 1, 0):
            lateral = self.lateral[i](features[i])
            top = (
                lateral
                if top is None
                else lateral + functional.interpolate(top, scale_factor=2.0, mode="nearest")
            )
            shared = self.norms[i](self.head(self.smooth[i](top)))
            levels.insert(0, self.last(torch.relu(shared)))
        return torch.cat([level.flatten(2) for level in levels], 2).transpose(1, 2)


def positions(height: int, width: int, device: torch.device | None = None) -> Tensor:
    """Centre and stride of every position of an input: [positions, 3] as x, y, stride."""
    grids = []
    for stride in STRIDES:
        ys = (torch.arange(height // stride, device=device) + 0.5) * stride
        xs = (torch.arange(width // stride, device=device) + 0.5) * stride
        grid_y, grid_x = torch.meshgrid(ys, xs, indexing="ij")
        grids.append(
            torch.stack([grid_x, grid_y, torch.full_like(grid_x, float(stride))], -1).reshape(-1, 3)
        )
    return torch.cat(grids)


def decode(raw: Tensor, points: Tensor) -> Tensor:
    """Raw [batch, positions, 5] to boxes [batch, positions, 4]: x1, y1, x2, y2 in input pixels."""
    centre = points[:, :2] + raw[..., 1:3] * points[:, 2:]
    base = torch.tensor([BASE_WIDTH, BASE_HEIGHT], dtype=raw.dtype, device=raw.device)
    half = raw[..., 3:5].clamp(-LOG_SIZE_LIMIT, LOG_SIZE_LIMIT).exp() * (points[:, 2:] * base / 2)
    return torch.cat([centre - half, centre + half], -1)
