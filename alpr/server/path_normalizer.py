"""Paths in any case and with any slashes, as CodeProject.AI's server takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
"""A WSGI application."""


def normalized(path: str) -> str:
    """The path in lower case, without empty parts and without a slash at its end."""
    return "/" + "/".join(part for part in path.lower().split("/") if part)


class PathNormalizer:
    """Normalizes each request's path."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["PATH_INFO"] = normalized(environ.get("PATH_INFO", ""))
        return self._app(environ, start_response)
