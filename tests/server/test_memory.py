"""The program sets malloc's limits; ``make soak`` shows their effect."""

from __future__ import annotations

import pytest

import alpr_api
from alpr.server import memory
from alpr.service import request_log


def test_malloc_is_tuned_before_the_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def serve(*_: object) -> int:
        done.append("serve")
        return 0

    monkeypatch.setattr(memory, "tune_malloc", lambda: done.append("memory"))
    monkeypatch.setattr(request_log, "start", lambda _: None)
    monkeypatch.setattr(alpr_api, "serve", serve)
    assert alpr_api.main(["--engine", "fake"]) == 0
    assert done == ["memory", "serve"]
