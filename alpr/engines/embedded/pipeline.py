"""From an image to plates: detect, read, judge by the surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

from PIL import Image

from alpr.engines.embedded.acceptance import is_plate, is_possible, place_of
from alpr.engines.embedded.context import ContextClassifier
from alpr.engines.embedded.ctc import Reading
from alpr.engines.embedded.detections import Detection, is_large
from alpr.engines.embedded.detector import Detector, Scan
from alpr.engines.embedded.letterbox import View
from alpr.engines.embedded.reader import Reader
from alpr.images.reducible import decoded
from alpr.plates import Box, Plate, merge_duplicates
from alpr.stages import stage

MIN_READ_PX = 96
"""Width from which on a plate is read as well as at any larger one. Chosen, like the next, on crops
of plates 200 pixels wide, which were shrunk."""

MIN_LEGIBLE_PX = 40
"""Width from which on a reader sees at least some character of a plate."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The three networks, and the order in which they are asked."""

    detector: Detector
    reader: Reader
    context: ContextClassifier

    def find_plates(self, image: Image.Image, regions: Sequence[Box]) -> list[Plate]:
        """The plates in these regions of an RGB image, in its pixels."""
        with stage("detect"):
            scan = self.detector.scan(image, regions)
            candidates = self.detector.candidates(scan)
        # What fills an image is read last and once: from the overview, if that is needed.
        large = [one for one in candidates if len(regions) == 1 and is_large(one.box, regions[0])]
        plates = self._read(scan, [one for one in candidates if one not in large])
        if len(regions) == 1 and not plates:
            with stage("detect"):
                large = self.detector.large_candidates(scan, large)
        plates = merge_duplicates([*plates, *self._read(scan, large)])
        with stage("detect"):
            candidates = self.detector.fallback_candidates(scan, [plate.box for plate in plates])
        return [*plates, *self._read(scan, candidates)]

    def warm_up(self, image: Image.Image) -> None:
        """Runs each network once on an RGB image: a first run allocates, the next is fast."""
        whole = Box(0, 0, *image.size)
        self.detector.scan(image, [whole])
        self.reader.read(image, [whole])
        self.context.likelihood(image, whole)

    def _read(self, scan: Scan, detections: Sequence[Detection]) -> list[Plate]:
        """Those of the detections that are plates."""
        with stage("read"):
            view, detections = self._show(scan, detections)
            readings = self.reader.read(view.pixels, [view.place(one.box) for one in detections])
            pairs = zip(detections, readings, strict=True)
            return [plate for pair in pairs if (plate := self._plate(scan, view, *pair))]

    def _show(
        self, scan: Scan, detections: Sequence[Detection]
    ) -> tuple[View, Sequence[Detection]]:
        """A version of the image that is large enough to read these, and those worth reading."""
        image = scan.image
        narrowest = min((one.box.width for one in detections), default=image.width)
        is_whole = scan.view is not None and scan.view.area == Box(0, 0, *image.size)
        if scan.view and is_whole and narrowest * scan.scale >= 2 * MIN_READ_PX:
            return scan.view, detections
        view = View.whole(image, decoded(image))
        if view.pixels is image or narrowest * view.scale >= MIN_READ_PX:
            return view, detections
        # What says nothing here is not worth decoding all pixels.
        small = [one for one in detections if one.box.width * view.scale < MIN_READ_PX]
        unclear = [one for one in small if one.box.width * view.scale >= MIN_LEGIBLE_PX]
        readings = self.reader.read(view.pixels, [view.place(one.box) for one in unclear])
        silent = [one for one, read in zip(unclear, readings, strict=True) if not read.text]
        detections = [one for one in detections if one not in silent]
        return (view if len(silent) == len(small) else View.whole(image, image)), detections

    def _plate(self, scan: Scan, view: View, detection: Detection, first: Reading) -> Plate | None:
        """The plate in a detection's box after as many readings as it needs, if it is one."""
        box, score, place = detection.box, detection.score, view.place(detection.box)
        likelihood = cache(partial(self.context.likelihood, view.pixels, place))
        if not is_possible(first.text, likelihood):
            return None
        reading = self.reader.reread(view.pixels, place, first)
        if not is_plate(reading, score, likelihood, place_of(box, *scan.image.size)):
            return None
        return Plate(
            reading.text,
            reading.confidence,
            box,
            score,
            reading.confidences,
            candidates=self.reader.candidates(reading),
        )
