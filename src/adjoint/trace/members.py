"""The hooks of subscripts and attributes.

They do what CPython does, but run methods, properties and descriptors that are written in Python
through the call hook, and tell the recorder what happened to numbers and arrays.
"""

import functools
from collections import defaultdict
from collections.abc import Callable
from types import FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

from adjoint.errors import MissingRule, outside_adjoint
from adjoint.objects import fields_of
from adjoint.rules import ruleset
from adjoint.trace import descriptors, foreign, plain_types, special_methods
from adjoint.trace.memory import FOREIGN, shows_array
from adjoint.trace.natives import CONTAINERS
from adjoint.trace.operators import is_plain
from adjoint.trace.plain_types import (
    ABSENT,
    PLAIN_CONTAINERS,
    READABLE,
    WRITABLE,
    class_attribute,
    python_method,
)
from adjoint.trace.reach import reachable
from adjoint.trace.recorder import missing_rule


class Members:
    """The hooks of one level."""

    def __init__(self, level: Any):
        self.level = level
        self.recorder = level.recorder
        self.calls = level.calls
        self.arrays = level.arrays
        self.traversal = level.traversal
        self.getters: dict[tuple[type, str], Callable] = {}  # of properties, and of `__getattr__`
        self.plain_of_classes: dict[tuple[int, str], type] = {}  # attributes that run no Python

    # subscripts

    def load(self, owner: Any, index: Any) -> Any:
        kind = type(owner)
        if kind in PLAIN_CONTAINERS:
            return owner[index]
        if kind is np.ndarray:
            if type(index) is slice:
                return owner[index]  # a view: live as its buffer is
            return self.arrays.load(owner, index)
        if isinstance(owner, np.ndarray) and python_method(kind, "__getitem__") is None:
            return self.arrays.load(owner, index)
        if isinstance(owner, np.inexact):  # as an array without dimensions
            return self.arrays.load(self.calls.call(np.asarray, owner), index)
        method = python_method(kind, "__getitem__")
        if method is not None:
            return self.calls.call(method, owner, index)
        if isinstance(owner, np.flatiter):
            return self.arrays.load_flat(owner, index)
        if kind is np.void:
            return self.recorder.records.field(owner, index)
        if shows_array(owner) and type(index) is not slice:
            item = self.arrays.load(np.asarray(owner), index)
            return self.calls.numpy.to_python(item, "item", ())
        if isinstance(owner, dict) and not dict.__contains__(owner, index):
            return self.missing_item(owner, kind, index)
        if isinstance(owner, type):
            return descriptors.item_of_class(self.calls.call, owner, index)
        if id(owner) in FOREIGN and reachable(self.recorder, owner):
            raise missing_rule(kind.__getitem__)  # the memory of arrays that are followed
        item = owner[index]
        if kind is bytes and type(item) is int:
            self.level.texts.check_digits(chr(item))
        return item

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
                value = self.traversal.iterate(value)
            owner[index] = value
        elif isinstance(owner, np.ndarray) and python_method(kind, "__setitem__") is None:
            self.arrays.store(owner, index, value)
        else:
            method = python_method(kind, "__setitem__")
            if method is not None:
                self.calls.call(method, owner, index, value)
            elif isinstance(owner, np.flatiter):
                self.arrays.store_flat(owner, index, value)
            elif kind is np.void:
                self.recorder.records.store_field(owner, index, value)
            elif shows_array(owner):
                self.arrays.store(np.asarray(owner), index, value)
            elif id(owner) in FOREIGN:
                self.store_bytes(value, owner, index)
            elif isinstance(owner, CONTAINERS) or not hasattr(kind, "__setitem__"):
                owner[index] = value  # or what Python raises
            elif not reachable(self.recorder, value):
                owner[index] = value
            else:
                raise missing_rule(kind.__setitem__)

    def store_bytes(self, value: Any, owner: Any, index: Any) -> None:
        """A store to an object whose memory arrays show too."""
        if not isinstance(owner, bytearray):
            raise missing_rule(type(owner).__setitem__)
        if type(index) is slice:
            value = np.frombuffer(bytes(value), np.uint8)
        self.arrays.store(FOREIGN[id(owner)], index, value)

    def delete(self, owner: Any, index: Any) -> None:
        method = python_method(type(owner), "__delitem__")
        if method is not None:
            self.calls.call(method, owner, index)
        else:
            del owner[index]

    # attributes

    def attribute(self, owner: Any, name: str) -> Any:
        kind = type(owner)
        if kind in READABLE.get(name, ()):
            return getattr(owner, name)
        getter = self.getters.get((kind, name))
        if getter is not None:
            return getter(owner)
        if self.plain_of_classes.get((id(owner), name)) is owner:
            return getattr(owner, name)
        if plain_types.is_readable(owner, name):
            plain_types.add(READABLE, name, kind)
            special_methods.follow(kind)
            return getattr(owner, name)
        if issubclass(kind, np.ndarray | np.number | float | complex) and (
            is_plain(kind) or not is_written_in_python(kind, name)
        ):
            return self.arrays.attribute(owner, name)
        if ruleset.KEEPERS and ruleset.keeper_of(kind) not in (None, name):
            return self.calls.keepers.shown(owner, name)
        if kind is FrameType and name == "f_back":
            return outside_adjoint(owner.f_back)
        if issubclass(kind, type):
            if descriptors.is_plain(owner, name):
                self.plain_of_classes[id(owner), name] = owner
            return descriptors.of_class(self.calls.call, owner, name)
        if kind is super:
            return descriptors.of_super(self.calls.call, owner, name)
        if kind is ModuleType or kind.__module__ == "builtins":
            return getattr(owner, name)
        return self.object_attribute(owner, kind, name)

    def object_attribute(self, owner: Any, kind: type, name: str) -> Any:
        """``owner.name``, running what is written in Python through the call hook."""
        fallback = python_method(kind, "__getattr__")
        if fallback is None:
            return self.read_attribute(owner, name)

        def with_fallback(read: Callable, owner: Any) -> Any:
            try:
                return read(owner, name)
            except AttributeError:
                return self.calls.call(fallback, owner, name)

        reader = class_attribute(kind, "__getattribute__")
        is_read = hasattr(type(class_attribute(kind, name)), "__get__")
        if not is_read and python_method(kind, "__getattribute__") is None:
            self.getters[kind, name] = functools.partial(with_fallback, reader)
        return with_fallback(self.read_attribute, owner)

    def read_attribute(self, owner: Any, name: str) -> Any:
        kind = type(owner)
        asked = python_method(kind, "__getattribute__")
        if asked is not None:
            return self.calls.call(asked, owner, name)
        found = class_attribute(kind, name)
        reader = descriptors.accessor(found, "fget")
        if type(reader) is FunctionType and class_attribute(kind, "__getattr__") is ABSENT:
            self.getters[kind, name] = self.calls.known[reader]
        return self.own_attribute(owner, name, class_attribute(kind, "__getattribute__"))

    def own_attribute(
        self, owner: Any, name: str, plain: Callable = object.__getattribute__
    ) -> Any:
        """``object.__getattribute__``: what a descriptor written in Python does is followed."""
        kind = type(owner)
        found = class_attribute(kind, name)
        reader = descriptors.accessor(found, "fget")
        if reader is not None:
            return self.calls.call(reader, owner)
        comes_first = hasattr(type(found), "__set__") or hasattr(type(found), "__delete__")
        if found is not ABSENT and (comes_first or name not in (fields_of(owner) or ())):
            if isinstance(found, classmethod):
                bound = functools.partial(plain, owner, name)
                return descriptors.described(self.calls.call, found, owner, kind, bound)
            getter = python_method(type(found), "__get__")
            if getter is not None:
                return self.calls.call(getter, found, owner, kind)
            if plain_types.is_foreign(found, "__get__"):
                getter = class_attribute(type(found), "__get__")
                return self.calls.unknown(getter, (found, owner, kind), {})
        return plain(owner, name)

    def set_attribute(self, value: Any, owner: Any, name: str) -> None:
        kind = type(owner)
        if issubclass(kind, type | FunctionType):
            self.forget_classes()
        elif plain_types.is_writable(owner, name):
            plain_types.add(WRITABLE, name, kind)
            special_methods.follow(kind)
            setattr(owner, name, value)
            return
        if kind.__module__ == "builtins":
            setattr(owner, name, value)
            return
        writer = python_method(kind, "__setattr__")
        if writer is not None:
            self.calls.call(writer, owner, name, value)
            return
        found = class_attribute(kind, name)
        assign = descriptors.accessor(found, "fset")
        if assign is not None:
            self.calls.call(assign, owner, value)
            return
        setter = None if found is ABSENT else python_method(type(found), "__set__")
        if setter is not None:
            self.calls.call(setter, found, owner, value)
        elif issubclass(kind, np.ndarray):
            self.arrays.set_attribute(owner, name, value)
        elif foreign.is_handler(kind, found, value):
            setattr(owner, name, self.calls.concurrency.called_back(value))
        elif foreign.swallows(kind, found) and reachable(self.recorder, value):
            raise swallowed(kind, name)
        else:
            setattr(owner, name, value)

    def delete_attribute(self, owner: Any, name: str) -> None:
        kind = type(owner)
        if issubclass(kind, type | FunctionType):
            self.forget_classes()
        writer = python_method(kind, "__delattr__")
        if writer is not None:
            self.calls.call(writer, owner, name)
        else:
            self.delete_as_object(owner, name)

    def delete_as_object(self, owner: Any, name: str) -> None:
        """``object.__delattr__``: what a descriptor written in Python does is followed."""
        found = class_attribute(type(owner), name)
        deleter = None if found is ABSENT else python_method(type(found), "__delete__")
        remove = descriptors.accessor(found, "fdel")
        if remove is not None:
            self.calls.call(remove, owner)
        elif deleter is not None:
            self.calls.call(deleter, found, owner)
        else:
            delattr(owner, name)

    def forget_classes(self) -> None:
        """A class is about to change: nothing that was found about its instances holds."""
        plain_types.forget()
        self.clear()

    def clear(self) -> None:
        """Forget what depends on classes as they are now."""
        self.getters.clear()
        self.plain_of_classes.clear()
        self.calls.callees.clear()
        for region in self.level.regions:
            region.forget()


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


def swallowed(kind: type, name: str) -> MissingRule:
    return MissingRule(
        f"a value that carries a derivative was stored in `{kind.__qualname__}.{name}`, which is "
        "native",
        instead="give the derivative of the code around it with adjoint.custom_vjp",
    )
