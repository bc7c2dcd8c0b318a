"""What is known about native callables: tables, no behaviour.

A native callable that is in none of these tables and has no rule must not see a live value.
"""

import bisect
import collections
import contextlib
import functools
import heapq
import itertools
import operator
import re
import sys
import types
from types import BuiltinFunctionType
from typing import Any

import numpy as np

# Calls that only move objects around, look at their types, or give what has no derivative.
MOVERS = frozenset(
    {
        isinstance,
        issubclass,
        len,
        id,
        hash,
        repr,
        ascii,
        format,
        type,
        callable,
        range,
        bool,
        int,
        str,
        hasattr,
        delattr,
        slice,
        object,
        any,
        all,
        ord,
        chr,
        bin,
        hex,
        oct,
        open,
        input,
        memoryview,
        property,
        classmethod,
        staticmethod,
        super,
        operator.is_,
        operator.is_not,
        operator.not_,
        operator.truth,
        operator.countOf,
        operator.indexOf,
        operator.index,
        operator.length_hint,
        functools.partial,
        functools._lru_cache_wrapper,
        operator.itemgetter,
        operator.attrgetter,
        operator.methodcaller,
        np.ndarray,
        np.dtype,
        np.shape,
        np.ndim,
        np.size,
        np.iscomplexobj,
        np.isrealobj,
        np.isscalar,
        np.result_type,
        np.can_cast,
        np.promote_types,
        np.may_share_memory,
        np.shares_memory,
        np.errstate,
        np.empty,
        np.zeros,
        np.ones,
        np.empty_like,
        np.broadcast,
        np.broadcast_shapes,
        BaseException,
        object.__new__,
        object.__init__,
        object.__reduce_ex__,
        sys.getrefcount,
        sys.getsizeof,
        sys.set_asyncgen_hooks,
        dict.__new__,
        list.__new__,
        contextlib.nullcontext,
        types.MethodType,
        types.FunctionType,
        types.CellType,
        types.SimpleNamespace,
        types.MappingProxyType,
        itertools.repeat,
        heapq.heappush,
        heapq.heappop,
        heapq.heapify,
        heapq.heapreplace,
        heapq.heappushpop,
        bisect.bisect_left,
        bisect.bisect_right,
        bisect.insort_left,
        bisect.insort_right,
    }
)

# Calls that iterate over their arguments and pass the items on.
ITERATING = frozenset(
    {
        list,
        tuple,
        set,
        frozenset,
        dict,
        collections.deque,
        collections.defaultdict,
        collections.OrderedDict,
        zip,
        enumerate,
        itertools.chain,
        itertools.chain.from_iterable,
        itertools.combinations,
        itertools.combinations_with_replacement,
        itertools.compress,
        itertools.cycle,
        itertools.islice,
        itertools.pairwise,
        itertools.permutations,
        itertools.product,
        itertools.tee,
        itertools.zip_longest,
    }
)

# Calls whose first argument is a function that they call with the items of the others.
CALLING = frozenset(
    {
        map,
        filter,
        itertools.starmap,
        itertools.takewhile,
        itertools.dropwhile,
        itertools.filterfalse,
    }
)

# All methods of these types only move objects; `sort` is handled before.
CONTAINERS = (
    list,
    tuple,
    dict,
    set,
    frozenset,
    str,
    bytes,
    bytearray,
    range,
    slice,
    collections.deque,
    type({}.items()),
    type({}.keys()),
    type({}.values()),
    type(iter([])),
    type(i for i in ()),
    types.CoroutineType,
    type,
)

# Native classes that keep what they are made from, for Python to take out again.
MOVING_CLASSES = frozenset(
    {
        object,
        super,
        property,
        classmethod,
        staticmethod,
        functools.partial,
        functools._lru_cache_wrapper,
        functools.cached_property,
        types.MethodType,
        types.FunctionType,
        types.CellType,
        types.SimpleNamespace,
        types.MappingProxyType,
        np.ndarray,
    }
)

# Methods that every object has and that move its state.
MOVING_METHODS = frozenset(
    [
        "__reduce_ex__",
        "__reduce__",
        "__getstate__",
        "__setattr__",
        "__init_subclass__",
        "__repr__",
        "__str__",
        "__format__",
        "__hash__",
        "__eq__",
        "__ne__",
        "__getattribute__",
        "__sizeof__",
        "__dir__",
        "__class__",
        "__delattr__",
        "with_traceback",
        "add_note",
    ]
)

# Modules whose Python functions are run as they are: they look at types, source and messages.
OPAQUE_MODULES = frozenset(
    {
        "abc",
        "ast",
        "dis",
        "enum",
        "importlib",
        "inspect",
        "linecache",
        "re",
        "tokenize",
        "traceback",
        "types",
        "typing",
        "warnings",
    }
)

# What of these modules calls methods and functions of the program's.
CALLING_BACK = {
    "ast": ("NodeVisitor.", "NodeTransformer.", "iter_", "walk"),
    "enum": ("Enum.__new__", "property."),
    "inspect": ("getmembers", "_getmembers"),
    "re": ("Scanner.scan", "sub", "subn"),
    "types": ("DynamicClassAttribute.", "new_class"),
}

# The same, but what they are given goes where it cannot be followed: files, threads, text.
CLOSED_MODULES = frozenset(
    {
        "codecs",
        "io",
        "json",
        "multiprocessing",
        "numba",
        "os",
        "pickle",
        "subprocess",
        "sys",
        "time",
    }
)

# The same, of parts of a package.
CLOSED_PARTS = (
    "asyncio.subprocess",
    "concurrent.futures.interpreter",
    "concurrent.futures.process",
)

# Modules of this package that are rewritten like anybody's: they do arithmetic on live values.
OWN_MODULES = (
    "adjoint.transforms",
    "adjoint.arguments",
    "adjoint.averages",
    "adjoint.batch_axes",
    "adjoint.batching",
    "adjoint.checkpointing",
    "adjoint.custom",
    "adjoint.objects",
    "adjoint.orderings",
    "adjoint.normal_vectors",
    "adjoint.quantiles",
    "adjoint.implicit",
    "adjoint.solvers.initial_values",
    "adjoint.solvers.integrals",
    "adjoint.solvers.linear_programs",
    "adjoint.solvers.minima",
    "adjoint.solvers.named_minima",
    "adjoint.solvers.roots",
    "adjoint.solvers.solution",
    "adjoint.solvers.stiff",
    "adjoint.solvers.weighted_integrals",
    "adjoint.draws",
    "adjoint.rules",
    "adjoint.testing",
    "adjoint.trace.converged",
    "adjoint.trace.described_methods",
    "adjoint.trace.entries",
    "adjoint.trace.executors",
    "adjoint.trace.repeated",
    "adjoint.trace.replay",
    "adjoint.trace.memory",
    "adjoint.trace.pointwise",
    "adjoint.trace.sweep",
    "adjoint.trace.updates",
    "adjoint.trace.writes",
    "adjoint.unrolling",
)
MOVING_FUNCTIONS = frozenset(
    {
        ("adjoint.spaces", "flatten"),
        ("adjoint.spaces", "is_differentiable"),
        ("adjoint.spaces", "is_dataclass_instance"),
        ("adjoint.spaces", "field_names"),
        ("adjoint.spaces", "zero_like"),
        ("adjoint.spaces", "zeros"),
        ("adjoint.spaces", "basis"),
        ("adjoint.spaces", "labels"),
    }
)


def only_moves(kind: type, function: Any) -> bool:
    """True if a native constructor or class method of `kind` only moves what it is given."""
    if function.__name__ == "__new__" and isinstance(function, BuiltinFunctionType):
        kind = next(base for base in kind.__mro__ if "__new__" in base.__dict__)
    return kind in MOVING_CLASSES or issubclass(kind, (*CONTAINERS, BaseException))


def public_name(function: Any) -> Any:
    """The public function of NumPy around one of its native parts; None if it is no such part."""
    if getattr(function, "__module__", None) != "numpy._core._multiarray_umath":
        return None
    public = getattr(np, function.__name__, None)
    return public if public is not function and callable(public) else None


def is_of_object(function: Any) -> bool:
    """True for a bound method that `object` has given its owner."""
    if function.__name__ == "__init_subclass__":
        return type(function) is BuiltinFunctionType
    return getattr(function, "__objclass__", None) is object


def is_ours(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] == "adjoint"


# What the code of a function may do that only rearranges its arguments.


# Native code that takes containers apart and puts them together, with functions it is given.
REARRANGING_MODULES = frozenset({"optree", "optree._C"})


def is_rearranging(function: Any) -> bool:
    return getattr(function, "__module__", None) in REARRANGING_MODULES


def is_substitution(function: Any) -> bool:
    """True for ``pattern.sub`` and ``pattern.subn``, which may be given a function."""
    is_of_pattern = isinstance(getattr(function, "__self__", None), re.Pattern)
    return is_of_pattern and function.__name__ in ("sub", "subn")


def is_predicate(function: Any) -> bool:
    """True for a native function that, by its name, only looks at what it is given."""
    name = getattr(function, "__name__", "")
    return name.startswith(("is_", "has_")) or (
        (getattr(function, "__module__", None), name) in HANDING_BACK
    )


MOST_NAMES = 4096

# Native functions that give back what they are given, unless it is an array of no dimension; and
# one that counts how often the items of an iterable occur.
HANDING_BACK = frozenset(
    {("pandas._libs.lib", "item_from_zerodim"), ("_collections", "_count_elements")}
)


def is_opaque(module: str | None, name: str) -> bool:
    """True for a Python function that is run as it is."""
    return isinstance(module, str) and is_opaque_name(module, name)  # a proxy says what it likes


@functools.lru_cache(maxsize=MOST_NAMES)
def is_opaque_name(module: str, name: str) -> bool:
    if module.startswith("adjoint.") or module == "adjoint":
        if module == "adjoint.spaces":
            return (module, name) in MOVING_FUNCTIONS
        return not any(module == own or module.startswith(own + ".") for own in OWN_MODULES)
    is_known = module.partition(".")[0] in OPAQUE_MODULES
    return is_known and not name.startswith(CALLING_BACK.get(module, ()))


def is_closed(module: str | None) -> bool:
    """True for a module whose functions are run as they are and must not see live values."""
    return isinstance(module, str) and is_closed_name(module)


@functools.lru_cache(maxsize=MOST_NAMES)
def is_closed_name(module: str) -> bool:
    return module.partition(".")[0] in CLOSED_MODULES or module in CLOSED_PARTS
