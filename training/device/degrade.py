"""What light, lens, sensor and compression do to a batch: float [batch, channels, h, w], 0 to 255.

Every function gives a new batch of the same shape, and treats each image on its own.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.device.dice import Dice

BLOCK = 8
"""Side of a JPEG block, in pixels."""


def each(values: Tensor) -> Tensor:
    """Values [batch] or [batch, channels] as factors of images."""
    return values.reshape(len(values), -1, 1, 1)


def expose(images: Tensor, dice: Dice) -> Tensor:
    """Gamma, contrast, brightness, and in colour images a cast."""
    count, channels = images.shape[:2]
    gamma = dice.normal(0.3, count).exp()
    images = (images / 255).clamp(1e-3, 1) ** each(gamma) * 255
    mean = images.mean((2, 3), keepdim=True)
    low = dice.happens(0.1, count)
    contrast = torch.where(low, dice.uniform(0.25, 0.6, count), dice.uniform(0.55, 1.4, count))
    gain = dice.uniform(0.6, 1.3, count, channels if channels > 1 else 1)
    gain = gain.mean(1, keepdim=True) * (1 + 0.3 * (gain - gain.mean(1, keepdim=True)))
    dark = torch.where(dice.happens(0.1, count), dice.uniform(0.2, 0.5, count), 1.0)
    images = (
        (images - mean) * each(contrast) + mean * each(gain) + each(dice.uniform(-20, 20, count))
    )
    return (images * each(dark)).clamp(0, 255)


def shade(images: Tensor, dice: Dice) -> Tensor:
    """Uneven light: a coarse random field, a ramp or the edge of a shadow, multiplied in."""
    count, _, height, width = images.shape
    coarse = dice.uniform(0.4, 1.4, count, 1, 3, 4)
    field = functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=False)
    angle = dice.uniform(0, 2 * math.pi, count)
    ys = torch.linspace(-1, 1, height, device=images.device)[None, :, None]
    xs = torch.linspace(-1, 1, width, device=images.device)[None, None, :]
    beyond = xs * angle.cos()[:, None, None] + ys * angle.sin()[:, None, None]
    edge = (beyond - dice.uniform(-0.8, 0.8, count)[:, None, None]) * each(
        dice.log_uniform(1, 20, count)
    )[:, 0]
    depth = dice.uniform(0.35, 0.8, count)[:, None, None]
    shadow = 1 - (1 - depth) * edge.sigmoid()
    kind = dice.uniform(0, 1, count)[:, None, None, None]
    light = torch.where(kind < 0.2, field, torch.where(kind < 0.45, shadow[:, None], 1.0))
    return (images * light).clamp(0, 255)


def glare(images: Tensor, dice: Dice) -> Tensor:
    """A bright round spot in a few images."""
    count, _, height, width = images.shape
    ys = torch.linspace(0, 1, height, device=images.device)[None, :, None]
    xs = torch.linspace(0, width / height, width, device=images.device)[None, None, :]
    y, x = dice.uniform(0.2, 0.8, count), dice.uniform(0.2, 0.8, count) * width / height
    radius = dice.uniform(0.1, 0.4, count)[:, None, None]
    far = ((ys - y[:, None, None]) ** 2 + (xs - x[:, None, None]) ** 2) / radius**2
    strength = torch.where(dice.happens(0.06, count), dice.uniform(60, 220, count), 0.0)
    return (images + each(strength) * (-far)[:, None].exp()).clamp(0, 255)


def blur(images: Tensor, sigmas: Tensor, radius: int = 4) -> Tensor:
    """Gaussian blur of a width [batch] in pixels for each image, none where that is 0.

    `radius` limits the kernel.
    """
    steps = torch.arange(-radius, radius + 1, device=images.device, dtype=images.dtype)
    kernels = (-(steps**2) / (2 * sigmas.clamp(min=0.05)[:, None] ** 2)).exp()
    blurred = convolve(convolve(images, kernels[:, None]), kernels[:, :, None])
    return torch.where(each(sigmas > 0), blurred, images)


def shake(images: Tensor, sigmas: Tensor, angles: Tensor, radius: int = 4) -> Tensor:
    """Blur of a width [batch] in pixels along an angle [batch] in radians, none where that is 0."""
    steps = torch.arange(-radius, radius + 1, device=images.device, dtype=images.dtype)
    y, x = steps[None, :, None], steps[None, None, :]
    cos, sin = angles.cos()[:, None, None], angles.sin()[:, None, None]
    along, off = x * cos + y * sin, y * cos - x * sin
    sigma = sigmas.clamp(min=0.05)[:, None, None]
    kernels = (-(along**2) / (2 * sigma**2) - off**2 / 0.3).exp()
    return torch.where(each(sigmas > 0), convolve(images, kernels), images)


def convolve(images: Tensor, kernels: Tensor) -> Tensor:
    """Each image with its own kernel [batch, rows, columns], made to sum up to 1."""
    count, channels, height, width = images.shape
    rows, columns = kernels.shape[1:]
    kernels = (kernels / kernels.sum((1, 2), keepdim=True)).repeat_interleave(channels, 0)
    flat = images.reshape(1, count * channels, height, width)
    padded = functional.pad(flat, (columns // 2,) * 2 + (rows // 2,) * 2, mode="replicate")
    return functional.conv2d(padded, kernels[:, None], groups=count * channels).reshape(
        images.shape
    )


def lens(images: Tensor, dice: Dice, largest: float) -> Tensor:
    """Out of focus, shaken, or sharpened by the camera; `largest` is the widest blur, in pixels."""
    count = len(images)
    kind = dice.uniform(0, 1, count)
    soft = torch.where(kind < 0.3, dice.uniform(0.2, largest, count), 0.0)
    soft = torch.where((kind > 0.42) & (kind < 0.55), 1.0, soft)
    shaken = torch.where((kind > 0.3) & (kind < 0.42), dice.uniform(0.5, 1.6 * largest, count), 0.0)
    moved = shake(blur(images, soft), shaken, dice.uniform(0, math.pi, count))
    sharper = (
        images + dice.uniform(0.3, 1.2, count).reshape(-1, 1, 1, 1) * (images - moved)
    ).clamp(0, 255)
    return torch.where(each((kind > 0.42) & (kind < 0.55)), sharper, moved)


def noise(images: Tensor, dice: Dice) -> Tensor:
    """Grain of the sensor in half of the images."""
    count = len(images)
    strong = dice.happens(0.15, count)
    grain = torch.where(strong, dice.uniform(8, 16, count), dice.uniform(1, 8, count))
    grain = torch.where(dice.happens(0.5, count), grain, 0.0)
    return (images + each(grain) * dice.normal(1.0, *images.shape)).clamp(0, 255)


def cosines(device: torch.device) -> Tensor:
    """The discrete cosine transform of a block's row, [BLOCK, BLOCK]; its transpose undoes it."""
    k = torch.arange(BLOCK, device=device, dtype=torch.float32)
    basis = (math.pi * (k[None] + 0.5) * k[:, None] / BLOCK).cos() * (2 / BLOCK) ** 0.5
    basis[0] /= 2**0.5
    return basis


def compress(images: Tensor, strengths: Tensor) -> Tensor:
    """Blocks as of JPEG: [batch] strengths from 0, which changes nothing, to 1, which is crude.

    Coefficients are rounded to multiples that grow with their frequency, as JPEG's tables do.
    """
    count, channels, height, width = images.shape
    pad = (0, -width % BLOCK, 0, -height % BLOCK)
    padded = functional.pad(images, pad, mode="replicate")
    rows, columns = padded.shape[2] // BLOCK, padded.shape[3] // BLOCK
    blocks = padded.reshape(count, channels, rows, BLOCK, columns, BLOCK).transpose(3, 4)
    basis = cosines(images.device)
    spectrum = basis @ (blocks - 128) @ basis.T
    order = torch.arange(BLOCK, device=images.device)
    step = (8 + 6 * (order[:, None] + order[None])).float()
    steps = (step * strengths.clamp(min=1e-3)[:, None, None])[:, None, None, None] * 2
    restored = basis.T @ ((spectrum / steps).round() * steps) @ basis + 128
    whole = restored.transpose(3, 4).reshape(padded.shape)[..., :height, :width].clamp(0, 255)
    return torch.where(each(strengths > 0), whole, images)


def camera(images: Tensor, dice: Dice, largest_blur: float) -> Tensor:
    """Everything between the plate and the file, as the reader's and detector's cameras have it."""
    count = len(images)
    images = expose(lens(glare(shade(images, dice), dice), dice, largest_blur), dice)
    images = noise(images, dice)
    crude = torch.where(dice.happens(0.5, count), dice.uniform(0.05, 1.0, count), 0.0)
    return compress(images, crude)
