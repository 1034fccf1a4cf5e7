"""How the models of the embedded engine were made: rendering, training, export, measuring."""
