"""Access rules: the ``Host`` header, an API key, and for browsers the origin of the page.

All three are off by default, because clients on a LAN know neither keys nor names. The client's
address is that of the connection; forwarding headers are not trusted.
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

HEALTH_PATHS = ("/livez", "/readyz")
"""Exempt from both checks: probes send an address as Host and no key, and learn no secret."""

PUBLIC_PATHS = ("/", "/openapi.json", *HEALTH_PATHS)
PUBLIC_FOLDER = "/static/"

Environ = Mapping[str, Any]
"""A WSGI environment whose path is in lower case, without a slash at the end."""


class Access:
    """The access rules of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = listed(settings.allowed_hosts.lower())
        self._key = settings.api_key.encode()
        self._exempt = networks(settings.api_key_exempt_networks)
        self._origins = listed(settings.cors_origins)

    def check(self, environ: Environ) -> None:
        """Raises :class:`HostError` or :class:`UnauthorizedError`."""
        path = environ["PATH_INFO"]
        host = environ.get("HTTP_HOST", "").lower()
        if self._hosts and path not in HEALTH_PATHS and not host_is_trusted(host, self._hosts):
            raise HostError("this host is not one that allowed_hosts names")
        if not self._key or path in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDER):
            return
        # A browser sends its preflight request without the key.
        if environ["REQUEST_METHOD"] == "OPTIONS" or self._is_exempt(environ):
            return
        key = environ.get("HTTP_X_API_KEY", "").encode("latin-1")
        if not hmac.compare_digest(key, self._key):
            raise UnauthorizedError("the header X-Api-Key is missing or wrong")

    def allowed_origin(self, environ: Environ) -> str:
        """The value of Access-Control-Allow-Origin: ``*``, the request's origin, or empty."""
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
