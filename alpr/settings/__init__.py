"""The settings: what they are, what they take, and where their values come from."""

from alpr.settings.fields import Settings
from alpr.settings.loading import SettingsWithSources, load, load_command

__all__ = ["Settings", "SettingsWithSources", "load", "load_command"]
