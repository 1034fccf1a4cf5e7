"""PP-OCRv6 (Apache-2.0), by the PyPI package rapidocr, whose wheel holds its models."""
