"""The audit: before a run is published its files are read back and held against the tables they came from, by ids.

It takes another road than the one that wrote them, so that a fault of the night's own bookkeeping cannot hide.
"""

from __future__ import annotations

from pathlib import Path

from jobs.checking.audit_boxes import audit_boxes
from jobs.checking.audit_lists import audit_lists
from jobs.checking.audit_totals import audit_totals
from jobs.evidence.audit_read import read_evidence


def audit(folder: Path) -> list[str]:
    """A plain line for every fault of a run folder (staged or published): file, row or ids, found, expected.

    An empty list means: every customer has one row in boxes.csv, every box obeys campaign.toml, stock and caps are
    kept, and assignments.csv, boxes.csv, products.csv, scores.parquet and website.sqlite agree with each other and with
    the inputs. How good the plan is is not asked here: that is jobs.checking.verify.
    """
    run, faults = read_evidence(folder)
    return faults if run is None else [*faults, *audit_boxes(run), *audit_totals(run), *audit_lists(run)]
