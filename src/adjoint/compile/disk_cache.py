"""Machine code that is kept on disk, so that the next process need not compile it again.

An entry is a printed function as a Python file, with the machine code Numba made of it beside it.
It is found by a digest of all that decides what the machine code does: the printed source, which
holds every constant that was compiled in, the source of what it calls, the types of its arguments,
and the versions of Python, NumPy, Numba and this package; Numba itself adds the kind of processor.

Nothing is read from a directory that others can write to, and nothing that was not written whole:
each file of machine code has its digest in a file beside it.
"""

import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from adjoint.errors import CacheUnavailable

VARIABLE = "ADJOINT_CACHE_DIR"
FORMAT = 2
"""Raised when the form of an entry changes."""
SEAL = "sealed.json"


class Unsafe(OSError):
    """A directory from which nothing is to be read, and why."""


def cache_directory() -> Path | None:
    """Where machine code is kept: `ADJOINT_CACHE_DIR`, or a directory of the user's own.

    None if that variable is set to nothing, which turns the cache off.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named).expanduser().absolute() if named else None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "adjoint"


def usable_directory() -> Path | None:
    """The directory of the cache, made if there is none; None, and one warning, if it is unsafe."""
    try:
        found = cache_directory()
    except RuntimeError:  # the user has no home
        return None
    if found is None or found in GIVEN_UP:
        return None
    try:
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_private(found)
    except OSError as error:
        give_up(error)
        return None
    return found


GIVEN_UP: set[Path] = set()
"""Directories that could not be used, of which the user has been told."""


def give_up(error: BaseException) -> None:
    """Do without the cache from now on, and say why, once."""
    found = cache_directory()
    if found is None or found in GIVEN_UP:
        return
    GIVEN_UP.add(found)
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    warnings.warn(
        f"compiled functions are not kept in {found}: {why}. Each process compiles them again; "
        f"set {VARIABLE} to another directory, or to nothing to say that this is meant",
        CacheUnavailable,
        stacklevel=2,
    )


def require_private(directory: Path) -> None:
    """Raise `Unsafe` unless only the user can write to a directory, and to those it is in."""
    if os.name != "posix":
        return
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise Unsafe("it is not a directory")
    if found.st_uid != os.geteuid():
        raise Unsafe("it belongs to another user")
    if found.st_mode & 0o077:
        raise Unsafe(f"others have access to it (run `chmod 700 {directory}`)")
    for parent in directory.resolve().parents:
        above = parent.stat()
        others = above.st_mode & 0o022 and not above.st_mode & stat.S_ISVTX
        if others or above.st_uid not in (0, os.geteuid()):
            raise Unsafe(f"others can write to {parent}")


class Entry:
    """The place of one printed function, for arguments of certain types.

    Attributes
    ----------
    symbol : a name for the function that no other has.
    """

    def __init__(self, directory: Path, name: str):
        self.directory = directory
        self.symbol = f"{name}_{directory.name[:16]}"
        self.file = directory / f"{name}.py"
        self.code = directory / "__pycache__"

    @contextmanager
    def aside(self) -> Iterator["Entry"]:
        """The entry at another place, for as long as it takes."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.directory) as made:
            other = Entry(Path(made), self.file.stem)
            other.symbol = self.symbol
            yield other

    def write(self, text: str) -> None:
        """Put the source there, if it is not there yet; Numba compares its time and size."""
        try:
            if self.file.read_text("utf-8") == text:
                return
        except (OSError, UnicodeDecodeError):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(self.file, text)

    def keep(self, name: str, content: bytes) -> None:
        """Put a file beside the source."""
        replace(self.directory / name, content)

    def files(self, names: Iterable[str]) -> dict[str, bytes] | None:
        """The files of these names, if all are there and are what was written."""
        sealed = self.seals()
        found = {}
        for name in names:
            try:
                found[name] = (self.directory / name).read_bytes()
            except OSError:
                return None
            if sealed.get(name) != hashlib.sha256(found[name]).hexdigest():
                return None
        return found

    def drop_unsealed(self) -> None:
        """Remove machine code that is not what was written."""
        sealed = self.seals()
        for path in self.machine_code():
            if sealed.get(path.name) != digest_of(path):
                path.unlink(missing_ok=True)

    def seals(self) -> dict[str, str]:
        try:
            found = json.loads((self.directory / SEAL).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def seal(self) -> None:
        """Note that the machine code that is there now is whole."""
        found = {path.name: digest_of(path) for path in self.machine_code()}
        if found != self.seals():
            replace(self.directory / SEAL, json.dumps(found))

    def machine_code(self) -> Iterator[Path]:
        yield from sorted(self.code.glob("*.nbc"))
        yield from sorted(self.code.glob("*.nbi"))
        yield from sorted(self.directory.glob("*.o"))
        yield from sorted(self.directory.glob("*.form"))

    def remove(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)


def entry_for(name: str, parts: tuple[str, ...]) -> Entry | None:
    """The entry of a function that is decided by `parts`; None if nothing can be kept."""
    directory = None if len(name) > LONGEST_NAME else usable_directory()
    if directory is None:
        return None
    digest = hashlib.sha256("\0".join((*versions(), name, *parts)).encode()).hexdigest()
    return Entry(directory / digest[:2] / digest[2:40], name)


LONGEST_NAME = 60
"""Numba's names of files hold that of the function, and file systems have a limit."""


@cache
def versions() -> tuple[str, ...]:
    return (str(FORMAT), sys.version, np.__version__, package_digest())


@cache
def package_digest() -> str:
    """A digest of what writes machine code, and of what is compiled with the user's functions."""
    here = Path(__file__).parent
    names = ("operations", "executable", "entrance", "kinds", "transform/sharing")
    own = [here / f"{name}.py" for name in names] + sorted((here / "codegen").glob("*.py"))
    return "".join(map(digest_of, own))


def digest_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:  # removed since by another process
        return ""


def replace(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def kept_at(entry: Entry, function: Callable) -> bool:
    """True if Numba keeps the machine code of `function` in the entry and nowhere else."""
    path = getattr(getattr(function, "stats", None), "cache_path", None)
    return path is not None and Path(path).resolve() == entry.code.resolve()


# What the command line shows.


def entries(directory: Path) -> list[Path]:
    """The directories of the entries."""
    return [path.parent for path in directory.glob(f"??/*/{SEAL}")]


def size(directory: Path) -> int:
    """The bytes of all entries."""
    return sum(p.stat().st_size for e in entries(directory) for p in e.rglob("*") if p.is_file())


def clear(directory: Path) -> int:
    """Remove every entry; returns how many there were."""
    found = entries(directory)
    for entry in found:
        shutil.rmtree(entry, ignore_errors=True)
    return len(found)
