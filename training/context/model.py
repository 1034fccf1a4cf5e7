"""The network: seven convolutions and one weight for each place of what they see."""

from __future__ import annotations

from torch import Tensor, nn

from alpr.engines.embedded.context import SIDE

WIDTHS = ((16, 2), (32, 2), (32, 1), (64, 2), (64, 1), (64, 2), (64, 1))
"""Channels and stride of each convolution."""

LAST_SIDE = SIDE // 16


def _layer(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
    )


class ContextNet(nn.Module):
    """Squares uint8 or float [n, 3, SIDE, SIDE], 0 to 255, to a logit each, [n]."""

    def __init__(self) -> None:
        super().__init__()
        befores = [3, *(after for after, _ in WIDTHS)]
        layers = [_layer(before, *then) for before, then in zip(befores, WIDTHS, strict=False)]
        self.features = nn.Sequential(*layers)
        # Where a light or a wheel is says as much as that there is one, so no average over places.
        self.last = nn.Linear(WIDTHS[-1][0] * LAST_SIDE**2, 1)
        self.dropout = nn.Dropout(0.3)

    def forward(self, squares: Tensor) -> Tensor:
        seen = self.features(squares.float() / 127.5 - 1)
        logits: Tensor = self.last(self.dropout(seen.flatten(1)))
        return logits[:, 0]
