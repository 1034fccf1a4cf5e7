"""alpr_api: a licence-plate reader for one box on the LAN."""

__version__ = "1.1.0.dev0"
