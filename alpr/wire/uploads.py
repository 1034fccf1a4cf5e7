"""What a client sends, whatever its way: one image and some values."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alpr.errors import RequestError

NO_IMAGE = (
    "no image in the request: send it as a file of a multipart/form-data form, "
    "as in curl -F upload=@car.jpg"
)


@dataclass(slots=True)
class Upload:
    """One image as it was sent, its name there, and the request's other values."""

    image: bytes
    filename: str
    values: Mapping[str, str]

    def take_image(self) -> bytes:
        """The image, once: large ones are not to be held while what they show is read."""
        taken, self.image = self.image, b""
        return taken

    def fraction(self, name: str, default: float) -> float:
        """A value from 0 to 1; an empty one is as good as none. Raises :class:`RequestError`."""
        text = self.values.get(name, "").strip()
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= 1:
            raise RequestError(f"{name} must be a number from 0 to 1, not {text[:40]!r}")
        return value


def from_json(body: bytes) -> tuple[list[tuple[str, bytes]], dict[str, str]]:
    """Files (name, bytes) and values of CodeProject.AI's JSON body.

    ``{"values": [{"key": "grid_size", "value": ["3"]}],
    "files": [{"filename": "a.jpg", "data": "<base64>"}]}``. Raises :class:`RequestError`.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError("the body is not valid JSON") from error
    if not isinstance(content, dict):
        raise RequestError("the body is not a JSON object")
    files = [
        (str(entry.get("filename") or "image"), _decoded(entry.get("data")))
        for entry in _objects(content, "files")
    ]
    values = {str(entry.get("key")): _first(entry) for entry in _objects(content, "values")}
    return files, values


def _objects(content: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    entries = content.get(key) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RequestError(f"{key!r} in the body is not a list of objects")
    return entries


def _first(entry: Mapping[str, Any]) -> str:
    value = entry.get("value")
    if isinstance(value, list):
        value = value[0] if value else ""
    return "" if value is None else str(value)


def _decoded(data: object) -> bytes:
    if not isinstance(data, str):
        raise RequestError("a file in the body has no base64 text under 'data'")
    _, comma, after = data.partition(",")
    try:
        return base64.b64decode("".join((after if comma else data).split()), validate=True)
    except ValueError as error:
        raise RequestError("a file's 'data' in the body is not base64") from error


def chosen(files: list[tuple[str, bytes]], values: Mapping[str, str]) -> Upload:
    """The first file that is not empty, under whatever name it came."""
    for filename, data in files:
        if data:
            return Upload(data, filename, values)
    raise RequestError("the image is empty: 0 bytes were sent" if files else NO_IMAGE)
