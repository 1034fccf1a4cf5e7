"""Access: allowed hosts, the API key and the networks exempt from it, origins of pages."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from alpr.errors import SettingsError
from alpr.settings import Settings, load
from testkit.forms import upload
from testkit.images import encode, gradient_image
from testkit.routes import GET_ROUTES, IMAGE_ROUTES, PAGE_ROUTES
from testkit.service import client_of
from tests.assertions import assert_error

READ = "/v1/vision/alpr"
KEY = "a secret"
URLENCODED = "application/x-www-form-urlencoded"
OPEN = ("/", "/livez", "/readyz", "/health", "/favicon.ico", "/openapi.json")


def client_with(**settings: Any) -> FlaskClient:
    return client_of(settings=Settings(**settings))


def static_file(client: FlaskClient) -> str:
    """A file that the page loads."""
    found = re.search(r'"/?(static/[^"]+)"', client.get("/").get_data(as_text=True))
    assert found is not None
    return "/" + found.group(1)


def read(client: FlaskClient, key: str | bytes | None, **environ: str) -> int:
    headers = {} if key is None else {"X-Api-Key": key}
    answer = client.post(READ, **upload(), headers=headers, environ_base=environ)
    if answer.status_code != 200:
        assert_error(answer.get_json(), answer.status_code)
        assert KEY not in answer.get_data(as_text=True)
    return answer.status_code


def test_by_default_no_key_is_needed() -> None:
    assert read(client_with(), None) == 200
    assert read(client_with(), "whatever") == 200


@pytest.mark.parametrize(
    ("key", "status"),
    [(KEY, 200), (None, 401), ("", 401), (KEY[:-1], 401), (KEY + "x", 401), (KEY.upper(), 401)],
)
def test_only_the_exact_key_is_accepted(key: str | None, status: int) -> None:
    assert read(client_with(api_key=KEY), key) == status


def test_half_a_surrogate_pair_is_no_key_and_no_bug() -> None:
    client = client_with(api_key=KEY)
    sent = {"data": b'{"api_key": "\\ud800"}', "content_type": "application/json"}
    assert client.post(READ, **sent).status_code == 401


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Token {KEY}", 200),
        (f"bearer  {KEY}", 200),
        (f"Token {KEY}x", 401),
        (f"Basic {KEY}", 401),
        (KEY, 401),
        ("Token", 401),
        ("Bearer ", 401),
        ("Token \xfc", 401),
    ],
)
def test_the_key_as_plate_recognizers_clients_send_it(header: str, status: int) -> None:
    client = client_with(api_key=KEY)
    answer = client.post(READ, **upload(), headers={"Authorization": header})
    assert answer.status_code == status


@pytest.mark.parametrize("path", IMAGE_ROUTES)
@pytest.mark.parametrize(
    ("key", "status"), [(KEY, 200), ("", 401), (KEY[1:], 401), ("\u2603", 401)]
)
def test_the_key_as_deepstacks_clients_send_it(path: str, key: str, status: int) -> None:
    client = client_with(api_key=KEY)
    in_form = upload(values={"api_key": key, "grid_size": "3"})
    assert client.post(path, **in_form).status_code == status
    assert client.post(path, **upload(), query_string={"api_key": key}).status_code == status
    image = base64.b64encode(encode(gradient_image())).decode()
    fields = {"api_key": key, "upload": image}
    assert client.post(path, data=fields, content_type=URLENCODED).status_code == status
    assert client.post(path, json=fields).status_code == status


def test_the_key_in_the_query_opens_what_has_no_form() -> None:
    client = client_with(api_key=KEY)
    assert client.get("/metrics", query_string={"api_key": KEY}).status_code == 200
    assert client.get("/metrics", query_string={"api_key": "no"}).status_code == 401


@pytest.mark.parametrize("body", [b"", b"--boundary\r\n", b"\xff" * 9])
def test_a_broken_form_has_no_key(body: bytes) -> None:
    sent: dict[str, Any] = {**upload(), "data": body}
    assert client_with(api_key=KEY).post(READ, **sent).status_code == 401


def test_no_key_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    client = client_with(api_key=KEY)
    sent = upload(values={"api_key": KEY})
    with caplog.at_level("DEBUG"):
        client.post(READ, **sent, query_string={"api_key": KEY})
        client.get("/nowhere", query_string={"api_key": KEY}, headers={"X-Api-Key": KEY})
        client.get("/metrics", headers={"Authorization": f"Token {KEY}x"})
    assert len(caplog.messages) == 3
    assert not any("secret" in message for message in caplog.messages)


def test_a_key_may_have_any_characters() -> None:
    client = client_with(api_key="Schlüssel")
    assert read(client, "Schlüssel".encode().decode("latin-1")) == 200
    assert read(client, "Schlossel") == 401


def test_all_but_public_paths_need_the_key() -> None:
    client = client_with(api_key=KEY)
    for path in (*OPEN, static_file(client)):
        with client.get(path) as answer:
            assert answer.status_code in (200, 503), path
    for path in {*GET_ROUTES, *PAGE_ROUTES, "/metrics", "/nowhere"} - {*OPEN}:
        assert client.get(path).status_code == 401, path
        assert client.get(path.upper() + "/").status_code == 401, path
    for path in IMAGE_ROUTES:
        assert client.post(path, **upload()).status_code == 401, path
        assert client.options(path).status_code == 200, path
    refused = client.get("/metrics")
    assert refused.headers["WWW-Authenticate"] == "ApiKey"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("192.168.1.77", 200),
        ("10.0.0.7", 200),
        ("fd00::1", 200),
        ("192.168.2.1", 401),
        ("10.0.0.8", 401),
        ("", 401),
        ("localhost", 401),
    ],
)
def test_exempt_networks_need_no_key(address: str, status: int) -> None:
    networks = "192.168.1.0/24, 10.0.0.7,fd00::/8"
    client = client_with(api_key=KEY, api_key_exempt_networks=networks)
    assert read(client, None, REMOTE_ADDR=address) == status


def test_forwarding_headers_are_not_trusted() -> None:
    client = client_with(api_key=KEY, api_key_exempt_networks="192.168.1.0/24")
    headers = {"X-Forwarded-For": "192.168.1.7", "Forwarded": "for=192.168.1.7"}
    assert client.post(READ, **upload(), headers=headers).status_code == 401


@pytest.mark.parametrize("networks", ["192.168.1.7/24", "lan", "10.0.0.0/33"])
def test_an_invalid_network_is_a_settings_error(networks: str) -> None:
    with pytest.raises(SettingsError, match="api-key-exempt-networks"):
        load(["--api-key-exempt-networks", networks])


def test_the_key_is_never_printed() -> None:
    (line,) = (line for line in load(["--api-key", KEY]).lines({}) if line.startswith("api_key "))
    assert line == 'api_key = "…"  (command line)'


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("alpr.lan", 200),
        ("ALPR.lan:5000", 200),
        ("192.168.1.5:5000", 200),
        ("cam.example.org", 200),
        ("evil.example", 400),
        ("alpr.lan.evil.example", 400),
        ("", 400),
    ],
)
def test_only_allowed_hosts_are_served(host: str, status: int) -> None:
    client = client_with(allowed_hosts="alpr.lan,192.168.1.5, .example.org")
    answer = client.post(READ, **upload(), headers={"Host": host})
    assert answer.status_code == status
    if status != 200:
        assert_error(answer.get_json(), status)
    assert client.get("/", headers={"Host": host}).status_code == status
    assert client.get("/livez", headers={"Host": host}).status_code == 200


def origin_of(client: FlaskClient, path: str, origin: str) -> tuple[str | None, str | None]:
    headers = client.get(path, headers={"Origin": origin}).headers
    return headers.get("Access-Control-Allow-Origin"), headers.get("Vary")


@pytest.mark.parametrize("path", ["/livez", "/nowhere"])
def test_allowed_origins(path: str) -> None:
    assert origin_of(client_with(), path, "http://a") == ("*", None)
    assert origin_of(client_with(cors_origins=""), path, "http://a") == (None, "Origin")
    listed = client_with(cors_origins="http://a,http://b")
    assert origin_of(listed, path, "http://b") == ("http://b", "Origin")
    assert origin_of(listed, path, "http://evil") == (None, "Origin")
    preflight = listed.options(READ, headers={"Origin": "http://evil"})
    assert "Access-Control-Allow-Methods" not in preflight.headers


PUBLIC = "https://evil.example"


def posted(client: FlaskClient, path: str = READ, **headers: str) -> int:
    """The status of a read with these headers, e.g. ``sec_fetch_site``."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.post(path, **upload(), headers={"Host": "alpr.example.org:5000", **sent})
    if answer.status_code == 403:
        assert_error(answer.get_json(), 403)
    return answer.status_code


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (PUBLIC, 403),
        ("http://evil.example:5000", 403),
        ("null", 403),
        ("http://8.8.8.8", 403),
        ("http://[2001:4860:4860::8888]", 403),
        ("http://[", 403),
        ("http://alpr.example.org.evil.example", 403),
        ("http://evillocal", 200),
        ("http://evil.notlocal.example", 403),
        ("http://192.168.1.9:8123", 200),
        ("http://[fd00::1]:8123", 200),
        ("http://homeassistant.local:8123", 200),
        ("http://explorer.lan:32168", 200),
        ("http://NAS", 200),
        ("https://alpr.example.org", 200),
    ],
)
def test_pages_from_outside_the_lan_may_not_post(origin: str, status: int) -> None:
    assert posted(client_with(), Origin=origin) == status
    assert posted(client_with(allow_cross_site=True), Origin=origin) == 200
    assert posted(client_with(cors_origins=f"http://a,{origin}"), Origin=origin) == 200


@pytest.mark.parametrize(
    ("site", "status"),
    [("cross-site", 403), ("same-site", 200), ("same-origin", 200), ("none", 200)],
)
def test_what_a_browser_says_of_the_site_counts(site: str, status: int) -> None:
    assert posted(client_with(), Origin=PUBLIC, Sec_Fetch_Site=site) == status
    assert posted(client_with(), Sec_Fetch_Site=site) == status


@pytest.mark.parametrize("path", [*IMAGE_ROUTES, "/", "/v1/vision/custom/list", "/nowhere"])
def test_no_route_is_open_to_such_pages(path: str) -> None:
    client = client_with(api_key=KEY)
    assert posted(client, path, Origin=PUBLIC, X_Api_Key=KEY) == 403
    refused = client.post(path, **upload(), headers={"Origin": PUBLIC})
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert 'alpr_refusals_total{reason="cross_site"} 2.0' in client.get(
        "/metrics", headers={"X-Api-Key": KEY}
    ).get_data(as_text=True)


def test_programs_and_reading_pages_are_not_concerned() -> None:
    client = client_with()
    assert posted(client) == 200
    assert client.get("/v1/status/version", headers={"Origin": PUBLIC}).status_code == 200
    assert client.options(READ, headers={"Origin": PUBLIC}).status_code == 200
