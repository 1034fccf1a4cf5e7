"""One line per request, with the id of its answer and the number of plates, not their texts."""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient

from alpr.engines.fake import FakeEngine
from alpr.service.request_log import JsonFormatter, OneLine
from alpr.settings import Settings
from testkit.engines import make_plate
from testkit.forms import upload
from testkit.routes import BOX_ROUTES, DEBUG_ROUTES, PLATE_ROUTES
from testkit.service import client_of
from testkit.wire_client import Server

READ = "/v1/vision/alpr"


def line_of(client: FlaskClient, caplog: pytest.LogCaptureFixture, **sent: Any) -> str:
    caplog.clear()
    with caplog.at_level(logging.INFO, "alpr_api"):
        client.post(READ, **(sent or upload()))
    (line,) = (record.getMessage() for record in caplog.records)
    return line


def test_plates_are_counted_and_their_texts_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    client = client_of([[make_plate("ABC123"), make_plate("XYZ789", left=90)], []])
    line = line_of(client, caplog)
    assert line.startswith("POST /v1/vision/alpr 200, ")
    assert ", 160x120, 2 plates, " in line
    assert "ABC123" not in line
    assert ", 0 plates, " in line_of(client, caplog)


def test_one_plate_is_no_plural(caplog: pytest.LogCaptureFixture) -> None:
    assert ", 160x120, 1 plate, " in line_of(client_of([[make_plate("ABC123")]]), caplog)


def test_who_asked_is_logged_only_where_that_is_set(caplog: pytest.LogCaptureFixture) -> None:
    sent = {**upload(), "environ_base": {"REMOTE_ADDR": "192.168.1.20"}}
    assert "192.168.1.20" not in line_of(client_of(), caplog, **sent)
    assert "client" not in json.loads(JsonFormatter().format(caplog.records[0]))
    client = client_of(settings=Settings(log_clients=True))
    assert "POST /v1/vision/alpr 200 from 192.168.1.20, " in line_of(client, caplog, **sent)
    assert json.loads(JsonFormatter().format(caplog.records[0]))["client"] == "192.168.1.20"


PROBES = ("/livez", "/readyz", "/health", "/metrics", "/recent.json")


def lines_of_probes(settings: Settings, caplog: pytest.LogCaptureFixture) -> list[str]:
    engine = FakeEngine()
    engine.warm_up()
    caplog.clear()
    with caplog.at_level(logging.INFO, "alpr_api"):
        for path in PROBES:
            client_of(engine, settings).get(path)
    return [record.getMessage() for record in caplog.records]


def test_a_probe_has_a_short_line_or_none(caplog: pytest.LogCaptureFixture) -> None:
    assert lines_of_probes(Settings(), caplog) == [f"GET {path} 200" for path in PROBES]
    assert json.loads(JsonFormatter().format(caplog.records[0]))["path"] == "/livez"
    assert lines_of_probes(Settings(log_probes=False), caplog) == []


def test_a_probe_that_fails_is_logged_in_any_case(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "alpr_api"):
        client_of(settings=Settings(log_probes=False)).get("/readyz")  # not warm yet
    assert caplog.records[-1].getMessage().startswith("GET /readyz 503, 0 bytes in, ")


def test_log_plates_logs_the_texts(caplog: pytest.LogCaptureFixture) -> None:
    odd = 'A\n"B'
    client = client_of(
        [[make_plate("ABC123"), make_plate(odd, left=90)]], Settings(log_plates=True)
    )
    line = line_of(client, caplog)
    assert '2 plates ["ABC123", "A\\n\\"B"], ' in line
    assert line.isprintable()


def test_the_name_of_the_file_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("gate.jpg", "x\r\nforged"):
        assert name not in line_of(client_of(), caplog, **upload(None, name))


def test_json_lines(caplog: pytest.LogCaptureFixture) -> None:
    client = client_of([[make_plate("ABC123")]], Settings(log_plates=True))
    line_of(client, caplog)
    (record,) = caplog.records
    fields = json.loads(JsonFormatter().format(record))
    assert {**fields, "time": "", "ms": 0, "bytes": 0, "request_id": "", "message": ""} == {
        "time": "",
        "level": "INFO",
        "message": "",
        "request_id": "",
        "method": "POST",
        "path": READ,
        "status": 200,
        "bytes": 0,
        "ms": 0,
        "width": 160,
        "height": 120,
        "plates": 1,
        "texts": ["ABC123"],
    }
    assert fields["message"] == record.getMessage()


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"data": {"a": "b"}}, "no image in the request: send it as a file"),
        (upload(values={"grid_size": "a\n2026\u2028 forged"}), r"'a\n2026\u2028 forged'"),
        (upload(b"not an image"), "format"),
        ({"json": {"upload": ["x" * 5000]}}, "base64"),
    ],
    ids=["no image", "line breaks", "no format", "JSON"],
)
def test_a_refusal_is_logged_with_its_reason(
    caplog: pytest.LogCaptureFixture, sent: dict[str, Any], error: str
) -> None:
    client = client_of()
    line = line_of(client, caplog, **sent)
    assert line.isprintable()
    assert error in json.loads(line[line.index('"') : line.rindex('"') + 1])
    fields = json.loads(JsonFormatter().format(caplog.records[0]))
    assert error in fields["error"]
    assert client.get("/recent.json").get_json()["requests"][0]["error"] == fields["error"]


def test_a_reason_cannot_turn_its_line_around(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "alpr_api"):
        client_of().post("/v1/\N{RIGHT-TO-LEFT OVERRIDE}002 trohs")
    (record,) = caplog.records
    assert record.getMessage().isprintable()


def test_no_reason_is_logged_where_nothing_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    assert '"' not in line_of(client_of(), caplog)
    assert "error" not in json.loads(JsonFormatter().format(caplog.records[0]))


SECRET = "hunter2"


@pytest.mark.parametrize(
    ("wire_bytes", "start", "error"),
    [
        (b"GET\r\n\r\n", "- - 400", "Start line is invalid"),
        (b"get /livez HTTP/1.1\r\n\r\n", "- - 400", 'Malformed HTTP method \\"get\\"'),
        (b"GET http://[ HTTP/1.1\r\n\r\n", "GET - 400", "Request is invalid"),
        (b"PUT /livez?a=b HTTP/1.1\r\nbad header\r\n\r\n", "PUT /livez 400", "Invalid header"),
        (
            b"GET /livez HTTP/1.1\r\nX-Api-Key: hunter2\n\r\n\r\n",
            "GET /livez 400",
            "Bare CR or LF found in header",
        ),
        (b"GET /livez HTTP/1.1\r\n hunter2\r\n\r\n", "GET /livez 400", "Malformed header"),
        (b"GET /livez HTTP/1.1\r\n" + b"X: a\r\n" * 101 + b"\r\n", "GET /livez 431", "headers"),
        (
            b"POST /v1/plate-reader HTTP/1.1\r\nX: " + b"x" * 33_000,
            "POST /v1/plate-reader 431",
            "max_header",
        ),
        (b"GET /" + b"x" * 33_000, "GET /xxx", "max_header"),
        (b"GET /livez HTTP/1.1\n", "GET /livez 400", "LF only"),
        (b"\x16\x03\x01\x02", "- - 400", "this is TLS"),
    ],
    ids=[
        "line",
        "case",
        "url",
        "header",
        "line feed",
        "fold",
        "many",
        "long",
        "long line",
        "LF",
        "TLS",
    ],
)
def test_of_a_malformed_request_only_what_is_known_is_logged(
    server: Server, caplog: pytest.LogCaptureFixture, wire_bytes: bytes, start: str, error: str
) -> None:
    with caplog.at_level(logging.INFO, "alpr_api"):
        answer = server.exchange(wire_bytes)
    (line,) = (record.getMessage() for record in caplog.records if record.name == "alpr_api")
    assert line.startswith(start)
    assert error in line
    assert SECRET not in line
    assert answer.status in (400, 431)


def test_a_malformed_request_is_counted_for_no_route(server: Server) -> None:
    server.exchange(b"GET\r\n\r\n")
    metrics = server.exchange(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").body.decode()
    assert 'route="unmatched",status="400"' in metrics


def test_a_traceback_is_one_json_line() -> None:
    try:
        raise ZeroDivisionError("a\nb")
    except ZeroDivisionError as error:
        caught = (type(error), error, error.__traceback__)
    record = logging.LogRecord("alpr", logging.ERROR, "", 0, "request %s failed", ("1",), caught)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert "ZeroDivisionError" in json.loads(line)["exception"]


@pytest.mark.parametrize(
    "path", [*PLATE_ROUTES, *BOX_ROUTES, *DEBUG_ROUTES, "/v1/vision/custom/list", "/nowhere"]
)
def test_a_request_has_one_id_everywhere(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "alpr_api"):
        answer = client_of().post(path, **upload(), headers={"X-Request-Id": "cam-1_7.a"})
    assert answer.headers["X-Request-Id"] == "cam-1_7.a"
    assert answer.get_json()["requestId"] == "cam-1_7.a"
    assert caplog.records[-1].getMessage().endswith(", cam-1_7.a")


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "é", "a,b", "<script>"])
def test_an_invalid_id_is_replaced(given: str) -> None:
    answer = client_of().get("/livez", headers={"X-Request-Id": given})
    assert uuid.UUID(answer.headers["X-Request-Id"])


@pytest.mark.parametrize("sent", ["x" * 100_000, "a\nb", "\x1b[2J\x85\u2028"])
def test_a_message_is_one_line_of_bounded_length(sent: str) -> None:
    record = logging.LogRecord("waitress", logging.INFO, "", 0, "gone: %s", (sent,), None)
    assert OneLine().filter(record)
    line = record.getMessage()
    assert line.startswith("gone: ")
    assert line.isprintable()
    assert len(line) < 1100


def test_path_and_method_are_shortened(caplog: pytest.LogCaptureFixture) -> None:
    client = client_of()
    with caplog.at_level(logging.INFO, "alpr_api"):
        answer = client.open("/" + "ü" * 5000, method="X" * 5000)
    (record,) = caplog.records
    assert len(record.getMessage()) < 600
    assert len(JsonFormatter().format(record)) < 1500
    assert len(answer.get_data()) < 2000
