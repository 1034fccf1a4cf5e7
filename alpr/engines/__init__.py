"""The engines by name: an explicit table, so that a frozen build sees every import."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alpr.engines.base import Engine
from alpr.errors import EngineError, SettingsError
from alpr.settings import Settings


def _embedded(settings: Settings) -> Engine:
    from alpr.engines.embedded.engine import EmbeddedEngine

    return EmbeddedEngine(settings.threads, settings.device)


def _ultimate(settings: Settings) -> Engine:
    from alpr.engines.ultimate.engine import UltimateConfig, UltimateEngine

    return UltimateEngine(UltimateConfig.of(settings))


def _fake(_: Settings) -> Engine:
    from alpr.engines.fake import FakeEngine

    return FakeEngine()


ENGINES: Mapping[str, Callable[[Settings], Engine]] = {
    "embedded": _embedded,
    "ultimate": _ultimate,
    "fake": _fake,
}


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings choose, not yet loaded.

    ``auto`` is ultimateALPR where its Python module is installed, else the embedded engine. An SDK
    that is installed but broken is an error that is named, never a silent swap.
    """
    name = settings.engine
    if name == "auto":
        from alpr.engines.ultimate import is_installed

        name = "ultimate" if is_installed() else "embedded"
    return ENGINES[name](settings)


def check_settings(settings: Settings) -> None:
    """Raises :class:`SettingsError` for keys that an engine would not accept.

    Keys of an engine that is not chosen are checked too, so that a mistake shows at once.
    """
    from alpr.engines.ultimate import sdk_config

    sdk_config.with_defaults(settings.json_config)


def check_device(settings: Settings) -> None:
    """Raises :class:`SettingsError` where a ``device`` that is asked for by name cannot be used.

    That shows only when the engine loads, which takes a second.
    """
    engine = open_engine(settings)
    if settings.device in ("cpu", "auto") or engine.status().name != "embedded":
        return
    try:
        engine.warm_up()
    except EngineError as error:
        raise SettingsError(str(error)) from error
    finally:
        engine.close()


def masked_json_config(settings: Settings) -> Mapping[str, Any]:
    """The setting ``json_config`` with every secret hidden, fit to be printed."""
    from alpr.engines.ultimate import sdk_config

    return sdk_config.masked(settings.json_config)


def run_worker_if_asked(arguments: Sequence[str]) -> None:
    """Becomes an engine's worker process, and never returns, if the command line says so.

    A frozen program starts its workers by starting itself: its ``main`` calls this first, with the
    arguments after the program's name.
    """
    from alpr.engines.ultimate import worker_main

    worker_main.run_if_asked(arguments)
