"""The program's commands: how they are chosen, their help and their exit codes."""

from __future__ import annotations

import dataclasses
import errno
import os
import signal
import socket

import click
import pytest
from flask import Flask

import alpr_api
from alpr import __version__
from alpr.engines.base import Engine
from alpr.service import request_log
from alpr.settings import Settings


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of each server that would have been started."""
    started: list[Settings] = []

    def serve(_: Flask, settings: Settings, __: Engine) -> int:
        started.append(settings)
        return 7

    monkeypatch.setattr(alpr_api, "serve", serve)
    monkeypatch.setattr(request_log, "start", lambda _: None)
    return started


@pytest.mark.parametrize("command", [[], ["serve"]], ids=str)
@pytest.mark.parametrize(("options", "port"), [([], 5000), (["--port", "80"], 80)])
def test_serve_is_the_default_command(
    served: list[Settings], command: list[str], options: list[str], port: int
) -> None:
    assert alpr_api.main([*command, *options]) == 7
    assert [settings.port for settings in served] == [port]


@pytest.mark.parametrize("command", [[], ["serve"], ["read"]], ids=str)
def test_every_command_says_the_version(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert alpr_api.main([*command, "--version"]) == 0
    assert capsys.readouterr().out == f"alpr_api, version {__version__}\n"


@pytest.mark.parametrize("more", [[], ["--port", "80"]], ids=str)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_help_names_both_commands(
    option: str, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert alpr_api.main([option, *more]) == 0
    commands = capsys.readouterr().out.split("Commands:\n")[1].split()
    assert commands[0] == "serve"
    assert "read" in commands


@pytest.mark.parametrize("command", [["serve"], ["read"], ["--port", "80"]], ids=str)
def test_the_help_of_a_command_lists_every_setting(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert alpr_api.main([*command, "-h"]) == 0
    options, settings = capsys.readouterr().out.split("\nSettings:\n")
    for field in dataclasses.fields(Settings):
        assert f"  --{field.name.replace('_', '-')} " in settings
    assert "--print-config" in options
    assert ("--csv" in options) == (command == ["read"])


@pytest.mark.parametrize("stray", ["sevre", "archive/"])
def test_an_unknown_command_is_named(
    served: list[Settings], stray: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert alpr_api.main([stray]) == 2
    assert served == []
    assert capsys.readouterr().err == f"alpr_api: Got unexpected extra argument ({stray})\n"


def test_a_server_that_fails_is_not_taken_for_an_output_that_does(
    served: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(alpr_api, "serve", fail)
    with pytest.raises(RuntimeError, match="the server failed"):
        alpr_api.main([])


@pytest.mark.parametrize("command", [[], ["serve"], ["read", "photos"]], ids=str)
@pytest.mark.parametrize("option", ["--log-plates", "--port", "--api-key", "--regions", "--config"])
@pytest.mark.parametrize("swallowed", [["--host", "x"], ["--check"], ["-h"]], ids=" ".join)
def test_an_option_is_not_the_value_of_another(
    served: list[Settings],
    command: list[str],
    option: str,
    swallowed: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert alpr_api.main([*command, option, *swallowed]) == 2
    line = f"alpr_api: {option} needs a value before {swallowed[0]}\n"
    assert capsys.readouterr() == ("", line)
    assert served == []


def test_a_value_may_look_like_an_option(served: list[Settings]) -> None:
    assert alpr_api.main(["--api-key=--port", "--box-label", "--plate"]) == 7
    assert [(one.api_key, one.box_label) for one in served] == [("--port", "--plate")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config", ""], "'--config': it is empty"),
        (["read", "photos", "--resume", ""], "'--resume': it is empty"),
        (["--log-plates", "perhaps"], "expected true or false, not 'perhaps'."),
        (["read", "--log-plates", "photos"], "expected true or false, not 'photos'."),
        (["--config", "missing.json"], "missing.json: there is no such file"),
    ],
    ids=" ".join,
)
def test_a_bad_value_is_one_line_that_names_it(
    served: list[Settings],
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert alpr_api.main(arguments) == 2
    assert words in capsys.readouterr().err
    assert served == []


REFUSED = [
    ["--host", "192.0.2.1"],
    ["--grid-size", "2", "--wanted-cells", "5"],
    ["--ignore-areas", "0,0,1"],
    ["--min-side", "99", "--max-side", "98"],
    ["--json-config", '{"num_thread": 2}'],
]


@pytest.mark.parametrize("command", [["--check"], ["serve", "--print-config"], []], ids=str)
@pytest.mark.parametrize("options", REFUSED, ids=" ".join)
def test_settings_are_refused_without_a_start_as_by_one(
    command: list[str],
    options: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(request_log, "start", lambda _: None)
    assert alpr_api.main([*command, *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("alpr_api: ")
    assert err.count("\n") == 1


def test_good_settings_are_checked_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert alpr_api.main(["--check", "--host", "127.0.0.1"]) == 0
    assert alpr_api.main(["read", "--check", "--host", "192.0.2.1", "photos"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_port_in_use_is_no_bad_setting() -> None:
    """The service that runs may be asked whether its new settings are good."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert alpr_api.main(["--check", "--host", "127.0.0.1", "--port", port]) == 0


def test_a_system_without_sigpipe_has_the_same_exit_code(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Windows has no such signal."""

    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.delattr(signal, "SIGPIPE", raising=False)
    monkeypatch.setattr(click, "echo", gone)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    assert alpr_api.main(["--print-config", "--host", "127.0.0.1"]) == 141
