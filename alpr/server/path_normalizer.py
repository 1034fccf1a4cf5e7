"""Paths in any case and with any slashes, as CodeProject.AI's server takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
"""A WSGI application."""


class PathNormalizer:
    """Lowers each request's path and removes empty parts and the slash at its end."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        parts = [part for part in environ.get("PATH_INFO", "").lower().split("/") if part]
        environ["PATH_INFO"] = "/" + "/".join(parts)
        return self._app(environ, start_response)
