"""Everything that can go wrong on purpose.

::

    AlprError                    500
    ├── SettingsError            the program does not start: one line, exit code 2
    ├── RequestError             400  the sender can mend it
    │   ├── ProtocolError        400, 431, 501  not HTTP as it is spoken here
    │   ├── HostError            400  names a host that is not ours
    │   ├── UnauthorizedError    401  lacks the key
    │   ├── ImageError           400  unreadable, truncated or too small
    │   ├── TooLargeError        413  too many bytes or pixels
    │   └── FormatError          415  not an image, or of a kind we do not open
    └── EngineError              503  no plate can be read just now
        ├── BusyError            503  every slot and the queue are taken
        └── EngineMissingError   503  the engine is not installed

Each class carries the HTTP status it is answered with and the reason it is counted under in
``alpr_refusals_total``; its text is written for the person who sent the request and holds no path
and no traceback.
"""

from __future__ import annotations


class AlprError(Exception):
    """The root: whatever else is raised is a bug."""

    status = 500
    reason = "bug"


class SettingsError(AlprError):
    """A setting that is unknown or has a bad value."""


class RequestError(AlprError):
    """A request that can never succeed as it was sent."""

    status = 400
    reason = "bad_request"


class ProtocolError(RequestError):
    """Bytes that are no request, as the server itself sees; ``status`` is its own."""

    reason = "protocol"

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class HostError(RequestError):
    """A request to a host that the settings do not name."""

    reason = "host"


class UnauthorizedError(RequestError):
    """A request without the key."""

    status = 401
    reason = "unauthorized"


class ImageError(RequestError):
    """An image that cannot be used."""

    reason = "image"


class TooLargeError(RequestError):
    """More bytes or pixels than the limits allow."""

    status = 413
    reason = "too_large"


class FormatError(RequestError):
    """Bytes that are no image of a supported format."""

    status = 415
    reason = "format"


class EngineError(AlprError):
    """The engine cannot read; ``retry_after_s`` says when to try again, in seconds."""

    status = 503
    reason = "engine"

    def __init__(self, message: str, retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BusyError(EngineError):
    """More requests at once than are read and may wait."""

    reason = "busy"

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after_s=1)


class EngineMissingError(EngineError):
    """The engine, or a part of it, is not installed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after_s=60)
