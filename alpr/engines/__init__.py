"""The engines, by name: an explicit table, so that a frozen build sees every import."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alpr.engines.base import Engine
from alpr.engines.fake import FakeEngine
from alpr.engines.ultimate import sdk_config
from alpr.settings import Settings


def _embedded(_: Settings) -> Engine:
    from alpr.engines.embedded.engine import EmbeddedEngine

    return EmbeddedEngine()


def _ultimate(settings: Settings) -> Engine:
    from alpr.engines.ultimate.engine import UltimateEngine

    return UltimateEngine(settings)


def _fake(_: Settings) -> Engine:
    return FakeEngine()


ENGINES: Mapping[str, Callable[[Settings], Engine]] = {
    "embedded": _embedded,
    "ultimate": _ultimate,
    "fake": _fake,
}


def check_settings(settings: Settings) -> None:
    """Raises :class:`alpr.errors.SettingsError` for keys that an engine would not take.

    Keys of an engine that is not the chosen one are checked, too: a slip shows at once.
    """
    sdk_config.complete(settings.json_config)


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings ask for, not yet loaded.

    ``auto`` takes ultimateALPR where its Python module is installed, and else the embedded one. An
    SDK that is installed but broken is an error that is named, never a silent swap.
    """
    name = settings.engine
    if name == "auto":
        from alpr.engines.ultimate import is_installed

        name = "ultimate" if is_installed() else "embedded"
    return ENGINES[name](settings)
