"""The input tables: read from CSV, Parquet or SQL, typed, checked, every fault at once."""
