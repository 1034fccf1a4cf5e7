"""The body of a request, in any of the forms that clients send an image in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from alpr.settings.limits import FormLimits
from alpr.wire import forms, uploads
from alpr.wire.uploads import Content


def read(
    stream: IO[bytes], mimetype: str, parameters: Mapping[str, str], limits: FormLimits
) -> Content:
    """The files and values of a body of this type; none where the type is unknown.

    ``parameters`` are those of its Content-Type. Raises :class:`alpr.errors.RequestError`.
    """
    if mimetype == "multipart/form-data":
        return forms.read(stream, parameters.get("boundary", ""), limits)
    if mimetype == "application/x-www-form-urlencoded":
        return forms.read_urlencoded(stream.read(), limits)
    if mimetype == "application/json" or mimetype.endswith("+json"):
        return uploads.from_json(stream.read())
    return Content([], {})
