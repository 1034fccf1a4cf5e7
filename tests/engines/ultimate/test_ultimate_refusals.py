"""Images that the SDK cannot read, and a trial that refuses to read on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from alpr.engines.base import Engine
from alpr.engines.ultimate.error_streak import MAX_EQUAL_ERRORS
from alpr.errors import EngineError

if TYPE_CHECKING:
    from tests.engines.ultimate.conftest import Double, Open, Seen


def test_the_trial_s_limit_is_met_by_a_restart_and_counted(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    double.tell(LIMIT=10)
    engine = open_engine()
    assert [engine.read(picture)[0].text for _ in range(35)] == [seen(picture)] * 35
    assert engine.status().facts["refusals"] == 3
    assert engine.status().facts["restarts"] == 3


@pytest.mark.parametrize(
    ("phrase", "line", "evidence"),
    [
        ("Your license doesn't allow running the code this long", "", "its phrase: Your license"),
        ("LICENSE: time limit exceeded", "", "its phrase: LICENSE"),
        ("Trial period is over", "", "its phrase: Trial"),
        ("Operation failed", "[Base] your licence does not allow this", "its log: [Base] your"),
        ("", "Your license doesn't allow running the code this long", "its log: Your license"),
    ],
)
def test_a_refusal_is_known_by_its_phrase_or_by_native_lines(
    double: Double,
    open_engine: Open,
    picture: Image.Image,
    phrase: str,
    line: str,
    evidence: str,
) -> None:
    double.tell(LIMIT=3, REFUSAL=phrase, REFUSAL_LINE=line)
    engine = open_engine(restart_on_refusal=False)
    for _ in range(3):
        assert engine.read(picture)
    double.until(lambda: _is_refused(engine, picture, evidence))
    status = engine.status()
    assert status.ready is False
    assert evidence in status.last_error
    assert len(double.processes()) == 1
    engine = open_engine()
    double.until(lambda: _is_read_after_a_refusal(engine, picture))


def _is_read_after_a_refusal(engine: Engine, picture: Image.Image) -> bool:
    try:
        return bool(engine.read(picture) and engine.status().facts["refusals"])
    except EngineError:  # The native line came later than the answer.
        return False


def _is_refused(engine: Engine, image: Image.Image, evidence: str) -> bool:
    """A native line may come a moment after the answer that it belongs to."""
    try:
        assert engine.read(image) == []
    except EngineError as error:
        return evidence in str(error)
    return False


def test_an_image_that_cannot_be_read_is_only_its_own_request_s_error(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    engine = open_engine()
    for _ in range(20):
        with pytest.raises(EngineError, match="answered -5: something failed"):
            engine.read(_unreadable(picture))
        assert engine.read(picture)[0].text == seen(picture)
    assert len(double.processes()) == 1
    assert engine.status().ready is True


def test_the_same_bad_image_proves_nothing_against_the_worker(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    engine = open_engine()
    for _ in range(3 * MAX_EQUAL_ERRORS):
        with pytest.raises(EngineError, match="something failed"):
            engine.read(_unreadable(picture))
    assert len(double.processes()) == 1
    assert engine.status().ready is True


@pytest.mark.parametrize("standby", [True, False])
def test_the_same_error_for_many_images_replaces_the_worker_but_not_without_end(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen, standby: bool
) -> None:
    engine = open_engine(standby=standby)
    images = [_unreadable(picture, number) for number in range(MAX_EQUAL_ERRORS)]
    for image in images:
        assert engine.status().ready or image is images[0]
        with pytest.raises(EngineError, match="something failed"):
            engine.read(image)
    assert not engine.status().ready or len(double.processes()) > 1
    double.until(lambda: engine.status().facts["restarts"] == 1)
    double.until(lambda: engine.status().ready)
    began, asked = time.monotonic(), 0
    while time.monotonic() - began < 4:
        with pytest.raises(EngineError):
            engine.read(images[asked % len(images)])
        asked += 1
    assert asked > 100
    assert engine.status().facts["restarts"] <= 5
    double.until(lambda: _reads(engine, picture) == seen(picture))


def _unreadable(image: Image.Image, number: int = 0) -> Image.Image:
    """An image that the double cannot read; each ``number`` makes another one."""
    bad = image.copy()
    bad.putpixel((0, 0), (255, 0, 0))
    bad.putpixel((1, 0), (number, 0, 0))
    return bad


def _reads(engine: Engine, image: Image.Image) -> str:
    """The first text, or empty while the engine cannot read."""
    try:
        return engine.read(image)[0].text
    except EngineError:
        return ""


def test_a_restart_upon_refusal_can_be_switched_off(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(LIMIT=1)
    engine = open_engine(restart_on_refusal=False)
    engine.read(picture)
    for _ in range(2):
        with pytest.raises(EngineError, match="Your license doesn't allow"):
            engine.read(picture)
    status = engine.status()
    assert (status.ready, status.facts["refusals"]) == (False, 2)
    assert "Your license doesn't allow" in status.last_error
    assert len(double.processes()) == 1


def test_errors_that_may_be_a_refusal_cause_no_restart_where_that_is_switched_off(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    engine = open_engine(restart_on_refusal=False)
    engine.warm_up()
    for number in range(2 * MAX_EQUAL_ERRORS):
        with pytest.raises(EngineError, match="something failed"):
            engine.read(_unreadable(picture, number))
    assert engine.status().ready is False
    assert engine.read(picture)
    assert engine.status().ready is True
    assert len(double.processes()) == 1
