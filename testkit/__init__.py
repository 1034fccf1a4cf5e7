"""Drawn scenes, programs to start, a wire client and a double, for tests, benchmarks and tools."""
