"""The documents say what the program does: every setting, route, field, key and error status."""

from __future__ import annotations

import dataclasses
import json
import re
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from prometheus_client.parser import text_string_to_metric_families

from alpr import __version__
from alpr.engines import ENGINES
from alpr.engines.fake import FakeEngine
from alpr.errors import AlprError
from alpr.service import refusals
from alpr.service.service import Service
from alpr.settings import Settings, load
from alpr.settings.loading import PREFIX
from alpr_api import create_app
from testkit.forms import upload
from testkit.service import client_of
from tests.docs.pages import PAGES, ROOT, fenced, text_of
from tools import settings_table

API = text_of(Path("docs/api.md"))
CLIENTS = [page for page in PAGES if page.parent == Path("docs/clients")]
CONFIGURATION = text_of(Path("docs/configuration.md"))
OPERATION = text_of(Path("docs/operation.md"))


def routes() -> list[tuple[str, str]]:
    app = create_app(Settings(), FakeEngine())
    return sorted(
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def section(title: str) -> str:
    """The part of the API's page below one heading."""
    return API.split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(title: str) -> str:
    """The first column of the tables below one heading."""
    return "\n".join(re.findall(r"^\| ([^|]*)\|", section(title), re.MULTILINE))


def error_statuses() -> list[int]:
    """The statuses of our exceptions, and those that the framework adds."""
    return sorted({404, 405, *(kind.status for kind in kinds_of_error())})


def kinds_of_error(root: type[AlprError] = AlprError) -> set[type[AlprError]]:
    return {root}.union(*map(kinds_of_error, root.__subclasses__()))


def test_the_table_of_settings_is_the_programs() -> None:
    _, shown, _ = settings_table.split(CONFIGURATION)
    assert shown.strip() == settings_table.table(), "run python -m tools.settings_table"


def test_the_example_of_a_setting_is_one() -> None:
    assert "max_side" in settings_table.table()
    assert PREFIX + "MAX_SIDE=4096" in CONFIGURATION


@pytest.mark.parametrize("page", ["docs/configuration.md", "docs/ultimatealpr.md"])
def test_the_example_of_a_settings_file_is_taken(page: str, tmp_path: Path) -> None:
    (example,) = [text for kind, text in fenced(text_of(Path(page))) if kind == "json"]
    file = tmp_path / "config.json"
    file.write_text(example, encoding="utf-8")
    loaded = load(["--config", str(file)])
    assert list(loaded.sources.values()).count("config.json") == len(json.loads(example))


def test_defaults_that_a_page_repeats_are_the_programs() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \|", text_of(Path("docs/ultimatealpr.md")), re.MULTILINE
    )
    shown = {name: json.loads(default) for name, default in rows}
    settings = dataclasses.asdict(Settings())
    assert len(shown) > 5
    assert shown.items() <= settings.items()


@pytest.mark.parametrize("engine", ["auto", *ENGINES])
def test_every_engine_can_be_chosen_and_is_in_its_page(engine: str) -> None:
    assert load(["--engine", engine]).settings.engine == engine
    assert f"\n| `{engine}` |" in text_of(Path("docs/engines.md"))


def test_every_required_package_is_named_with_its_licence() -> None:
    lines = text_of(Path("requirements.txt")).splitlines()
    pending = [Requirement(line) for line in lines if not line.startswith("#")]
    needed: set[str] = set()
    while pending:
        one = pending.pop()
        if one.name.lower() not in needed and (one.marker is None or one.marker.evaluate()):
            needed.add(one.name.lower())
            pending += map(Requirement, metadata.requires(one.name) or [])
    table = text_of(Path("docs/engines.md")).split("## What the program itself is made of")[1]
    named = re.sub("onnx runtime", "onnxruntime", table.lower())
    assert [name for name in sorted(needed) if name not in named] == []


@pytest.mark.parametrize(("method", "path"), routes())
def test_every_route_is_in_the_table(method: str, path: str) -> None:
    old = path.replace("/v1/server/status", "/v1/status")
    assert {f"`{method} {old}`", f"`{method} {old}/`"} & set(
        re.findall(r"`[^`]*`", first_cells("Routes"))
    )


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_route_that_a_page_names_is_one(page: Path) -> None:
    known = {path.rstrip("/") for _, path in routes()}
    folders = {path.rsplit("/", 1)[0] for path in known}
    local = re.sub(r"https?://[\w.:]+", " ", text_of(page))
    named = set(re.findall(r"(?<![\w/.-])/v1/[\w./-]*\w", local))
    assert named <= known | folders


@pytest.mark.parametrize(
    "field", ["grid_size", "wanted_cells", "min_confidence", "camera_id", "timestamp"]
)
def test_every_field_is_in_the_table(field: str) -> None:
    assert f"`{field}`" in first_cells("Fields")


def test_every_key_of_an_answer_is_in_a_table() -> None:
    body = client_of().post("/v1/vision/alpr", **upload()).get_json()
    named = set(re.findall(r"`(\w+)`", first_cells("Reading plates")))
    assert body.keys() | body["predictions"][0].keys() <= named


@pytest.mark.parametrize("status", error_statuses())
def test_every_error_status_is_in_the_table(status: int) -> None:
    assert str(status) in re.findall(r"\d+", first_cells("Errors"))


def test_every_metric_and_reason_is_in_a_table() -> None:
    service = Service(Settings(), FakeEngine())
    families = text_string_to_metric_families(service.metrics.render().decode())
    ours = {family.name for family in families if not family.name.startswith("process_")}
    table = OPERATION.split("<!-- metrics -->")[1].split("<!-- /metrics -->")[0]
    documented = {name.removesuffix("_total") for name in re.findall(r"`(alpr_\w+)`", table)}
    assert documented == {name.removesuffix("_total") for name in ours}
    reasons = {kind.reason for kind in kinds_of_error()} | set(refusals.REASONS.values())
    assert all(f"`{reason}`" in OPERATION for reason in reasons)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_json_in_the_pages_is_json(page: Path) -> None:
    for kind, text in fenced(text_of(page)):
        if kind == "json":
            json.loads(text)


@pytest.mark.parametrize("page", CLIENTS, ids=str)
def test_a_clients_page_says_what_to_set_and_which_test_knows_it(page: Path) -> None:
    text = text_of(page)
    assert "BOX" in text
    assert "](../../tests/contract/test_" in text
    assert f"]({page})" in text_of(Path("README.md"))
    for kind, block in fenced(text):
        if kind == "yaml":
            assert isinstance(yaml.safe_load(block), dict)


def test_every_client_that_is_tested_has_a_page() -> None:
    pages = " ".join(map(text_of, CLIENTS))
    about = {path.name for path in (ROOT / "tests/contract").glob("test_*.py")}
    of_none = {"test_envelope.py", "test_error_shape.py", "test_cors_and_methods.py"}
    of_all = {"test_many_clients.py"}
    assert [name for name in about - of_none - of_all if f"/{name})" not in pages] == []


@pytest.mark.parametrize(
    "page", [*PAGES, Path(".github/workflows/ci.yml"), Path(".ci/run")], ids=str
)
def test_every_make_target_that_is_named_is_one(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of(Path("Makefile")), re.MULTILINE))
    named = re.findall(r"(?:^|`)make((?: [a-z][a-z0-9-]*)+)", text_of(page), re.MULTILINE)
    assert {word for words in named for word in words.split()} <= targets


def test_the_workflow_and_the_hook_run_the_make_targets() -> None:
    assert "- run: .ci/run\n" in text_of(Path(".github/workflows/ci.yml"))
    assert "\nmake check test\n" in text_of(Path(".ci/run"))
    assert "entry: make check\n" in text_of(Path(".pre-commit-config.yaml"))


def test_the_tree_of_contributing_is_the_repositorys() -> None:
    tree = text_of(Path("CONTRIBUTING.md")).split("## The tree")[1].split("\n## ")[0]
    named = re.findall(r"`([\w./]+)`", "\n".join(re.findall(r"^\| ([^|]*)\|", tree, re.MULTILINE)))
    assert [path for path in named if not (ROOT / path).exists()] == []
    rooms = {path.name for path in (ROOT / "alpr").iterdir() if not path.name.startswith("_")}
    assert rooms - {"py.typed"} <= {Path(path).name for path in named}


def test_the_changelog_begins_with_what_the_program_is() -> None:
    """A release, or *Unreleased* between two releases."""
    headings = re.findall(r"^## \[([^]]+)\]", text_of(Path("CHANGELOG.md")), re.MULTILINE)
    assert headings[0] == ("Unreleased" if ".dev" in __version__ else __version__)
    numbers = [tuple(map(int, name.split("."))) for name in headings if name != "Unreleased"]
    assert numbers == sorted(numbers, reverse=True)
    assert max(numbers) <= tuple(map(int, __version__.split(".")[:3]))
