"""The night: tables, ids, time, configuration, publishing and people, on top of `recsys` and `optimizer`."""
