"""report.html: the night on one page that a merchandiser would print.

facts.py reads the run folder's files, words.py says what they mean, plots.py draws, page.py fills the template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def render(run_folder: Path) -> str:
    """The report of a run, one self-contained HTML page (see jobs.report.page.render)."""
    from jobs.report.page import render as render_page

    return render_page(run_folder)
