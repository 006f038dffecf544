"""Measurements, one command each: `packing` (docs/benchmarks.md), `beauty`, `mixes`, `reading`, `stability`."""
