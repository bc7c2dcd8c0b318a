"""The hooks of operators, subscripts, attributes and iteration.

They do what CPython does, operand by operand and in its order, but call methods that are written
in Python through the call hook, and tell the recorder what happened to numbers and arrays.
"""

import functools
import operator
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from types import FrameType, FunctionType, GeneratorType, ModuleType
from typing import Any

import numpy as np

from adjoint.errors import ExactEquality, MissingRule, is_ours, outside_adjoint, warn
from adjoint.rules import ruleset
from adjoint.trace import foreign, plain_types, special_methods
from adjoint.trace.array_protocols import UFUNC_OF, handler_of, ordered
from adjoint.trace.kernels import NUMBERS
from adjoint.trace.managing import Advancing, Managed, ManagedAsync
from adjoint.trace.memory import shows_array
from adjoint.trace.natives import CONTAINERS
from adjoint.trace.plain_types import ABSENT, READABLE, WRITABLE, class_attribute
from adjoint.trace.reach import reachable
from adjoint.trace.recorder import missing_rule

PLAIN_CONTAINERS = frozenset({list, tuple, dict, str, bytes, range})
FILLED_CONTAINERS = frozenset({list, dict})  # whose items can be set
ROWS = frozenset({list, tuple})  # which unpack as they are
HOLDERS = PLAIN_CONTAINERS | {set, frozenset}  # in which Python looks things up itself
PLAIN = frozenset({int, float, complex, bool, np.ndarray})
NUMERIC = (int, float, complex, np.number, np.bool_, np.ndarray)
REFLECTED = {
    operator.add: ("__add__", "__radd__"),
    operator.sub: ("__sub__", "__rsub__"),
    operator.mul: ("__mul__", "__rmul__"),
    operator.truediv: ("__truediv__", "__rtruediv__"),
    operator.floordiv: ("__floordiv__", "__rfloordiv__"),
    operator.mod: ("__mod__", "__rmod__"),
    operator.pow: ("__pow__", "__rpow__"),
    operator.matmul: ("__matmul__", "__rmatmul__"),
    operator.and_: ("__and__", "__rand__"),
    operator.or_: ("__or__", "__ror__"),
    operator.xor: ("__xor__", "__rxor__"),
    operator.lshift: ("__lshift__", "__rlshift__"),
    operator.rshift: ("__rshift__", "__rrshift__"),
    operator.lt: ("__lt__", "__gt__"),
    operator.le: ("__le__", "__ge__"),
    operator.gt: ("__gt__", "__lt__"),
    operator.ge: ("__ge__", "__le__"),
    operator.eq: ("__eq__", "__eq__"),
    operator.ne: ("__ne__", "__ne__"),
}
UFUNC_OF_METHOD = {
    name: (ufunc, name == names[1])
    for function, ufunc in UFUNC_OF.items()
    if (names := REFLECTED.get(function)) is not None
    for name in names
}
UNARY_METHODS = {operator.neg: "__neg__", operator.pos: "__pos__", operator.invert: "__invert__"}
COMPARISONS = frozenset(
    {operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne}
)
ROWS_OF_TUPLES = frozenset({enumerate, zip, type({}.items())})
EQUALITY = {operator.eq: True, operator.ne: False}  # the outcome that means equal
SEQUENCES = (list, tuple, str, bytes, bytearray, deque)


def python_method(kind: type, name: str) -> FunctionType | None:
    """The special method `name` of a class if it is written in Python, else None."""
    if kind.__module__ == "builtins":
        return None
    found = class_attribute(kind, name)
    return found if isinstance(found, FunctionType) else None


def is_plain(kind: type) -> bool:
    """True for numbers and arrays as they are: not for subclasses with operators of their own."""
    return kind in PLAIN or issubclass(kind, np.generic)


class Operators:
    """The hooks of one level."""

    def __init__(self, level: Any):
        self.level = level
        self.recorder = level.recorder
        self.calls = level.calls
        self.arrays = level.arrays
        self.nested = level.outer is not None
        self.getters: dict[tuple[type, str], Callable] = {}  # of properties

    # operators

    def binary(self, function: Callable, left: Any, right: Any) -> Any:
        here, there = type(left), type(right)
        if (here in PLAIN or is_plain(here)) and (there in PLAIN or is_plain(there)):
            return self.recorder.apply(function, (left, right), {})
        return self.object_binary(function, left, right)

    def object_binary(self, function: Callable, left: Any, right: Any) -> Any:
        """An operator on something that is not a number: Python's own protocol."""
        name, reflected = REFLECTED[function]
        here, there = type(left), type(right)
        if python_method(here, name) is None and python_method(there, reflected) is None:
            return self.native_binary(function, left, right)
        attempts = [(left, name, right)]
        if here is not there or function in COMPARISONS:
            attempts.append((right, reflected, left))
        if (
            here is not there
            and issubclass(there, here)
            and class_attribute(there, reflected) is not class_attribute(here, reflected)
        ):
            attempts.reverse()
        if isinstance(left, SEQUENCES) and python_method(here, name) is None:
            attempts.reverse()  # a sequence joins and repeats when nobody else wants to
        for owner, method_name, other in attempts:
            method = class_attribute(type(owner), method_name)
            if method is ABSENT or method is None:
                continue
            if isinstance(method, FunctionType):
                result = self.calls.call(method, owner, other)
            elif isinstance(owner, np.ndarray | np.generic):
                result = self.numpy_operand(method, owner, other)
            else:
                result = foreign.made(self.recorder, method, owner, other)
            if result is not NotImplemented:
                return result
        return (
            function(left, right) if function in COMPARISONS else no_operator(function, left, right)
        )

    def numpy_operand(self, method: Callable, owner: Any, other: Any) -> Any:
        """An operator of NumPy on an object of the user's: NumPy would call the object's
        reflected method with plain floats, whose derivatives would be lost."""
        if handler_of(other, "__array_ufunc__") is not None:
            function = getattr(operator, method.__name__.strip("_"), None)
            if function in UFUNC_OF:
                return self.calls.call(UFUNC_OF[function], owner, other)
        if self.recorder.place(owner) is None and self.recorder.outer is None:
            return method(owner, other)
        result = method(owner, other)
        if result is NotImplemented:
            return result
        if isinstance(owner, np.floating) and not hasattr(other, "__array__"):
            return method_of_float(self.calls, method.__name__, owner, other)
        if isinstance(other, NUMERIC) and method.__name__ in UFUNC_OF_METHOD:
            ufunc, is_reflected = UFUNC_OF_METHOD[method.__name__]
            return self.calls.call(ufunc, *((other, owner) if is_reflected else (owner, other)))
        raise missing_rule(method)

    def native_binary(self, function: Callable, left: Any, right: Any) -> Any:
        if function in COMPARISONS:
            return function(left, right)
        if isinstance(left, SEQUENCES) or isinstance(right, SEQUENCES):
            out = function(left, right)  # joined, repeated, formatted; or an array
            if function is operator.mod and isinstance(left, str | bytes):
                return self.level.texts.note(right, out)
            if not isinstance(out, np.ndarray | np.generic):
                return out
            left, right = (
                self.calls.call(np.asarray, side) if isinstance(side, list | tuple) else side
                for side in (left, right)
            )
        if isinstance(left, NUMERIC) or isinstance(right, NUMERIC):
            ufunc = UFUNC_OF.get(function)
            if ufunc is not None and ordered((left, right), "__array_ufunc__"):
                return self.calls.call(ufunc, left, right)
            return self.recorder.apply(function, (left, right), {})
        return foreign.made(self.recorder, function, left, right)

    def unary(self, function: Callable, operand: Any) -> Any:
        method = python_method(type(operand), UNARY_METHODS[function])
        if method is not None:
            return self.calls.call(method, operand)
        return self.recorder.apply(function, (operand,), {})

    def inplace(self, function: Callable, plain: Callable, left: Any, right: Any) -> Any:
        if isinstance(left, np.ndarray) and not self.has_own_update(function, left, right):
            return self.arrays.update(plain, left, right)
        if is_plain(type(left)):
            return self.binary(plain, left, right)
        method = python_method(type(left), f"__{function.__name__.rstrip('_')}__")
        if method is not None:
            result = self.calls.call(method, left, right)
            if result is not NotImplemented:
                return result
            return self.object_binary(plain, left, right)
        if isinstance(left, np.ndarray) and plain in UFUNC_OF:
            return self.calls.call(UFUNC_OF[plain], left, right, out=(left,))
        if hasattr(type(left), f"__{function.__name__.rstrip('_')}__"):
            if type(left) is list:
                right = self.iterate(right)
            if isinstance(left, CONTAINERS):
                return function(left, right)
            return foreign.made(self.recorder, function, left, right)
        return self.binary(plain, left, right)

    def has_own_update(self, function: Callable, left: Any, right: Any) -> bool:
        """True if ``left op= right`` is more than a store into an array."""
        if type(left) is np.ndarray and is_plain(type(right)):
            return False
        name = f"__{function.__name__.rstrip('_')}__"
        is_handled = bool(ordered((left, right), "__array_ufunc__"))
        return is_handled or python_method(type(left), name) is not None

    def compare(self, function: Callable, left: Any, right: Any) -> Any:
        if type(left) in NUMBERS and type(right) in NUMBERS:
            out = function(left, right)
            if function in EQUALITY and out is EQUALITY[function] and left is not right:
                self.warn_of_equality(left, right)
            return out
        if is_plain(type(left)) and is_plain(type(right)):
            return function(left, right)
        return self.object_binary(function, left, right)

    def contains(self, item: Any, owner: Any) -> bool:
        """``item in owner``."""
        kind = type(owner)
        if kind.__module__ != "builtins":
            special_methods.follow(kind)
            method = python_method(kind, "__contains__")
            if method is not None:
                return bool(self.calls.call(method, owner, item))
        return item in owner

    def warn_of_equality(self, left: Any, right: Any) -> None:
        """Equality holds at a point: what is chosen there may have another derivative around it."""
        live = self.recorder.live
        is_live = id(left) in live or id(right) in live
        if is_live and not is_ours(sys._getframe(2).f_code.co_filename):
            warn(
                ExactEquality,
                f"a value that carries a derivative is exactly equal to {right!r}, and the program "
                "asks for that: the derivative is that of the branch taken, which holds at this "
                "single point only",
            )

    # subscripts

    def load(self, owner: Any, index: Any) -> Any:
        kind = type(owner)
        if kind in PLAIN_CONTAINERS:
            return owner[index]
        if isinstance(owner, np.ndarray) and python_method(kind, "__getitem__") is None:
            return self.arrays.load(owner, index)
        if isinstance(owner, np.inexact):  # as an array without dimensions
            return self.arrays.load(self.calls.call(np.asarray, owner), index)
        method = python_method(kind, "__getitem__")
        if method is not None:
            return self.calls.call(method, owner, index)
        if isinstance(owner, np.flatiter):
            return self.arrays.load_flat(owner, index)
        if shows_array(owner) and type(index) is not slice:
            item = self.arrays.load(np.asarray(owner), index)
            return self.calls.numpy.to_python(item, "item", ())
        if isinstance(owner, dict) and not dict.__contains__(owner, index):
            return self.missing_item(owner, kind, index)
        return owner[index]

    def missing_item(self, owner: dict, kind: type, index: Any) -> Any:
        """``owner[index]`` where there is none: a factory may make it."""
        missing = python_method(kind, "__missing__")
        return (
            self.made_item(owner, index)
            if missing is None
            else self.calls.call(missing, owner, index)
        )

    def made_item(self, owner: dict, index: Any) -> Any:
        """The same where nobody has written a ``__missing__``."""
        if isinstance(owner, defaultdict) and owner.default_factory is not None:
            value = self.calls.call(owner.default_factory)
            self.store(value, owner, index)
            return value
        return dict.__getitem__(owner, index)  # raises what Python raises

    def store(self, value: Any, owner: Any, index: Any) -> None:
        kind = type(owner)
        if kind in PLAIN_CONTAINERS:
            if type(index) is slice and isinstance(value, np.ndarray):
                value = self.iterate(value)
            owner[index] = value
        elif isinstance(owner, np.ndarray) and python_method(kind, "__setitem__") is None:
            self.arrays.store(owner, index, value)
        else:
            method = python_method(kind, "__setitem__")
            if method is not None:
                self.calls.call(method, owner, index, value)
            elif isinstance(owner, np.flatiter):
                self.arrays.store_flat(owner, index, value)
            elif shows_array(owner):
                self.arrays.store(np.asarray(owner), index, value)
            elif isinstance(owner, CONTAINERS) or not hasattr(kind, "__setitem__"):
                owner[index] = value  # or what Python raises
            elif not reachable(self.recorder, value):
                owner[index] = value
            else:
                raise missing_rule(kind.__setitem__)

    def delete(self, owner: Any, index: Any) -> None:
        method = python_method(type(owner), "__delitem__")
        if method is not None:
            self.calls.call(method, owner, index)
        else:
            del owner[index]

    # attributes

    def attribute(self, owner: Any, name: str) -> Any:
        kind = type(owner)
        getter = self.getters.get((kind, name))
        if getter is not None:
            return getter(owner)
        if plain_types.is_readable(owner, name):
            plain_types.add(READABLE, name, kind)
            special_methods.follow(kind)
            return getattr(owner, name)
        if isinstance(owner, np.ndarray | np.number | float | complex) and (
            is_plain(kind) or not is_written_in_python(kind, name)
        ):
            return self.arrays.attribute(owner, name)
        if ruleset.KEEPERS and ruleset.keeper_of(kind) not in (None, name):
            return self.calls.numpy.shown(owner, name)
        if kind is FrameType and name == "f_back":
            return outside_adjoint(owner.f_back)
        if kind is ModuleType or kind.__module__ == "builtins" or isinstance(owner, type):
            return getattr(owner, name)
        return self.object_attribute(owner, kind, name)

    def object_attribute(self, owner: Any, kind: type, name: str) -> Any:
        """``owner.name``, running what is written in Python through the call hook."""
        reader = class_attribute(kind, "__getattribute__")
        if isinstance(reader, FunctionType):
            return self.calls.call(reader, owner, name)
        found = class_attribute(kind, name)
        if isinstance(found, property) and isinstance(found.fget, FunctionType):
            getter = self.getters[kind, name] = self.calls.known[found.fget]
            return getter(owner)
        comes_first = hasattr(type(found), "__set__") or hasattr(type(found), "__delete__")
        if found is not ABSENT and (comes_first or name not in getattr(owner, "__dict__", ())):
            getter = python_method(type(found), "__get__")
            if getter is not None:
                return self.calls.call(getter, found, owner, kind)
            if plain_types.is_foreign(found, "__get__"):
                getter = class_attribute(type(found), "__get__")
                return self.calls.unknown(getter, (found, owner, kind), {})
        fallback = class_attribute(kind, "__getattr__")
        if not isinstance(fallback, FunctionType):
            return getattr(owner, name)
        try:
            return object.__getattribute__(owner, name)
        except AttributeError:
            return self.calls.call(fallback, owner, name)

    def set_attribute(self, value: Any, owner: Any, name: str) -> None:
        kind = type(owner)
        if isinstance(owner, type):
            self.forget_classes()
        elif plain_types.is_writable(owner, name):
            plain_types.add(WRITABLE, name, kind)
            special_methods.follow(kind)
            setattr(owner, name, value)
            return
        if kind.__module__ == "builtins":
            setattr(owner, name, value)
            return
        found = class_attribute(kind, name)
        if isinstance(found, property) and isinstance(found.fset, FunctionType):
            self.calls.call(found.fset, owner, value)
            return
        writer = class_attribute(kind, "__setattr__")
        if isinstance(writer, FunctionType):
            self.calls.call(writer, owner, name, value)
            return
        setter = None if found is ABSENT else python_method(type(found), "__set__")
        if setter is not None:
            self.calls.call(setter, found, owner, value)
        elif isinstance(owner, np.ndarray):
            self.arrays.set_attribute(owner, name, value)
        elif foreign.swallows(kind, found) and reachable(self.recorder, value):
            raise swallowed(kind, name)
        else:
            setattr(owner, name, value)

    def forget_classes(self) -> None:
        """A class is about to change: nothing that was found about its instances holds."""
        plain_types.forget()
        self.clear()

    def clear(self) -> None:
        """Forget what depends on classes as they are now."""
        self.getters.clear()
        self.calls.callees.clear()

    # iteration

    def iterate(self, iterable: Any) -> Any:
        """What to iterate over instead of `iterable`, so that nothing live is missed."""
        kind = type(iterable)
        if kind in PLAIN_CONTAINERS:
            return iterable
        if isinstance(iterable, np.ndarray) and python_method(kind, "__iter__") is None:
            if python_method(kind, "__getitem__") is not None and iterable.ndim:
                return self.by_index(iterable)
            return self.arrays.elements(iterable)
        if kind is GeneratorType:
            return self.followed_generator(iterable)
        if isinstance(iterable, np.flatiter):
            return self.arrays.elements_of_flat(iterable)
        if shows_array(iterable):
            return self.calls.numpy.to_python(np.asarray(iterable), "tolist", ())
        if isinstance(iterable, np.broadcast):
            wide = np.broadcast_arrays(*(part.base for part in iterable.iters))
            return zip(*(self.arrays.elements_of_flat(array.flat) for array in wide), strict=True)
        method = python_method(kind, "__iter__")
        if method is not None:
            return self.advancing(self.calls.call(method, iterable))
        if python_method(kind, "__next__") is not None and not hasattr(kind, "__iter__"):
            return iterable
        getter = python_method(kind, "__getitem__")
        if getter is not None and class_attribute(kind, "__iter__") is ABSENT:
            return self.by_index(iterable)
        return iterable

    def followed_generator(self, generator: GeneratorType) -> GeneratorType:
        """`generator`, unless it runs code that was not rewritten and holds live values."""
        is_rewritten = id(generator.gi_code) in self.level.rewritten
        if not is_rewritten and reachable(self.recorder, generator):
            raise MissingRule(
                "a generator made before the recording began holds a value that carries a "
                "derivative",
                instead="make the generator inside the function that is differentiated",
            )
        return generator

    def advancing(self, iterator: Any) -> Any:
        """`iterator`, whose ``__next__`` is called through the hook if it is Python."""
        step = python_method(type(iterator), "__next__")
        return iterator if step is None else self.steps(step, iterator)

    def steps(self, step: FunctionType, iterator: Any) -> Iterator:
        while True:
            try:
                value = self.calls.call(step, iterator)
            except StopIteration:
                return
            yield value

    def by_index(self, sequence: Any) -> Iterator:
        index = 0
        while True:
            try:
                value = self.load(sequence, index)
            except IndexError:
                return
            yield value
            index += 1

    def rows(self, iterable: Any, pattern: tuple) -> Iterable:
        """Iterate over `iterable`, whose items are unpacked by `pattern`."""
        if type(iterable) in ROWS_OF_TUPLES and not is_nested(pattern):
            return iterable
        return self.unpacked(iterable, pattern)

    def unpacked(self, iterable: Any, pattern: tuple) -> Iterator:
        unpack = self.unpack
        for item in self.iterate(iterable):
            yield unpack(item, pattern)

    def unpack(self, value: Any, pattern: tuple) -> Any:
        """`value` as something that CPython can unpack without missing anything live."""
        nested = is_nested(pattern)
        if type(value) is tuple or type(value) is list:
            if not nested:
                return value
            items = list(value)
        else:
            iterable = self.iterate(value)
            if not nested:
                return iterable
            items = list(iterable)
        star = pattern.index("*") if "*" in pattern else None
        if star is None and len(items) != len(pattern):
            return items
        for place, part in enumerate(pattern):
            if type(part) is tuple:
                at = place if star is None or place < star else place - len(pattern)
                if -len(items) <= at < len(items):
                    items[at] = self.unpack(items[at], part)
        return items

    # with

    def manage(self, manager: Any) -> Any:
        kind = type(manager)
        if python_method(kind, "__enter__") is None and python_method(kind, "__exit__") is None:
            return self.calls.concurrency.manage(manager)
        return Managed(self.calls.call, manager)

    def manage_async(self, manager: Any) -> Any:
        return ManagedAsync(self.calls.call, manager)

    def advance(self, iterable: Any) -> Any:
        """An asynchronous iterable, whose methods go through the call hook."""
        if python_method(type(iterable), "__aiter__") is None:
            return iterable
        iterator = self.calls.call(class_attribute(type(iterable), "__aiter__"), iterable)
        if python_method(type(iterator), "__anext__") is None:
            return iterator
        return Advancing(self.calls.call, iterator)


def is_written_in_python(kind: type, name: str) -> bool:
    """True if reading the attribute `name` of an instance may run code in Python."""
    if name in ("__class__", "__dict__"):
        return False
    is_computed = not plain_types.is_passive(class_attribute(kind, name), "__get__")
    readers = (
        plain_types.is_python(kind, "__getattr__"),
        plain_types.is_python(kind, "__getattribute__"),
    )
    return is_computed or any(readers)


@functools.cache
def is_nested(pattern: tuple) -> bool:
    """True if a part of an unpacking is unpacked again."""
    return any(type(part) is tuple for part in pattern)


def swallowed(kind: type, name: str) -> MissingRule:
    return MissingRule(
        f"a value that carries a derivative was stored in `{kind.__qualname__}.{name}`, which is "
        "native",
        instead="give the derivative of the code around it with adjoint.custom_vjp",
    )


def own_names(names: Any) -> Any:
    """What ``locals()``, ``vars()`` or ``dir()`` found, without the names of rewritten code."""
    if isinstance(names, list):
        return [name for name in names if not is_hidden(name)]
    if not any(map(is_hidden, names)):
        return names
    return {name: value for name, value in names.items() if not is_hidden(name)}


def is_hidden(name: Any) -> bool:
    return isinstance(name, str) and name.startswith("_adjoint_")


def method_of_float(calls: Any, name: str, number: Any, other: Any) -> Any:
    """``number op other`` for a NumPy number: NumPy hands the object a plain float."""
    reflected = name.replace("__r", "__") if name.startswith("__r") else f"__r{name[2:]}"
    return calls.call(getattr(other, reflected), calls.call(float, number))


def no_operator(function: Callable, left: Any, right: Any) -> Any:
    """Raise what CPython raises for an operator that neither operand has."""
    symbol = function.__name__.rstrip("_")
    raise TypeError(
        f"unsupported operand type(s) for {symbol}: "
        f"'{type(left).__name__}' and '{type(right).__name__}'"
    )
