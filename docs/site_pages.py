"""What turns the repository's pages into a site: pages that stand outside docs/, and links that lead out of it.

MkDocs calls `on_files` and `on_page_markdown` (mkdocs.yml names this file under "hooks").
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "data/README.md": "demo-data.md",
}
"""File of the repository -> page of the site."""
NESTED = re.compile(r"^ {3}- ", re.MULTILINE)
"""An item in a numbered list: GitHub wants it three spaces in, Python-Markdown four."""
LINK = re.compile(r"\[([^\]]*)\]\(([^)#:\s]+)(#[\w-]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that stand outside docs/."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The text of a page with links as they are on the site."""
    place = page.file.src_uri
    source = next((file for file, name in PAGES.items() if name == place), f"docs/{place}")
    return turned(NESTED.sub("    - ", markdown), source, place)


def turned(markdown: str, source: str, place: str) -> str:
    """Links of the file `source` as links of the page `place`; where they lead to no page (code), only the words stay.

    A link that leads nowhere is left as it is, so that MkDocs finds it.
    """

    def link(found: re.Match[str]) -> str:
        words, target, anchor = found[1], posixpath.join(posixpath.dirname(source), found[2]), found[3] or ""
        target = posixpath.normpath(target)
        page = PAGES.get(target) or target.removeprefix("docs/")
        if target in PAGES or target.startswith("docs/"):
            page += "/README.md" if (ROOT / target).is_dir() else ""
            return f"[{words}]({posixpath.relpath(page, posixpath.dirname(place) or '.')}{anchor})"
        return words if (ROOT / target).exists() else found[0]

    return LINK.sub(link, markdown)
