"""Fixtures of every test: a clean environment, an application, a server on loopback."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from PIL import Image

from alpr.engines.fake import FakeEngine
from alpr.settings import Settings
from alpr.settings.loading import PREFIX
from alpr_api import create_app
from testkit.service import serving
from testkit.wire_client import Server

hypothesis_settings.register_profile(
    "house",
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def interrupts() -> None:
    """SIGINT works, although a shell makes its background jobs and their children ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the caller's variables or on limits that another test set."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)


@pytest.fixture
def settings() -> Settings:
    return Settings(host="127.0.0.1", port=0)


@pytest.fixture
def app(settings: Settings) -> Flask:
    """The application over an engine that finds FAKE123 in the middle of every image."""
    return create_app(settings, FakeEngine())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def server() -> Iterator[Server]:
    """The server that ships, over an engine that finds FAKE123 in every image."""
    with serving() as running:
        yield running
