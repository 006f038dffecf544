"""What runs here runs on a Mac: no call that only Linux has, unless the code asks first whether it is there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = [folder for folder in ("recsys", "optimizer", "jobs", "benchmarks", "tests") if (ROOT / folder).is_dir()]
LINUX_ONLY = {
    "O_DIRECT", "O_PATH", "O_TMPFILE", "SCHED_FIFO", "copy_file_range", "eventfd", "fdatasync", "getrandom", "getxattr",
    "memfd_create", "pidfd_open", "pipe2", "posix_fadvise", "posix_fallocate", "prlimit", "sched_getaffinity",
    "sched_param", "sched_setaffinity", "sched_setscheduler", "setxattr", "splice", "unshare",
}  # fmt: skip


def linux_calls(source: str) -> set[str]:
    """Names that only Linux has and that are used as `os.name`, in a file that does not ask whether it is there."""
    used = {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    found = used & LINUX_ONLY
    families = {name.split("_")[0].casefold() for name in LINUX_ONLY if f'hasattr(os, "{name}")' in source}
    return {name for name in found if name.split("_")[0].casefold() not in families}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_call_that_a_mac_lacks(folder: str) -> None:
    found = {str(path): linux_calls(path.read_text("utf-8")) for path in sorted((ROOT / folder).rglob("*.py"))}

    assert {path: names for path, names in found.items() if names} == {}


def test_the_search_finds_one() -> None:
    assert linux_calls("import os\nlen(os.sched_getaffinity(0))") == {"sched_getaffinity"}
    assert linux_calls('import os\nif hasattr(os, "sched_setaffinity"):\n    os.sched_setaffinity(0, {0})') == set()
    assert linux_calls("import os\nos.cpu_count()") == set()
