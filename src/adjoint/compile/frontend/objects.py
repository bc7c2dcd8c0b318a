"""Objects: a value for each field; their methods are written where they are called.

A class whose attributes are not simply what was stored in them is refused.
"""

import abc
import dataclasses
import inspect
import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import (
    NONE,
    Handle,
    MethodValue,
    Static,
    SuperValue,
    Value,
)

TRACED = "drop jit on this function: the traced tier runs any class"
HOOKS = ("__getattr__", "__getattribute__", "__setattr__", "__new__", "__del__")
OPERATORS = {
    operator.add: "add",
    operator.sub: "sub",
    operator.mul: "mul",
    operator.truediv: "truediv",
    operator.floordiv: "floordiv",
    operator.mod: "mod",
    operator.pow: "pow",
    operator.matmul: "matmul",
}
UNARY = {operator.neg: "__neg__", operator.pos: "__pos__", operator.abs: "__abs__"}


def is_object(value: Any) -> bool:
    return isinstance(value, Handle) and value.kind == "object"


def new_object(lower: Lowerer, cls: type, fields: dict[str, Value]) -> Handle:
    """An object with the given fields, which its class only keeps."""
    own = {name for name in HOOKS if is_own(cls, name)}
    if own:
        raise lower.refuse(f"the class `{cls.__name__}` has its own {min(own)}", instead=TRACED)
    for name in fields:
        refuse_computed(lower, cls, name)
    made = Handle("object", cls=cls)
    lower.cells[made] = fields
    return made


def refuse_computed(lower: Lowerer, cls: type, name: str) -> None:
    found = inspect.getattr_static(cls, name, None)
    if isinstance(found, property) or (hasattr(type(found), "__set__") and is_written(found)):
        raise lower.refuse(f"the field `{name}` is computed by its class", instead=TRACED)


def is_own(cls: type, name: str) -> bool:
    """True if a class has a method of its own where `dataclass` makes none."""
    found = inspect.getattr_static(cls, name, None)
    if name == "__setattr__" and is_frozen(cls):
        return False
    return isinstance(found, FunctionType | staticmethod)


def is_written(descriptor: Any) -> bool:
    """True unless it is the place of a slot."""
    return not inspect.ismemberdescriptor(descriptor)


def is_frozen(cls: type) -> bool:
    params = getattr(cls, "__dataclass_params__", None)
    return params is not None and params.frozen


def fields_of(lower: Lowerer, owner: Handle) -> dict[str, Value]:
    contents: Any = lower.usable(lower.cells[owner], "the object")
    return contents


def attribute(lower: Lowerer, owner: Handle, name: str, read_static: Callable) -> Value:
    """``owner.name``."""
    contents = fields_of(lower, owner)
    if name in contents:
        return lower.usable(contents[name], f".{name}")
    found = inspect.getattr_static(owner.cls, name, None)
    if isinstance(found, FunctionType):
        return MethodValue(owner, name)
    if isinstance(found, property):
        return lower.invoke_object(lower, found.fget, [owner], {})
    if hasattr(type(found), "__get__") and not isinstance(found, staticmethod | classmethod):
        raise lower.refuse(f"`.{name}` is computed by its class", instead=TRACED)
    return read_static(lower, owner.cls, name)


def call_super(
    lower: Lowerer, owner: SuperValue, name: str, args: list[Value], keywords: dict
) -> Value:
    """``super().name(...)``: the method of the first class behind that has one."""
    line = owner.owner.cls.__mro__
    for cls in line[line.index(owner.after) + 1 :]:
        found = vars(cls).get(name)
        if found is object.__init__:
            return NONE
        if name == "__init__" and is_generated(found):
            fill(lower, owner.owner, cls, args, keywords)
            return NONE
        if isinstance(found, FunctionType):
            return lower.invoke_object(lower, found, [owner.owner, *args], keywords)
        if found is not None:
            break
    raise lower.refuse(f"`super().{name}` here", instead=TRACED)


def store(lower: Lowerer, owner: Handle, name: str, value: Value) -> None:
    """``owner.name = value``."""
    if is_frozen(owner.cls):
        raise lower.refuse(
            f"objects of class `{owner.cls.__name__}` are frozen",
            instead="make another: dataclasses.replace(...)",
        )
    put(lower, owner, name, value)


def put(lower: Lowerer, owner: Handle, name: str, value: Value) -> None:
    """``object.__setattr__(owner, name, value)``."""
    contents = fields_of(lower, owner)
    if owner in lower.frozen or owner.shared:
        raise lower.refuse(
            "this object may be seen from outside, and changing it cannot be compiled",
            instead="change a copy: dataclasses.replace(...)",
        )
    if name not in contents:
        refuse_computed(lower, owner.cls, name)
        slot = inspect.getattr_static(owner.cls, name, None)
        if not owner.cls.__dictoffset__ and not inspect.ismemberdescriptor(slot):
            raise lower.refuse(f"`{name}` is no field of `{owner.cls.__name__}`", instead=TRACED)
    lower.cells[owner] = {**contents, name: value}


def set_attribute(lower: Lowerer, owner: Value, name: Value, value: Value) -> Value:
    """``object.__setattr__``, with which frozen classes set their fields."""
    known = getattr(name, "value", None)
    if not is_object(owner) or not isinstance(known, str):
        raise lower.refuse("`object.__setattr__` of this", instead=TRACED)
    put(lower, owner, known, value)
    return NONE


def construct(lower: Lowerer, cls: type, args: list[Value], keywords: dict) -> Value:
    """A call of a dataclass.

    Raises
    ------
    TypeError
        if it does not take these arguments.
    """
    if not is_generated(vars(cls).get("__init__")):
        return initialised(lower, cls, args, keywords)
    made = new_object(lower, cls, {})
    fill(lower, made, cls, args, keywords)
    return made


def fill(lower: Lowerer, made: Handle, cls: type, args: list[Value], keywords: dict) -> None:
    """What the ``__init__`` that `dataclass` wrote for `cls` does to an object."""
    fields = dataclasses.fields(cls)
    given = inspect.signature(cls).bind(*args, **keywords).arguments
    if set(inspect.signature(cls).parameters) != {f.name for f in fields if f.init}:
        raise lower.refuse(
            f"objects of class `{cls.__name__}`, which has parameters that are no fields, "
            "cannot be made here",
            instead=TRACED,
        )
    contents: dict[str, Value] = {}
    for field in fields:
        if field.name in given:
            contents[field.name] = given[field.name]
        elif field.default is not dataclasses.MISSING:
            contents[field.name] = lower.capture_object(field.default)
        elif field.default_factory is not dataclasses.MISSING:
            contents[field.name] = lower.invoke_object(lower, field.default_factory, [], {})
    for name in contents:
        refuse_computed(lower, made.cls, name)
    lower.cells[made] = {**fields_of(lower, made), **contents}
    after = inspect.getattr_static(made.cls, "__post_init__", None)
    if after is not None:
        lower.invoke_object(lower, after, [made], {})


def is_generated(start: Any) -> bool:
    """True for an ``__init__`` that `dataclass` wrote: one of the class's own stays what it is."""
    return isinstance(start, FunctionType) and start.__code__.co_filename == "<string>"


def initialised(lower: Lowerer, cls: type, args: list[Value], keywords: dict) -> Value:
    """A call of a class whose objects begin empty and are filled by an ``__init__`` in Python."""
    start = inspect.getattr_static(cls, "__init__", None)
    ordinary = cls.__new__ is object.__new__ and type(cls) in (type, abc.ABCMeta)
    if not ordinary or not isinstance(start, FunctionType) or inspect.isabstract(cls):
        raise lower.refuse(
            f"objects of class `{cls.__name__}` cannot be made in a compiled function yet",
            instead="use a dataclass, tuple, list or dict, or " + TRACED,
        )
    made = new_object(lower, cls, {})
    lower.invoke_object(lower, start, [made, *args], keywords)
    return made


def operated(lower: Lowerer, function: Callable, left: Value, right: Value) -> Value | None:
    """``left <function> right``, by the method of one of them; None if neither has any."""
    name = OPERATORS.get(function)
    sides = [(left, right, f"__{name}__"), (right, left, f"__r{name}__")]
    if isinstance(left, Handle) and isinstance(right, Handle):
        if left.cls is right.cls:
            del sides[1]  # whose method has been asked
        elif issubclass(right.cls, left.cls):
            sides.reverse()
    for owner, other, method in sides:
        written = method_or_none(owner, method)
        if written is not None and not (is_array(other) and owner is right):
            found = lower.invoke_object(lower, written, [owner, other], {})
            if not (isinstance(found, Static) and found.value is NotImplemented):
                return found
    return None


def is_array(value: Value) -> bool:
    return bool(getattr(getattr(value, "type", None), "is_array", False))


def method_or_none(owner: Value, name: str) -> FunctionType | None:
    """A method that is written in Python, of an object."""
    if not isinstance(owner, Handle) or owner.kind != "object":
        return None
    found = inspect.getattr_static(owner.cls, name, None)
    return found if isinstance(found, FunctionType) else None


def replaced(lower: Lowerer, owner: Value, **changes: Value) -> Value:
    """``dataclasses.replace(owner, **changes)``."""
    if not isinstance(owner, Handle) or owner.kind != "object":
        raise lower.refuse("`replace` of what is no dataclass", instead=TRACED)
    contents = fields_of(lower, owner)
    fixed = {f.name for f in dataclasses.fields(owner.cls) if not f.init}
    if fixed:
        raise lower.refuse(f"the field `{min(fixed)}` is no argument", instead=TRACED)
    return construct(lower, owner.cls, [], {**contents, **changes})


def method_of(owner: Handle, name: str) -> Any:
    return inspect.getattr_static(owner.cls, name)
