"""The part of requirements.lock that a night needs: what boxwise and some of its extras depend on, with all hashes.

The lock tells of every package who asked for it ("# via"), so what is left out are tools of development.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def runtime_lock(lock: str, pyproject: str, extras: list[str]) -> str:
    """The blocks of the lock that are needed, as they stand there.

    Raises KeyError for an extra that pyproject.toml does not have.
    """
    project = tomllib.loads(pyproject)["project"]
    asked = [*project["dependencies"], *(one for extra in extras for one in project["optional-dependencies"][extra])]
    parts = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    blocks = [(_name(part), part) for part in parts if part]  # one package may have a block for each Python
    needed, new = set[str](), {_name(one) for one in asked}
    while new:
        needed |= new
        new = {name for name, block in blocks if needed & _asked_by(block)} - needed
    return "".join(block for name, block in blocks if name in needed)


def _name(requirement: str) -> str:
    """`psycopg[binary]>=3.2` -> `psycopg`, as the lock spells it."""
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].replace("_", "-").lower()


def _asked_by(block: str) -> set[str]:
    """Packages that ask for the one of this block; boxwise itself is told by its pyproject.toml."""
    _, _, via = block.partition("# via")
    return {_name(line.strip("# \n")) for line in via.splitlines() if line.strip("# ")}


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[2]
    texts = [(here / name).read_text(encoding="utf-8") for name in ("requirements.lock", "pyproject.toml")]
    sys.stdout.write(runtime_lock(texts[0], texts[1], sys.argv[1:]))
