from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from alpr.engines import open_engine as open_by_settings
from alpr.engines.ultimate import worker_main
from alpr.engines.ultimate.engine import UltimateEngine
from alpr.errors import EngineError, EngineMissingError, SettingsError
from alpr.folders import bundle_folder
from alpr.plates import Box
from alpr.settings import Settings

if TYPE_CHECKING:
    from tests.engines.ultimate.conftest import Double, Open, Seen


def test_nothing_is_started_before_the_first_read(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    engine = open_engine()
    assert double.log() == []
    assert engine.status().ready is False
    [plate] = engine.read(picture)
    assert plate.text == seen(picture)
    assert plate.box == Box(160, 180, 320, 270)
    assert engine.status().ready is True
    assert engine.status().calls == 1


def test_ready_means_started_and_warm(double: Double, open_engine: Open) -> None:
    double.tell(START_MS=300)
    engine = open_engine()
    engine.warm_up()
    assert [entry["what"] for entry in double.log()] == ["import", "init", "warmUp"]
    assert double.log("warmUp")[0]["type"] == 0
    assert engine.status().ready is True


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "CMYK"])
def test_pixels_arrive_as_rgb(
    double: Double, open_engine: Open, seen: Seen, picture: Image.Image, mode: str
) -> None:
    image = picture.crop((0, 0, 97, 31)).convert(mode)
    [plate] = open_engine().read(image)
    assert plate.text == seen(image.convert("RGB"))
    [call] = double.log("process")
    assert (call["type"], call["size"]) == (0, 97 * 31 * 3)
    assert (call["stride"], call["exif"]) == (0, 1)


def test_images_may_grow_and_shrink_from_call_to_call(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    engine = open_engine()
    for size in [(40, 30), (1900, 1000), (64, 64), (2600, 1500), (640, 360)]:
        image = picture.resize(size)
        assert [plate.text for plate in engine.read(image)] == [seen(image)]
    assert len(double.processes()) == 1


def test_an_empty_street_is_no_plate_and_no_refusal(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    engine = open_engine()
    for _ in range(20):
        assert engine.read(Image.new("RGB", picture.size)) == []
    assert len(double.processes()) == 1
    assert engine.status().facts["refusals"] == 0


def test_cells_are_calls_and_their_plates_lie_in_the_whole_image(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    engine = open_engine()
    cells = [Box(0, 0, 320, 180), Box(320, 180, 640, 360)]
    plates = engine.read_cells(picture, cells)
    assert [plate.text for plate in plates] == [seen(picture.crop(c.corners)) for c in cells]
    assert plates[1].box == Box(400, 270, 480, 315)
    assert engine.status().calls == 2


def test_a_car_moves_with_its_plate(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    [plate] = open_engine().read_cells(picture, [Box(320, 180, 640, 360)])
    assert plate.box == Box(400, 270, 480, 315)
    car = plate.extras["car"]
    assert isinstance(car, dict)
    assert car["warpedBox"] == [400, 270, 480, 270] * 2


def test_only_the_region_of_interest_is_read_also_of_cells(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    engine = open_engine(json_config={"detect_roi": [100, 500, 40, 140]})
    [plate] = engine.read(picture)
    assert plate.text == seen(picture.crop((100, 40, 500, 140)))
    assert plate.box == Box(200, 90, 300, 115)
    cells = [Box(0, 0, 320, 180), Box(320, 0, 640, 180), Box(0, 180, 320, 360)]
    texts = [plate.text for plate in engine.read_cells(picture, cells)]
    assert texts == [seen(picture.crop(box)) for box in [(100, 40, 320, 140), (320, 40, 500, 140)]]
    assert engine.status().calls == 3
    assert double.log("init")[0]["config"]["detect_roi"] == [0, 0, 0, 0]


def test_an_image_outside_of_the_region_of_interest_has_no_plates(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    engine = open_engine(json_config={"detect_roi": [1000, 1200, 0, 100]})
    assert engine.read(picture) == []
    assert engine.status().calls == 0


def test_requests_are_served_in_order_of_arrival(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(WORK_MS=20)
    engine = open_engine()
    engine.warm_up()
    guest_is_done = threading.Event()

    def hog() -> None:
        while not guest_is_done.is_set():
            engine.read(picture)

    hogging = threading.Thread(target=hog)
    hogging.start()
    double.until(lambda: double.log("process"))
    guest = picture.crop((0, 0, 10, 10))
    for _ in range(10):
        engine.read(guest)
    guest_is_done.set()
    hogging.join()
    turns = ["guest" if call["size"] == 300 else "hog" for call in double.log("process")]
    first, last = turns.index("guest"), len(turns) - turns[::-1].index("guest")
    # Between two of the guest's reads the other may be one ahead in the queue, or two.
    assert turns[first:last].count("hog") <= 2 * 9


def test_the_configuration_reaches_init_with_whole_paths(double: Double, open_engine: Open) -> None:
    engine = open_engine(json_config={"charset": "chinese", "assets_folder": "models-of-mine"})
    engine.warm_up()
    [entry] = double.log("init")
    config = entry["config"]
    assert config["charset"] == "chinese"
    assert config["recogn_score_type"] == "min"
    assert Path(config["assets_folder"]).is_absolute()
    assert Path(config["assets_folder"]).name == "models-of-mine"


def test_the_worker_finds_the_libraries_without_the_user_s_help(
    double: Double, open_engine: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/of/the/user")
    open_engine().warm_up()
    environ = Path(f"/proc/{double.processes()[0]}/environ").read_bytes().split(b"\0")
    [line] = [entry.decode() for entry in environ if entry.startswith(b"LD_LIBRARY_PATH=")]
    assert line.partition("=")[2].split(":") == [str(bundle_folder() / "libs"), "/opt/of/the/user"]


def test_the_sdk_cannot_take_our_modules_for_its_own(double: Double, open_engine: Open) -> None:
    open_engine().warm_up()
    [entry] = double.log("import")
    assert Path(worker_main.__file__).parent not in map(Path, entry["path"])


def test_the_default_assets_are_the_bundle_s(double: Double, open_engine: Open) -> None:
    open_engine().warm_up()
    folder = Path(double.log("init")[0]["config"]["assets_folder"])
    assert folder.is_absolute()
    assert folder.name == "assets"


def test_bad_keys_are_refused_before_anything_is_started(double: Double) -> None:
    with pytest.raises(SettingsError, match="unknown key 'sharset'; did you mean 'charset'"):
        open_by_settings(Settings(engine="ultimate", json_config={"sharset": "latin"}))
    assert double.log() == []


def test_auto_takes_it_where_the_module_is(double: Double) -> None:
    engine = open_by_settings(Settings(engine="auto"))
    assert isinstance(engine, UltimateEngine)
    engine.close()


def test_a_missing_module_says_how_to_install_it(open_engine: Open, picture: Image.Image) -> None:
    engine = open_engine()
    for ask in (engine.warm_up, lambda: engine.read(picture)):
        with pytest.raises(EngineMissingError, match=r"build_and_setup_ultimatealvr\.sh"):
            ask()
    status = engine.status()
    assert status.ready is False
    assert "build_and_setup_ultimatealvr.sh" in status.last_error


def test_a_closed_engine_says_so(double: Double, open_engine: Open, picture: Image.Image) -> None:
    engine = open_engine()
    engine.read(picture)
    engine.close()
    engine.close()
    assert engine.status().ready is False
    assert double.log("deInit")
    with pytest.raises(EngineError, match="shut down"):
        engine.read(picture)


def test_closing_while_it_starts_does_not_wait_for_the_start(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(FAULTS="hang@start")
    engine = open_engine()
    refused: list[EngineError] = []

    def read() -> None:
        try:
            engine.read(picture)
        except EngineError as error:
            refused.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    double.until(lambda: double.log("init"))
    engine.close()
    reader.join(10)
    assert len(refused) == 1


@pytest.mark.parametrize(("config", "device"), [({}, "CPU"), ({"openvino_device": "GPU"}, "GPU")])
def test_the_device_is_the_one_asked_for(config: dict[str, str], device: str) -> None:
    assert (
        open_by_settings(Settings(engine="ultimate", json_config=config)).status().device == device
    )
