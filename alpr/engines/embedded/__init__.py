"""The embedded engine: ready at once, with nothing to install."""
