"""Measurements, one command each: `packing` (docs/benchmarks.md), `beauty`, `kept`, `reading`, `stability` and more."""
