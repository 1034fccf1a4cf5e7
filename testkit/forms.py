"""Multipart forms, written byte by byte."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from testkit.images import encode, gradient_image


class Part(NamedTuple):
    """One part of a form as it stands on the wire."""

    disposition: str
    data: bytes
    content_type: str = ""


def encode_form(parts: Iterable[Part], boundary: str) -> bytes:
    """A multipart/form-data body with just these headers in each part."""
    lines = bytearray()
    for part in parts:
        lines += f"--{boundary}\r\nContent-Disposition: form-data; {part.disposition}\r\n".encode()
        if part.content_type:
            lines += f"Content-Type: {part.content_type}\r\n".encode()
        lines += b"\r\n" + part.data + b"\r\n"
    return bytes(lines) + f"--{boundary}--\r\n".encode()


def upload(
    data: bytes | None = None, filename: str = "upload", values: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Arguments of a Flask client's ``post`` that send a file and values; by default a JPEG."""
    parts = [Part(f'name="{name}"', value.encode()) for name, value in (values or {}).items()]
    image = encode(gradient_image()) if data is None else data
    body = encode_form([*parts, Part(f'name="upload"; filename="{filename}"', image)], "boundary")
    return {"data": body, "content_type": "multipart/form-data; boundary=boundary"}
