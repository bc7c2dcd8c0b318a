"""Calls of Python's own builtins and classes, item by item where they would hide arithmetic."""

import ast
import dataclasses
import enum
import functools
import inspect
import itertools
import math
import operator
from collections import deque
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from adjoint.rules import ruleset
from adjoint.trace import class_statements, descriptors, natives, plain_types, special_methods
from adjoint.trace.array_protocols import bare
from adjoint.trace.concurrency import keeps
from adjoint.trace.equalities import EQUAL
from adjoint.trace.kernels import NUMBERS
from adjoint.trace.numpy_calls import MANTISSA
from adjoint.trace.operators import (
    REFLECTED,
    UNARY_METHODS,
)
from adjoint.trace.plain_types import (
    ABSENT,
    EQUATED,
    PLAIN_CONTAINERS,
    READABLE,
    class_attribute,
    python_method,
)
from adjoint.trace.reach import reachable
from adjoint.trace.recorder import missing_rule

SAME = ruleset.lookup(operator.pos)
SPECIAL = {
    abs: "__abs__",
    operator.abs: "__abs__",
    round: "__round__",
    int: "__int__",
    bool: "__bool__",
    len: "__len__",
    math.floor: "__floor__",
    math.ceil: "__ceil__",
    math.trunc: "__trunc__",
}
RAW = (bytes, bytearray)  # which copy the memory of an array
MEASURED = frozenset({int, float, bool, str, bytes, list, tuple, dict, set, range, type(None)})
IN_PLACE = {
    getattr(operator, f"i{name}"): getattr(operator, plain)
    for name, plain in [
        *((name, name) for name in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]),
        *((name, name) for name in ["matmul", "lshift", "rshift", "xor"]),
        ("and", "and_"),
        ("or", "or_"),
    ]
}
TO_WHOLE = (int, round, math.floor, math.ceil, math.trunc)
MISSING = object()
TEXTS = (str, bytes, bytearray)
FINDING = frozenset({"index", "count", "remove"})  # the methods that ask for equality, of sequences
SEARCHED = (list, tuple, deque)
# What a field of a dataclass may be made by without running any of the program's code.
WITHOUT_CODE = (dataclasses.MISSING, *sorted(MEASURED, key=str))

REARRANGING = (operator.concat, operator.iconcat, operator.delitem)


class BuiltinCalls:
    """How one level calls builtins."""

    def __init__(self, level: Any, calls: Any):
        self.level = level
        self.calls = calls
        self.recorder = level.recorder

    def table(self) -> dict[Any, Callable]:
        """The callables that are handled here."""
        return {
            **{function: function for function in natives.MOVERS},
            **{f: functools.partial(self.iterating, f) for f in natives.ITERATING},
            **{f: functools.partial(self.calling, f) for f in natives.CALLING},
            float: self.to_float,
            complex: self.to_complex,
            max: functools.partial(self.extreme, max),
            min: functools.partial(self.extreme, min),
            sum: self.sum,
            sorted: self.sorted,
            reversed: self.reversed,
            tuple.__new__: self.new_tuple,
            float.__new__: self.new_float,
            **{f: self.level.texts.writer(f) for f in (str, repr, ascii, format)},
            ord: self.ord,
            type: self.type,
            iter: self.iter,
            next: self.next,
            getattr: self.getattr,
            print: self.level.texts.print,
            functools.cmp_to_key: lambda mycmp: functools.cmp_to_key(self.called(mycmp)),
            object.__setattr__: self.set_as_object,
            object.__getattribute__: lambda owner, name: self.members.own_attribute(owner, name),
            object.__delattr__: lambda owner, name: self.members.delete_as_object(owner, name),
            delattr: lambda owner, name: self.members.delete_attribute(owner, name),
            setattr: lambda owner, name, value: self.members.set_attribute(value, owner, name),
            functools.reduce: self.reduce,
            itertools.accumulate: self.accumulate,
            itertools.groupby: self.groupby,
            itertools.count: self.count,
            operator.getitem: lambda owner, index: self.members.load(owner, index),
            operator.setitem: lambda owner, index, value: self.members.store(value, owner, index),
            **{f: self.special(f, name) for f, name in SPECIAL.items()},
            **{f: functools.partial(self.to_int, f, self.special(f, SPECIAL[f])) for f in TO_WHOLE},
            operator.call: self.calls.call,
            **{f: functools.partial(self.of_containers, f) for f in REARRANGING},
            operator.contains: lambda owner, item: self.operators.contains(item, owner),
            pow: self.pow,
            divmod: self.divmod,
            **{f: functools.partial(self.inplace, f, plain) for f, plain in IN_PLACE.items()},
            **{f: functools.partial(self.operate, f) for f in REFLECTED},
            **{f: functools.partial(self.unary, f) for f in UNARY_METHODS},
        }

    def of_containers(self, function: Callable, owner: Any, *args: Any) -> Any:
        """A function of `operator` that only moves what is in lists, tuples and dicts."""
        if type(owner) in (list, tuple, dict):
            return function(owner, *args)
        return self.calls.unknown(function, (owner, *args), {})

    @property
    def operators(self) -> Any:
        return self.level.operators

    @property
    def members(self) -> Any:
        return self.level.members

    @property
    def traversal(self) -> Any:
        return self.level.traversal

    def operate(self, function: Callable, left: Any, right: Any) -> Any:
        if function in EQUAL:
            return self.operators.compare(function, left, right)
        return self.operators.binary(function, left, right)

    def unary(self, function: Callable, operand: Any) -> Any:
        return self.operators.unary(function, operand)

    def pow(self, base: Any, exp: Any, mod: Any = None) -> Any:
        if mod is None:
            return self.operate(operator.pow, base, exp)
        method = python_method(type(base), "__pow__")
        return pow(base, exp, mod) if method is None else self.calls.call(method, base, exp, mod)

    def inplace(self, function: Callable, plain: Callable, left: Any, right: Any) -> Any:
        return self.operators.inplace(function, plain, left, right)

    def divmod(self, left: Any, right: Any) -> Any:
        """As Python: the method of the left operand, then the reflected one of the right."""
        for owner, name, other in ((left, "__divmod__", right), (right, "__rdivmod__", left)):
            method = python_method(type(owner), name)
            found = NotImplemented if method is None else self.calls.call(method, owner, other)
            if found is not NotImplemented:
                return found
        return self.calls.numpy.ruled(divmod, (left, right), {})

    def called(self, function: Any) -> Any:
        """`function` as a callable that goes through the call hook."""
        if type(function) is FunctionType:
            return self.calls.known[function]
        return function if function is None else functools.partial(self.calls.call, function)

    def special(self, function: Callable, name: str) -> Callable:
        """What to call for a builtin that calls the special method `name` of its argument."""
        if function not in natives.MOVERS:
            general = functools.partial(self.general_special, function, name)
            return self.calls.numpy.of_numbers(function, general)

        def special(value: Any = MISSING, /, *args: Any, **kwargs: Any) -> Any:
            if type(value) in MEASURED and not args and not kwargs:
                return function(value)
            given = args if value is MISSING else (value, *args)
            return self.general_special(function, name, *given, **kwargs)

        return special

    def general_special(self, function: Callable, name: str, *args: Any, **kwargs: Any) -> Any:
        method = python_method(type(args[0]), name) if args else None
        if method is not None:
            return self.calls.call(method, *args, **kwargs)
        if function in natives.MOVERS:
            return function(*args, **kwargs)
        return self.calls.numpy.ruled(function, args, kwargs)

    # conversion

    def to_float(self, *args: Any) -> Any:
        """``float(x)`` keeps the derivative of a number or a 0-d array."""
        if len(args) != 1 or type(args[0]) is float:
            return float(*args)
        (value,) = args
        if type(value) is np.float64:
            return self.plain_float(value)
        method = python_method(type(value), "__float__")
        if method is not None:
            return self.calls.call(method, value)
        if isinstance(value, str | bytes):
            self.level.texts.check(args)
        value = bare(value)
        if isinstance(value, np.ndarray) and value.dtype.kind == "O" and value.ndim == 0:
            return self.to_float(value.item())
        place = self.recorder.place(value)
        out = self.recorder.native(float, (value,), {})
        if isinstance(out, float) and place is not None:
            self.recorder.record(SAME, float, (value,), {}, [place], out)
        return out

    def plain_float(self, value: np.float64) -> float:
        """A number of NumPy as one of Python's: the same number, another object."""
        recorder, out = self.recorder, float(value)
        slot = recorder.live.get(id(value))
        if slot is not None and recorder.outer is None and recorder.observer is None:
            recorder.number((slot,), (1.0,), out)
        elif slot is not None or recorder.outer is not None:
            out = recorder.native(float, (value,), {})
            if slot is not None:
                recorder.record(SAME, float, (value,), {}, [slot], out)
        return out

    def to_int(self, function: Callable, plain: Callable, *args: Any, **kwargs: Any) -> Any:
        """``int(x)`` and the like have no derivative; to take all digits of a number is refused."""
        value = args[0] if args else None
        is_large = isinstance(value, float) and abs(value) >= MANTISSA
        if is_large and (function is not int or value == np.trunc(value)):
            self.recorder.require_inactive(function, (value,), {})
        if type(value) in TEXTS and function is int:
            self.level.texts.check_digits(value)
        if function is int and self.recorder.observer is not None:
            self.recorder.observer(function, args, self.recorder.has_place)
        return plain(*args, **kwargs)

    def to_complex(self, *args: Any, **parts: Any) -> Any:
        """``complex(z)``, ``complex(re, im)`` and ``complex(real=re, imag=im)``."""
        self.level.texts.check(args)
        if parts:
            real = args[0] if args else parts.pop("real", 0.0)
            args = (real, *args[1:], *parts.values())
        method = python_method(type(args[0]), "__complex__") if len(args) == 1 else None
        if method is not None:
            return self.calls.call(method, *args)
        return self.calls.numpy.ruled(complex, args, {})

    def new_float(self, kind: type, *args: Any) -> float:
        """``float.__new__``: a number of a subclass keeps the derivative too."""
        self.level.texts.check(args)
        out = self.recorder.native(float.__new__, (kind, *args), {})
        place = self.recorder.place(args[0]) if args else None
        if place is not None and out is not args[0]:
            self.recorder.record(SAME, float, args, {}, [place], out)
        return out

    def ord(self, character: Any) -> int:
        self.level.texts.check_character(character)
        return ord(character)

    # iteration

    def iterating(self, function: Callable, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and type(args[0]) in PLAIN_CONTAINERS:
            return function(args[0])
        return function(*(self.content(function, arg) for arg in args), **kwargs)

    def content(self, kind: Any, arg: Any) -> Any:
        """What a container of type `kind` is made from: items, or a mapping for a dictionary."""
        keys = python_method(type(arg), "keys") if not isinstance(arg, dict) else None
        if keys is None or not isinstance(kind, type) or not issubclass(kind, dict):
            return self.iterable(arg)
        names = self.traversal.iterate(self.calls.call(keys, arg))
        return {name: self.members.load(arg, name) for name in names}

    def iterable(self, arg: Any) -> Any:
        return arg if type(arg) in (int, str) else self.traversal.iterate(arg)

    def new_tuple(self, kind: type, *items: Any) -> tuple:
        return tuple.__new__(kind, *(self.iterable(item) for item in items))

    def calling(self, function: Callable, callback: Any, *args: Any) -> Any:
        return function(self.called(callback), *(self.iterable(arg) for arg in args))

    def iter(self, *args: Any) -> Any:
        if len(args) == 2:
            return iter(self.called(args[0]), args[1])
        return iter(self.traversal.iterate(*args))

    def next(self, iterator: Any, *default: Any) -> Any:
        if isinstance(iterator, np.flatiter):
            return self.level.arrays.next_of_flat(iterator, *default)
        if isinstance(iterator, np.broadcast) and reachable(self.recorder, iterator):
            raise missing_rule(next)
        method = python_method(type(iterator), "__next__")
        if method is None:
            return next(iterator, *default)
        try:
            return self.calls.call(method, iterator)
        except StopIteration:
            if default:
                return default[0]
            raise

    def sorted(self, iterable: Any, *, key: Any = None, reverse: bool = False) -> list:
        return sorted(self.traversal.iterate(iterable), key=self.called(key), reverse=reverse)

    def reversed(self, sequence: Any) -> Any:
        method = python_method(type(sequence), "__reversed__")
        if method is not None:
            return self.traversal.advancing(self.calls.call(method, sequence))
        is_array = isinstance(sequence, np.ndarray)  # which may become live on the way
        is_by_index = class_attribute(type(sequence), "__reversed__") is ABSENT
        is_python = is_by_index and python_method(type(sequence), "__getitem__") is not None
        if is_array or is_python:
            load, places = (
                self.members.load,
                range(self.calls.call(len, sequence) - 1, -1, -1),
            )
            return map(functools.partial(load, sequence), places)
        return reversed(sequence)

    # reductions

    def sum(self, iterable: Any, /, start: Any = 0) -> Any:
        items = self.traversal.items(iterable)
        recorder = self.recorder
        if recorder.outer is None and all(type(item) in NUMBERS for item in [start, *items]):
            out = sum(items, start)
            slots = [recorder.live.get(id(item)) for item in [start, *items]]
            parents = tuple(slot for slot in slots if slot is not None)
            if parents:
                recorder.number(parents, (1.0,) * len(parents), out)
            return out
        return self.reduce(operator.add, items, start)

    def reduce(self, function: Callable, iterable: Any, initial: Any = MISSING) -> Any:
        items = iter(self.traversal.iterate(iterable))
        if initial is MISSING:
            initial = next(items, MISSING)
            if initial is MISSING:
                return functools.reduce(function, [])
        for item in items:
            initial = self.calls.call(function, initial, item)
        return initial

    def accumulate(self, iterable: Any, func: Any = operator.add, *, initial: Any = None) -> Any:
        items = self.traversal.iterate(iterable)
        return itertools.accumulate(items, self.called(func or operator.add), initial=initial)

    def groupby(self, iterable: Any, key: Any = None) -> Any:
        return itertools.groupby(self.traversal.iterate(iterable), self.called(key))

    def count(self, start: Any = 0, step: Any = 1) -> Any:
        """``itertools.count``: of live numbers, as its documentation says what it does."""
        if not reachable(self.recorder, (start, step)):
            return itertools.count(start, step)
        return itertools.accumulate(
            itertools.repeat(step), self.called(operator.add), initial=start
        )

    def extreme(self, function: Callable, *args: Any, key: Any = None, **kwargs: Any) -> Any:
        """``max`` and ``min`` select by identity; exact ties of live numbers share the weight."""
        if len(args) == 2 and not kwargs and key is None:
            first, second = args
            if type(first) in NUMBERS and type(second) in NUMBERS and first != second:
                return function(first, second)
        items = self.traversal.items(args[0]) if len(args) == 1 else list(args)
        if not items:
            return function(items, **kwargs)
        keys = items if key is None else list(map(self.called(key), items))
        if key is not None and all(type(found) in EQUATED for found in keys):
            return items[keys.index(function(keys))]
        best = 0
        better = operator.gt if function is max else operator.lt
        for index in range(1, len(items)):
            if self.operators.compare(better, keys[index], keys[best]):
                best = index
        chosen = items[best]
        if key is not None and self.recorder.place(keys[best]) is not None:
            self.level.closing_in.choose(keys)
        if not isinstance(chosen, float | int) or key is not None:
            return chosen
        tied = distinct(
            [item for item in items if isinstance(item, float | int) and item == chosen]
        )
        if len(tied) == 1 or self.recorder.place(tied) is None:
            return chosen
        result = next(item for item in tied if isinstance(item, float))
        chosen = result
        for item in tied:
            if item is not chosen:
                difference = self.operators.binary(operator.sub, item, chosen)
                share = self.operators.binary(operator.mul, difference, 1.0 / len(tied))
                result = self.operators.binary(operator.add, result, share)
        return result

    # attributes

    def getattr(self, owner: Any, name: str, *default: Any) -> Any:
        if type(name) is str and type(owner) in READABLE.get(name, ()):
            return getattr(owner, name, *default)
        try:
            return self.members.attribute(owner, name)
        except AttributeError:
            if default:
                return default[0]
            raise

    def getter(self, function: Any, kind: type, owner: Any) -> Any:
        """A call of an `operator.itemgetter`, `attrgetter` or `methodcaller`."""
        made, given = function.__reduce__()[:2]
        if kind is operator.methodcaller:
            keywords = made.keywords if isinstance(made, functools.partial) else {}
            name, *args = (*made.args, *given) if isinstance(made, functools.partial) else given
            return self.calls.call(self.members.attribute(owner, name), *args, **keywords)
        if kind is operator.itemgetter:
            found = tuple(self.members.load(owner, item) for item in given)
        else:
            walk = functools.partial(functools.reduce, self.members.attribute)
            found = tuple(walk(name.split("."), owner) for name in given)
        return found if len(found) > 1 else found[0]

    # methods of containers

    def container_method(
        self, owner: Any, name: str, function: Any, args: tuple, kwargs: dict
    ) -> Any:
        if name in FINDING and isinstance(owner, SEARCHED):
            self.calls.equalities.searched(args[0] if args else None, owner)
        elif name == "sort" and "key" in kwargs:
            kwargs = {**kwargs, "key": self.called(kwargs["key"])}
        elif name in ("extend", "extendleft", "update", "__init__", "join"):
            args = tuple(self.content(type(owner), arg) for arg in args)
        elif name == "fromkeys" and args:  # the second is a value, whatever it is
            args = (self.iterable(args[0]), *args[1:])
        elif name in ("__getitem__", "__missing__") and isinstance(owner, dict) and args:
            return self.item_of_dict(owner, name, function, args[0])
        elif name == "__call__" and isinstance(owner, type):
            return self.instance(owner, args, kwargs)
        elif function == type.__new__:
            with class_statements.making(self.calls.call, args):
                return function(*class_statements.in_module(args), **kwargs)
        elif name == "__new__" and isinstance(owner, type) and makes_keeper(owner):
            return function(*args, **kwargs)  # what it keeps, `__init__` gives it
        elif isinstance(owner, type) and not natives.only_moves(owner, function):
            return self.calls.unknown(function, args, kwargs)
        elif name in ("format", "format_map") and isinstance(owner, str):
            return self.level.texts.note((args, kwargs), function(*args, **kwargs))
        return function(*args, **kwargs)

    def item_of_dict(self, owner: dict, name: str, function: Any, key: Any) -> Any:
        """What `dict` itself does for ``owner[key]``, also where a subclass does more."""
        if name == "__missing__":
            return self.members.made_item(owner, key)
        if dict.__contains__(owner, key):
            return function(key)
        return self.members.missing_item(owner, type(owner), key)

    # classes

    def construct(self, kind: type, args: tuple, kwargs: dict) -> Any:
        """``kind(*args, **kwargs)``: as ``type.__call__``, its Python parts through the hook."""
        meta = metaclass_call(kind)
        if meta is not None:
            return self.calls.call(meta, kind, *args, **kwargs)
        if isinstance(kind, enum.EnumMeta) and (len(args) > 1 or "names" in kwargs):
            return class_statements.called_enumeration(self.calls.call, kind, args, kwargs)
        if issubclass(kind, type):
            is_native = class_attribute(kind, "__new__") is type.__new__
            given = class_statements.in_module(args) if is_native else args
            with class_statements.making(self.calls.call, args):
                return self.instance(kind, given, kwargs)
        return self.instance(kind, args, kwargs)

    def type(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1:
            return type(*args)
        with class_statements.making(self.calls.call, args):
            return type(*class_statements.in_module(args), **kwargs)

    def instance(self, kind: type, args: tuple, kwargs: dict) -> Any:
        """As ``type.__call__`` itself: ``__new__``, then ``__init__``."""
        new = class_attribute(kind, "__new__")
        new = new.__func__ if isinstance(new, staticmethod) else new
        special_methods.follow(kind)
        if type(new) is not FunctionType and python_method(kind, "__init__") is None:
            return self.construct_native(kind, args, kwargs)
        if type(new) is FunctionType:
            made = self.calls.call(new, kind, *args, **kwargs)
        elif new is object.__new__:
            made = object.__new__(kind)
        else:
            made = self.calls.call(new, kind, *args, **kwargs)
        if isinstance(made, kind):
            found = class_attribute(type(made), "__init__")
            if found is not object.__init__:
                start = python_method(type(made), "__init__") or found
                self.calls.call(start, made, *args, **kwargs)
        return made

    def construct_native(self, kind: type, args: tuple, kwargs: dict) -> Any:
        """A class whose ``__new__`` and ``__init__`` are native."""
        if issubclass(kind, BaseException):
            return kind(*args, **kwargs)
        if kind in RAW and any(isinstance(arg, np.ndarray) for arg in args):
            return self.calls.unknown(kind, args, kwargs)
        if issubclass(kind, natives.CONTAINERS):
            return kind(*(self.content(kind, arg) for arg in args), **kwargs)
        new, initialise = class_attribute(kind, "__new__"), class_attribute(kind, "__init__")
        if new is float.__new__ and kind is not np.float64:
            return self.new_float(kind, *args, **kwargs)
        if keeps(kind) or ruleset.is_holder(kind) or issubclass(kind, ast.AST):
            return kind(*args, **kwargs)
        if new is object.__new__ and initialise is object.__init__:
            make = kind if metaclass_call(kind) is None else functools.partial(type.__call__, kind)
            return make(*args, **kwargs)
        if ruleset.keeper_of(kind) is not None:
            made = kind.__new__(kind, *args, **kwargs)
            self.calls.keepers.kept(made, made.__init__, args, kwargs)
            return made
        if kind.__name__ == "_array_converter":
            return kind(*(self.calls.keepers.as_memory(arg) for arg in args), **kwargs)
        return self.calls.unknown(kind, args, kwargs)

    def generated(self, function: FunctionType, args: tuple, kwargs: dict) -> Any:
        """A function that `dataclasses` or `collections` made: it only moves objects."""
        owner = args[0] if args else None
        if function.__name__ == "__init__" and dataclasses.is_dataclass(owner):
            return self.dataclass_init(function, owner, args, kwargs)
        return function(*args, **kwargs)

    def dataclass_init(self, function: FunctionType, owner: Any, args: tuple, kwargs: dict) -> None:
        fields = list(owner.__dataclass_fields__.values())
        after = python_method(type(owner), "__post_init__")
        factories = [f for f in fields if f.default_factory not in WITHOUT_CODE]
        passive = all(plain_types.is_writable(owner, f.name) or f.init is False for f in fields)
        if after is None and not factories and passive:
            return function(*args, **kwargs)
        bound = inspect.signature(function).bind(*args, **kwargs)
        given = dict(list(bound.arguments.items())[1:])
        passed = []
        for field in fields:
            if str(field._field_type) == "_FIELD_CLASSVAR":
                continue
            value = self.field_value(field, given)
            if str(field._field_type) == "_FIELD_INITVAR":
                passed.append(value)
            elif value is not MISSING:
                self.set_as_object(owner, field.name, value)
        if after is not None:
            self.calls.call(after, owner, *passed)
        return None

    def set_as_object(self, owner: Any, name: str, value: Any) -> None:
        """``object.__setattr__``: what a descriptor written in Python does is followed."""
        found = class_attribute(type(owner), name)
        setter = python_method(type(found), "__set__")
        assign = descriptors.accessor(found, "fset")
        if assign is not None:
            self.calls.call(assign, owner, value)
        elif setter is None:
            object.__setattr__(owner, name, value)
        else:
            self.calls.call(setter, found, owner, value)

    def field_value(self, field: Any, given: dict) -> Any:
        if field.init and field.name in given:
            return given[field.name]
        if field.default is not dataclasses.MISSING:
            return field.default
        if field.default_factory is not dataclasses.MISSING:
            return self.calls.call(field.default_factory)
        return MISSING


def metaclass_call(kind: type) -> FunctionType | None:
    """The ``__call__`` of a class's metaclass, if it is written in Python and to be followed."""
    found = python_method(type(kind), "__call__")
    return None if natives.is_opaque(type(kind).__module__, "__call__") else found


def makes_keeper(kind: type) -> bool:
    return ruleset.is_holder(kind) or ruleset.keeper_of(kind) is not None


def distinct(items: list) -> list:
    return list({id(item): item for item in items}.values())
