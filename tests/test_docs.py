"""The documents say what the program does: every route, field and setting."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from alpr.engines.fake import FakeEngine
from alpr.settings import PREFIX, Settings, file_key
from alpr_api import create_app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def settings_table() -> str:
    """The README's table of settings, as it ought to be."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for field in dataclasses.fields(Settings):
        name = file_key(field.name)
        rows.append(
            f"| `{name}` | `{json.dumps(field.metadata['default'])}` | {field.metadata['help']} |"
        )
    return "\n".join(rows)


def routes() -> list[tuple[str, str]]:
    app = create_app(Settings(), FakeEngine())
    return sorted(
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def test_the_table_of_settings_is_the_programs() -> None:
    shown = README.split("<!-- settings -->")[1].split("<!-- /settings -->")[0].strip()
    assert shown == settings_table()


@pytest.mark.parametrize(("method", "path"), routes())
def test_every_route_is_in_the_readme(method: str, path: str) -> None:
    old = path.replace("/v1/server/status", "/v1/status")
    assert f"`{method} {old}`" in README or f"`{method} {old}/`" in README


@pytest.mark.parametrize("field", ["grid_size", "wanted_cells", "min_confidence"])
def test_every_field_is_in_the_readme(field: str) -> None:
    assert f"| `{field}`" in README


def test_the_examples_of_settings_are_settings() -> None:
    names = {field.name for field in dataclasses.fields(Settings)}
    assert {"max_side", "grid_size", "wanted_cells", "port"} <= names
    assert PREFIX + "MAX_SIDE=4096" in README


@pytest.mark.parametrize("status", [400, 404, 405, 413, 415, 500, 503])
def test_every_error_status_is_in_the_readme(status: int) -> None:
    assert str(status) in README.split("### Errors")[1].split("## The grid")[0]


def test_what_the_readme_links_to_is_there() -> None:
    local = [part.split(")")[0] for part in README.split("](")[1:]]
    missing = [link for link in local if "://" not in link and not (ROOT / link).exists()]
    assert not missing
