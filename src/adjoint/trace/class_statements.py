"""Class statements of a differentiated program: what runs while their classes are made.

Native code calls a metaclass, ``__init_subclass__`` of a base, ``__set_name__`` of an attribute and
``__init__`` of an enumeration's members. Those that are written in Python are called through the
hook instead; afterwards every class is as Python would have left it.
"""

import ast
import contextlib
import enum
import operator
import sys
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType
from typing import Any

from adjoint.errors import outside_adjoint
from adjoint.rules import ruleset
from adjoint.trace import natives
from adjoint.trace.described_methods import as_function
from adjoint.trace.plain_types import ABSENT, class_attribute
from adjoint.walks import located

SAME = ruleset.lookup(operator.pos)
Place = tuple[type, str]
# Where an enumeration keeps the methods of its body that make its members.
KEPT_AS = {"__init__": ("__init__",), "__new__": ("_new_member_", "__new_member__")}


class Metaclass:
    """What a rewritten class statement has for its metaclass; `given` is what the program gave."""

    def __init__(self, level: Any, given: Any = None):
        self.level = level
        self.given = given

    def __prepare__(self, name: str, bases: tuple, **keywords: Any) -> Any:
        return types.prepare_class(name, bases, self.with_given(keywords))[1]

    def __call__(self, name: str, bases: tuple, namespace: Any, **keywords: Any) -> Any:
        """The class, made by the metaclass that Python would have chosen."""
        meta = types.prepare_class(name, bases, self.with_given(keywords))[0]
        call = self.level.calls.call
        if isinstance(meta, type) and issubclass(meta, enum.EnumType):
            with replaced(call, called_by_enumerations(bases, namespace)):
                made = enumeration(call, meta, name, bases, namespace, keywords)
            self.follow_numbers(made)
            return made
        return call(meta, name, bases, namespace, **keywords)

    def follow_numbers(self, made: Any) -> None:
        """Members that are numbers are made of their values by native code."""
        for member in made.__members__.values() if isinstance(made, enum.EnumType) else ():
            value = member.value
            if isinstance(member, float) and isinstance(value, float) and member is not value:
                self.follow_copy(value, member)

    def follow_copy(self, value: float, member: float) -> None:
        """Give a copy of a number its derivative, at all levels."""
        level = self.level
        while level is not None:
            recorder = level.recorder
            place = recorder.place(value)
            if place is not None and recorder.place(member) is None:
                recorder.record(SAME, float, (value,), {}, [place], member)
            level = level.outer

    def with_given(self, keywords: dict) -> dict:
        return keywords if self.given is None else {**keywords, "metaclass": self.given}


def making(call: Callable, args: tuple) -> contextlib.AbstractContextManager:
    """Around a call of `type` with `args`, or of its ``__new__``.

    With three at the end it makes a class, whose bases and attributes are told through the hook.
    """
    _, bases, namespace = args[-3:] if len(args) > 2 else ("", None, None)
    is_class = isinstance(bases, tuple) and isinstance(namespace, dict)
    return replaced(call, called_by_native_code(bases, namespace) if is_class else ())


def in_module(args: tuple) -> tuple:
    """`args` of `type` with the module of the program, which else would be the one that calls."""
    if len(args) < 3 or not isinstance(args[-1], dict) or "__module__" in args[-1]:
        return args
    name = module_of_program()
    return args if name is None else (*args[:-1], {**args[-1], "__module__": name})


def module_of_program() -> str | None:
    """The name of the module whose code is running."""
    frame = outside_adjoint(sys._getframe(1))
    return None if frame is None else frame.f_globals.get("__name__")


def called_enumeration(call: Callable, kind: type, args: tuple, kwargs: dict) -> type:
    """``Enum(name, members)``: a new class."""
    named = {"module": module_of_program(), **kwargs}
    with replaced(call, called_by_enumerations((kind,), {})):
        return with_own_methods(kind(*args, **named))


def called_by_native_code(bases: Iterable, namespace: dict) -> set[Place]:
    """The methods of bases and attributes that ``type.__new__`` calls."""
    kinds = map(type, list(namespace.values()))
    return {*places(bases, "__init_subclass__"), *places(kinds, "__set_name__")}


def places(kinds: Iterable, name: str) -> list[Place]:
    """Where those of `kinds` that have the method `name`, in Python to be followed, have it."""
    found = []
    for kind in kinds:
        method = class_attribute(kind, name) if isinstance(kind, type) else ABSENT
        if is_followed(method):
            found.append(next((base, name) for base in kind.__mro__ if name in base.__dict__))
    return found


def is_followed(method: Any) -> bool:
    function = function_of(method)
    return function is not None and not natives.is_opaque(
        function.__module__, function.__qualname__
    )


def function_of(method: Any) -> FunctionType | None:
    """What a method calls, if that is Python."""
    function = getattr(method, "__func__", method)
    return function if type(function) is FunctionType else as_function(function)


@contextlib.contextmanager
def replaced(call: Callable, methods: Iterable[Place]) -> Iterator[None]:
    """While a class is made, these methods are called through the hook."""
    kept = [(owner, name, owner.__dict__[name]) for owner, name in methods]
    try:
        for owner, name, method in kept:
            type.__setattr__(owner, name, through(call, method))
        yield
    finally:
        for owner, name, method in kept:
            type.__setattr__(owner, name, method)


INSTEAD_OF: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def through(call: Callable, method: Any) -> Any:
    """A method that calls `method` through the hook; bound as that is."""
    function = function_of(method)

    def followed(*args: Any, **kwargs: Any) -> Any:
        return call(function, *args, **kwargs)

    INSTEAD_OF[followed] = function
    is_bound_otherwise = isinstance(method, classmethod | staticmethod)
    return type(method)(followed) if is_bound_otherwise else followed


def enumeration(
    call: Callable, meta: type, name: str, bases: tuple, namespace: dict, keywords: dict
) -> Any:
    """An enumeration, whose members are made by methods of its body."""
    own = {part: namespace[part] for part in KEPT_AS if is_followed(namespace.get(part))}
    for part, method in own.items():
        dict.__setitem__(namespace, part, through(call, method))
    made = meta(name, bases, namespace, **keywords)
    for part, method in own.items():
        for place in KEPT_AS[part]:
            if place in made.__dict__:
                type.__setattr__(made, place, method)
    return with_own_methods(made)


def called_by_enumerations(bases: tuple, namespace: dict) -> set[Place]:
    """The methods that make the members of an enumeration, but for those of `enum` itself."""
    found = called_by_native_code(bases, namespace)
    for name in ("__init__", "__new__", *KEPT_AS["__new__"], "_generate_next_value_"):
        for owner, place in places(bases, name):
            if function_of(owner.__dict__[place]).__module__ != "enum":
                found.add((owner, place))
    return found


def with_own_methods(made: Any) -> Any:
    """An enumeration that keeps what its bases have, and not what stood in its place."""
    for place in KEPT_AS["__new__"]:
        held = made.__dict__.get(place)
        if type(held) is FunctionType and held in INSTEAD_OF:
            type.__setattr__(made, place, INSTEAD_OF[held])
    return made


def with_metaclass(node: ast.ClassDef, hook: Callable) -> None:
    """Let a class statement have what `hook` makes of its metaclass, if that is to be seen."""
    given = next((keyword for keyword in node.keywords if keyword.arg == "metaclass"), None)
    if given is not None:
        given.value = hook(given.value)
    elif all(keyword.arg is not None for keyword in node.keywords):
        node.keywords.append(located(ast.keyword("metaclass", hook()), node))
