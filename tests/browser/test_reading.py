"""Pictures come in by every way, and what the service reads is shown."""

from __future__ import annotations

import dataclasses
import re
import threading
from pathlib import Path

import pytest
from PIL import Image as PillowImage

from alpr import __version__
from alpr.engines.fake import FakeEngine
from alpr.plates import Box, Plate
from testkit import scenes
from testkit.images import encode
from tests.browser.conftest import (
    PATIENCE_MS,
    SEEN,
    SIGN,
    Opener,
    as_file,
    eventually,
    plain,
    ready,
    street_picture,
)

FIGURE_BELOW_LINE = """(char) => char.querySelector("small").getBoundingClientRect().top
    - char.querySelector("i").getBoundingClientRect().bottom"""
IN_PICTURE = """(element) => {
    const { left, top, width, height } = document.querySelector("#picture").getBoundingClientRect();
    const box = element.getBoundingClientRect();
    return [(box.left - left) / width, (box.top - top) / height,
            (box.right - left) / width, (box.bottom - top) / height];
}"""
COLOURS = """(canvas) => {
    const { width, height } = canvas;
    const all = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const at = (x, y) => [...all.slice(4 * (y * width + x), 4 * (y * width + x) + 3)];
    return [at(width >> 1, height >> 1), at(2, 2)];
}"""
TRUNCATED = "The file ends early. It was read as far as it came."
PUT_ON_CLIPBOARD = """async () => {
    const canvas = new OffscreenCanvas(800, 600);
    canvas.getContext("2d").fillRect(0, 0, 800, 600);
    const picture = await canvas.convertToBlob({ type: "image/png" });
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
}"""


class Held(FakeEngine):
    """Each read waits until it is let go, so that no test depends on how fast the machine is."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0
        """How many reads ran at once."""
        self.sizes: list[tuple[int, int]] = []
        self._running = 0
        self._guard = threading.Lock()
        self._turns = threading.Semaphore(0)

    def let_go(self, reads: int) -> None:
        self._turns.release(reads)

    def read(self, image: PillowImage.Image) -> list[Plate]:
        with self._guard:
            self._running += 1
            self.most = max(self.most, self._running)
            self.sizes.append(image.size)
        try:
            assert self._turns.acquire(timeout=PATIENCE_MS / 1000)
            return super().read(image)
        finally:
            with self._guard:
                self._running -= 1


def test_a_chosen_picture_is_read_and_shown(opened: Opener, tmp_path: Path) -> None:
    (tmp_path / "gate.png").write_bytes(street_picture())
    with ready([[SEEN]]) as server:
        page = opened(server).page
        page.on("filechooser", lambda chooser: chooser.set_files(tmp_path / "gate.png"))
        page.get_by_role("button", name="Choose pictures").click()
        page.wait_for_selector("#result .plate")

        assert page.text_content("#result-title") == "1 plate"
        assert "AB12CDE" in page.inner_text(".box")
        assert "91 %" in plain(page, ".box")
        assert page.get_by_role("meter").get_attribute("aria-valuenow") == "91"
        assert plain(page, "#caption").startswith("gate.png · 800 x 600 pixels")
        facts = plain(page, "#result .plate p.small")
        assert facts == "160 x 40 pixels · 97 % likely a plate"
        assert re.fullmatch(
            r"Engine\s+\d+ ms\s+Service\s+\d+ ms\s+Round trip\s+\d+ ms",
            page.inner_text(".timings").strip(),
        )
        assert "no cell had to be tried" in page.inner_text("#result")
        assert page.text_content("#live") == "gate.png: AB12CDE"


def test_a_file_that_ends_early_says_so(opened: Opener) -> None:
    whole = encode(scenes.street(3).image)
    with ready([[SEEN]]) as server:
        page = opened(server).read(as_file(whole, "a.jpg"))
        assert page.locator("#result .notice").count() == 0
        page.set_input_files("#files", as_file(whole[: len(whole) * 9 // 10], "b.jpg"))
        page.wait_for_selector("#result .notice")
        assert page.inner_text("#result .notice") == TRUNCATED


def test_a_confidence_below_one_is_not_shown_as_all(opened: Opener) -> None:
    sure = dataclasses.replace(SEEN, confidence=0.9991, char_confidences=(0.9983,) * 6 + (1.0,))
    with ready([[sure]]) as server:
        page = opened(server).read()
        assert "99.9 %" in plain(page, ".box")
        assert page.get_by_role("meter").get_attribute("aria-valuenow") == "99.9"
        assert page.locator(".char small").all_inner_texts() == ["99"] * 6 + ["100"]


def test_the_box_lies_where_the_plate_is(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).read()
        place = page.locator(".box").evaluate(IN_PICTURE)
    expected = [SIGN.x_min / 800, SIGN.y_min / 600, SIGN.x_max / 800, SIGN.y_max / 600]
    assert place == pytest.approx(expected, abs=0.01)


def test_the_crop_shows_the_plate_enlarged(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).read()
        eventually(lambda: page.evaluate("document.querySelector('#result canvas').width"), 720)
        middle, corner = page.locator("#result canvas").evaluate(COLOURS)
    assert middle == [255, 0, 255]
    assert corner == [90, 100, 110]


def test_a_wide_windows_crop_has_no_empty_sides(opened: Opener) -> None:
    tall = dataclasses.replace(SEEN, box=Box(400, 300, 480, 340))
    with ready([[tall]]) as server:
        page = opened(server, viewport={"width": 2560, "height": 1440}).read()
        crop = "(canvas) => canvas.clientWidth / canvas.clientHeight * canvas.height / canvas.width"
        eventually(lambda: round(page.locator("#result canvas").evaluate(crop), 2), 1.0)


def test_each_character_shows_its_confidence_on_hover_and_focus(opened: Opener) -> None:
    shown = "getComputedStyle(document.querySelector('.char small')).opacity"
    with ready([[SEEN]]) as server:
        page = opened(server).read()
        assert page.evaluate(shown) == "0"
        page.hover(".text")
        eventually(lambda: page.evaluate(shown), "1")
        page.mouse.move(0, 0)
        eventually(lambda: page.evaluate(shown), "0")
        page.focus(".text")
        eventually(lambda: page.evaluate(shown), "1")
        assert page.locator(".char").first.evaluate(FIGURE_BELOW_LINE) >= 0
        figures = page.locator(".char small").all_inner_texts()
        assert " ".join(figures) == "99 98 95 90 97 52 70"
        levels = page.locator(".char i").evaluate_all("all => all.map((one) => one.dataset.level)")
        assert levels == ["good"] * 5 + ["poor", "fair"]


def test_pictures_dropped_anywhere_are_read(opened: Opener, tmp_path: Path) -> None:
    paths = [tmp_path / "one.png", tmp_path / "two.png"]
    for path in paths:
        path.write_bytes(street_picture())
    with ready([[SEEN]]) as server:
        page = opened(server).page
        mouse = page.context.new_cdp_session(page)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver"):
            mouse.send("Input.dispatchDragEvent", {"type": kind, "x": 600, "y": 9, "data": data})
        page.wait_for_selector("#veil:visible")
        mouse.send("Input.dispatchDragEvent", {"type": "drop", "x": 600, "y": 9, "data": data})
        page.wait_for_selector("#read-all:visible")
        assert page.is_hidden("#veil")
        assert page.locator("#strip button").all_inner_texts() == ["AB12CDE", "AB12CDE"]
        assert plain(page, "#caption").startswith("one.png")


def test_a_pasted_picture_is_read(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server, permissions=["clipboard-read", "clipboard-write"]).page
        page.evaluate(PUT_ON_CLIPBOARD)
        page.keyboard.press("Control+V")
        page.wait_for_selector("#result .plate")
        assert "800 x 600 pixels" in plain(page, "#caption")


def test_text_can_still_be_pasted_into_the_field(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server, permissions=["clipboard-read", "clipboard-write"]).page
        page.evaluate("navigator.clipboard.writeText('2,3')")
        page.focus("#wanted")
        page.keyboard.press("Control+V")
        assert page.input_value("#wanted") == "2,3"


def test_a_phone_is_offered_its_camera_and_others_are_not(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        desk, phone = opened(server).page, opened(server, has_touch=True, is_mobile=True).page
        assert desk.get_by_role("button", name="Take a photo").count() == 0
        assert phone.get_attribute("#photo", "capture") == "environment"
        phone.on("filechooser", lambda chooser: chooser.set_files(as_file(street_picture())))
        phone.get_by_role("button", name="Take a photo").click()
        phone.wait_for_selector("#result .plate")


def test_several_pictures_are_read_one_after_the_other(opened: Opener) -> None:
    engine = Held()
    sizes = [(800, 600), (640, 480), (400, 300)]
    with ready(engine) as server:
        page = opened(server).page
        files = [as_file(street_picture(size), f"{size[0]}.png") for size in sizes]
        page.set_input_files("#files", files[:2])
        page.set_input_files("#files", files[2])
        engine.let_go(1)
        eventually(lambda: page.text_content("#progress-text"), "Reading 2 of 3")
        assert page.locator("#progress").evaluate("(bar) => bar.value") == 1
        engine.let_go(2)
        page.wait_for_selector("#read-all:visible")
        assert page.is_hidden("#progress")
        assert page.locator("#strip button").all_inner_texts() == ["FAKE123"] * 3
        page.locator("#strip button").nth(2).click()
        assert plain(page, "#caption").startswith("400.png · 400 x 300 pixels")
    assert engine.most == 1
    assert engine.sizes == sizes


def test_reading_can_be_stopped_and_taken_up_again(opened: Opener) -> None:
    engine = Held()
    with ready(engine) as server:
        page = opened(server).page
        page.set_input_files("#files", [as_file(street_picture(), f"{n}.png") for n in range(3)])
        page.click("#stop")
        engine.let_go(4)  # the first one, of which the page wants no answer any more, and all again
        page.wait_for_selector("#read-all:visible")
        assert page.locator("#strip button").all_inner_texts() == ["not read"] * 3
        assert page.inner_text("#result") == "Stopped before it was read."
        page.click("#read-all")
        page.wait_for_selector("#read-all:visible")
        assert page.locator("#strip button").all_inner_texts() == ["FAKE123"] * 3
        page.click("#clear")
        assert page.is_visible("#drop")


def test_the_header_is_the_services_own_word(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).page
        eventually(lambda: page.inner_text("#engine"), "fake · CPU")
        assert page.inner_text("#ready") == "ready"
        assert page.inner_text("#calls") == "0"
        assert page.inner_text("#restarts") == "0"
        assert page.inner_text("#version") == __version__
        page.set_input_files("#files", as_file(street_picture()))
        eventually(lambda: page.inner_text("#calls"), "1")


def test_what_an_engine_knows_besides_is_shown(opened: Opener) -> None:
    plate = Plate("AB12CDE", 0.9, SIGN, extras={"country": "GBR", "bodies": ["van"]})
    with ready([[plate]]) as server:
        page = opened(server).read()
        assert plain(page, "#result .plate p.small") == "160 x 40 pixels · country: GBR"
        assert page.locator(".char").count() == 0


def test_plates_at_the_edges_keep_their_labels_on_the_picture(opened: Opener) -> None:
    plates = [
        Plate("TOPLEFT", 0.9, Box(0, 0, 90, 30)),
        Plate("FARRIGHT", 0.8, Box(730, 560, 800, 600)),
    ]
    with ready([plates]) as server:
        page = opened(server).read()
        for place in page.locator(".box span").all():
            assert all(-0.01 <= part <= 1.01 for part in place.evaluate(IN_PICTURE))


def test_the_raw_answer_unfolds(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).read()
        assert page.is_hidden("#json")
        page.click("#raw summary")
        shown = page.evaluate("JSON.parse(document.querySelector('#json').textContent)")
    assert shown["predictions"][0]["plate"] == "AB12CDE"
    assert shown["success"] is True


def test_what_the_server_or_a_file_name_says_never_becomes_markup(opened: Opener) -> None:
    evil = "<img src=x onerror=alert(1)>"
    plate = Plate(evil, 0.9, SIGN, extras={evil: evil})
    with ready([[plate]]) as server:
        page = opened(server).read(as_file(street_picture(), f"{evil}.png"))
        assert page.locator("[onerror]").count() == 0
        assert page.inner_text(".plate .text") == evil.replace(" ", "")
        assert f"{evil}.png" in plain(page, "#caption")
        assert f"{evil}: {evil}" in page.inner_text(".plate p.small")
