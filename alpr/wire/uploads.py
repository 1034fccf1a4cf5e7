"""Uploads: one image and some values, however a client sends them."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from alpr.errors import RequestError, TooLargeError
from alpr.settings.limits import FormLimits
from alpr.settings.option_types import joined

NO_IMAGE = (
    "no image in the request: send it as a file of a multipart/form-data form, "
    "as in curl -F upload=@car.jpg"
)
NOT_BASE64 = "{!r} is neither a file nor an image in base64"
NOT_FETCHED = (
    "nothing is fetched from other servers: send the image itself as upload, a file or base64"
)
MAX_JSON_VALUES = 10_000
"""Values of a JSON body, about: one of 20 MB could hold millions, of up to 64 bytes each."""
QUOTES_PER_VALUE = 4
"""Quotes that a value has at most, with those of its name."""
JSON_IMAGE = re.compile(rb'"(?:data:[^",]{0,100},)?[\w+/=\\ -]{1000,}(?:"|\Z)', re.ASCII)
"""A text in JSON that may be an image: base64, also with escaped slashes or line breaks. The end of
a body may cut it short."""
SPACES = bytes(range(0x09, 0x0E)) + bytes(range(0x1C, 0x21))
"""What may stand between the characters of base64."""
IMAGE_FIELDS = ("upload", "image")
"""Fields whose text is an image in base64, as Plate Recognizer's API takes it."""

LIST_FIELDS = {"regions": ",", "wanted_cells": ",", "ignore_areas": ";"}
"""Fields that may be sent more than once, or as a list in JSON, and what separates their items."""


class Content(NamedTuple):
    """A request's files (name, bytes) and values, whatever kind of body it has."""

    files: list[tuple[str, bytes]]
    values: dict[str, str]


@dataclass(slots=True)
class Upload:
    """An image file's bytes and name, and the request's other values."""

    image: bytes
    filename: str
    values: Mapping[str, str]

    def pop_image(self) -> bytes:
        """The image, only once, so that its bytes are not kept in memory while it is read."""
        image, self.image = self.image, b""
        return image

    def fraction(self, name: str, default: float) -> float:
        """A value from 0 to 1; ``default`` if absent or empty. Raises :class:`RequestError`."""
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


def add_value(values: dict[str, str], name: str, value: str) -> None:
    """Adds a field: the first value of a name counts, or all of a list's that are not empty."""
    if name in LIST_FIELDS and values.get(name, "").strip():
        values[name] += LIST_FIELDS[name] + value if value.strip() else ""
    elif name in LIST_FIELDS:
        values[name] = value
    else:
        values.setdefault(name, value)


def from_query(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The values of a query."""
    values: dict[str, str] = {}
    for pair in pairs:
        add_value(values, *pair)
    return values


def check_size(size: int, limits: FormLimits) -> None:
    """Raises :class:`TooLargeError` if the fields without files have more bytes than they may."""
    if size > limits.max_field_kb * 1000:
        raise TooLargeError(
            f"the form's fields are larger than max_field_kb, {limits.max_field_kb} kB"
        )


def from_json(body: bytes, limits: FormLimits) -> Content:
    """The files and values of a JSON body: CodeProject.AI's form, or an object of fields.

    ``{"values": [{"key": "grid_size", "value": ["3"]}],
    "files": [{"filename": "a.jpg", "data": "<base64>"}]}``, or
    ``{"upload": "<base64>", "grid_size": 3}``. Raises :class:`RequestError`
    and :class:`TooLargeError`.
    """
    signs = sum(body.count(sign) for sign in (b",", b"[", b"{"))
    if max(signs, body.count(b'"') // QUOTES_PER_VALUE) > MAX_JSON_VALUES:
        raise TooLargeError(f"the body has more than {MAX_JSON_VALUES} values")
    # Parsing takes up to eight times the memory of its text, and 0.1 s for 1 MB of digits.
    check_size(len(JSON_IMAGE.sub(b"", body)), limits)
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        why = ": it ends early" if _ends_early(body, error) else ""
        raise RequestError(f"the body is not valid JSON{why}") from error
    if not isinstance(content, dict):
        raise RequestError("the body is not a JSON object")
    try:
        files, values = _files(content), _values(content)
    except RecursionError as error:  # Writing nests deeper than parsing did.
        raise RequestError("the body is nested too deeply") from error
    size = sum(len(name) + len(text) for name, text in values.items() if name not in IMAGE_FIELDS)
    check_size(size, limits)
    return Content(files, values)


def _ends_early(body: bytes, error: Exception) -> bool:
    """Whether a body that is not valid JSON is most likely the start of an object."""
    if isinstance(error, json.JSONDecodeError):
        if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string"):
            return True
        if error.msg == "Extra data":
            return False
    return body.lstrip().startswith(b"{") and not body.rstrip().endswith(b"}")


def _files(content: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    return [
        (str(entry.get("filename") or "image"), _decode_file(entry.get("data")))
        for entry in _object_list(content, "files")
    ]


def _values(content: Mapping[str, Any]) -> dict[str, str]:
    """The values of a JSON object, those of its list ``values`` first."""
    listed = {str(entry.get("key")): _value(entry) for entry in _object_list(content, "values")}
    fields = content.keys() - {"files", "values"}
    return {**{name: _text(name, content[name]) for name in fields}, **listed}


def _object_list(content: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    entries = content.get(key) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RequestError(f"{key!r} in the body is not a list of objects")
    return entries


def _value(entry: Mapping[str, Any]) -> str:
    key, value = str(entry.get("key")), entry.get("value")
    if isinstance(value, list) and key in LIST_FIELDS:
        return _list(key, value)
    if isinstance(value, list):
        value = value[0] if value else ""
    return "" if value is None else str(value)


def _text(name: str, value: object) -> str:
    """A field's JSON value as a form would send it. Raises :class:`RequestError`."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and name in LIST_FIELDS:
        return _list(name, value)
    return json.dumps(value)


def _list(name: str, values: list[Any]) -> str:
    """A list field's text. Only a separator for an empty list, because empty fields are absent.

    A list of empty texts is such a field, as CodeProject.AI's form has it.
    """
    if not values:
        return LIST_FIELDS[name]
    try:
        text = joined(values, LIST_FIELDS[name])
    except TypeError as error:
        raise RequestError(f"{name} is a list with an item that is no text or number") from error
    return text if text.strip(",; ") else ""


def _decode_file(data: object) -> bytes:
    if not isinstance(data, str):
        raise RequestError("a file in the body has no base64 text under 'data'")
    return _decode(data, "a file's 'data' in the body is not base64")


def _decode(text: str, refusal: str) -> bytes:
    """The bytes of base64 or of a data URI. Raises :class:`RequestError` with ``refusal``."""
    _, comma, payload = text.partition(",")  # A browser's data URI has a comma before its payload.
    try:
        data = (payload if comma else text).encode("ascii").translate(None, SPACES)
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise RequestError(refusal) from error


def first_image(files: list[tuple[str, bytes]], values: Mapping[str, str]) -> Upload:
    """The first file (name, bytes) that is not empty, else the image in a field.

    Raises :class:`RequestError`.
    """
    texts = {name: values[name] for name in IMAGE_FIELDS if values.get(name, "").strip()}
    others = {name: value for name, value in values.items() if name not in IMAGE_FIELDS}
    for filename, data in files:
        if data:
            return Upload(data, filename, others)
    urls = (values.get("upload_url", ""), *texts.values())
    for name, text in texts.items():
        if not _is_url(text):
            return Upload(_decode(text, NOT_BASE64.format(name)), name, others)
    if any(map(_is_url, urls)):
        raise RequestError(NOT_FETCHED)
    raise RequestError("the image is empty: 0 bytes were sent" if files else NO_IMAGE)


def _is_url(text: str) -> bool:
    return text.lstrip()[:8].lower().startswith(("http://", "https://"))
