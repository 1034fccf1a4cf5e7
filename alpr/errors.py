"""The exceptions that are raised on purpose, with the HTTP status of each.

::

    AlprError                    500
    ├── SettingsError            the program does not start: one line, exit code 2
    ├── ListenError              the server does not start: one line, exit code 1
    ├── RequestError             400  the sender can correct it
    │   ├── ProtocolError        400, 431, 501  invalid or unsupported HTTP
    │   ├── HostError            400  names a host that is not accepted
    │   ├── UnauthorizedError    401  the key is missing or wrong
    │   ├── CrossSiteError       403  sent by a browser from a page of another site
    │   ├── ImageError           400  unreadable, truncated or too small
    │   ├── TooLargeError        413  too many bytes or pixels
    │   └── FormatError          415  not an image of a supported format
    └── EngineError              503  no plate can be read now
        ├── BusyError            503  every slot and the queue are taken
        └── EngineMissingError   503  the engine is not installed

``status`` is the HTTP status of the answer, and ``reason`` the label under which
``alpr_refusals_total`` counts it. The message is written for the person who sent the request, so it
holds no path and no traceback.
"""

from __future__ import annotations


class AlprError(Exception):
    """The root of the tree; any other exception is a bug."""

    status = 500
    reason = "bug"


class SettingsError(AlprError):
    """A setting that is unknown or has an invalid value."""


class ListenError(AlprError):
    """An address or port that the server cannot have, e.g. because another program has it."""


class RequestError(AlprError):
    """A request that can never succeed as it was sent."""

    status = 400
    reason = "bad_request"


class ProtocolError(RequestError):
    """Invalid or unsupported HTTP, with the ``status`` that the server chose."""

    reason = "protocol"

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class HostError(RequestError):
    """A request whose Host header the settings do not accept."""

    reason = "host"


class UnauthorizedError(RequestError):
    """A request whose key is missing or wrong."""

    status = 401
    reason = "unauthorized"


class CrossSiteError(RequestError):
    """A request that a browser sends from a page of another site."""

    status = 403
    reason = "cross_site"


class ImageError(RequestError):
    """An image that cannot be used."""

    reason = "image"


class TooLargeError(RequestError):
    """More bytes or pixels than the limits allow."""

    status = 413
    reason = "too_large"


class FormatError(RequestError):
    """Bytes that are not an image of a supported format."""

    status = 415
    reason = "format"


class EngineError(AlprError):
    """The engine cannot read; the client may try again after ``retry_after_s`` seconds."""

    status = 503
    reason = "engine"

    def __init__(self, message: str, retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BusyError(EngineError):
    """All slots and the whole queue are taken."""

    reason = "busy"

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after_s=1)


class EngineMissingError(EngineError):
    """The engine, or a part of it, is not installed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after_s=60)
