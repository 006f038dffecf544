"""A strict reader of OpenMetrics text, as far as gauges go: every line must be one that the format knows."""

from __future__ import annotations

import re

LINE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)")
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
Labels = frozenset[tuple[str, str]]


def read_metrics(text: str) -> dict[str, dict[Labels, float]]:
    """Name -> labels -> value. Raises AssertionError for what the format does not allow."""
    assert text.endswith("# EOF\n")
    found: dict[str, dict[Labels, float]] = {}
    name, unit = "", ""
    for line in text.removesuffix("# EOF\n").split("\n")[:-1]:
        if line.startswith("# HELP "):
            name, unit = line.split(" ")[2], ""
            assert name not in found, f"{name} is told twice"
            found[name] = {}
        elif line.startswith("# TYPE "):
            assert line == f"# TYPE {name} gauge"
            assert not found[name], "after its samples"
        elif line.startswith("# UNIT "):
            _, _, of, unit = line.split(" ")
            assert of == name
            assert name.endswith(f"_{unit}")
        else:
            sample = LINE.fullmatch(line)
            assert sample is not None, line
            assert sample["name"] == name, "samples of one metric stand together"
            labels = _labels(sample["labels"] or "")
            assert labels not in found[name], f"{line}: twice"
            found[name][labels] = float(sample["value"])
    assert all(found.values()), "a metric without samples"
    return found


def _labels(text: str) -> Labels:
    place, labels = 0, []
    while place < len(text):
        one = LABEL.match(text, place)
        assert one is not None, text
        labels.append((one[1], re.sub(r"\\(.)", lambda own: "\n" if own[1] == "n" else own[1], one[2])))
        place = one.end()
    assert len(dict(labels)) == len(labels), "a label twice"
    return frozenset(labels)


def value(found: dict[str, dict[Labels, float]], name: str, **labels: str) -> float:
    """The one sample of a metric that has these labels."""
    (only,) = [told for own, told in found[name].items() if set(labels.items()) <= own]
    return only
