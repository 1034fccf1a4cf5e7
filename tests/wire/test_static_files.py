"""The page's files: read once at the start, so that a service outlives what clears ``/tmp``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alpr.folders import bundle_folder
from testkit.service import client_of


def test_the_page_outlives_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("static", "templates"):
        shutil.copytree(bundle_folder() / name, tmp_path / name)
    monkeypatch.setattr("alpr_api.bundle_folder", lambda: tmp_path)
    client = client_of()
    shutil.rmtree(tmp_path)
    assert b"static/app.js" in client.get("/").data
    for name in ("app.js", "page.css", "icon.svg"):
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200
        assert answer.data == (bundle_folder() / "static" / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("app.js", "text/javascript"), ("page.css", "text/css"), ("icon.svg", "image/svg+xml")],
)
def test_a_browser_asks_again_and_gets_only_what_changed(name: str, kind: str) -> None:
    client = client_of()
    answer = client.get(f"/static/{name}")
    assert answer.mimetype == kind
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get(f"/static/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    changed = client.get(f"/static/{name}", headers={"If-None-Match": '"other"'})
    assert changed.status_code == 200


@pytest.mark.parametrize("name", ["none.js", "../alpr_api.py", "%2e%2e/alpr_api.py", "/etc/hosts"])
def test_nothing_else_is_a_file(name: str) -> None:
    answer = client_of().get(f"/static/{name}")
    assert answer.status_code in (308, 404)
    assert b"import" not in answer.data
