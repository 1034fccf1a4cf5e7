"""The page's files: small, offline, without inline code; these tests need no browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from alpr import REPOSITORY

ROOT = Path(__file__).parent.parent.parent
STATIC = sorted((ROOT / "static").iterdir())
TEMPLATES = sorted((ROOT / "templates").iterdir())
SCRIPTS = [path for path in STATIC if path.suffix == ".js"]
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = "default-src 'self'; img-src 'self' data: blob:"
DANGERS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function"
    r"|setTimeout\(\s*[\"'`]|srcdoc|createContextualFragment"
)


def test_the_page_is_under_95_kilobytes_in_all() -> None:
    assert sum(path.stat().st_size for path in STATIC + TEMPLATES) < 95_000


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_modules_stay_small_and_make_no_markup_of_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert len(lines) < 200
    assert max(map(len, lines)) <= 100
    assert not DANGERS.search(text)


@pytest.mark.parametrize("path", STATIC + TEMPLATES, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(https?:)?//\w+\.\w", text.replace("${", ""))
    assert path.name == path.name.lower()


def test_the_page_has_its_headers(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.mimetype == "text/html"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith(POLICY)
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_page_has_no_inline_code_and_only_relative_addresses(client: FlaskClient) -> None:
    text = client.get("/").get_data(as_text=True)
    assert re.findall(r"<script[^>]*>(?=[^<])|<style|\sstyle=|\son\w+=|javascript:", text) == []
    for address in set(re.findall(r"""(?:src|href|action)="([^"]*)""", text)) - {REPOSITORY}:
        assert re.match(r"(static|v1)/|(openapi\.json|metrics)$", address), address


def test_the_page_names_the_documents_of_the_readmes_repository(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"git clone {REPOSITORY or 'REPOSITORY'} alpr_api" in readme
    monkeypatch.setattr("alpr_api.REPOSITORY", "")
    assert "Documents: <code>docs/</code>" in client.get("/").get_data(as_text=True)
    monkeypatch.setattr("alpr_api.REPOSITORY", "https://example.org/alpr_api")
    link = '<a href="https://example.org/alpr_api">Documents</a>'
    assert link in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path.name)
def test_every_file_is_served_as_what_it_is_and_used(path: Path, client: FlaskClient) -> None:
    with client.get(f"/static/{path.name}") as answer:
        assert answer.status_code == 200
        assert answer.mimetype == TYPES[path.suffix]
        assert answer.get_data() == path.read_bytes()
    others = [other for other in STATIC + TEMPLATES if other != path]
    assert any(path.name in other.read_text(encoding="utf-8") for other in others)
