"""From an image to plates: detect, read, judge by the surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

from PIL import Image

from alpr.engines.embedded.acceptance import is_at_edge, is_plate, is_possible
from alpr.engines.embedded.context import ContextClassifier
from alpr.engines.embedded.ctc import Reading
from alpr.engines.embedded.detector import Detection, Detector, is_large
from alpr.engines.embedded.reader import Reader
from alpr.plates import Box, Plate, merge_duplicates
from alpr.stages import stage


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
        plates = self._read(image, candidates)
        if len(regions) == 1 and all(is_large(plate.box, regions[0]) for plate in plates):
            with stage("detect"):
                candidates = self.detector.large_candidates(scan)
            plates = merge_duplicates([*plates, *self._read(image, candidates)])
        if plates:
            return plates
        with stage("detect"):
            candidates = self.detector.fallback_candidates(scan)
        return self._read(image, candidates)

    def warm_up(self, image: Image.Image) -> None:
        """Runs each network once on an RGB image: a first run allocates, the next is fast."""
        whole = Box(0, 0, *image.size)
        self.detector.scan(image, [whole])
        self.reader.read(image, [whole])
        self.context.likelihood(image, whole)

    def _read(self, image: Image.Image, detections: Sequence[Detection]) -> list[Plate]:
        """Those of the detections that are plates."""
        with stage("read"):
            readings = self.reader.read(image, [one.box for one in detections])
            pairs = zip(detections, readings, strict=True)
            return [plate for pair in pairs if (plate := self._plate(image, *pair))]

    def _plate(self, image: Image.Image, detection: Detection, first: Reading) -> Plate | None:
        """The plate in a detection's box after as many readings as it needs, if it is one."""
        box, score = detection.box, detection.score
        likelihood = cache(partial(self.context.likelihood, image, box))
        if not is_possible(first.text, likelihood):
            return None
        reading = self.reader.reread(image, box, first)
        at_edge = is_at_edge(box, image.height)
        if not is_plate(reading, score, likelihood, at_edge=at_edge):
            return None
        return Plate(
            reading.text,
            reading.confidence,
            box,
            score,
            reading.confidences,
            candidates=self.reader.candidates(reading),
        )
