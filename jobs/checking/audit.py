"""The audit: before a run is published its files are read back and held against the tables they came from, by ids.

It takes another road than the one that wrote them, so that a fault of the night's own bookkeeping cannot hide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pandas as pd

from jobs.checking.audit_bought import Signal, listed_again
from jobs.checking.audit_boxes import audit_boxes
from jobs.checking.audit_lists import UNREAD, audit_scores, audit_shown, on_website
from jobs.checking.audit_ranked import audit_ranked
from jobs.checking.audit_raw import Source, audit_raw
from jobs.checking.audit_totals import audit_totals
from jobs.evidence.audit_read import Evidence, read_evidence
from jobs.evidence.read_lists import Portion

THREADS = 2
"""Audits at work at once; what they say is told in one order, whichever ends first."""


def audit(folder: Path) -> list[str]:
    """A plain line for every fault of a run folder (staged or published): file, row or ids, found, expected.

    An empty list means: every customer has one row in boxes.csv, every box obeys campaign.toml, stock and caps are
    kept, and assignments.csv, boxes.csv, products.csv, scores.parquet and website.sqlite agree with each other and with
    the inputs. How good the plan is is not asked here: that is jobs.checking.verify.
    """
    run, faults = read_evidence(folder)
    if run is None:
        return faults
    with ThreadPoolExecutor(THREADS) as pool:
        return [*faults, *_audits(pool, run, lambda _: None)]


def audit_staged(
    folder: Path,
    sources: Mapping[str, Source],
    ship_date: date,
    events: pd.DataFrame,
    signals: Mapping[str, Signal],
) -> list[str]:
    """The same of tonight's run, and all that needs the night's own tables; arguments as of the single audits."""
    with ThreadPoolExecutor(THREADS) as pool:
        had = pool.submit(listed_again, folder, events, signals)
        raw = pool.submit(audit_raw, folder, sources, ship_date)
        run, faults = read_evidence(folder)
        again = had.result()
        audits = [] if run is None else _audits(pool, run, again.look)
        return [*faults, *audits, *raw.result(), *again.told]


def _audits(pool: ThreadPoolExecutor, run: Evidence, look: Callable[[Portion], None]) -> list[str]:
    """The audits of what was read, the longest first.

    look  what else is to see the lists of customers
    """
    ranked = pool.submit(on_website, run, lambda run, base: audit_ranked(run, base, look))
    others = [pool.submit(one, run) for one in (audit_boxes, audit_totals, audit_scores, audit_shown)]
    found = [line for one in others for line in one.result()]
    return _told_once([*found, *ranked.result()])


def _told_once(lines: list[str]) -> list[str]:
    """The lines, but only one to say that the website's file cannot be read, which every audit of it finds."""
    unread = {at for at, line in enumerate(lines) if line.startswith(UNREAD)}
    return [line for at, line in enumerate(lines) if at not in unread or line not in lines[:at]]
