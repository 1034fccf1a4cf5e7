"""Programs that make tables and images of the docs."""
