"""The recent requests that the page shows: what is kept of them, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from alpr.service import recent_requests
from alpr.service.recent_requests import RecentRequests
from alpr.settings import Settings
from testkit.engines import make_plate
from testkit.forms import upload
from testkit.routes import PAGE_ROUTES
from testkit.service import client_of

READ = "/v1/vision/alpr"
FROM = {"REMOTE_ADDR": "192.168.1.20"}


def recent_of(client: Any) -> Any:
    return client.get("/recent.json").get_json()


def entry(ms: int = 20, status: int = 200, **more: Any) -> dict[str, Any]:
    return {"path": READ, "status": status, "ms": ms, **more}


def test_a_read_is_listed_without_its_text_and_its_client() -> None:
    client = client_of([[make_plate("ABC123"), make_plate("XYZ789", left=90)]])
    client.post(READ, **upload(), environ_base=FROM, headers={"X-Request-Id": "cam-1"})
    body = recent_of(client)
    (request,) = body["requests"]
    assert set(request) == {
        *("time", "request_id", "method", "path", "status", "bytes", "ms"),
        *("width", "height", "plates"),
    }
    assert (request["method"], request["path"], request["status"]) == ("POST", READ, 200)
    assert (request["plates"], request["request_id"]) == (2, "cam-1")
    assert (body["reads_last_minute"], body["refused"]) == (1, 0)
    assert body["median_ms"] == request["ms"]


def test_text_and_client_are_listed_where_they_are_logged() -> None:
    settings = Settings(log_plates=True, log_clients=True)
    client = client_of([[make_plate("ABC123")]], settings)
    client.post(READ, **upload(), environ_base=FROM)
    (request,) = recent_of(client)["requests"]
    assert (request["texts"], request["client"]) == (["ABC123"], "192.168.1.20")


def test_what_goes_wrong_is_listed_and_counted() -> None:
    client = client_of()
    for path in (READ, "/v1/image/alpr%20", "/" + 900 * "x"):
        client.post(path)
    body = recent_of(client)
    assert [request["status"] for request in body["requests"]] == [404, 404, 400]
    assert len(body["requests"][0]["path"]) == 200
    assert (body["reads_last_minute"], body["median_ms"], body["refused"]) == (0, None, 3)


def test_probes_and_the_page_itself_are_not_listed() -> None:
    client = client_of()
    paths = ("/", "/livez", "/readyz", "/health", "/metrics", "/favicon.ico", *PAGE_ROUTES)
    for path in paths:
        client.get(path)
    client.get("/static/app.js").close()
    assert recent_of(client)["requests"] == []
    client.post("/")  # a client that looks whether the service runs
    assert len(recent_of(client)["requests"]) == 1


def test_only_the_last_hundred_are_kept() -> None:
    recent = RecentRequests()
    for number in range(130):
        recent.add(entry(ms=number, plates=0))
    body = recent.body()
    assert [request["ms"] for request in body["requests"]] == list(range(129, 29, -1))
    assert body["reads_last_minute"] == 130
    assert body["median_ms"] == 79


def test_reads_are_counted_for_a_minute() -> None:
    now = 1000.0
    recent = RecentRequests(clock=lambda: now)
    recent.add(entry(plates=1))
    now += 30
    recent.add(entry(plates=0))
    recent.add(entry())
    recent.add(entry(status=503))
    assert recent.body()["reads_last_minute"] == 2
    now += recent_requests.WINDOW_S - 29
    body = recent.body()
    assert (body["reads_last_minute"], body["median_ms"], body["refused"]) == (1, 20, 1)


def test_settings_are_told_without_secrets() -> None:
    settings = Settings(api_key="k3y", grid_size=3, json_config={"license_token_data": "t0ken"})
    client = client_of(settings=settings)
    assert client.get("/settings.json").status_code == 401
    answer = client.get("/settings.json", headers={"X-Api-Key": "k3y"})
    body = answer.get_json()
    assert (body["grid_size"], body["api_key"]) == (3, "…")
    assert "k3y" not in answer.get_data(as_text=True)
    assert "t0ken" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", PAGE_ROUTES)
@pytest.mark.parametrize("origins", ["*", "http://page.lan"])
def test_no_page_of_another_origin_reads_them(path: str, origins: str) -> None:
    client = client_of(settings=Settings(cors_origins=origins))
    for ask, status in ((client.get, 200), (client.options, 200), (client.post, 405)):
        answer = ask(path, headers={"Origin": "http://page.lan"})
        assert answer.status_code == status
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
