"""Special methods that Python itself calls, on behalf of code that no hook sees.

``if obj``, ``sorted``, a dictionary's look-up or an f-string call ``__bool__``, ``__lt__``,
``__hash__`` or ``__format__`` of an object as they find it. What such a method only looks at needs
no derivative; one that may do more is replaced in its class, while a recording runs that has met
the class, by a function that calls it through the hook on threads that record. When the recording
is over the class is as it was.
"""

import dis
import functools
import inspect
import threading
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from adjoint.errors import AdjointError
from adjoint.trace import natives, plain_types
from adjoint.trace.described_methods import as_function
from adjoint.trace.plain_types import seen_through
from adjoint.trace.running import LEVELS, current

ANSWERS = (  # with something that carries no derivative
    "__bool__ __bytes__ __contains__ __dir__ __eq__ __format__ __ge__ __getattr__ __gt__ __hash__ "
    "__index__ __le__ __len__ __length_hint__ __lt__ __ne__ __repr__ __sizeof__ __str__"
)
GIVES = (
    "__call__ __complex__ __float__ __getitem__ __getnewargs__ __getnewargs_ex__ __getstate__ "
    "__int__ __iter__ __next__ __reduce__ __reversed__"
)
NAMES = frozenset([*ANSWERS.split(), *GIVES.split(), "__del__"])
GIVING = frozenset(GIVES.split())

LOOKING = ("LOAD_FAST", "LOAD_CONST", "LOAD_SMALL_INT", "LOAD_GLOBAL", "LOAD_DEREF", "RETURN_")
LOOKING += ("STORE_FAST", "COMPARE_OP", "IS_OP", "CONTAINS_OP", "TO_BOOL", "POP_", "JUMP", "NOP")
LOOKING += ("BUILD_TUPLE", "BUILD_STRING", "FORMAT_", "CONVERT_VALUE", "RESUME", "PUSH_NULL")
LOOKING += ("COPY", "SWAP", "CACHE", "PRECALL", "CALL", "UNARY_NOT", "NOT_TAKEN", "COPY_FREE_VARS")
READING = ("LOAD_ATTR", "LOAD_METHOD")
PURE = frozenset({"float", "getattr", "hash", "id", "int", "isinstance", "len", "str", "type"})
PURE |= {"NotImplemented", "abs", "bool", "frozenset", "hasattr", "repr", "round", "tuple"}

CONSTANTS = (type, bool, int, float, str)

FOLLOWED: dict[tuple[type, str], tuple[Any, list]] = {}  # what was there, and who follows it
LOCK = threading.Lock()


def follow(kind: type) -> None:
    """Record what Python calls of the instances of `kind`, until the recording is over."""
    outermost = LEVELS.running[0] if LEVELS.running else None
    if outermost is None or kind in outermost.met:
        return
    outermost.met.add(kind)
    for base in kind.__mro__[:-1]:
        if base.__module__ == "builtins" or base is np.ndarray:
            continue
        for name in NAMES & base.__dict__.keys():
            found = base.__dict__[name]
            method = found if type(found) is FunctionType else as_function(found)
            if method is not None and may_matter(seen_through(method), name, kind):
                replace(base, name, method, outermost)


def replace(base: type, name: str, method: FunctionType, outermost: Any) -> None:
    """Call `method` through the hook where Python calls what `base` holds for `name`."""
    key = (base, name)
    with LOCK:
        if key not in FOLLOWED:
            FOLLOWED[key] = (base.__dict__[name], [])
            recorded = finalizer if name == "__del__" else special
            type.__setattr__(base, name, recorded(method))
        if outermost not in FOLLOWED[key][1]:
            FOLLOWED[key][1].append(outermost)
            outermost.followed.append(key)


def restore(level: Any) -> None:
    """Put the methods back that no other recording follows."""
    with LOCK:
        for key in level.followed:
            method, followers = FOLLOWED[key]
            followers.remove(level)
            base, name = key
            if followers:
                continue
            del FOLLOWED[key]
            if is_replacement(base.__dict__.get(name)):  # the program may have changed it
                type.__setattr__(base, name, method)
    level.followed.clear()
    level.met.clear()


def special(method: FunctionType) -> FunctionType:
    @functools.wraps(method)
    def followed(*args: Any, **kwargs: Any) -> Any:
        level = current()
        call = method if level is None else functools.partial(level.calls.call, method)
        return call(*args, **kwargs)

    return followed


def finalizer(method: FunctionType) -> FunctionType:
    @functools.wraps(method)
    def finalize(self: Any) -> None:
        level = current()
        if level is None:
            method(self)
            return
        try:
            level.calls.call(method, self)
        except AdjointError as error:  # Python would print it and go on
            level.turns.errors.append(error)

    return finalize


def is_replacement(found: Any) -> bool:
    return plain_types.seen_through(found) is not found


plain_types.REPLACEMENTS += [special(follow).__code__, finalizer(follow).__code__]


# which methods


def may_matter(method: FunctionType, name: str, kind: type) -> bool:
    """False for a method that only looks at attributes: recording it would change nothing."""
    module = method.__module__
    if natives.is_opaque(module, method.__qualname__) or natives.is_closed(module):
        return False
    if name == "__del__":
        return True
    return name in GIVING or not only_looks(method, kind)


@functools.lru_cache(maxsize=1024)
def instructions_of(code: CodeType) -> list[dis.Instruction]:
    return [each for each in dis.get_instructions(code) if each.opname != "CACHE"]


def only_looks(method: FunctionType, kind: type) -> bool:
    """True if the method compares and reads attributes of its parameters, and calls no more than
    builtins that do the same."""
    code = method.__code__
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE):
        return False
    instructions = instructions_of(code)
    for before, instruction in zip([None, *instructions], instructions, strict=False):
        name = instruction.opname
        if name.startswith(READING):
            is_of_parameter = before is not None and before.opname.startswith("LOAD_FAST")
            if not is_of_parameter or name == "LOAD_METHOD" or "NULL" in instruction.argrepr:
                return False
            if not plain_types.is_data(kind, instruction.argval):
                return False
        elif name == "LOAD_GLOBAL":
            value = method.__globals__.get(instruction.argval)
            if not isinstance(value, CONSTANTS) and instruction.argval not in PURE:
                return False
        elif not name.startswith(LOOKING):
            return False
    return True
