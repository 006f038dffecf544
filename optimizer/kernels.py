"""Decorators of the compiled kernels, and where compiled code is kept so that it is never older than its source.

Numba stamps what it keeps with the one file a kernel stands in, while kernels take in constants and functions of other
files. Here the stamp is a hash of every file of the package that a kernel stands in or is made of.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from numba import config, njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile
from numba.misc.appdirs import AppDirs

PACKAGE = "optimizer"
KEPT = 2
"""Folders of older stamps that are left beside the one in use: another process may still read them."""
_IMPORT = re.compile(rf"^from ({PACKAGE}[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)
_KERNELS = f"from {__name__} import"

Decorator = Callable[[Callable[..., Any]], Any]


def jit(**options: Any) -> Decorator:
    """`numba.njit` with these options, its machine code kept on disk under the package's stamp."""

    def compiled(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**{"no_cfunc_wrapper": True, **options})(function)  # nobody calls it from C
        if folder_of(function) is not None:
            dispatcher._cache = _Cache(function)
        return dispatcher

    return compiled


door = jit(nogil=True)
"""Called from Python, on any thread."""
plain_door = jit(nogil=True, _nrt=False)
"""The same, where nothing is allocated: no code for reference counts."""
kernel = jit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Called by other kernels only, and allocates nothing."""
maker = jit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Called by other kernels only, and hands them an array that it makes."""
small = jit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
"""Called by other kernels only, and so short that it is written into its callers."""
once = jit(nogil=True, _nrt=False, inline="always")
"""Called in one place, and written into it before compiling: half of what the compiler would do otherwise."""


@cache
def stamp() -> str:
    """A hash of the source of every kernel and of all it is made of; "" where there are no sources to read."""
    digest, root = hashlib.sha256(), Path(__file__).parent
    try:
        for path in kernel_files(root):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    except OSError:  # an upgrade under way: nothing is kept until its files can be read
        return ""
    return digest.hexdigest() if (root / "__init__.py").is_file() else ""


def kernel_files(root: Path) -> list[Path]:
    """Files of the package in `root` that use this module, and those of the package that they import, sorted."""
    sources = (path for path in root.rglob("*.py") if path.is_file() and not path.name.startswith("."))
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in sources}
    found: set[Path] = set()
    ahead = [path for path, text in texts.items() if _KERNELS in text]
    while ahead:
        path = ahead.pop()
        if path not in found:
            found.add(path)
            ahead += [other for other in _imported(texts[path], root) if other in texts]
    return sorted(found)


def _imported(text: str, root: Path) -> Iterator[Path]:
    """The files that the modules and names imported by `text` may stand in."""
    for match in _IMPORT.finditer(text):
        base = root.parent.joinpath(*match[1].split("."))
        yield base.with_suffix(".py")
        yield base / "__init__.py"
        for name in re.findall(r"\w+", match[2]):
            yield base / f"{name}.py"


def folder_of(function: Callable[..., Any]) -> Path | None:
    """The first folder that this kernel's machine code can be written to; None (told once) = nowhere."""
    return _writable(Path(function.__code__.co_filename).parent)


@cache
def _writable(source: Path) -> Path | None:
    if stamp():
        for folder in _candidates(source):
            kept = folder / f"{PACKAGE}-{stamp()[:16]}"
            try:
                kept.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=kept).close()
                os.utime(kept)  # in use: not the oldest
            except OSError:
                continue
            _clear(folder, kept)
            return kept
    _tell()
    return None


def _candidates(source: Path) -> Iterator[Path]:
    """Where machine code may be kept, best first: the folder asked for, beside the source, the user's, a temporary."""
    place = f"{source.name}_{hashlib.sha256(str(source.absolute()).encode()).hexdigest()[:16]}"
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR) / place
    yield source / "__pycache__"
    user = Path(AppDirs(appname="boxwise", appauthor=False).user_cache_dir)
    if user.is_absolute():  # never the working folder: code is run from it
        yield user / place
    private = Path(tempfile.gettempdir()) / f"boxwise-{getattr(os, 'getuid', int)()}"
    try:  # code is run from it: nobody else may write there
        private.mkdir(mode=0o700, exist_ok=True)
        status = private.lstat()
    except OSError:
        return
    if not private.is_symlink() and not (
        hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022)
    ):
        yield private / place


def _clear(folder: Path, kept: Path) -> None:
    """Leave the newest KEPT folders of other stamps."""

    def age(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except OSError:  # another process has just cleared it
            return 0.0

    others = sorted((path for path in folder.glob(f"{PACKAGE}-*") if path != kept), key=age, reverse=True)
    for path in others[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


@cache
def _tell() -> None:
    print(
        f"boxwise: no folder can be written for compiled code, so {PACKAGE} compiles anew at every start;"
        " set NUMBA_CACHE_DIR to a folder that can be written",
        file=sys.stderr,
    )


class _Locator:
    """Where one kernel's code is kept, as Numba asks for it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def ensure_cache_path(self) -> None:
        Path(self.get_cache_path()).mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        return str(folder_of(self._function))

    def get_source_stamp(self) -> str:
        return stamp()

    def get_disambiguator(self) -> str:
        return str(self._function.__code__.co_firstlineno)


class _Impl(CompileResultCacheImpl):
    """Numba's way of writing machine code, at our place."""

    def __init__(self, function: Callable[..., Any]) -> None:  # not Numba's: it looks for locators of its own
        self._lineno = function.__code__.co_firstlineno
        self._locator = _Locator(function)
        name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
        self._filename_base = self.get_filename_base(name, getattr(sys, "abiflags", ""))


class _Files:
    """Index and data of each signature in files of their own: processes that compile at once mix up nothing.

    Numba numbers the data files of a function by an index that each of two writers may have read before the other wrote
    it; both then write the same number, and the index names machine code that takes other arguments.
    """

    def __init__(self, path: str, name: str) -> None:
        self._path, self._name = path, name

    def _of(self, key: Any) -> IndexDataCacheFile:
        signature = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
        return IndexDataCacheFile(self._path, f"{self._name}.{signature}", stamp())

    def load(self, key: Any) -> Any:
        return self._of(key).load(key)

    def save(self, key: Any, data: Any) -> None:
        self._of(key).save(key, data)


class _Cache(FunctionCache):
    _impl_class = _Impl

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = _Files(self._cache_path, self._impl.filename_base)
