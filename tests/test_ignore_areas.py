"""Ignored areas: no plate is answered whose centre lies in one, on every route."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr.engines.fake import FakeEngine
from alpr.errors import RequestError, SettingsError
from alpr.grid import Grid
from alpr.ignore_areas import IgnoreAreas
from alpr.plates import Box, Plate
from alpr.recognition import recognise
from alpr.settings import Settings
from testkit.engines import make_plate
from testkit.forms import upload
from testkit.images import gradient_image
from testkit.routes import BOX_ROUTES, PLATE_ROUTES
from testkit.service import client_of

IMAGE = gradient_image(200, 100)
TOP = "0,0,1,0.5"


def test_a_plate_is_left_out_by_the_centre_of_its_box() -> None:
    above, below = make_plate("ABOVE1", top=38), make_plate("BELOW1", top=41)  # 20 pixels high
    kept = IgnoreAreas.parse(TOP).remove_from([above, below], 200, 100)
    assert [p.text for p in kept] == ["BELOW1"]


def test_several_areas_spaces_and_a_last_semicolon() -> None:
    areas = IgnoreAreas.parse(" 0, 0, 1, 0.08 ; .7,0.9,1,1.0; ").areas
    assert [(a.left, a.top, a.right, a.bottom) for a in areas] == [
        (0, 0, 1, 0.08),
        (0.7, 0.9, 1, 1),
    ]
    assert IgnoreAreas.parse("").areas == ()


def test_a_fraction_may_have_the_digits_of_a_division() -> None:
    (area,) = IgnoreAreas.parse(f"0,{1 / 1080},{2 / 3},0.30000000000000004").areas
    assert (area.top, area.right, area.bottom) == (1 / 1080, 2 / 3, 0.1 + 0.2)


def test_a_fraction_may_have_the_exponent_of_a_small_number() -> None:
    (area,) = IgnoreAreas.parse(f"{1e-05},5.551115123125783E-17,1,9e-2").areas
    assert (area.left, area.top, area.bottom) == (1e-05, 5.551115123125783e-17, 0.09)


@pytest.mark.parametrize(
    "text",
    [
        "0,0,1,1e0",
        "0,0,1,9e-0",
        "0,0,1,1e+1",
        "0,0,1,e-1",
        "0,0,1,1e-400",
        *("1", "0,0,1", "0,0,1,1,1", "0,0,1,1.1", "-1,0,1,1", "0.5,0,0.5,1", "0,1,1,0"),
        *("a,b,c,d", "0,0,1,nan", "0,,1,1", ";".join(["0,0,1,1"] * 51)),
    ],
)
def test_what_is_no_rectangle_is_a_bad_request(text: str) -> None:
    with pytest.raises(RequestError, match="ignore_areas"):
        IgnoreAreas.parse(text)
    sent = upload(values={"ignore_areas": text})
    assert client_of().post(PLATE_ROUTES[0], **sent).status_code == 400


@given(st.text(alphabet="0123456789.,; -e", max_size=40))
def test_any_text_is_areas_or_a_bad_request(text: str) -> None:
    try:
        areas = IgnoreAreas.parse(text).areas
    except RequestError:
        return
    assert all(0 <= a.left < a.right <= 1 and 0 <= a.top < a.bottom <= 1 for a in areas)


def test_an_ignored_plate_does_not_keep_the_grid_from_being_read() -> None:
    clock, car = make_plate("CLOCK1", top=5), make_plate("CAR123", top=70)
    engine = FakeEngine([[clock], [car], []])
    result = recognise(engine, IMAGE, Grid(2, (3, 4)), ignore=IgnoreAreas.parse(TOP))
    assert [p.text for p in result.plates] == ["CAR123"]
    assert result.cells_tried == (3, 4)


@pytest.mark.parametrize("route", [*PLATE_ROUTES, *BOX_ROUTES, "/v1/plate-reader/"])
def test_every_route_leaves_them_out(route: str) -> None:
    found = [Plate("CLOCK1", 0.9, Box(0, 0, 60, 20)), Plate("CAR123", 0.8, Box(0, 80, 60, 100))]
    sent = upload(values={"ignore_areas": TOP, "grid_size": "0"})
    body = client_of([found]).post(route, **sent).json
    assert body is not None
    assert len(body["results"] if "results" in body else body["predictions"]) == 1


def test_a_requests_areas_replace_the_settings() -> None:
    settings = Settings(ignore_areas="0,0.5,1,1", grid_size=0)
    client = client_of([[make_plate("ABC123", top=20)]], settings)  # of 120 rows
    counts = [
        client.post(PLATE_ROUTES[0], **upload(values=values)).json["count"]  # type: ignore[index]
        for values in ({}, {"ignore_areas": TOP}, {"ignore_areas": ""})
    ]
    assert counts == [1, 0, 1]


def test_a_bad_setting_stops_the_program() -> None:
    with pytest.raises(SettingsError, match="ignore_areas"):
        client_of(settings=Settings(ignore_areas="0,0,2,1"))
