"""Measurements, one command each: `packing` (docs/benchmarks.md), `beauty`, `reading`, `stability`, `weights`."""
