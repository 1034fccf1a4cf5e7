"""The reader's loss: connectionist temporal classification (CTC) of each line."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.reader.data import encode
from training.reader.shape import BLANK, CLASSES, STEPS


def ctc_loss(logits: Tensor, classes: Tensor, lengths: Tensor) -> Tensor:
    """Mean loss of logits [batch, 2 * STEPS, CLASSES].

    The upper line is read on the first row of steps, the lower one, mostly empty, on the second.
    Classes are those of all lines in a row, or [batch * 2, longest]; lengths are [batch * 2].
    """
    rows = logits.float().reshape(-1, STEPS, CLASSES).log_softmax(-1).transpose(0, 1)
    steps = torch.full_like(lengths, STEPS)
    losses = functional.ctc_loss(
        rows, classes, steps, lengths, BLANK, reduction="none", zero_infinity=True
    )
    return losses.sum() / len(logits)


def loss_of(logits: Tensor, lines: list[tuple[str, str]]) -> Tensor:
    """Mean loss of logits [batch, 2 * STEPS, CLASSES] against upper and lower lines."""
    return ctc_loss(logits, *encode(lines))
