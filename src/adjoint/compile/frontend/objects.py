"""Objects of dataclasses: a value for each field; their methods are written where they are called.

A class whose attributes are not simply what was stored in them is refused.
"""

import dataclasses
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import Handle, MethodValue, Value

TRACED = "drop jit on this function: the traced tier runs any class"
HOOKS = ("__getattr__", "__getattribute__", "__setattr__", "__new__")


def is_object(value: Any) -> bool:
    return isinstance(value, Handle) and value.kind == "object"


def new_object(lower: Lowerer, cls: type, fields: dict[str, Value]) -> Handle:
    """An object with the given fields, which its class only keeps."""
    own = {name for name in HOOKS if is_own(cls, name)}
    if own:
        raise lower.refuse(f"the class `{cls.__name__}` has its own {min(own)}", instead=TRACED)
    for name in fields:
        found = inspect.getattr_static(cls, name, None)
        if isinstance(found, property) or (hasattr(type(found), "__set__") and is_written(found)):
            raise lower.refuse(f"the field `{name}` is computed by its class", instead=TRACED)
    made = Handle("object", cls=cls)
    lower.cells[made] = fields
    return made


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
    return bool(cls.__dataclass_params__.frozen)  # type: ignore[attr-defined]


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
    return read_static(lower, owner.cls, name)


def store(lower: Lowerer, owner: Handle, name: str, value: Value) -> None:
    """``owner.name = value``."""
    contents = fields_of(lower, owner)
    if is_frozen(owner.cls):
        raise lower.refuse(
            f"objects of class `{owner.cls.__name__}` are frozen",
            instead="make another: dataclasses.replace(...)",
        )
    if owner in lower.frozen or owner.shared:
        raise lower.refuse(
            "this object may be seen from outside, and changing it cannot be compiled",
            instead="change a copy: dataclasses.replace(...)",
        )
    if name not in contents:
        raise lower.refuse(f"`{name}` is no field of `{owner.cls.__name__}`", instead=TRACED)
    lower.cells[owner] = {**contents, name: value}


def construct(lower: Lowerer, cls: type, args: list[Value], keywords: dict) -> Value:
    """A call of a dataclass.

    Raises
    ------
    TypeError
        if it does not take these arguments.
    """
    fields = dataclasses.fields(cls)
    given = inspect.signature(cls).bind(*args, **keywords).arguments
    params = cls.__dataclass_params__  # type: ignore[attr-defined]
    known = {f.name for f in fields if f.init}
    plain = "__dataclass_fields__" in vars(cls) and params.init
    if not plain or set(inspect.signature(cls).parameters) != known:
        raise lower.refuse(
            f"objects of class `{cls.__name__}`, which has its own __init__, cannot be made here",
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
        else:
            raise lower.refuse(f"the field `{field.name}` is set later", instead=TRACED)
    made = new_object(lower, cls, contents)
    after = inspect.getattr_static(cls, "__post_init__", None)
    if after is not None:
        lower.invoke_object(lower, after, [made], {})
    return made


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
