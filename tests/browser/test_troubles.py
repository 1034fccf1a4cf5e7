"""What goes wrong is said where it happens, in the server's words, and can be tried again."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from alpr.engines.base import EngineStatus
from alpr.engines.fake import FakeEngine
from alpr.errors import EngineError
from alpr.settings import Settings
from alpr_api import create_app
from testkit.wire_client import Server
from tests.browser.conftest import (
    HTTP_ERROR,
    NO_ANSWER,
    SEEN,
    Opener,
    as_file,
    eventually,
    ready,
    street_picture,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

NO_IMAGES = ["note.txt"]
TROUBLES = re.compile(f"{HTTP_ERROR.pattern}|{NO_ANSWER.pattern}")
SETTINGS = Settings(host="127.0.0.1", port=0)


class Ailing(FakeEngine):
    """An engine that cannot start until it is mended."""

    mended = False

    def status(self) -> EngineStatus:
        status = super().status()
        if self.mended:
            return replace(status, ready=True, facts={"restarts": 3})
        return replace(status, ready=False, last_error="the licence <b>has</b> run out")


def refused(page: Page) -> str:
    page.wait_for_selector("#result .notice")
    return page.inner_text("#result")


def test_a_broken_image_is_explained_beside_a_good_one(opened: Opener) -> None:
    broken = street_picture()[:300]
    files = [as_file(broken, "broken.png"), as_file(street_picture()), as_file(b"no", "note.txt")]
    with ready([[SEEN]]) as server:
        page = opened(server, forgiven=HTTP_ERROR).read(*files)
        assert "image is damaged" in refused(page)
        assert "HTTP 400" in page.inner_text("#result")
        assert page.inner_text("#result-title") == "Not read"
        assert "image is damaged" in (page.text_content("#json") or "")
        page.wait_for_selector("#read-all:visible")
        shown = page.locator("#strip button > span:last-child").all_inner_texts()
        assert shown == ["not read", "AB12CDE", "not read"]
        page.locator("#strip button").nth(2).click()
        assert refused(page).startswith("Not an image of a supported format")
        page.wait_for_selector("#frame", state="hidden")
        eventually(lambda: page.locator("#strip .noimage").all_inner_texts(), NO_IMAGES)
        page.locator("#strip button").nth(1).click()
        page.wait_for_selector("#picture:visible")
        assert page.is_hidden("#blank")
        assert page.is_visible("#frame")


def test_a_picture_that_is_too_large_is_refused_with_the_limit(opened: Opener) -> None:
    with ready([[SEEN]], replace(SETTINGS, max_body_mb=1)) as server:
        page = opened(server, forgiven=TROUBLES).page
        page.set_input_files("#files", as_file(street_picture() + os.urandom(1_500_000)))
        said = refused(page)
    # The server's words, or the page's where the line broke before they came.
    assert re.search("max_body_mb, 1 MB", said)


def test_too_many_pixels_are_refused_in_the_servers_words(opened: Opener) -> None:
    with ready([[SEEN]], replace(SETTINGS, max_megapixels=1)) as server:
        page = opened(server, forgiven=HTTP_ERROR).page
        page.set_input_files("#files", as_file(street_picture((2000, 1000))))
        assert "more than 1 megapixels" in refused(page)
        assert "HTTP 413" in page.inner_text("#result")


def test_an_engine_that_fails_says_when_to_try_again(opened: Opener) -> None:
    with ready([EngineError("the engine has stopped", 7), [SEEN]]) as server:
        page = opened(server, forgiven=HTTP_ERROR).page
        page.set_input_files("#files", as_file(street_picture()))
        assert refused(page).startswith("The engine has stopped. Try again in 7 s.")
        page.get_by_role("button", name="Try again").click()
        page.wait_for_selector("#result .plate")
        assert page.inner_text("#again") == "Read again"


def test_a_retry_that_fails_keeps_what_was_read(opened: Opener) -> None:
    with ready([[SEEN], EngineError("the engine has stopped", 7), [SEEN]]) as server:
        page = opened(server, forgiven=HTTP_ERROR).read()
        page.click("#again")
        assert refused(page).startswith("The engine has stopped. Try again in 7 s.")
        assert page.inner_text("#result-title") == "1 plate"
        assert page.locator("#result .plate").count() == 1
        assert page.locator(".box").count() == 1
        page.get_by_role("button", name="Try again").click()
        page.wait_for_selector("#again:text-is('Read again')")
        assert page.locator("#result .notice").count() == 0


def test_a_service_that_is_down_is_noticed_and_so_is_its_return(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server, forgiven=TROUBLES).read()
    page.click("#again")
    address = f"http://127.0.0.1:{server.port}/"
    assert f"The service does not answer at {address}" in refused(page)
    eventually(lambda: page.inner_text("#ready"), "not reachable")
    assert page.get_attribute("#state", "data-state") == "down"
    assert page.inner_text("#trouble").startswith("The service does not answer")
    page.click("#draw")
    eventually(lambda: "does not answer" in page.inner_text("#drawing-says"), True)
    page.click("#close-drawing")
    with ready([[SEEN]], replace(SETTINGS, port=server.port)):
        page.click("#again")
        page.wait_for_selector("#result .plate")
        eventually(lambda: page.inner_text("#ready"), "ready")
        assert page.is_hidden("#trouble")


def test_the_header_says_why_an_engine_is_not_ready(opened: Opener) -> None:
    engine = Ailing()
    with ready(engine) as server:
        page = opened(server, forgiven=HTTP_ERROR).page
        eventually(lambda: page.inner_text("#ready"), "not ready")
        assert page.get_attribute("#state", "data-state") == "starting"
        assert page.inner_text("#trouble").endswith("the licence <b>has</b> run out")
        engine.mended = True
        page.set_input_files("#files", as_file(street_picture()))
        eventually(lambda: page.inner_text("#ready"), "ready")
        assert page.inner_text("#restarts") == "3"
        assert page.is_hidden("#trouble")


def test_an_answer_that_is_not_the_services_own_is_called_so(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server, forgiven=HTTP_ERROR).page
        page.route("**/v1/vision/alpr", lambda route: route.fulfill(status=502, body="<h1>Bad"))
        page.set_input_files("#files", as_file(street_picture()))
        assert refused(page) == "The answer, HTTP 502, is not the service's own."


@pytest.fixture
def behind_prefix() -> Iterator[Server]:
    """The application where a proxy would put it: below /cameras/plates."""
    engine = FakeEngine([[SEEN]])
    engine.warm_up()
    mounted: Any = DispatcherMiddleware(
        NotFound(), {"/cameras/plates": create_app(SETTINGS, engine)}
    )
    server = make_server("127.0.0.1", 0, mounted, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Server(server.server_port)
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_page_works_below_a_prefix(opened: Opener, behind_prefix: Server) -> None:
    page = opened(behind_prefix, "/cameras/plates/").read()
    page.wait_for_selector("#requests td")
    assert page.inner_text("#result-title") == "1 plate"
    assert page.inner_text("#ready") == "ready"
    address = f"http://127.0.0.1:{behind_prefix.port}/cameras/plates/v1/vision/alpr"
    assert f'"{address}"' in page.inner_text("#recipe-text")
