"""Access rules: the ``Host`` header, an API key, and for browsers the origin of the page.

Host and key are free by default, because clients on a LAN know neither keys nor names. The client's
address is that of the connection; forwarding headers are not trusted.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from werkzeug.sansio.utils import host_is_trusted

from alpr.errors import CrossSiteError, HostError, UnauthorizedError
from alpr.settings import Settings
from alpr.settings.option_types import listed, networks
from alpr.wire import paths

HEALTH_PATHS = (paths.LIVE, *paths.READY)
"""Exempt from both checks: probes send an address as Host and no key, and learn no secret."""

PUBLIC_PATHS = ("/", "/openapi.json", paths.FAVICON, *HEALTH_PATHS)
ONLY_FOR_THE_PAGE = (paths.RECENT, paths.SETTINGS)
"""No page of another origin may read these: who asks, and the settings, stay on the LAN."""

KEY_FIELD = "api_key"
"""The field that DeepStack's clients send the key in, in the form or the query."""

LAN_SUFFIXES = (".local", ".lan", ".home", ".internal", ".localdomain", ".home.arpa", ".localhost")
"""Ends of names that no server on the internet can have, by standard or by custom."""

CROSS_SITE = (
    "a browser sends this from a page of another site; name its origin in cors_origins, or set"
    " allow_cross_site"
)

Environ = Mapping[str, Any]
"""A WSGI environment whose path is in lower case, without a slash at the end."""


class Access:
    """The access rules of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = listed(settings.allowed_hosts.lower())
        self._key = _encoded(settings.api_key)
        self._exempt = networks(settings.api_key_exempt_networks)
        self._origins = listed(settings.cors_origins)
        self._allow_cross_site = settings.allow_cross_site

    def check(self, environ: Environ, form_key: Callable[[], str]) -> None:
        """Raises :class:`HostError`, :class:`CrossSiteError` or :class:`UnauthorizedError`.

        ``form_key`` gives the key of the request's form, and is called only where no header and no
        query has the right one.
        """
        path = environ["PATH_INFO"]
        host = environ.get("HTTP_HOST", "").lower()
        if self._hosts and path not in HEALTH_PATHS and not host_is_trusted(host, self._hosts):
            raise HostError("this host is not one that allowed_hosts names")
        if environ["REQUEST_METHOD"] == "POST" and self._is_cross_site(environ):
            raise CrossSiteError(CROSS_SITE)
        if not self._key or path in PUBLIC_PATHS or path.startswith(paths.STATIC):
            return
        # A browser sends its preflight request without the key.
        if environ["REQUEST_METHOD"] == "OPTIONS" or self._is_exempt(environ):
            return
        if not (self._is_key(_sent_keys(environ)) or self._is_key([_encoded(form_key())])):
            raise UnauthorizedError("the key is missing or wrong; the header X-Api-Key takes it")

    def _is_key(self, sent: Iterable[bytes]) -> bool:
        """Whether the key is among these; in a time that depends only on their lengths."""
        return any(hmac.compare_digest(key, self._key) for key in sent)

    def cors_headers(self, environ: Environ, allow: str) -> dict[str, str]:
        """What lets pages of other origins read an answer, whose header ``Allow`` is ``allow``."""
        origin = self._allowed_origin(environ)
        headers = {"Access-Control-Allow-Origin": origin} if origin else {}
        if origin and environ["REQUEST_METHOD"] == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = allow
            headers["Access-Control-Allow-Headers"] = "*, Authorization"
        return headers if origin == "*" else {**headers, "Vary": "Origin"}

    def _allowed_origin(self, environ: Environ) -> str:
        """The value of Access-Control-Allow-Origin: ``*``, the request's origin, or empty."""
        if environ["PATH_INFO"] in ONLY_FOR_THE_PAGE:
            return ""
        if "*" in self._origins:
            return "*"
        origin = str(environ.get("HTTP_ORIGIN", ""))
        return origin if origin in self._origins else ""

    def _is_cross_site(self, environ: Environ) -> bool:
        """Whether a page of another site sends this, which neither the LAN has nor the settings.

        Only browsers send these headers, and pages cannot change them. Sec-Fetch-Site comes only
        over TLS and to localhost, Origin with each POST of a page.
        """
        origin = str(environ.get("HTTP_ORIGIN", ""))
        site = environ.get("HTTP_SEC_FETCH_SITE", "cross-site" if origin else "none")
        if self._allow_cross_site or site != "cross-site" or origin in self._origins:
            return False
        own = _host(f"//{environ.get('HTTP_HOST', '')}")
        return not (_is_of_lan(origin) or (own and _host(origin) == own))

    def _is_exempt(self, environ: Environ) -> bool:
        try:
            address = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
        except ValueError:
            return False
        return any(address in network for network in self._exempt)


def _host(url: str) -> str:
    """The host of an URL in lower case, without a port; empty if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_of_lan(origin: str) -> bool:
    """Whether the origin's host is a private address or has a name that only a LAN knows."""
    host = _host(origin)
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(LAN_SUFFIXES))


def _encoded(text: str) -> bytes:
    """UTF-8, also of half a surrogate pair, which JSON can say and UTF-8 cannot."""
    return text.encode("utf-8", "surrogatepass")


def _sent_keys(environ: Environ) -> list[bytes]:
    """The keys in the headers and the query of a request."""
    keys = [environ.get("HTTP_X_API_KEY", "")]
    if found := re.fullmatch(r"(?i:token|bearer) +(.*\S) *", environ.get("HTTP_AUTHORIZATION", "")):
        keys.append(found[1])
    query = parse_qsl(environ.get("QUERY_STRING", ""))
    from_query = [value.encode() for name, value in query if name == KEY_FIELD]
    return [*(key.encode("latin-1") for key in keys), *from_query]
