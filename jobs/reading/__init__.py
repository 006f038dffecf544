"""Where each input table is and how it is opened: CSV, Parquet or SQL, every cell as its file has it."""
