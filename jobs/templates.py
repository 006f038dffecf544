"""How pages and texts are made from templates: pages escaped, nothing left out in silence, no blank lines."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def environment(folder: Path, *, pages: bool = True) -> Environment:
    """The templates of a folder. A name that is not given is an error; what is filled in can hold no markup.

    pages  of HTML; False = of plain text, e.g. SQL, in which nothing is escaped
    """
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=pages,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
