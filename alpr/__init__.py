"""alpr_api: a licence-plate reader for one box on the LAN."""

__version__ = "1.1.0.dev0"

REPOSITORY = ""
"""Where the documents are read, for the page's link; empty while README.md says REPOSITORY too."""
