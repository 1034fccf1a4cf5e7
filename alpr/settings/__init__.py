"""The settings: their names, their types, and the sources of their values."""

from alpr.settings.fields import Settings
from alpr.settings.loading import SettingsWithSources, load

__all__ = ["Settings", "SettingsWithSources", "load"]
