"""Where plates are: a scan of the whole image, then a closer pass over small detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from alpr.engines.embedded.letterbox import letterbox
from alpr.engines.embedded.regions import merge_regions
from alpr.engines.embedded.suppression import non_max_suppression
from alpr.plates import Box

if TYPE_CHECKING:
    from alpr.engines.embedded.models import Model

MAX_PIXELS = 1_200_000
"""Largest input of one pass, in pixels; the network needs some 40 MB for it."""

CANDIDATE_THRESHOLD = 0.25
"""Minimum score of a candidate in the scan, where small plates score low. Chosen on the benchmark's
photos by the time that they take."""

FALLBACK_THRESHOLD = 0.1
"""Minimum score of a fallback candidate, tried only when no regular candidate is a plate. Chosen on
the validation photos at half the usual scale."""

REFINED_FALLBACK_THRESHOLD = 0.6
"""Minimum score of a fallback candidate after refinement. Chosen on the validation photos at half
the usual scale and on drawn streets without plates."""

REFINE_BELOW_PX = 64
"""Detections narrower than this at the network input are detected again at higher zoom. Chosen on
the benchmark's photos by the time that they take."""

REFINE_TARGET_PX = 96
"""Width, at the network input, to which a refined detection is scaled. Chosen on drawn hard
scenes (``training.scenes.hard``)."""

MAX_ZOOM = 1.5
"""Largest enlargement of the source image when a detection is refined. Chosen on drawn hard scenes
(``training.scenes.hard``)."""

MIN_ZOOM_GAIN = 1.3
"""Minimum ratio of the refinement's scale to the scan's; below it, a closer pass shows nothing new.
Chosen on drawn hard scenes (``training.scenes.hard``)."""

MAX_REFINEMENTS = 32
"""Candidates of one image that are refined, best first: a wall of text has hundreds."""

MAX_FALLBACK_REFINEMENTS = 4
"""Fallback candidates of one image that are refined, best first. Chosen on validation plates in
frames of 3840x2160 pixels (``benchmarks.wide_frames``)."""

MIN_REFINED_OVERLAP = 0.3
"""Minimum overlap (intersection over the smaller box) for a refined detection to count as the same
plate."""

OVERVIEW_PX = 96
"""Longest side, at the network input, of an image in the overview, where plates that fill an image
have a usual size. Chosen on training crops and on crops of the benchmark's photos."""

OVERVIEW_BORDER_PX = 32
"""Padding around the overview, at the network input: a plate is found by what surrounds it. Chosen
on crops of plates."""

LARGE_PLATE_FRACTION = 0.3
"""Minimum width of a large plate, as a fraction of the region's; the scan may see only parts of it.
Chosen on crops of plates."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A plate's box in pixels of the image, and the detector's score, 0 to 1."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Scan:
    """What the first pass over an image shows, best first, and the scale at which it was seen."""

    image: Image.Image
    scale: float
    detections: Sequence[Detection]


class Detector:
    """Finds plates in regions of an image; may be shared between threads."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._long_side = int(model.metadata["long_side"])
        self._threshold = float(model.metadata["threshold"])
        self._iou_threshold = float(model.metadata["nms_iou"])

    def scan(self, image: Image.Image, regions: Sequence[Box]) -> Scan:
        """A first pass over these regions of an RGB image, all at one scale.

        Neighbouring regions are seen together: that takes fewer pixels, and fewer borders cut a
        plate. Where they cannot be merged, a plate may be detected twice.
        """
        scale = min(1.0, self._long_side / max(max(r.width, r.height) for r in regions))
        areas = merge_regions(regions, MAX_PIXELS / scale**2)
        found = [
            one for area in areas for one in self._infer(image, area, scale, FALLBACK_THRESHOLD)
        ]
        return Scan(image, scale, sorted(found, key=lambda one: -one.score))

    def candidates(self, scan: Scan) -> list[Detection]:
        """The plates that a scan shows, small ones refined."""
        some = [one for one in scan.detections if one.score >= CANDIDATE_THRESHOLD]
        refined = [self._refine(scan, one) for one in some[:MAX_REFINEMENTS]]
        refined += some[MAX_REFINEMENTS:]
        return [one for one in refined if one.score >= self._threshold]

    def fallback_candidates(self, scan: Scan) -> list[Detection]:
        """Detections that score low in the scan but high once refined.

        They cost passes and are mostly none: ask for them where no candidate is a plate.
        """
        some = [one for one in scan.detections if one.score < CANDIDATE_THRESHOLD]
        refined = [self._refine(scan, one) for one in some[:MAX_FALLBACK_REFINEMENTS]]
        return [one for one in refined if one.score >= REFINED_FALLBACK_THRESHOLD]

    def large_candidates(self, image: Image.Image, region: Box) -> list[Detection]:
        """Plates that fill much of a region: a close-up, or a crop made by another detector.

        The network knows no plates of that size. So the region is shrunk and given a border.
        """
        scale = OVERVIEW_PX / max(region.width, region.height)
        found = self._infer(image, region, scale, CANDIDATE_THRESHOLD, OVERVIEW_BORDER_PX)
        return [one for one in found if is_large(one.box, region)]

    def _refine(self, scan: Scan, one: Detection) -> Detection:
        """The same plate at higher zoom, if it is small and the image has more detail."""
        box, image = one.box, scan.image
        zoom = REFINE_TARGET_PX / box.width
        if box.width * scan.scale >= REFINE_BELOW_PX or min(1.0, zoom) < MIN_ZOOM_GAIN * scan.scale:
            return one
        around = box.expand(box.width / 2, box.height, width=image.width, height=image.height)
        again = [
            other
            for other in self._infer(image, around, min(MAX_ZOOM, zoom), self._threshold)
            if other.box.overlap(box) >= MIN_REFINED_OVERLAP
        ]
        return max(again, key=lambda other: other.score, default=one)

    def _infer(
        self,
        image: Image.Image,
        area: Box,
        scale: float,
        score_threshold: float,
        border: int = 0,
    ) -> list[Detection]:
        """The detections of at least ``score_threshold`` in one area, seen at this scale."""
        (output,) = self._model.run(letterbox(image, area, scale, border))
        found = []
        for row in non_max_suppression(output, score_threshold, self._iou_threshold):
            x_min, y_min, x_max, y_max = (row[:4] - border) / scale
            box = Box.clamp(
                x_min + area.x_min,
                y_min + area.y_min,
                x_max + area.x_min,
                y_max + area.y_min,
                width=image.width,
                height=image.height,
            )
            found.append(Detection(box, float(row[4])))
        return found


def is_large(box: Box, region: Box) -> bool:
    """Whether a plate's box fills so much of a region that the scan may not see it whole."""
    return box.width >= LARGE_PLATE_FRACTION * region.width
