"""The reader's network, what goes in and what comes out.

In: grey crops, [batch, 1, HEIGHT, WIDTH], 0 to 255, each stretched to that size whatever its shape
was. Out: logits [batch, 2 * STEPS, 37]: STEPS steps over the upper line, then STEPS over the lower
line, each over the 36 characters of ALPHABET and the blank of connectionist temporal classification
(CTC). A one-line plate, however tilted, is read on the first row of steps and leaves the second
blank, so the two kinds need not be told apart.
"""

from __future__ import annotations

import torch
from torch import nn

from training.reader.shape import CLASSES, HEIGHT, STEPS


def _conv(inputs: int, outputs: int, stride: int | tuple[int, int] = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two 3x3 convolutions around a short cut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """[batch, channels, height, width], the same out."""
        return torch.relu(features + self.second(self.first(features)))


class Attention(nn.Module):
    """A transformer layer, normalised first, written out so that it exports to few operators."""

    def __init__(self, size: int, heads: int = 4) -> None:
        super().__init__()
        self.size, self.heads = size, heads
        self.norm1, self.norm2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.qkv, self.merge = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.feed = nn.Sequential(
            nn.Linear(size, 2 * size), nn.GELU(approximate="tanh"), nn.Linear(2 * size, size)
        )

    def forward(self, steps: torch.Tensor) -> torch.Tensor:
        """[batch, steps, size], the same out."""
        # Sizes that are numbers, not those of the input, leave no arithmetic of shapes in ONNX.
        count, size = 2 * STEPS, self.size
        parts = self.qkv(self.norm1(steps)).reshape(-1, count, 3, self.heads, size // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        weights = (query @ key.transpose(-1, -2) * (size // self.heads) ** -0.5).softmax(-1)
        steps = steps + self.merge((weights @ value).transpose(1, 2).reshape(-1, count, size))
        return steps + self.feed(self.norm2(steps))


class ReaderNet(nn.Module):
    """Convolutions to a 3 x 36 map.

    Every column as a whole becomes one step of the upper line and one of the lower.
    """

    def __init__(self, size: int = 128, layers: int = 2, blocks: int = 2) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _conv(1, 32, 2),
            Residual(32),
            _conv(32, 48, 2),
            *(Residual(48) for _ in range(blocks)),
            _conv(48, 80, (2, 1)),
            *(Residual(80) for _ in range(blocks)),
            _conv(80, size, (2, 1)),
            *(Residual(size) for _ in range(blocks)),
        )
        self.rows = nn.Linear(HEIGHT // 16 * size, 2 * size)
        self.places = nn.Parameter(torch.randn(1, 2 * STEPS, size) * 0.02)
        self.attention = nn.Sequential(*(Attention(size) for _ in range(layers)))
        self.classify = nn.Sequential(nn.LayerNorm(size), nn.Linear(size, CLASSES))
        self.size = size

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Logits [batch, 2 * STEPS, CLASSES] of crops [batch, 1, HEIGHT, WIDTH], 0 to 255."""
        mean = crops.mean((2, 3), keepdim=True)
        centred = crops - mean
        # Every crop to the same brightness and contrast: a dark scene is then no harder than a
        # bright one.
        spread = (centred * centred).mean((2, 3), keepdim=True).sqrt()
        features = self.features(centred / (spread + 4.0))
        columns = features.permute(0, 3, 2, 1).reshape(-1, STEPS, HEIGHT // 16 * self.size)
        both = self.rows(columns)
        steps = torch.cat((both[..., : self.size], both[..., self.size :]), 1) + self.places
        return self.classify(self.attention(steps))
