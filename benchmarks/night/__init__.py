"""Whole nights, measured: `python -m benchmarks.night`."""
