"""The body of a request, in any of the forms that clients send an image in."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import IO

from alpr.settings.limits import FormLimits
from alpr.wire import forms, uploads
from alpr.wire.uploads import Content

LARGE_BYTES = 2_000_000
"""Bodies above this size are read one at a time, because a read takes several times their size."""


class BodyReader:
    """Reads bodies within limits; safe to use from many threads.

    This happens outside of the slots: the key may be in the body, and a client without it must not
    take a slot. What is no image is refused without a wait for one.
    """

    def __init__(self, limits: FormLimits) -> None:
        self._limits = limits
        self._one_at_a_time = threading.Lock()

    def read(
        self, stream: IO[bytes], size: int, mimetype: str, parameters: Mapping[str, str]
    ) -> Content:
        """As :func:`read`, of a body with ``size`` bytes."""
        turn = self._one_at_a_time if size > LARGE_BYTES else contextlib.nullcontext()
        with turn:
            return read(stream, mimetype, parameters, self._limits)


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
        return uploads.from_json(stream.read(), limits)
    return Content([], {})
