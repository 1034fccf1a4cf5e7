"""Where plates are: a scan of the whole image, then a closer pass over small detections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.engines.embedded.detections import MIN_OVERLAP, Detection, is_large, same_plate
from alpr.engines.embedded.letterbox import View, letterbox
from alpr.engines.embedded.positions import decode
from alpr.engines.embedded.regions import merge_regions, scan_scale
from alpr.engines.embedded.suppression import non_max_suppression
from alpr.images.reducible import at, decoded
from alpr.plates import Box

if TYPE_CHECKING:
    from alpr.engines.embedded.models import Model

MAX_PIXELS = 1_200_000
"""Largest input of one pass, in pixels; the network needs some 40 MB for it."""

MAX_BATCH_PIXELS = 640 * 384
"""Largest batch of several views, in pixels: as much memory as the scan of a whole image needs."""

CANDIDATE_THRESHOLD = 0.25
"""Minimum score of a candidate in the scan, where small plates score low. Chosen on the benchmark's
photos by the time that they take."""

FALLBACK_THRESHOLD = 0.1
"""Minimum score of a fallback candidate, which no regular candidate shows. Chosen on the validation
photos at half the usual scale."""

FALLBACK_BELOW_PX, MAX_FALLBACK_ASPECT = 48, 1.2
"""Fallback candidates are narrower than this at the network input, and their height is at most this
multiple of their width. Many are cars, because plates below 10 pixels are hardly ever seen there.
Chosen, like those of a glance, on validation photos in frames of 3840x2160 pixels and on plate-free
ones."""

GLANCE_PX = 76
"""Width, at the network input, of a fallback candidate in a glance. A glance tells whether it is
worth a refinement."""

GLANCE_MARGIN = 0.1
"""Margin around a fallback candidate in a glance, as a fraction of its width and of its height."""

GLANCE_THRESHOLD = 0.4
"""Minimum score of a plate in a glance."""

MAX_GLANCES = 4
"""Fallback candidates of one image that are glanced at, best first."""

CELL_FALLBACK_THRESHOLD, MAX_CELL_GLANCES = 0.08, 32
"""FALLBACK_THRESHOLD and MAX_GLANCES in cells. Chosen with ``CELL_PX``: more glances cost less than
a larger scale."""

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

MAX_REDUCED_ZOOM = 2.0
"""Largest enlargement of a reduced version of the image, where a rough pass over it tells whether a
detection is worth all pixels."""

ROUGH_THRESHOLD = 0.2
"""Minimum score of a candidate in a rough pass. Chosen, with MAX_REDUCED_ZOOM, on validation plates
in frames of 3840x2160 pixels: lower ones find no more."""

MIN_ZOOM_GAIN = 1.3
"""Minimum ratio of the refinement's scale to the scan's; below it, a closer pass shows nothing new.
Chosen on drawn hard scenes (``training.scenes.hard``)."""

MAX_REFINEMENTS = 32
"""Candidates of one image that are refined, best first: a wall of text has hundreds."""

OVERVIEW_PX = 96
"""Longest side, at the network input, of an image in the overview, where plates that fill an image
have a usual size. Chosen on training crops and on crops of the benchmark's photos."""

OVERVIEW_BORDER_PX = 32
"""Padding around the overview, at the network input: a plate is found by what surrounds it. Chosen
on crops of plates."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What the first pass over an image shows, best first, and the scale at which it was seen.

    ``view`` is what the network saw, where that was one area. At most ``max_glances`` fallback
    candidates are worth a glance.
    """

    image: Image.Image
    scale: float
    detections: Sequence[Detection]
    view: View | None
    max_glances: int = MAX_GLANCES


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
        whole = Box(0, 0, *image.size)
        is_whole = list(regions) == [whole]
        scale = scan_scale(whole, regions, self._long_side)
        areas = merge_regions(regions, MAX_PIXELS / scale**2)
        found: list[Detection] = []
        threshold = FALLBACK_THRESHOLD if is_whole else CELL_FALLBACK_THRESHOLD
        for area in areas:
            view = View.through(at(image, scale), image.width, area, scale)
            found += self._infer(image, [view], threshold)[0]
        found.sort(key=lambda one: -one.score)
        max_glances = MAX_GLANCES if is_whole else MAX_CELL_GLANCES
        return Scan(image, scale, found, view if len(areas) == 1 else None, max_glances)

    def candidates(self, scan: Scan) -> list[Detection]:
        """The plates that a scan shows, small ones refined."""
        some = [one for one in scan.detections if one.score >= CANDIDATE_THRESHOLD]
        refined = self._refine(scan, some[:MAX_REFINEMENTS]) + some[MAX_REFINEMENTS:]
        return [one for one in refined if one.score >= self._threshold]

    def fallback_candidates(self, scan: Scan, found: Sequence[Box] = ()) -> list[Detection]:
        """Small detections that score low in the scan but high once refined.

        They cost a pass and are mostly none. Those on plates that were ``found`` are left out:
        beside them, candidates belong to vehicles further away.
        """
        some = [
            one
            for one in scan.detections
            if one.score < CANDIDATE_THRESHOLD
            and one.box.width * scan.scale < FALLBACK_BELOW_PX
            and one.box.height <= MAX_FALLBACK_ASPECT * one.box.width
            and self._closer(scan, one.box)
            and not any(one.box.overlap(box) >= MIN_OVERLAP for box in found)
        ]
        refined = self._zoom_in(scan, self._glance(scan, some[: scan.max_glances]))
        closer = [new for old, new in refined.items() if new is not old]
        return [one for one in closer if one.score >= REFINED_FALLBACK_THRESHOLD]

    def large_candidates(self, scan: Scan, seen: Sequence[Detection]) -> list[Detection]:
        """Plates that fill much of an image: a close-up, or a crop made by another detector.

        The network knows no plates of that size. So the image is shrunk and given a border. Only a
        scan of one area has such plates. What the scan has ``seen`` of them is kept where the
        overview shows nothing: it may be only a part of a plate. Where both show one, the box of
        the overview and the higher score count.
        """
        if scan.view is None:
            return list(seen)
        overview = scan.view.shrink(OVERVIEW_PX, OVERVIEW_BORDER_PX)
        (found,) = self._infer(scan.image, [overview], CANDIDATE_THRESHOLD)
        large = [one for one in found if is_large(one.box, overview.area)]
        return [_surer(one, seen) for one in large] + [
            one for one in seen if not same_plate(one, large)
        ]

    def _glance(self, scan: Scan, detections: Sequence[Detection]) -> list[Detection]:
        """The plates that small views of these show, also in a car's box.

        No more pixels are decoded for them.
        """
        image, version = scan.image, decoded(scan.image)
        zoom = MAX_ZOOM if version is image else MAX_REDUCED_ZOOM * version.width / image.width
        views = [
            View.through(version, image.width, area, min(zoom, GLANCE_PX / one.box.width))
            for one in detections
            for area in [_around(one.box, image, GLANCE_MARGIN, GLANCE_MARGIN)]
        ]
        found = self._infer(image, views, GLANCE_THRESHOLD)
        pairs = zip(detections, found, strict=True)
        return [same for one, seen in pairs if (same := same_plate(one, seen))]

    def _refine(self, scan: Scan, detections: Sequence[Detection]) -> list[Detection]:
        """The same plates in their order, small ones at higher zoom where that shows more.

        A detection that needs pixels which are not decoded yet is refined without them first. Below
        ROUGH_THRESHOLD it is left out; a wide one that scores enough needs no more.
        """
        places = {one: place for one in detections if (place := self._closer(scan, one.box))}
        rough = self._refine_roughly(scan, places)
        left_out = {one for one, seen in rough.items() if seen.score < ROUGH_THRESHOLD}
        wide = REFINE_TARGET_PX / MAX_REDUCED_ZOOM * scan.image.width / decoded(scan.image).width
        refined = {
            one: seen
            for one, seen in rough.items()
            if seen.score >= self._threshold and seen.box.width >= wide
        }
        due = [one for one in places if one not in left_out and one not in refined]
        refined |= self._zoom_in(scan, due)
        return [refined.get(one, one) for one in detections if one not in left_out]

    def _zoom_in(self, scan: Scan, detections: Sequence[Detection]) -> dict[Detection, Detection]:
        """These small detections at higher zoom; one that is not seen there stays as it is."""
        places = {one: place for one in detections if (place := self._closer(scan, one.box))}
        views = [
            View.through(at(scan.image, zoom / MAX_ZOOM), scan.image.width, around, zoom)
            for around, zoom in places.values()
        ]
        found = self._infer(scan.image, views, self._threshold)
        return {one: same_plate(one, seen) or one for one, seen in zip(places, found, strict=True)}

    def _refine_roughly(
        self, scan: Scan, places: Mapping[Detection, tuple[Box, float]]
    ) -> dict[Detection, Detection]:
        """Of these detections those that need pixels which are not decoded yet, without them."""
        image, version = scan.image, decoded(scan.image)
        reached = version.width / image.width
        views = {
            one: View.through(version, image.width, around, min(zoom, MAX_REDUCED_ZOOM * reached))
            for one, (around, zoom) in places.items()
            if version is not image and zoom > MAX_ZOOM * reached
        }
        found = self._infer(image, list(views.values()), FALLBACK_THRESHOLD)
        return {
            one: same_plate(one, seen) or Detection(one.box, 0.0)
            for one, seen in zip(views, found, strict=True)
        }

    def _closer(self, scan: Scan, box: Box) -> tuple[Box, float] | None:
        """The surroundings of a small box, and a higher zoom; None where that shows no more."""
        image, zoom = scan.image, REFINE_TARGET_PX / box.width
        if box.width * scan.scale >= REFINE_BELOW_PX or min(1.0, zoom) < MIN_ZOOM_GAIN * scan.scale:
            return None
        return _around(box, image), min(MAX_ZOOM, zoom)

    def _infer(
        self, image: Image.Image, views: Sequence[View], score_threshold: float
    ) -> list[list[Detection]]:
        """For each of these views of an image its detections of at least ``score_threshold``."""
        if not views:
            return []
        heights, widths = zip(*(view.input_size for view in views), strict=True)
        at_once = max(1, MAX_BATCH_PIXELS // (max(heights) * max(widths)))
        found = []
        for start in range(0, len(views), at_once):
            some = views[start : start + at_once]
            batch = letterbox(some)
            height, width = 2 * batch.shape[1], 2 * batch.shape[2]
            for view, raw in zip(some, self._model.run(batch), strict=True):
                rows = decode(raw, height, width, score_threshold)
                kept = non_max_suppression(rows, self._iou_threshold)
                found.append([_detection(row, view, image) for row in kept])
        return found


def _detection(row: NDArray[np.float32], view: View, image: Image.Image) -> Detection:
    """A row of a view (x_min, y_min, x_max, y_max, score) in pixels of the image."""
    x_min, y_min, x_max, y_max = (row[:4] - view.border) / view.scale
    left, top = view.area.x_min, view.area.y_min
    corners = x_min + left, y_min + top, x_max + left, y_max + top
    return Detection(Box.clamp(*corners, width=image.width, height=image.height), float(row[4]))


def _around(box: Box, image: Image.Image, across: float = 0.5, down: float = 1.0) -> Box:
    """A box with its surroundings, by which a plate is told from other text.

    ``across`` and ``down`` are the margins on each side, as fractions of its width and height.
    """
    across, down = across * box.width, down * box.height
    return box.expand(across, down, width=image.width, height=image.height)


def _surer(one: Detection, others: Sequence[Detection]) -> Detection:
    """The same box with the best score that any of these gives its plate."""
    same = same_plate(one, others)
    return Detection(one.box, max(one.score, same.score)) if same else one
