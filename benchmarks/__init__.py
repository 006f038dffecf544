"""Measurements, one command each: `packing` (docs/benchmarks.md), `beauty`, `kept`, `mixes`, `reading`, `stability`."""
