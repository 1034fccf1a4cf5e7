"""What plates of a region look like, and which of the candidates that makes likely."""
