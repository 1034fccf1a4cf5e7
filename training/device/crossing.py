"""Two plates as one, and plates without their ends: more texts than any pack holds."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.device.dice import Dice
from training.device.plates import Plates
from training.reader.shape import MAX_LINE_LENGTH

CROSSED, ELSEWHERE = 0.6, 0.3
"""Shares of the plates that are put together, and of those cut at two different places."""
MAX_WIDTH_RATIO = 1.6
"""Between the characters' widths of two plates that are put together."""
TRIMMED, MIN_LEFT = 0.12, 3
"""Share of the plates that lose one or two characters at an end, and the fewest that stay."""


@dataclass(frozen=True)
class Joined:
    """The beginning of one plate, and from `split` on the end of another.

    All lengths are shares of the first plate's width, or of its height where the two are joined
    line by line (`stacked`). The second plate begins at its own share `start`; `stretch` is its
    width over the first one's.
    """

    lines: Tensor
    lengths: Tensor
    split: Tensor
    start: Tensor
    stretch: Tensor
    stacked: Tensor
    left: Tensor
    """Where the plate begins and ends: 0 and the whole length, unless ends are trimmed."""
    right: Tensor
    bottom: Tensor
    trimmed: Tensor
    """Whether characters are missing at the left and at the right, [n, 2]."""


def pick(values: Tensor, place: Tensor) -> Tensor:
    """One value of each row [n, m], at these places [n], kept within the row."""
    return values.gather(1, place.clamp(0, values.shape[1] - 1)[:, None])[:, 0]


def join(one: Plates, other: Plates, dice: Dice, crossed: float = CROSSED) -> Joined:
    """Put plates together in pairs where they fit; trim the ends of some."""
    count, device = len(one), one.cells.device
    first, second = one.lengths[:, 0], other.lengths[:, 0]
    stretch = other.aspects / one.aspects
    widths = stretch * first / second.clamp(min=1)
    fits = one.cuttable & other.cuttable & (one.two_lines == other.two_lines)
    fits &= (widths > 1 / MAX_WIDTH_RATIO) & (widths < MAX_WIDTH_RATIO) | one.two_lines
    fits &= dice.happens(crossed, count)
    begun = 1 + dice.below((first - 1).clamp(min=1))
    anywhere = 1 + dice.below((second - 1).clamp(min=1))
    same = second - begun
    ended = torch.where(dice.happens(ELSEWHERE, count) | (same < 1), anywhere, same)
    fits &= (begun + ended <= MAX_LINE_LENGTH) | one.two_lines
    stacked = fits & one.two_lines
    beside = fits & ~one.two_lines
    at = torch.arange(MAX_LINE_LENGTH, device=device)[None].expand(count, -1)
    later = (second - ended - begun)[:, None] + at
    tail = other.lines[:, 0].gather(1, later.clamp(0, MAX_LINE_LENGTH - 1))
    upper = torch.where(beside[:, None] & (at >= begun[:, None]), tail, one.lines[:, 0])
    lower = torch.where(stacked[:, None], other.lines[:, 1], one.lines[:, 1])
    lengths = torch.stack(
        [
            torch.where(beside, begun + ended, first),
            torch.where(stacked, other.lengths[:, 1], one.lengths[:, 1]),
        ],
        1,
    )
    split = torch.where(stacked, one.cuts[:, 0], pick(one.cuts, begun - 1))
    start = torch.where(stacked, other.cuts[:, 0], pick(other.cuts, second - ended - 1))
    never = torch.full_like(split, 9.0)
    stretch = torch.where(beside, stretch, 1.0)
    joined = Joined(
        lines=torch.stack([upper, lower], 1),
        lengths=lengths,
        split=torch.where(fits, split, never),
        start=torch.where(fits, start, 0.0),
        stretch=stretch,
        stacked=stacked,
        left=torch.zeros(count, device=device),
        right=torch.where(beside, split + stretch * (1 - start), 1.0),
        bottom=torch.where(stacked, split + 1 - start, 1.0),
        trimmed=torch.zeros(count, 2, dtype=torch.bool, device=device),
    )
    known = one.cuttable & ~one.two_lines
    return trim(joined, gaps(one, other, joined, beside, begun, later), known, dice)


def gaps(
    one: Plates, other: Plates, joined: Joined, beside: Tensor, begun: Tensor, later: Tensor
) -> Tensor:
    """Left end of every character of the joined plate [n, MAX_LINE_LENGTH], the first at 0."""
    zero = torch.zeros_like(one.cuts[:, :1])
    own = torch.cat([zero, one.cuts], 1)
    theirs = torch.cat([zero, other.cuts], 1).gather(1, later.clamp(0, MAX_LINE_LENGTH - 1))
    moved = joined.split[:, None] + joined.stretch[:, None] * (theirs - joined.start[:, None])
    at = torch.arange(MAX_LINE_LENGTH, device=own.device)[None]
    return torch.where(beside[:, None] & (at >= begun[:, None]), moved, own)


def trim(joined: Joined, starts: Tensor, known: Tensor, dice: Dice) -> Joined:
    """Plates of one line whose gaps are `known`, some without one or two characters at an end."""
    count = len(starts)
    length = joined.lengths[:, 0]
    chosen = known & dice.happens(TRIMMED, count)
    lost = 1 + dice.index(2, count)
    at_left = dice.happens(0.5, count)
    chosen &= length - lost >= MIN_LEFT
    cut_left = torch.where(chosen & at_left, lost, 0)
    cut_right = torch.where(chosen & ~at_left, lost, 0)
    at = torch.arange(MAX_LINE_LENGTH, device=starts.device)[None] + cut_left[:, None]
    upper = joined.lines[:, 0].gather(1, at.clamp(max=MAX_LINE_LENGTH - 1))
    right = pick(starts, length - cut_right)
    return Joined(
        lines=torch.stack([upper, joined.lines[:, 1]], 1),
        lengths=torch.stack([length - cut_left - cut_right, joined.lengths[:, 1]], 1),
        split=joined.split,
        start=joined.start,
        stretch=joined.stretch,
        stacked=joined.stacked,
        left=pick(starts, cut_left),
        right=torch.where(cut_right > 0, right, joined.right),
        bottom=joined.bottom,
        trimmed=torch.stack([cut_left > 0, cut_right > 0], 1),
    )
