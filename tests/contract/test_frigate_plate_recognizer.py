"""ljmerza/frigate_plate_recognizer: the file ``upload``, and of the answer only the first plate."""

from __future__ import annotations

import pytest

from alpr.errors import EngineError
from testkit.engines import make_plate
from testkit.service import serving
from testkit.wire_client import Response, Server
from tests.contract.senders import python_requests

RETRIED = {429, 500, 502, 503, 504}
PATH = "/v1/image/alpr"


def reads(answer: Response, watched: tuple[str, ...] = ()) -> tuple[str, float] | None:
    """What the client makes of an answer: plate and score, or nothing."""
    if not 200 <= answer.status < 300:
        return None
    predictions = answer.json.get("predictions") or []
    if not predictions:
        return None
    for other in predictions:
        if other.get("plate") in watched:
            return other["plate"], other["confidence"]
    return predictions[0].get("plate"), predictions[0].get("confidence")


def test_reports_the_best_plate_whatever_the_order_of_the_engine() -> None:
    seen = [
        make_plate("WEAK1", 0.5),
        make_plate("BEST2", 0.97, left=80),
        make_plate("MID3", 0.7, top=70),
    ]
    with serving([seen]) as server:
        answer = server.exchange(python_requests(PATH, "upload"))
    assert reads(answer) == ("BEST2", 0.97)
    assert reads(answer, watched=("MID3",)) == ("MID3", 0.7)


def test_no_plate_is_an_empty_list() -> None:
    with serving([[]]) as server:
        answer = server.exchange(python_requests(PATH, "upload"))
    assert answer.status == 200
    assert answer.json["predictions"] == []
    assert reads(answer) is None


@pytest.mark.parametrize("image", [b"", b"no image", b"\xff\xd8\xff\xe0 cut"])
def test_a_hopeless_image_is_not_sent_again(server: Server, image: bytes) -> None:
    answer = server.exchange(python_requests(PATH, "upload", image))
    assert answer.status in (400, 415)
    assert reads(answer) is None


def test_a_passing_fault_is_sent_again_after_the_time_we_name() -> None:
    with serving([EngineError("starting", retry_after_s=3), [make_plate()]]) as server:
        first = server.exchange(python_requests(PATH, "upload"))
        assert first.status in RETRIED
        assert int(first.headers["retry-after"]) == 3
        assert reads(server.exchange(python_requests(PATH, "upload"))) == ("ABC123", 0.9)
