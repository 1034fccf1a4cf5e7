"""A real browser, in front of the server that ships."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from PIL import Image, ImageDraw

from alpr.engines.fake import FakeEngine
from alpr.plates import Box, Plate
from alpr.settings import Settings
from testkit.engines import Script
from testkit.images import encode
from testkit.service import serving
from testkit.wire_client import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
HTTP_ERROR = re.compile(r"Failed to load resource: .*status of [45]\d\d")
NO_ANSWER = re.compile(r"Failed to load resource: net::ERR_(CONNECTION|EMPTY|SOCKET)")
PATIENCE_MS = 20_000
LOOKALIKES = str.maketrans(
    {
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{EN DASH}": "-",
        "\N{NO-BREAK SPACE}": " ",
        "\N{LEFT DOUBLE QUOTATION MARK}": "'",
        "\N{RIGHT DOUBLE QUOTATION MARK}": "'",
    }
)

SIGN = Box(400, 300, 560, 340)
"""Where :func:`street_picture` shows its plate."""

SEEN = Plate("AB12CDE", 0.913, SIGN, 0.97, (0.99, 0.98, 0.95, 0.9, 0.97, 0.52, 0.7))


def street_picture(size: tuple[int, int] = (800, 600)) -> bytes:
    """A grey picture with a magenta plate at :data:`SIGN`."""
    image = Image.new("RGB", size, (90, 100, 110))
    ImageDraw.Draw(image).rectangle(SIGN.corners, fill=(255, 0, 255))
    return encode(image, "PNG")


def as_file(data: bytes, name: str = "drive way.png", kind: str = "image/png") -> Any:
    """A file as a chooser hands it over."""
    return {"name": name, "mimeType": kind, "buffer": data}


def plain(page: Page, selector: str) -> str:
    """An element's text in letters that every keyboard has."""
    return page.inner_text(selector).translate(LOOKALIKES)


@contextlib.contextmanager
def ready(engine: FakeEngine | Script = (), settings: Settings | None = None) -> Iterator[Server]:
    """The server that ships over an engine that has warmed up, as after any start."""
    chosen = engine if isinstance(engine, FakeEngine) else FakeEngine(engine)
    chosen.warm_up()
    with serving(chosen, settings) as server:
        yield server


def eventually(read: Callable[[], object], expected: object) -> None:
    """Waits for a value; the page's own policy forbids the browser's way, which evaluates text."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while (value := read()) != expected:
        assert time.monotonic() < deadline, f"still {value!r}, not {expected!r}"
        time.sleep(0.03)


class Opened(NamedTuple):
    """A page under watch: what its console complained about and whom it asked."""

    page: Page
    complaints: list[str]
    asked: list[str]

    def read(self, *files: Any) -> Page:
        """Chooses files and waits until the first one's outcome is shown."""
        self.page.set_input_files("#files", list(files) or [as_file(street_picture())])
        self.page.wait_for_selector("#again:visible")
        return self.page


Opener = Callable[..., Opened]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; nothing that playwright would download."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip("no browser: apt-get install chromium")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=list(QUIET))
        yield launched
        launched.close()


@contextlib.contextmanager
def opening(browser: Browser) -> Iterator[Opener]:
    """Opens the page of a server; afterwards nothing outside was asked, and nothing complained
    of but the failed requests that a test provokes (``forgiven``).
    """
    with contextlib.ExitStack() as stack:

        def open_page(
            server: Server, path: str = "/", forgiven: re.Pattern[str] | None = None, **options: Any
        ) -> Opened:
            context = browser.new_context(**{"reduced_motion": "reduce", **options})
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            visit = Opened(page, [], [])
            stack.callback(_assert_quiet, visit, server.port, forgiven)
            page.on("console", lambda message: _note(message, visit, server.port))
            page.on("pageerror", lambda error: visit.complaints.append(str(error)))
            page.on("request", lambda request: visit.asked.append(request.url))
            page.goto(f"http://127.0.0.1:{server.port}{path}")
            page.wait_for_selector("#state[data-state]")
            return visit

        yield open_page


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """A page of its own for each test, see :func:`opening`."""
    with opening(browser) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def opened_once(browser: Browser) -> Iterator[Opener]:
    """A page for all tests of a module, which put it back themselves; see :func:`opening`."""
    with opening(browser) as open_page:
        yield open_page


def _note(message: ConsoleMessage, visit: Opened, port: int) -> None:
    """Keeps what the console complains about, but for a server that is gone: a test's stops before
    its page is closed, and the page may be asking just then.
    """
    if message.type in ("error", "warning"):
        gone = NO_ANSWER.search(message.text) and not _listens(port)
        visit.complaints.extend([] if gone else [message.text])


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _assert_quiet(visit: Opened, port: int, forgiven: re.Pattern[str] | None) -> None:
    left = [text for text in visit.complaints if not (forgiven and forgiven.search(text))]
    assert left == []
    home = (f"http://127.0.0.1:{port}/", f"blob:http://127.0.0.1:{port}/", "data:")
    assert [url for url in visit.asked if not url.startswith(home)] == []
