"""From printed source to machine code, and back to the user's line when Numba refuses."""

import importlib
import linecache
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any

import numpy as np

from adjoint.compile import draws, operations
from adjoint.compile.codegen.allocating import Maker, machine_maker
from adjoint.compile.codegen.emitting import machine_code
from adjoint.compile.codegen.gathering import OtherShapes
from adjoint.compile.codegen.printer import Source, print_direct, print_function
from adjoint.compile.codegen.stacks import FIRST_ROOM
from adjoint.compile.codegen.stretches import Stretch
from adjoint.compile.disk_cache import Entry, entry_for, give_up, kept_at
from adjoint.compile.draws import Draw
from adjoint.compile.effort import fitting
from adjoint.compile.entrance import FILES, entrance_to
from adjoint.compile.ir.nodes import SCALARS, SINGLE, Function
from adjoint.compile.ir.recursion import Recursive
from adjoint.compile.kinds import kind_of
from adjoint.compile.natives import Native, machine, symbol_of
from adjoint.compile.standalone import processor, standalone
from adjoint.compile.transform.sharing import stored_parameters
from adjoint.errors import Place, UnsupportedType

FILENAMES = iter(range(1, 1 << 62))
MOST_KEPT = 1 << 26
"""Bytes of memory for tapes that serve again. To be lent new memory by the system for each call
takes longer than the arithmetic."""
MOST_CALLS = 5_000
"""Calls without Numba after which it is imported: its own calls take tens of microseconds less."""
SHORT = 0.02
"""Seconds of machine code that Python repeats in one or a few, to find the line of an error."""


class Executable:
    """A printed function, compiled by Numba on its first call.

    Attributes
    ----------
    source : as it is shown.
    direct : as it is compiled, with calls of stretches.
    python : the same function as plain Python.
    """

    def __init__(self, function: Function):
        self.function = function
        self.source = source = print_function(function)
        self.filename = f"<adjoint {source.name} {next(FILENAMES)}>"
        self.sources: dict[str, Source] = {}
        self.python = self.load(source, python_helper, self.filename)
        self.first: tuple | None = None  # the arguments of the first call, while it compiles
        self.machine: Callable | None = None  # of Numba, or kept, which says None if it cannot
        self.memories: list[tuple] = []  # of tapes, that no call uses now
        self.draws = any(isinstance(helper, Draw) for helper in source.helpers.values())
        self.recurs = bool(recursions(source.helpers.values()))
        self.singles = any(y.type == SINGLE for y in function.body.yields)

    @cached_property
    def direct(self) -> Source:
        return print_direct(self.function, self.first)

    @cached_property
    def general(self) -> "Executable":
        """The same function for arguments of any shapes."""
        return Executable(self.function)

    def load(self, source: Source, prepare: Callable, filename: str) -> Callable:
        self.sources[filename] = source
        lines = source.text.splitlines(keepends=True)
        linecache.cache[filename] = (len(source.text), None, lines, filename)
        namespace: dict[str, Any] = {"__name__": operations.__name__, "np": np, "math": math}
        namespace |= source.exceptions
        namespace |= {name: prepare(helper) for name, helper in source.helpers.items()}
        exec(compile(source.text, filename, "exec"), namespace)
        return namespace[source.name]

    def helper(self, helper: Callable) -> Callable:
        """A helper of the source that is compiled, as machine code."""
        if isinstance(helper, Stretch):
            return machine_code(helper, load_numba(), self.filename, self.source.rows)
        if isinstance(helper, Maker):
            return machine_maker(helper, load_numba())
        return machine_helper(helper)

    def __call__(self, *args: Any) -> tuple:
        if not self.draws:
            return self.called_with(args, args)
        with draws.entering(args) as given:
            return self.called_with(args, given)

    def called_with(self, args: tuple, given: tuple) -> tuple:
        """The results for `given`, which are `args` as machine code takes them."""
        if self.machine is None:
            self.first = given
            self.machine = self.compiled(given)
            self.first = None
        started = perf_counter()
        try:
            return self.finished(self.run(*given))
        except OtherShapes:
            self.general.machine = self.general.machine or self.general.compiled(given)
            return self.general.called_with(args, given)
        except Exception as error:
            place = self.place_in(error.__traceback__)
            if place is None and perf_counter() - started < SHORT:
                place = self.place_by_running(error, args)
            if place is not None:
                error.add_note(f'Raised at\n  File "{place.filename}", line {place.lineno}')
                error.add_note(f"    {place.text.strip()}")
            raise

    def run(self, *args: Any) -> tuple:
        """Call the machine code, with memory for its tapes that earlier calls have left."""
        assert self.machine is not None
        if not self.direct.memory:
            return self.called(args)
        try:
            memory = self.memories.pop()
        except IndexError:
            memory = self.new_memory()
        found = self.called((*args, *memory))
        count = len(found) - len(memory)
        if sum(stack.nbytes for stack in found[count:]) <= MOST_KEPT:
            self.memories.append(found[count:])
        return found[:count]

    def called(self, args: tuple) -> tuple:
        found = self.machine(*args)
        if found is None:
            self.machine = self.made_by_numba(args, self.entry(tuple(map(kind_of, args))))
            found = self.machine(*args)
        return found

    def new_memory(self) -> tuple:
        return tuple(np.empty(FIRST_ROOM, SCALARS[kind]) for kind in self.direct.memory)

    def finished(self, found: tuple) -> tuple:
        """Results as NumPy has them: Numba gives floats of Python's for numbers of float32."""
        if not self.singles:
            return found
        pairs = zip(found, self.function.body.yields, strict=True)
        return tuple(np.float32(x) if y.type == SINGLE else x for x, y in pairs)

    def place_in(self, traceback: TracebackType | None) -> Place | None:
        """The user's line of the printed line an error came from."""
        place: Place | None = None
        while traceback is not None:
            source = self.sources.get(traceback.tb_frame.f_code.co_filename)
            if source is not None:
                place = source.places[traceback.tb_lineno - 1] or place
            traceback = traceback.tb_next
        return place

    def place_by_running(self, error: Exception, args: tuple) -> Place | None:
        """The same, of an error of Numba's own that names no line: Python names it."""
        kept = [draws.copied(a) for a in args]
        copies = [draws.entered(a) for a in kept]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.python(*copies)
        except type(error) as again:
            return self.place_in(again.__traceback__)
        except Exception:  # another way to fail says nothing about this one
            return None
        return None

    def compiled(self, args: tuple) -> Callable:
        args = (*args, *self.new_memory())
        entry = self.entry(tuple(map(kind_of, args)))
        quick = None
        if entry is not None and ("numba" not in sys.modules or self.recurs):
            quick = standalone(entry.files(FILES), None if self.recurs else MOST_CALLS)
        return quick or self.made_by_numba(args, entry)

    def made_by_numba(self, args: tuple, entry: Entry | None) -> Callable:
        numba = load_numba()
        types = tuple(map(numba.typeof, args))
        try:
            with warnings.catch_warnings(), fitting(self.function, numba):
                # the layout of arrays is no concern of the user's
                warnings.simplefilter("ignore", numba.NumbaPerformanceWarning)
                kept = None if entry is None else self.kept(entry, args)
                function = kept or self.made(types)
                self.check(function)
                return function
        except Exception as error:  # Numba's own compiler fails in many ways
            raise self.refusal(error) from error

    def made(self, types: tuple) -> Callable:
        filename = f"{self.filename} as it is compiled"
        loaded = self.load(self.direct, self.helper, filename)
        function = load_numba().njit(loaded, boundscheck=True)
        function.compile(types)
        return function

    def check(self, function: Any) -> None:
        """Refuse machine code whose results are not of the dtypes that NumPy's would be."""
        types = load_numba().types
        (signature,) = function.nopython_signatures
        if not isinstance(signature.return_type, types.BaseTuple):
            return  # it always raises
        yields = self.function.body.yields
        wanted = [str(np.dtype(SCALARS[y.type.dtype])) for y in yields]
        wanted += [str(np.dtype(SCALARS[kind])) for kind in self.direct.memory]
        found = [types.unliteral(kind) for kind in signature.return_type]
        found = [str(getattr(kind, "dtype", kind)) for kind in found]
        for one, other in zip(wanted, found, strict=True):
            if one != other and not {one, other} <= {"float64", "int64", "bool"}:
                raise TypeError(f"a result would be of {other}, where NumPy's is of {one}")

    def entry(self, kinds: tuple[str | None, ...]) -> Entry | None:
        """Where the machine code is kept on disk; None if it is not to be."""
        parts = parts_of(self.source)  # which says what the stretches are
        if parts is None or None in kinds:
            return None
        decided = (numba_version(), *settings(), processor(), ", ".join(map(str, kinds)))
        return entry_for(self.source.name, (*decided, self.direct.text, *parts))

    def kept(self, entry: Entry, args: tuple) -> Callable | None:
        """The machine code that is kept, or is kept from now on; None where that fails."""
        try:
            if not self.recurs:
                return self.cached(entry, entry, args)
            with entry.aside() as aside:  # Numba cannot read it again (0.68)
                return self.cached(aside, entry, args)
        except load_numba().core.errors.NumbaError:
            raise
        except OSError as error:
            give_up(error)
        except Exception:  # what was kept is not what Numba reads; whatever that raises
            entry.remove()
        return None

    def cached(self, place: Entry, entry: Entry, args: tuple) -> Callable | None:
        """A function of Numba's, which keeps its machine code at `place`, opened at `entry`."""
        numba = load_numba()
        place.write(self.direct.text + imports(self.direct))
        loaded = self.load(self.direct, self.helper, str(place.file))
        loaded.__qualname__ = entry.symbol  # machine code of other entries has other symbols
        function = numba.njit(loaded, boundscheck=True, cache=True)
        if not kept_at(place, function):
            return None
        place.drop_unsealed()
        function.compile(tuple(map(numba.typeof, args)))
        self.open(entry, function, args)
        entry.seal()
        return function

    def open(self, entry: Entry, function: Any, args: tuple) -> None:
        """Keep an entrance to the machine code, for a process that has not imported Numba."""
        if function.stats.cache_hits or stored_parameters(self.function):
            return  # it was kept before; it cannot be called again where it raises
        self.check(function)
        files = entrance_to(function, [str(kind_of(a)) for a in args], load_numba())
        for name, content in (files or {}).items():
            entry.keep(name, content)

    def refusal(self, error: Exception) -> UnsupportedType:
        """Numba's error, at the user's line."""
        location = getattr(error, "loc", None)
        places = self.direct.places
        place = next(filter(None, places), None)
        if location is not None and 0 < location.line <= len(places):
            place = places[location.line - 1]
        return UnsupportedType(
            f"this cannot be compiled: {gist(str(error)) or type(error).__name__}",
            instead="use operations that Numba supports, or drop jit on this function",
            place=place,
        )


def parts_of(source: Source) -> tuple[str, ...] | None:
    """All that decides what a printed function does; None if that is not only text.

    A function of Python's, a class that cannot be imported and a draw hold for one process.
    """
    sources = [source, *map(print_function, recursions(source.helpers.values()))]
    parts = []
    for each in sources:
        raised = each.exceptions.values()
        helpers = each.helpers.values()
        natives = [helper for helper in helpers if isinstance(helper, Native)]
        symbols = [symbol_of(native) for native in natives]
        draw = any(isinstance(helper, Draw) for helper in helpers)
        if draw or not all(map(is_importable, raised)) or None in symbols:
            return None
        parts += [each.text, *(f"{e.__module__}.{e.__name__}" for e in raised), *map(str, symbols)]
    return tuple(parts)


def recursions(helpers: Iterable[Any]) -> list[Function]:
    """The functions that call themselves among the helpers of printed source, and theirs."""
    found: dict[Recursive, Function] = {}
    waiting = list(helpers)
    while waiting:
        helper = waiting.pop()
        if isinstance(helper, Recursive) and helper not in found and helper.function is not None:
            found[helper] = helper.function
            waiting += print_function(helper.function).helpers.values()
    return list(found.values())


def is_importable(cls: type) -> bool:
    module = sys.modules.get(cls.__module__)
    return cls.__module__ != "__main__" and getattr(module, cls.__name__, None) is cls


def imports(source: Source) -> str:
    """The lines that make a printed function a module of its own; after it, so that lines stay."""
    lines = ["", "import math", "", "import numpy as np"]
    known = sorted(n for n, h in source.helpers.items() if h.__module__ in operations.MODULES)
    if known:
        lines += ["", f"from {operations.__name__} import {', '.join(known)}"]
    natives = {n: h for n, h in source.helpers.items() if isinstance(h, Native)}
    lines += [f"from scipy.special import {h.function.__name__} as {n}" for n, h in natives.items()]
    lines += [f"from {e.__module__} import {e.__name__}" for e in source.exceptions.values()]
    return "\n".join(lines) + "\n"


def gist(text: str) -> str:
    """The one line of a message of Numba's that says what is wrong."""
    lines = [ANSI.sub("", line).strip() for line in text.splitlines()]
    telling = (line for line in lines if line and not line.startswith("Failed in nopython"))
    return next(telling, "Numba refuses it")


ANSI = re.compile(r"\x1b\[[0-9;]*m")


@cache
def numba_version() -> str:
    """The version of Numba, which is not imported for it; nor is, if its name will do, what reads
    the notes that are kept of packages."""
    found = find_spec("numba")
    if found is not None and found.origin is not None:
        notes = list(Path(found.origin).parent.parent.glob("numba-*.dist-info"))
        if len(notes) == 1:
            return notes[0].stem.removeprefix("numba-")
    return importlib.import_module("importlib.metadata").version("numba")


def settings() -> list[str]:
    """What the user asks of Numba."""
    return sorted(f"{k}={v}" for k, v in os.environ.items() if k.startswith("NUMBA_"))


@cache
def load_numba():
    """Numba, imported when the first compiled function is called: it takes half a second."""
    import numba  # noqa: PLC0415

    return numba


@cache
def python_helper(helper: Callable) -> Callable:
    """What a helper of printed source is called as plain Python."""
    return load_recursive(helper, python_helper) if isinstance(helper, Recursive) else helper


@cache
def machine_helper(helper: Callable) -> Callable:
    """A helper of printed source as machine code."""
    numba = load_numba()
    if isinstance(helper, Native):
        return machine(helper, numba)
    if isinstance(helper, Draw):
        return draws.machine(helper, numba)
    if helper in operations.OF_ITEMS:
        return numba.vectorize(operations.OF_ITEMS[helper])
    if not isinstance(helper, Recursive):
        return numba.njit(helper)
    return load_recursive(helper, machine_helper, numba.njit(boundscheck=True))


def typed_return(op: Recursive, source: Source) -> str:
    """A return that is never taken, which tells Numba the type of the result.

    Inference must know it before it knows those of the inner calls, and does not always find out.
    """
    zero = {"float": "0.0", "int": "0", "bool": "False"}[op.result.dtype]
    if op.count is not None:
        result = f"({f'{zero}, ' * op.count})"
    else:
        result = f"np.zeros({(0,) * op.result.ndim})" if op.result.is_array else zero
    if not op.params:
        return ""
    name = f"{source.params[0]}.size" if op.params[0].is_array else source.params[0]
    return f"    if {name} < {name}: return {result}"


def load_recursive(
    op: Recursive, prepare: Callable, finish: Callable = lambda function: function
) -> Callable:
    """The function of an operation that calls itself by name; `finish` makes it what is called."""
    source = print_function(op.function)
    *lines, last = source.text.rstrip("\n").split("\n")
    bare = last.replace("return (", "return ", 1).removesuffix(",)")  # one result, no tuple
    lines.insert(1, typed_return(op, source))
    text = "\n".join([*lines, bare]) + "\n"
    filename = f"<adjoint {source.name} {next(FILENAMES)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"np": np, "math": math, **source.exceptions}
    for name, helper in source.helpers.items():
        if helper is not op:
            namespace[name] = prepare(helper)
    exec(compile(text, filename, "exec"), namespace)
    namespace[source.name] = finish(namespace[source.name])
    return namespace[source.name]
