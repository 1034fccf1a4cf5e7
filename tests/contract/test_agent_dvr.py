"""Agent DVR: its author says it uploads to ``/v1/image/alpr``; the field's name is not published.

By default it takes an alert for valid when the server does not answer, and gives up by itself.
"""

from __future__ import annotations

import pytest

from alpr.engines.fake import FakeEngine
from testkit.service import serving
from testkit.wire_client import Server
from tests.contract.senders import dotnet, python_requests


@pytest.mark.parametrize("path", ["/v1/image/alpr", "/V1/Image/ALPR", "/v1/image/alpr/"])
def test_plates(server: Server, path: str) -> None:
    found = server.exchange(dotnet(path, {})).json
    assert found["success"] is True
    assert [p["plate"] for p in found["predictions"]] == ["FAKE123"]


def test_a_client_that_gives_up_delays_no_other() -> None:
    with serving(FakeEngine(delay_s=0.3)) as server:
        for _ in range(3):
            with server.connect() as wire:
                wire.send(python_requests("/v1/image/alpr", "image"))
        assert server.exchange(python_requests("/v1/image/alpr", "image")).status == 200
