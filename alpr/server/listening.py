"""The sockets that the server listens on: one for each address that the setting ``host`` means."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack
from typing import Any

from alpr.errors import ListenError, SettingsError
from alpr.settings.option_types import EVERY_ADDRESS, listed

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""A family, and an address as that family's sockets take it, without the port."""

BACKLOG = 1024
"""Connections that the kernel keeps until they are accepted; waitress' own number."""

NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""Errors of an address that this machine has not, or of a family that it does not speak."""

ANY = ("0.0.0.0", "::")
"""The addresses that stand for all of their family."""

COMMON_PORTS = {
    5000: "AirPlay on macOS, Docker's registry and Frigate like this port too",
    32168: "CodeProject.AI's own server has this port",
}


def open_sockets(hosts: str, port: int) -> list[socket.socket]:
    """Sockets that listen; with port 0 all of them on the one that the first was given.

    An address is left out where another one stands for all of its family. IPv6 sockets take no
    IPv4, so a client's address is always written as it is. Raises :class:`SettingsError` for a host
    that no address can be had for, and :class:`ListenError`.
    """
    opened: list[socket.socket] = []
    seen: set[Address] = set()
    resolved = {host: _resolve(host) for host in listed(hosts)}
    whole = {family for found in resolved.values() for family, where in found if where[0] in ANY}
    with ExitStack() as undo:
        for host, addresses in resolved.items():
            failures, count = [], len(opened)
            for address in addresses:
                family, where = address
                if address in seen or (family in whole and where[0] not in ANY):
                    continue
                seen.add(address)
                shared_port = port or (opened[0].getsockname()[1] if opened else 0)
                try:
                    opened.append(undo.enter_context(_listen(address, shared_port)))
                except OSError as error:
                    if error.errno not in NOT_HERE:
                        raise ListenError(_explain(error, address, port)) from error
                    failures.append(error)
            if failures and len(opened) == count:
                raise SettingsError(f"host: {host} is no address of this machine") from failures[0]
        undo.pop_all()
    return opened


def check(hosts: str) -> None:
    """Raises :class:`SettingsError` for a host that the server could not listen on."""
    for opened in open_sockets(hosts, 0):
        opened.close()


def _resolve(host: str) -> list[Address]:
    """The addresses of one host, in the order of the system; IPv4 before IPv6 for ``*``."""
    if host == EVERY_ADDRESS:
        return [(socket.AF_INET, ("0.0.0.0",)), (socket.AF_INET6, ("::",))]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a name"
        raise SettingsError(f"host: {host} has no address: {reason}") from error
    return [(family, (where[0], *where[2:])) for family, _, _, _, where in found]


def _listen(address: Address, port: int) -> socket.socket:
    family, (host, *scope) = address
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # Elsewhere it would share a port that is in use.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((host, port, *scope))
        opened.listen(BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def _explain(error: OSError, address: Address, port: int) -> str:
    line = f"cannot listen on {address[1][0]} port {port}: {error.strerror}"
    if error.errno == errno.EADDRINUSE:
        line += "".join(f"; {others}" for at, others in COMMON_PORTS.items() if at == port)
        line += "; choose another port with --port"
    if error.errno == errno.EACCES:
        line += "; ports below 1024 need a privilege, others do not"
    return line
