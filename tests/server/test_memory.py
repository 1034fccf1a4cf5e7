"""The program asks malloc to give memory back; ``make soak`` shows what comes of it."""

from __future__ import annotations

import pytest

import alpr_api
from alpr.server import memory
from alpr.service import request_log


def test_memory_is_given_back_before_the_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def serve(*_: object) -> int:
        done.append("serve")
        return 0

    monkeypatch.setattr(memory, "give_back_large_blocks", lambda: done.append("memory"))
    monkeypatch.setattr(request_log, "start", lambda _: None)
    monkeypatch.setattr(alpr_api, "serve", serve)
    assert alpr_api.main(["--engine", "fake"]) == 0
    assert done == ["memory", "serve"]
