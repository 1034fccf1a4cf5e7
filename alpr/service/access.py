"""Who may ask: by the host that a request names, by a key, and for browsers by the page's origin.

All three are off unless set, as the clients on a LAN know neither keys nor names. The sender's
address is the connection's own; what a header says of it is not believed.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from typing import Any

from werkzeug.sansio.utils import host_is_trusted

from alpr.errors import HostError, UnauthorizedError
from alpr.settings import Settings
from alpr.settings.option_types import listed, networks

HEALTH = ("/livez", "/readyz")
"""For probes, which name a host by its address and know no key; they tell nothing worth hiding."""

OPEN = ("/", "/openapi.json", *HEALTH)
OPEN_FOLDER = "/static/"

Environ = Mapping[str, Any]
"""A WSGI environment whose path is in lower case, without a slash at the end."""


class Access:
    """The rules that the settings ask for."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = listed(settings.allowed_hosts.lower())
        self._key = settings.api_key.encode()
        self._exempt = networks(settings.api_key_exempt_networks)
        self._origins = listed(settings.cors_origins)

    def check(self, environ: Environ) -> None:
        """Raises :class:`HostError` or :class:`UnauthorizedError`."""
        path = environ["PATH_INFO"]
        host = environ.get("HTTP_HOST", "").lower()
        if self._hosts and path not in HEALTH and not host_is_trusted(host, self._hosts):
            raise HostError("this host is not one that allowed_hosts names")
        if not self._key or path in OPEN or path.startswith(OPEN_FOLDER):
            return
        # A browser asks what it may send before it sends a key.
        if environ["REQUEST_METHOD"] == "OPTIONS" or self._is_exempt(environ):
            return
        given = environ.get("HTTP_X_API_KEY", "").encode("latin-1")
        if not hmac.compare_digest(given, self._key):
            raise UnauthorizedError("the header X-Api-Key is missing or wrong")

    def allowed_origin(self, environ: Environ) -> str:
        """The pages that may read the answer: all, that of this origin, or none (empty)."""
        if "*" in self._origins:
            return "*"
        origin = str(environ.get("HTTP_ORIGIN", ""))
        return origin if origin in self._origins else ""

    def _is_exempt(self, environ: Environ) -> bool:
        try:
            address = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
        except ValueError:
            return False
        return any(address in network for network in self._exempt)
