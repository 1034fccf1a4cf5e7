"""Drawn scenes, programs to start and a wire client, for tests, benchmarks and tools."""
