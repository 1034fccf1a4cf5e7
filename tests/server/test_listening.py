"""What the setting ``host`` may be, and what is said where nothing can listen there."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator

import pytest

from alpr.errors import ListenError, SettingsError
from alpr.server import listening
from alpr.server.listening import open_sockets
from testkit.programs import fake_service


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@contextlib.contextmanager
def listening_on(hosts: str, port: int = 0) -> Iterator[list[tuple[str, int]]]:
    """Host and port of each socket that is opened."""
    opened = open_sockets(hosts, port)
    try:
        yield [one.getsockname()[:2] for one in opened]
    finally:
        for one in opened:
            one.close()


@needs_ipv6
def test_every_address_is_ipv4_and_ipv6_on_one_port() -> None:
    with listening_on("*") as (first, second):
        assert (first[0], second[0]) == ("0.0.0.0", "::")
        assert first[1] == second[1] != 0
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, first[1]), 5).close()


def test_a_machine_without_ipv6_listens_on_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_ipv6(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return real(family, kind)

    real = socket.socket
    monkeypatch.setattr(socket, "socket", without_ipv6)
    for hosts in ("*", "127.0.0.1"):
        with listening_on(hosts) as (only,):
            assert only[1] != 0
    with pytest.raises(SettingsError, match="::1 is no address of this machine"):
        open_sockets("::1", 0)


def test_several_addresses_and_a_name_for_one_of_them() -> None:
    with listening_on("127.0.0.1, 127.0.0.2,127.0.0.1") as addresses:
        assert [host for host, _ in addresses] == ["127.0.0.1", "127.0.0.2"]
        assert len({port for _, port in addresses}) == 1
    with listening_on("localhost") as addresses:
        assert {host for host, _ in addresses} <= {"127.0.0.1", "::1"} != set()


@pytest.mark.parametrize("hosts", ["0.0.0.0,127.0.0.1", "127.0.0.1,0.0.0.0"])
def test_an_address_beside_all_of_its_family_is_no_conflict(hosts: str) -> None:
    with listening_on(hosts) as addresses:
        assert [host for host, _ in addresses] == ["0.0.0.0"]


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("192.0.2.1", "192.0.2.1 is no address of this machine"),
        ("127.0.0.1,192.0.2.1", "192.0.2.1 is no address of this machine"),
        ("x" * 64 + ".lan", "has no address"),
    ],
)
def test_a_host_that_is_not_this_machines_is_named(host: str, why: str) -> None:
    with pytest.raises(SettingsError, match=f"host: .*{why}"):
        listening.check(host)


def test_a_name_that_cannot_be_resolved_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(SettingsError, match=r"host: alpr\.lan has no address: Name or service"):
        listening.check("alpr.lan")


def test_a_port_that_is_taken_is_named_with_a_way_out() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ListenError) as caught,
    ):
        port = taken.getsockname()[1]
        open_sockets("127.0.0.2,127.0.0.1", port)
    assert f"127.0.0.1 port {port}: Address already in use" in str(caught.value)
    assert "--port" in str(caught.value)
    with listening_on("127.0.0.2", port):  # What was opened before is closed again.
        pass


@pytest.mark.parametrize(("port", "who"), [(5000, "AirPlay"), (32168, "CodeProject.AI")])
def test_who_else_likes_a_port_is_said(
    port: int, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(self: socket.socket, address: object) -> None:
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(socket.socket, "bind", taken)
    with pytest.raises(ListenError, match=who):
        open_sockets("127.0.0.1", port)


@needs_ipv6
def test_the_program_serves_on_all_of_its_addresses() -> None:
    with fake_service("--host", "127.0.0.1,::1") as program:
        line = program.wait_for(r"listens on (.*), engine").group(1)
        assert line == f"http://127.0.0.1:{program.port}, http://[::1]:{program.port}"
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, program.port), 5) as wire:
                wire.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
                assert b" 200 " in wire.makefile("rb").readline()
        assert program.stop() == 0


def test_a_host_that_cannot_be_had_is_one_line_and_exit_code_2() -> None:
    with fake_service("--host", "192.0.2.1") as program:
        assert program.wait() == 2
    assert program.log == ["alpr_api: host: 192.0.2.1 is no address of this machine\n"]
