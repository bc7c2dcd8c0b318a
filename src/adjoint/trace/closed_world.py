"""Decides what code can reach: all that it may call, from its names and the classes it meets.

Whatever object an attribute is asked of, it is one of the classes in the world, so only what those
classes say of that name can run (rapid type analysis: Bacon and Sweeney, OOPSLA 1996). A world is
closed if all of that is Python whose footprint is known, or native code that is trusted; then code
that starts with nothing live in its world never meets anything live.
"""

import builtins
import dataclasses
from collections.abc import Iterable
from inspect import CO_GENERATOR
from operator import getitem, is_
from types import CodeType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any

from adjoint.trace import footprint
from adjoint.trace.footprint import Chain, Footprint
from adjoint.trace.plain_types import TUPLE_FIELD, seen_through
from adjoint.trace.trusted import (
    PACKAGES,
    READING,
    SHOWING,
    home_of,
    is_base,
    is_trusted,
    keeps_iterators,
    root_of,
    shows_all,
)
from adjoint.trace.untouched import Found, held_by

MOST_FUNCTIONS = 200
# What a class says of itself, which no operation of an instance uses.
DESCRIBING = frozenset(
    [
        "__module__",
        "__doc__",
        "__dict__",
        "__weakref__",
        "__qualname__",
        "__annotations__",
        "__slots__",
        "__match_args__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__abstractmethods__",
        "_abc_impl",
        "__orig_bases__",
        "__parameters__",
        "__static_attributes__",
        "__firstlineno__",
        "__class_getitem__",
        "__init_subclass__",
        "__reduce__",
        "__reduce_ex__",
        "__getstate__",
        "__setstate__",
        "__getnewargs__",
        "__copy__",
        "__deepcopy__",
        "__sizeof__",
        "__dir__",
        "__replace__",
        "__annotate__",
        "__annotate_func__",
        "__annotations_cache__",
    ]
)
SHOWN_BY = frozenset({"__repr__", "__str__", "__format__"})
OURS = "adjoint"
READERS = frozenset({"astype", "encode"})  # methods whose results may be numbers of texts


class Open(Exception):
    """Something that is not known can be reached."""


class World:
    """What a stretch of code can reach.

    Attributes
    ----------
    kinds, functions : the classes and functions that objects in it may have; functions by code.
    data : where global values stand that are looked at again each time: pairs of a dictionary
        and a name.
    held : other values of that kind, and functions with defaults or cells.
    reads_numbers : True if it may make numbers of texts.
    """

    def __init__(self, kinds: Iterable[type], functions: dict[CodeType, FunctionType]):
        self.kinds: set[type] = set()
        self.functions: dict[CodeType, FunctionType] = {}
        self.data: dict[tuple[int, str], tuple[Any, str]] = {}
        self.held: dict[int, Any] = {}
        self.reads_numbers = False
        self.generators: set[str] = set()  # names of methods that yield
        self.loose_attributes: set[str] = set()
        self.keeps_iterators = False
        self.attributes: set[str] = set()
        self.beginnings: tuple[str, ...] = ()
        self.places: dict[tuple[int, str], tuple[Any, str, Any]] = {}
        self.builtins: dict[int, tuple[dict, set[str]]] = {}
        self.stores_attributes = self.has_classes = self.formats = False
        self.members: list[tuple[type, str, Any]] = []
        self.listed: dict[type, set[str]] = {}
        self.looked_up: set[tuple[type, str]] = set()
        self.given = list(kinds), list(functions.values())

    def close(self, stretch: Footprint, scope: dict) -> "World":
        """This world with all that `stretch` reaches; raises `Open`."""
        if stretch.is_generator:
            raise Open
        self.add(stretch, scope)
        kinds, functions = self.given
        for function in functions:
            self.add_function(function)
        for kind in kinds:
            self.add_class(kind)
        size = -1
        while size != len(self.looked_up):
            size = len(self.looked_up)
            for kind in list(self.kinds):
                self.look_up(kind)
        if self.has_classes and self.stores_attributes:  # of a class, perhaps
            raise Open
        if self.leaves_generators():
            raise Open
        self.dicts = [place[0] for place in self.places.values()]
        self.names = [place[1] for place in self.places.values()]
        self.values = [place[2] for place in self.places.values()]
        return self

    def leaves_generators(self) -> bool:
        """True if a generator may be left that runs when nobody looks."""
        loose = self.generators & self.loose_attributes
        begun = any(name.startswith(self.beginnings) for name in self.generators)
        return bool(loose) or begun or ("__iter__" in self.generators and self.keeps_iterators)

    # what it is made of

    def add(self, found: Footprint, scope: dict) -> None:
        self.attributes |= found.attributes
        self.beginnings += tuple(found.beginnings.difference(self.beginnings))
        self.stores_attributes |= found.stores_attributes
        self.formats |= found.formats
        self.reads_numbers |= not READERS.isdisjoint(found.attributes)
        for chain in sorted(found.chains):
            is_value, is_loose = chain in found.values, chain in found.loose
            self.resolve(chain, scope, is_value=is_value, is_loose=is_loose)
        self.loose_attributes |= found.loose_attributes
        if any(
            name in scope or not is_trusted(getattr(builtins, name)) for name in found.consumers
        ):
            raise Open

    def resolve(self, chain: Chain, scope: dict, *, is_value: bool, is_loose: bool) -> None:
        """Follow a name, and attributes of modules, to what they are now."""
        name, *rest = chain
        where: Any = scope
        if name not in scope:
            if scope.get("__builtins__") not in (builtins, vars(builtins)):
                raise Open
            if not hasattr(builtins, name):
                raise Open
            self.builtins.setdefault(id(scope), (scope, set()))[1].add(name)
            where = vars(builtins)
        value = where[name]
        while isinstance(value, ModuleType):
            self.places[id(where), name] = where, name, value
            self.reads_numbers |= value.__name__.startswith("numpy")
            if type(value) is not ModuleType or not rest or rest[0] not in vars(value):
                raise Open
            where, name = vars(value), rest.pop(0)
            value = where[name]
        if rest and type(value) is FunctionType:
            raise Open
        self.attributes.update(rest)
        self.loose_attributes.update(rest if is_loose else rest[:-1])
        self.use(value, where, name, is_value=is_value and not rest, is_loose=is_loose)

    def use(self, value: Any, where: dict, name: str, *, is_value: bool, is_loose: bool) -> None:
        """Add what is found under a name of a module."""
        if is_code(value):
            self.places[id(where), name] = where, name, value
            self.add_callable(value, is_value=is_value, is_loose=is_loose)
        else:
            self.data[id(where), name] = where, name

    def use_member(self, value: Any, base: type, name: str) -> None:
        """Add what is found in a class, and is no method."""
        if is_code(value):
            self.add_callable(value, is_value=True)
        else:
            self.held[id(value)] = value

    def add_callable(self, value: Any, *, is_value: bool, is_loose: bool = True) -> None:
        if is_trusted(value):
            self.keeps_iterators |= is_loose and keeps_iterators(value)
            self.has_classes |= value is type
            self.formats |= id(value) in SHOWING
            self.reads_numbers |= id(value) in READING or root_of(value) == "numpy"
        elif type(value) is FunctionType:
            self.add_function(value, is_value=is_value, is_loose=is_loose)
        else:
            self.add_class(value)
            self.has_classes |= is_value

    def add_function(
        self, function: FunctionType, *, is_value: bool = False, is_loose: bool = True
    ) -> None:
        """Add what a function uses; one that yields only where its generator is used up."""
        if home_of(function) == OURS:
            raise Open
        if home_of(function) in PACKAGES:
            self.reads_numbers |= home_of(function) == "numpy"
            return
        if is_value or held_by(function):
            self.held[id(function)] = function
        found = footprint.of_function(function)
        if found is not None and found.is_generator and is_loose:
            raise Open
        if function.__code__ in self.functions:
            return
        self.functions[function.__code__] = function
        if found is None or len(self.functions) > MOST_FUNCTIONS:
            raise Open
        self.add(found, function.__globals__)

    def add_class(self, kind: type) -> None:
        if not shows_all(kind) or root_of(kind) == OURS:
            raise Open
        self.kinds.add(kind)

    # what classes say

    def look_up(self, kind: type) -> None:
        """Add what a class and its bases say of every name that is asked for."""
        for base in kind.__mro__:
            if is_base(base):
                continue
            self.listed[base] = set(base.__dict__)
            for name in self.listed[base]:
                is_special = name.startswith("__") and name.endswith("__")
                is_asked = self.asks(name) or (is_special and name not in DESCRIBING)
                if name in SHOWN_BY and not self.formats and name not in self.attributes:
                    continue
                if is_asked and (base, name) not in self.looked_up:
                    self.looked_up.add((base, name))
                    self.member(base, name)

    def asks(self, name: str) -> bool:
        return name in self.attributes or name.startswith(self.beginnings)

    def member(self, base: type, name: str) -> None:
        """Add what a class holds under a name."""
        found = seen_through(base.__dict__[name])
        self.members.append((base, name, found))
        if isinstance(found, MemberDescriptorType) or type(found) is TUPLE_FIELD:
            return
        parts: list = [found]
        if isinstance(found, property):
            parts = [found.fget, found.fset, found.fdel]
        elif isinstance(found, staticmethod | classmethod):
            self.has_classes |= isinstance(found, classmethod)
            parts = [found.__func__]
        for part in parts:
            if type(part) is FunctionType:
                self.method(base, name, part)
            elif part is not None and (part is not found or hasattr(type(part), "__get__")):
                raise Open
            elif part is not None:
                self.use_member(part, base, name)

    def method(self, base: type, name: str, function: FunctionType) -> None:
        if not is_generated(base, function):
            if function.__code__.co_flags & CO_GENERATOR:
                self.generators.add(name)
                if name.startswith("__") and name.endswith("__") and name != "__iter__":
                    raise Open
            self.add_function(function, is_loose=False)
            return
        self.attributes.add("__post_init__")
        for each in getattr(base, "__dataclass_fields__", {}).values():
            factory = each.default_factory
            if factory is not dataclasses.MISSING:
                if not isinstance(factory, FunctionType | type):
                    raise Open
                self.add_callable(factory, is_value=False)
            elif each.default is not dataclasses.MISSING:
                self.held[id(each.default)] = each.default

    # as it is when the code is to run

    def covers(self, found: Found) -> bool:
        """True if all classes and functions met were looked into."""
        if found.keeps_iterators and "__iter__" in self.generators:
            return False
        return found.kinds <= self.kinds and found.functions.keys() <= self.functions.keys()

    def has_same_classes(self) -> bool:
        """True if the classes say what they said when they were looked into."""
        if any(set(base.__dict__) != names for base, names in self.listed.items()):
            return False
        return all(seen_through(base.__dict__[name]) is found for base, name, found in self.members)

    def contents(self) -> list | None:
        """What the code can reach besides its local names.

        None if a name no longer stands for what was looked into.
        """
        try:
            if not all(map(is_, map(getitem, self.dicts, self.names), self.values)):
                return None
            data = [where[name] for where, name in self.data.values()]
        except KeyError:
            return None
        for scope, names in self.builtins.values():
            if not scope.keys().isdisjoint(names):
                return None
        return [*data, *self.held.values()]


def is_code(value: Any) -> bool:
    return isinstance(value, FunctionType | type) or is_trusted(value)


def is_generated(base: type, function: FunctionType) -> bool:
    """True for a method that `dataclasses` or `namedtuple` wrote, which only hands values on."""
    inner = getattr(function, "__wrapped__", function)
    is_text = type(inner) is FunctionType and inner.__code__.co_filename == "<string>"
    return is_text and ("__dataclass_fields__" in base.__dict__ or hasattr(base, "_fields"))


def world_of(
    stretch: Footprint, scope: dict, kinds: Iterable[type], functions: dict
) -> World | None:
    """The closed world of a stretch; None if there is none."""
    try:
        return World(kinds, functions).close(stretch, scope)
    except Open:
        return None
