"""The tape of one differentiation: which values are live, and what was done to them.

Values stay raw. A scalar is live if its identity is in a table, which holds it so that the identity
cannot be used again; an array is live if the buffer it looks at is.
"""

import functools
import math
import operator
import sys
from array import array as packed
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.rules import ruleset
from adjoint.rules.ruleset import Form, Rule
from adjoint.rules.scalars import scalar_partials
from adjoint.trace import direct, entries, placeholders
from adjoint.trace.array_protocols import (
    bare,
    is_same_without_class,
    is_subclass_instance,
    parts,
)
from adjoint.trace.escaped import STALE, Escaped
from adjoint.trace.hints import Busiest
from adjoint.trace.memory import OF_RESULT, Root, address_of, owner_of
from adjoint.trace.needs import Activity, activity
from adjoint.trace.reach import reachable

UNFOLLOWED_KINDS = frozenset("VUSMm")  # of arrays: records, texts, times
REALS = frozenset({float, np.float64})
OTHER_SCALARS = (complex, np.floating, np.complexfloating)
# Functions may hold live values, but no rule reads them there; other callables are searched.
UNFOLLOWED = (np.generic, np.ufunc, type, FunctionType, BuiltinFunctionType, functools.partial)
INERT = frozenset({int, bool, str, bytes, type(None), slice, type(Ellipsis), range, np.dtype})
FIRST_SLOTS, MANY_SLOTS, MOST_SLOTS = 32, 256, 16384
Position = tuple[int, int, int, int]  # segment, event, operand and partial of the tape
Place = Any  # None, a slot, `entries.Boxed`, a live array, or a list of places


class Recorder:
    """One level of differentiation on one thread.

    Attributes
    ----------
    outer : the recorder that was running when this one started. If there is one, every primitive
        operation is done through it, so that it sees what this level does.
    live : slot of each live real scalar, by identity.
    boxed : slot of each live scalar of another type, by identity.
    roots : live and held buffers, by identity of the array that owns them.
    placeholders : those among them of which the tape keeps no contents.
    """

    def __init__(self, outer: "Recorder | None"):
        self.outer = outer
        self.observer: Callable | None = None
        self.objects: Any = None  # how arrays of objects are called, which the level knows
        self.records: Any = None  # and how records are moved
        self.live: dict[int, int] = {}
        self.kept: list = []
        self.boxed: dict[int, entries.Boxed] = {}
        self.kept_boxed: list = []
        self.roots: dict[int, Root] = {}
        self.placeholders: list[Root] = []
        self.blocks: dict[int, tuple[np.ndarray, int]] = {}
        self.parents: list[int] = []
        self.partials: list[float] = []
        self.segments: list[tuple] = []
        self.events: list[tuple[int, int, Any]] = []
        self.free: list[int] = []
        self.slots = STALE + 1
        self.refill_size = FIRST_SLOTS
        self.prune_at = 4 * MANY_SLOTS
        self.busiest = Busiest()
        self.unknown: list[tuple[Place, MissingRule]] = []
        self.escaped = Escaped(self)

    def clear(self) -> None:
        """Forget everything; lists and tables stay the same objects, which kernels refer to."""
        for container in (self.live, self.kept, self.boxed, self.kept_boxed, self.roots):
            container.clear()
        for container in (self.blocks, self.parents, self.partials, self.free, self.placeholders):
            container.clear()
        self.segments, self.events = [], []
        if self.busiest.recorded:
            self.busiest = Busiest()
        self.unknown = []
        self.slots = STALE + 1
        self.refill_size = FIRST_SLOTS
        self.prune_at = 4 * MANY_SLOTS
        self.escaped.enter()

    # slots and the numeric tape

    def more_slots(self) -> int:
        """A new slot, when the prepared ones are used up; also the time to tidy."""
        if len(self.parents) > MANY_SLOTS:
            self.flush()
        if len(self.kept) > self.prune_at:
            self.prune()
        size = self.refill_size
        self.refill_size = min(2 * size, MOST_SLOTS)
        if self.outer is None and size > MANY_SLOTS:
            self.busiest.note(size)
        self.free.extend(range(self.slots + size - 1, self.slots - 1, -1))
        self.slots += size
        return self.free.pop()

    def slot(self) -> int:
        return self.free.pop() if self.free else self.more_slots()

    def flush(self) -> None:
        """Pack the numeric tape so far into arrays."""
        parents = np.frombuffer(packed("q", self.parents), np.int64)
        partials = np.frombuffer(packed("d", self.partials), np.float64)
        self.segments.append((parents, partials, self.events))
        self.parents.clear()
        self.partials.clear()
        self.events = []

    def prune(self) -> None:
        """Forget scalars that nobody else refers to: they cannot be met again."""
        getrefcount, live = sys.getrefcount, self.live
        survivors = []
        kept = self.kept
        for index in range(len(kept)):
            value = kept[index]
            if getrefcount(value) > 3:
                survivors.append(value)
            else:
                live.pop(id(value), None)
        kept[:] = survivors
        self.prune_at = 2 * len(survivors) + 4 * MANY_SLOTS

    def event(self, entry: Any) -> None:
        self.events.append((len(self.parents), len(self.partials), entry))

    def position(self) -> Position:
        """Where the tape ends now."""
        return len(self.segments), len(self.events), len(self.parents), len(self.partials)

    def tape_between(self, start: Position, end: Position) -> list[tuple]:
        """The stretch of tape from one position to another, as segments of its own."""
        now = (self.parents, self.partials, self.events)
        stretch = []
        for index in range(start[0], end[0] + 1):
            parents, partials, events = (*self.segments, now)[index]
            first = start[1:] if index == start[0] else (0, 0, 0)
            last = end[1:] if index == end[0] else (len(events), len(parents), len(partials))
            shifted = [(p - first[1], q - first[2], e) for p, q, e in events[first[0] : last[0]]]
            stretch.append(
                (
                    np.array(parents[first[1] : last[1]], np.int64),
                    np.array(partials[first[2] : last[2]], np.float64),
                    shifted,
                )
            )
        return stretch

    def insert(self, position: Position, entry: Any) -> None:
        """Put an entry where the tape ended at `position`.

        Entries put in since then stand before it if they are of an earlier place: a sweep goes
        from place to place, and would take a stretch twice if they were out of order.
        """
        index, place, parents, partials = position
        events = self.segments[index][2] if index < len(self.segments) else self.events
        while place < len(events) and events[place][0] < parents:
            place += 1
        events.insert(place, (parents, partials, entry))

    def number(self, parents: tuple[int, ...], partials: tuple[float, ...], out: float) -> None:
        """Record a scalar result with its partial derivatives."""
        slot = self.free.pop() if self.free else self.more_slots()
        self.parents.extend((*parents, -slot))
        self.partials.extend(partials)
        self.live[id(out)] = slot
        self.kept.append(out)

    # what is live

    def place(self, value: Any) -> Place:
        """Where the derivative of `value` is kept; None if it has none."""
        kind = type(value)
        if kind is float or isinstance(value, float):
            return self.live.get(id(value))
        if isinstance(value, np.ndarray):
            return self.array_place(value)
        if kind is tuple or kind is list or isinstance(value, tuple | list):
            places = [self.place(item) for item in value]
            return places if any(place is not None for place in places) else None
        if isinstance(value, OTHER_SCALARS):
            return self.boxed.get(id(value))
        if kind is np.void:
            return self.records.place(value)
        if kind in INERT or isinstance(value, UNFOLLOWED):
            return None
        if reachable(self, value):
            raise MissingRule(
                f"a value that carries a derivative is inside a {kind.__name__}, "
                "which cannot be followed here",
                instead="pass arrays, numbers, lists or tuples of them",
            )
        return None

    def has_place(self, value: Any) -> bool:
        return self.place(value) is not None

    def array_place(self, array: np.ndarray) -> Place:
        if array.dtype.kind not in "fc":
            if array.dtype.kind == "O" and self.place(array.ravel().tolist()) is not None:
                raise inside_objects()
            return None
        root = self.roots.get(id(array if array.base is None else owner_of(array)))
        return root.place_of(array) if root is not None and root.live and array.size else None

    def is_live_array(self, array: np.ndarray) -> bool:
        root = self.roots.get(id(array if array.base is None else owner_of(array)))
        return root is not None and root.live

    def only_looks(self, out: Any) -> bool:
        """True for a view of a live array, and for a list of such views."""
        if isinstance(out, np.ndarray):
            return self.is_live_array(out)
        if not isinstance(out, list | tuple):
            return False
        arrays = [part for part in out if not isinstance(part, np.ndarray) or part.size]
        is_view = (isinstance(part, np.ndarray) and self.is_live_array(part) for part in arrays)
        return bool(arrays) and all(is_view)

    def root(self, array: np.ndarray) -> Root:
        """The record of the buffer `array` looks at, made if there is none."""
        owner = array if array.base is None else owner_of(array)
        root = self.roots.get(id(owner))
        if root is None:
            root = self.roots[id(owner)] = Root(owner)
        return root

    def all_roots(self) -> dict[int, Root]:
        """The roots, by the identity of their owners and of the placeholders of these."""
        return self.roots | {id(root.owner): root for root in self.placeholders}

    def without_contents(self, array: np.ndarray) -> np.ndarray | None:
        """The place of a new, live array in C order that no formula has read yet.

        The tape does not keep it; None for one that it may as well keep.
        """
        if array.nbytes < placeholders.LEAST:
            return None
        root = placeholders.root_without_contents(array, self.roots)
        if root is None:
            return None
        self.placeholders.append(root)
        return root.owner

    def enter(self, value: Any) -> Place:
        """Make a fresh result live; returns its place."""
        if isinstance(value, float):
            slot = self.slot()
            self.live[id(value)] = slot
            self.kept.append(value)
            return slot
        if isinstance(value, np.ndarray):
            if value.dtype.kind not in "fc":
                if value.dtype.kind in UNFOLLOWED_KINDS:
                    raise unfollowed(value.dtype)
                return None
            if value.size == 0:
                return None  # no element, no derivative: no formula need know this case
            root = self.root(value)
            root.live = True
            return root.place_of(value)
        if isinstance(value, tuple | list):
            return [self.enter(item) for item in value]
        if isinstance(value, OTHER_SCALARS):
            box = entries.Boxed(self.slot(), value)
            self.boxed[id(value)] = box
            self.kept_boxed.append(value)
            return box
        return None

    def enter_unknown(self, value: Any, error: MissingRule) -> None:
        """Make a number or array live whose derivative is not known.

        A sweep that needs it raises `error`.
        """
        if isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind in "fc"):
            self.unknown.append((self.enter(value), error))

    def hold(self, value: Any) -> None:
        """Note that a tape entry reads `value` again in the sweep."""
        if isinstance(value, np.ndarray):
            self.root(value).held = True
        elif isinstance(value, tuple | list):
            for item in value:
                self.hold(item)

    def block(self, root: Root) -> int:
        """Slots for the elements of a buffer, so that element loops stay on the numeric tape.

        0 if this buffer cannot have them: not float64, or this level is itself differentiated.
        """
        owner = root.owner
        suits = owner.dtype == np.float64 and owner.dtype.isnative and owner.flags.c_contiguous
        if root.block == 0 and self.outer is None and suits and owner.flags.aligned:
            root.block = self.slots
            self.slots += root.size // 8
        return root.block

    def element_slot(self, element: np.ndarray) -> int:
        """The slot of a 0-d view of a live buffer, or 0."""
        owner = owner_of(element)
        root = self.roots[id(owner)]
        block = self.block(root) if element.dtype == np.float64 else 0
        return block + (address_of(element) - root.low_for(owner)) // 8 if block else 0

    # operations

    def native(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """Do a primitive operation; through the outer level if there is one."""
        if self.outer is not None:
            return self.outer.call(function, *args, **kwargs)
        return function(*args, **kwargs)

    def apply(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """Call a function that has a rule, and record it if an argument is live."""
        if self.observer is not None:
            self.observer(function, [*args, *kwargs.values()], self.has_place)
        elif self.outer is None:
            out = direct.apply(self, function, args, kwargs)
            if out is not direct.NOTHING:
                return out
        rule = ruleset.lookup(function, len(args))
        if any(map(holds_objects, args)):
            return self.objects.apply(function, args, kwargs)
        out = self.native(function, args, kwargs)
        if rule is None or rule.form is Form.DEFINED:
            self.require_inactive(function, args, kwargs)
            return out
        if rule.form is Form.NONE or rule.form is Form.ZERO:
            return out
        if self.only_looks(out):
            return out  # at live arguments
        if isinstance(out, np.ndarray) and out.dtype.kind in "OV":
            if out.dtype.kind == "O":
                return self.with_objects(function, args, kwargs, out)
            if any(map(self.records.is_live, args)):
                return self.records.moved(function, args, kwargs, out)
        places = [self.place(arg) for arg in args]
        if kwargs:
            args, kwargs, places = self.by_position(rule, function, args, kwargs, places)
        for place in places:
            if place is not None:
                if isinstance(out, np.ndarray) and out.dtype.kind in "OV":
                    return self.with_objects(function, args, kwargs, out)
                if any(is_subclass_instance(part) for part in parts((*args, out), {})):
                    self.record_bare(rule, function, args, kwargs, out)
                else:
                    self.record(rule, function, args, kwargs, places, out)
                break
        return out

    def with_objects(self, function: Callable, args: tuple, kwargs: dict, out: Any) -> Any:
        """An array of objects, or of records, that was made of something live."""
        if out.dtype.names:
            raise self.records.refused(function)
        return self.objects.made(function, args, kwargs, out)

    def record_bare(
        self, rule: Rule, function: Callable, args: tuple, kwargs: dict, out: Any
    ) -> None:
        """Record a call that was given arrays of a subclass, as one of plain arrays."""
        kwargs = {name: value for name, value in kwargs.items() if name != "subok"}
        if not is_same_without_class(out, function, args, kwargs):
            raise MissingRule(
                f"`{name_of(function)}` was given a live array of a subclass of numpy.ndarray, "
                "and does with it what it does not do with a plain array",
                instead="convert it with numpy.asarray first",
            )
        args = tuple(bare(arg) for arg in args)
        self.record(rule, function, args, kwargs, [self.place(arg) for arg in args], bare(out))

    def require_inactive(self, function: Callable, args: tuple, kwargs: dict) -> None:
        if self.place([*args, *kwargs.values()]) is not None:
            raise missing_rule(function)

    def by_position(
        self, rule: Rule, function: Callable, args: tuple, kwargs: dict, places: list
    ) -> tuple[tuple, dict, list]:
        """Move live keyword arguments to their positions, where rules expect them."""
        if not any(self.place(value) is not None for value in kwargs.values()):
            return args, kwargs, places
        positions = entries.parameters(rule.vjp or rule.partials[0])
        kwargs = dict(kwargs)
        filled = list(args)
        for name, default in positions[len(args) :]:
            if not kwargs:
                break
            if name not in kwargs and default is entries.REQUIRED:
                raise missing_rule(function)
            filled.append(kwargs.pop(name, default))
        if any(self.place(value) is not None for value in kwargs.values()):
            raise missing_rule(function)
        return tuple(filled), kwargs, [self.place(arg) for arg in filled]

    def record(
        self, rule: Rule, function: Callable, args: tuple, kwargs: dict, places: list, out: Any
    ) -> None:
        are_numbers = type(out) in REALS and all(p is None or type(p) is int for p in places)
        is_simple = rule.form is Form.ELEMENTWISE and len(args) <= len(rule.partials)
        if are_numbers and self.outer is None and is_simple and not kwargs:
            partials = scalar_partials(rule.function, len(args))
            self.record_number(function, partials, args, places, out)
            return
        if is_simple and type(out) is float and any(map(np.iscomplexobj, args)):
            args = tuple(map(self.real_part, args))
            places = [self.place(arg) for arg in args]
        for place in places:
            if isinstance(place, np.ndarray) and type(place) is not np.ndarray:
                raise live_subclass(function)
        if not entries.is_covered(rule, args, kwargs):
            unknown = entries.unknown_keyword(rule, len(args), tuple(kwargs))
            raise missing_rule(function) if unknown is None else missing_keyword(function, unknown)
        kwargs = entries.read_by_formulas(rule, kwargs)
        if function is operator.pow and type(args[1]) is int and args[1] == 2 and not kwargs:
            rule, args, places = ruleset.lookup(np.square) or rule, args[:1], places[:1]
        if list in map(type, args):
            args = tuple([as_it_is(arg) for arg in args])
        active = activity(rule, tuple([place is not None for place in places]))
        read = self.operands_read(active, args)
        if function in DIVISIONS:
            args = tuple(map(entries.divisible, args))
        if rule.form is Form.ELEMENTWISE:
            args = tuple([entries.widened(arg) if type(arg) is not float else arg for arg in args])
        for index, arg in enumerate(args):
            if type(arg) is not float and (read is None or index in read):
                self.hold(arg)
        for arg in kwargs.values():
            self.hold(arg)
        is_read = read is None or len(args) in read
        if type(out) is np.ndarray and out.dtype.kind in "fc" and out.size:
            root = self.root(out)
            root.live = True
            if is_read:
                root.held = True
            root.known = OF_RESULT if root.owner is out and root.known == 0 else -1
            out_place: Place = root.place_of(out)
        else:
            out_place = self.enter(out)
            if is_read:
                self.hold(out)
        if out_place is None:
            if isinstance(out, np.ndarray) and out.dtype.kind == "O":
                raise inside_objects()
            if type(out).__module__ not in KNOWN_RESULTS:
                raise missing_rule(function)  # an object of native code, which keeps the value
            return
        entry = entries.Located if rule.may_refuse else entries.Applied
        self.event(entry(active, function, args, kwargs, places, out, out_place))

    def real_part(self, arg: Any) -> Any:
        """What C code makes of one of NumPy's complex numbers where it asks for a float."""
        is_lost = isinstance(arg, np.generic | np.ndarray) and np.iscomplexobj(arg)
        return self.apply(np.real, (arg,), {}) if is_lost else arg

    def operands_read(self, active: Activity, args: tuple) -> frozenset[int] | None:
        """The positions of the operands, and of the result, that a sweep reads; None for all."""
        rule = active.rule
        is_elementwise = rule.form is Form.ELEMENTWISE and rule.vjp is not None
        if is_elementwise and not rule.linear and any(map(np.iscomplexobj, args)):
            return None
        return active.read

    def record_number(
        self, function: Callable, partials: tuple, args: tuple, places: list, out: float
    ) -> None:
        plain = [float(a) if type(a) is np.float64 else entries.widened(a) for a in args]
        parents, values = [], []
        for place, partial in zip(places, partials, strict=False):
            if place is not None and partial is not None:
                parents.append(place)
                values.append(partial(*plain, float(out)))
                if values[-1] != values[-1] and math.isfinite(out):
                    raise undefined(function, args)
        if parents:
            self.number(tuple(parents), tuple(values), out)


DIVISIONS = frozenset({operator.truediv, np.divide})
KNOWN_RESULTS = frozenset({"builtins", "numpy"})


def as_it_is(arg: Any) -> Any:
    """A list as it is now, whatever the program does to it later."""
    return [as_it_is(item) for item in arg] if type(arg) is list else arg


def live_subclass(function: Callable) -> MissingRule:
    return MissingRule(
        f"`{name_of(function)}` was given a live array of a subclass of numpy.ndarray",
        instead="convert it with numpy.asarray first",
    )


def unfollowed(dtype: np.dtype) -> MissingRule:
    return MissingRule(
        f"a value that carries a derivative was made into an array of {dtype}, "
        "which cannot be followed here",
        instead="keep numbers in arrays of floats; use adjoint.stop_gradient if the derivative is "
        "not meant",
    )


def missing_rule(function: Callable) -> MissingRule:
    name = getattr(function, "__name__", None) or repr(function)
    return MissingRule(
        f"a value that carries a derivative reached `{name_of(function)}`, which has no rule",
        instead=f"give the derivative of the code around it with adjoint.custom_vjp, "
        f"or pass adjoint.stop_gradient(x) to `{name}` if it needs none",
    )


def missing_keyword(function: Callable, name: str) -> MissingRule:
    what = f"the keyword `{name}`" if name else "so many arguments"
    return MissingRule(
        f"the rule of `{name_of(function)}` does not know {what}",
        instead="write the call without it, or give the derivative of the code around it with "
        "adjoint.custom_vjp",
    )


def undefined(function: Callable, args: tuple) -> NonDifferentiable:
    given = ", ".join(f"{float(arg)!r}" for arg in args)
    return NonDifferentiable(
        f"`{name_of(function)}` has no derivative at ({given}) along an argument that carries one",
        instead="pass adjoint.stop_gradient of that argument if it needs none "
        "(an exponent: of a base that can be negative)",
    )


def holds_objects(arg: Any) -> bool:
    """True for an array of objects, and for a list of arrays with one among them."""
    kind = type(arg)
    if kind is list or kind is tuple:
        return bool(arg) and isinstance(arg[0], np.ndarray) and any(map(holds_objects, arg))
    return isinstance(arg, np.ndarray) and arg.dtype.hasobject


def inside_objects() -> MissingRule:
    return MissingRule(
        "a value that carries a derivative is inside an array of objects",
        instead="use an array of floating dtype, or a list",
    )


def name_of(function: Callable) -> str:
    name = getattr(function, "__qualname__", None) or repr(function)
    module = getattr(function, "__module__", None)
    return f"{module}.{name}" if isinstance(module, str) and module != "builtins" else name
