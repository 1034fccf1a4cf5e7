"""How well found boxes fit labelled plates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.detector.inference import Array, iou

MATCH_IOU = 0.4
# A box that touches a labelled plate this much is a poor box, not a false one.
TOUCH_IOU = 0.1
Row = dict[str, float | int | str]


def score(
    labelled: Sequence[Array], found: Sequence[Array], threshold: float, min_width: float = 0
) -> Row:
    """The figures at one threshold, of labelled boxes [n, 4+] and found ones [m, 5] by image.

    Each plate may be matched by one box. Plates narrower than `min_width` pixels count neither as
    plates nor, where found, as false.
    """
    plates = matched = centred = false = 0
    overlaps: list[float] = []
    for boxes_of_image, candidates in zip(labelled, found, strict=True):
        boxes = candidates[candidates[:, 4] > threshold]
        truths = boxes_of_image[:, :4]
        free = truths[:, 2] - truths[:, 0] >= min_width
        plates += int(free.sum())
        for middle_x, middle_y in ((truths[:, :2] + truths[:, 2:]) / 2)[free]:
            inside = (boxes[:, 0] < middle_x) & (middle_x < boxes[:, 2])
            centred += bool((inside & (boxes[:, 1] < middle_y) & (middle_y < boxes[:, 3])).any())
        for box in boxes:
            shared = iou(box[:4], truths) if len(truths) else np.zeros(1, np.float32)
            best = int(np.argmax(np.where(free, shared, -1))) if len(truths) else 0
            if len(truths) and free[best] and shared[best] > MATCH_IOU:
                free[best] = False
                matched += 1
                overlaps.append(float(shared[best]))
            elif shared.max() < TOUCH_IOU:
                false += 1
    return {
        "recall": round(matched / max(1, plates), 3),
        "centred": round(centred / max(1, plates), 3),
        "false": round(false / max(1, len(labelled)), 3),
        "iou": round(float(np.mean(overlaps)) if overlaps else 0.0, 3),
        "plates": plates,
        "images": len(labelled),
    }
