import json
from typing import Any

import pytest

from alpr.engines.ultimate.results import ResultFormatError, plates
from alpr.plates import Box, Plate, PlateRegion

WIDTH, HEIGHT = 640, 480
CORNERS = [108.7, 446.0, 182.0, 446.0, 182.0, 473.1, 108.7, 473.1]


def entry(**changes: Any) -> dict[str, Any]:
    whole = {"text": "AB1*", "confidences": [84, 99, 90, 91, 84, 92], "warpedBox": CORNERS}
    whole.update(changes)
    return {name: value for name, value in whole.items() if value is not None}


def read(*entries: dict[str, Any]) -> list[Plate]:
    return plates(json.dumps({"duration": 9, "frame_id": 1, "plates": entries}), WIDTH, HEIGHT)


@pytest.mark.parametrize(
    "answer", [None, "", "{}", '{"duration":43,"frame_id":0}', '{"plates":[]}', '{"plates":null}']
)
def test_nothing_seen_is_no_plate(answer: str | None) -> None:
    assert plates(answer, WIDTH, HEIGHT) == []


def test_a_whole_entry_becomes_a_plate_with_its_mask() -> None:
    [plate] = read(entry())
    assert plate.text == "AB1*"
    assert plate.confidence == pytest.approx(0.84)
    assert plate.detection_confidence == pytest.approx(0.99)
    assert plate.char_confidences == pytest.approx((0.90, 0.91, 0.84, 0.92))
    assert plate.box == Box(109, 446, 182, 473)
    assert plate.extras == {}


@pytest.mark.parametrize(
    ("confidences", "expected"),
    [
        ([71, 88], (0.71, 0.88, ())),
        ([71], (0.71, None, ())),
        ([], (0.0, None, ())),
        (None, (0.0, None, ())),
        ([130, -4, 101], (1.0, 0.0, (1.0,))),
    ],
)
def test_any_number_of_confidences(confidences: list[float] | None, expected: Any) -> None:
    [plate] = read(entry(confidences=confidences))
    found = (plate.confidence, plate.detection_confidence, plate.char_confidences)
    assert found == expected


@pytest.mark.parametrize("lacking", [{"text": None}, {"text": ""}, {"warpedBox": None}])
def test_an_entry_without_text_or_box_is_no_reading(lacking: dict[str, Any]) -> None:
    assert [plate.text for plate in read(entry(**lacking), entry(text="B2*"))] == ["B2*"]


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ([-9.6, -3, 50, -3, 50, 20.4, -9.6, 20.4], Box(0, 0, 50, 20)),
        ([600, 470, 700, 470, 700, 500, 600, 500], Box(600, 470, 640, 480)),
        ([700, 500, 800, 500, 800, 600, 700, 600], Box(639, 479, 640, 480)),
        ([50, 20, 10, 20, 10, 5, 50, 5], Box(10, 5, 50, 20)),
        ([12, 30, 90, 10, 95, 40, 17, 60], Box(12, 10, 95, 60)),
    ],
)
def test_boxes_are_upright_and_inside_the_image(corners: list[float], expected: Box) -> None:
    assert read(entry(warpedBox=corners))[0].box == expected


def test_country_and_car_are_passed_on_as_they_are() -> None:
    country = [{"klass": 3, "code": "DEU", "name": "Germany", "confidence": 99.1}]
    car = {"confidence": 99.6, "color": [{"klass": -1, "name": "h*****", "confidence": 80.0}]}
    [plate] = read(entry(country=country, car=car, unheard_of=1))
    assert plate.extras == {"country": country, "car": car}
    assert plate.region == PlateRegion("de", 0.991)


def test_the_likeliest_country_that_is_listed_is_the_region() -> None:
    country = [
        {"code": "FRA", "confidence": 20},
        {"code": "GBR", "confidence": 70.5},
        {"code": "JPN", "confidence": 99},
        {"code": None},
    ]
    assert read(entry(country=country))[0].region == PlateRegion("gb", 0.705)
    assert read(entry(country=country[2:]))[0].region is None
    assert read(entry())[0].region is None


def test_text_is_utf_8() -> None:
    assert read(entry(text="京A1234*"))[0].text == "京A1234*"


@pytest.mark.parametrize(
    "answer",
    [
        "{",
        "[]",
        "7",
        '{"plates":{"text":"A"}}',
        '{"plates":[1]}',
        json.dumps({"plates": [entry(warpedBox=[1, 2, 3])]}),
        json.dumps({"plates": [entry(warpedBox=["a"] * 8)]}),
        json.dumps({"plates": [entry(warpedBox=[float("nan")] * 8)]}),
        json.dumps({"plates": [entry(warpedBox=[float("inf")] * 8)]}),
        json.dumps({"plates": [entry(text=5)]}),
        json.dumps({"plates": [entry(confidences=["x"])]}),
        json.dumps({"plates": [entry(confidences=3)]}),
    ],
)
def test_anything_else_is_named_garbage(answer: str) -> None:
    with pytest.raises(ResultFormatError, match="not its format"):
        plates(answer, WIDTH, HEIGHT)
