"""Calls of NumPy: functions with a rule, array methods, ufunc methods, conversions."""

import functools
import math
import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from adjoint.rules import ruleset
from adjoint.rules.methods import method_rule
from adjoint.rules.numpy import running
from adjoint.rules.numpy.ufunc_methods import PROGRAMS
from adjoint.rules.ruleset import Form
from adjoint.rules.scalars import scalar_partials
from adjoint.trace import direct, entries, records
from adjoint.trace.array_protocols import (
    NOBODY,
    UFUNC_OF,
    ArrayProtocols,
    bare,
    is_subclass_instance,
)
from adjoint.trace.memory import keeps_kind
from adjoint.trace.numpy_loops import NumpyLoops
from adjoint.trace.numpy_options import ACCUMULATING, NumpyOptions
from adjoint.trace.object_arrays import is_object
from adjoint.trace.plain_types import class_attribute, python_method
from adjoint.trace.reach import reachable
from adjoint.trace.recorder import REALS, missing_rule
from adjoint.trace.signatures import by_name, in_place, without_defaults


class NumpyCalls:
    """How one level calls NumPy."""

    def __init__(self, level: Any, calls: Any):
        self.level = level
        self.calls = calls
        self.recorder = level.recorder
        self.protocols = ArrayProtocols(calls)
        self.loops = NumpyLoops(level, calls)
        self.options = NumpyOptions(level, self)

    def table(self) -> dict[Any, Callable]:
        """The functions with a rule."""
        return (
            {np.copyto: self.copyto, np.putmask: self.putmask, np.place: self.place}
            | self.ruled_functions()
            | self.loops.table()
            | {
                function: functools.partial(self.each, function)
                for function in (np.atleast_1d, np.atleast_2d, np.atleast_3d)
            }
        )

    def ruled_functions(self) -> dict[Any, Callable]:
        return {function: self.handler(function) for function in ruleset.RULES}

    def handler(self, function: Callable) -> Callable:
        """What to call for a function with a rule."""
        of_math = getattr(function, "__module__", None) == "math"
        general = functools.partial(self.mathematical if of_math else self.call, function)
        if function in CHOOSING:
            return functools.partial(self.choose, function)
        if function is np.sign:
            general = functools.partial(self.step, general)
        if function in SIGNS:
            return functools.partial(self.sign, SIGNS[function], general)
        return self.of_numbers(function, general)

    def choose(self, function: Callable, *args: Any, **kwargs: Any) -> Any:
        """``np.argmin`` and the like: the choices of a search close in."""
        found = self.call(function, *args, **kwargs)
        if np.ndim(found) == 0 and self.recorder.place(args[0]) is not None:
            self.level.closing_in.choose(args[0])
        return found

    def sign(self, place: int, function: Callable, *args: Any, **kwargs: Any) -> Any:
        """``np.sign`` and the like: the signs that a search asks for are of what closes in."""
        if len(args) > place:
            self.level.closing_in.sign(args[place])
        return function(*args, **kwargs)

    def step(self, general: Callable, *args: Any, **kwargs: Any) -> Any:
        """``np.sign`` of a number has no derivative: it does not equal another by chance."""
        if len(args) == 1 and not kwargs and type(args[0]) in REALS:
            return self.recorder.native(np.sign, args, {})
        return general(*args, **kwargs)

    def of_numbers(self, function: Callable, general: Callable) -> Callable:
        """`general`, with a short way for one plain real number where the rule has one."""
        rule = ruleset.lookup(function, 1)
        is_simple = rule is not None and rule.form is Form.ELEMENTWISE
        if not is_simple or None in rule.partials or self.level.outer is not None:
            return general
        if len(rule.partials) == 2:
            return self.of_two_numbers(function, general)
        if len(rule.partials) != 1:
            return general
        recorder = self.recorder
        slot_of = recorder.live.get

        def short(*args: Any, **kwargs: Any) -> Any:
            if len(args) != 1 or kwargs or type(args[0]) not in REALS:
                return general(*args, **kwargs)
            (x,) = args
            slot = slot_of(id(x))
            if slot is None:
                return function(x)
            out = function(x)
            if type(out) not in REALS or out is x:
                return general(x)
            slope = scalar_partials(function, 1)[0](float(x), float(out))
            if slope - slope != 0.0:
                return general(x)
            recorder.number((slot,), (slope,), out)
            return out

        return short

    def of_two_numbers(self, function: Callable, general: Callable) -> Callable:
        """As `of_numbers`, for a function of two."""
        recorder = self.recorder
        slot_of = recorder.live.get

        def short(*args: Any, **kwargs: Any) -> Any:
            if len(args) != 2 or kwargs:
                return general(*args, **kwargs)
            x, y = args
            if type(x) not in REALS or type(y) not in REALS:
                return general(x, y)
            parents = slot_of(id(x), 0), slot_of(id(y), 0)
            out = function(x, y)
            if parents == (0, 0):
                return out
            if type(out) not in REALS or out is x or out is y:
                return general(x, y)
            plain = float(x), float(y), float(out)
            by_x, by_y = scalar_partials(function, 2)
            slopes = by_x(*plain) if parents[0] else 0.0, by_y(*plain) if parents[1] else 0.0
            total = slopes[0] + slopes[1]
            if total - total != 0.0:
                return general(x, y)
            recorder.number(parents, slopes, out)
            return out

        return short

    def each(self, function: Callable, *arys: Any) -> Any:
        """A function of one array that takes several, and gives a tuple then."""
        found = tuple(self.ruled(function, (array,), {}) for array in arys)
        return found[0] if len(found) == 1 else found

    def call(self, function: Callable, *args: Any, **kwargs: Any) -> Any:
        return self.ruled(function, args, kwargs)

    def mathematical(self, function: Callable, *args: Any, **kwargs: Any) -> Any:
        """A function of `math`: of numbers, or of iterables of numbers."""
        args = tuple(self.materialised(arg, function in OF_ITEMS) for arg in args)
        return self.recorder.apply(function, args, kwargs)

    def materialised(self, arg: Any, is_of_items: bool = False) -> Any:
        if type(arg) is float or isinstance(arg, int | np.generic | str):
            return arg
        method = None if is_of_items else python_method(type(arg), "__float__")
        if method is not None:
            return self.calls.call(method, arg)
        if not hasattr(arg, "__iter__") or (isinstance(arg, np.ndarray) and arg.ndim == 0):
            return arg
        return list(self.level.traversal.iterate(arg))

    # functions with a rule

    def ruled(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """A function with a rule; ``out=`` is a store, ``where=`` of a ufunc a store to a part."""
        recorder = self.recorder
        if self.level.texts.numbers:
            self.level.texts.check(args)
        elif recorder.outer is None and recorder.observer is None:
            out = direct.apply(recorder, function, args, kwargs)
            if out is not direct.NOTHING:
                return out
        if kwargs or any(type(arg) not in NEVER_HANDLING for arg in args):
            found = self.protocols.dispatch(function, args, kwargs)
            if found is not NOBODY:
                return found
        out = self.undispatched(function, args, kwargs)
        if type(out) is np.ndarray and out.dtype.kind in "SU":
            self.level.texts.note(args, " ".join(map(str, out.ravel().tolist())))
        return out

    def undispatched(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """The same, done by NumPy itself whatever the classes of the arguments."""
        if kwargs:
            args, kwargs = in_place(function, args, kwargs)
        if ruleset.lookup(function, len(args)) is None:
            python = python_source(function)
            if python is not None:
                return self.level.bind(python)(*args, **kwargs)
            return self.calls.unknown(function, args, kwargs)
        args = tuple([arg if type(arg) in PLAIN else self.as_array(arg) for arg in args])
        if isinstance(function, np.ufunc):
            if len(args) > function.nin:
                kwargs = {**kwargs, "out": args[function.nin :]}
                args = args[: function.nin]
        elif len(args) > 1:
            args, kwargs = by_name(function, args, kwargs)
        if kwargs:
            kwargs = without_defaults(function, ruleset.essential(kwargs))
            if isinstance(kwargs.get("out"), tuple) and kwargs["out"][0] is None:
                del kwargs["out"]
            if is_true(kwargs.get("where")):
                del kwargs["where"]
        if kwargs.get("out") is Ellipsis:  # NumPy's way to ask for an array, also of no dimension
            kwargs = {name: value for name, value in kwargs.items() if name != "out"}
            return self.calls.call(np.asarray, self.ruled(function, args, kwargs))
        if "dtype" in kwargs and function in ACCUMULATING:
            args = self.options.real_part(args, kwargs)
        if "out" in kwargs:
            return self.options.into(function, args, dict(kwargs))
        if isinstance(function, np.ufunc):
            if not PLAIN.issuperset(map(type, args)) and any(map(is_object, args)):
                return self.recorder.objects.apply(function, args, kwargs)
            if kwargs:
                return self.options.of_ufunc(function, args, kwargs)
        return self.applied(function, args, kwargs)

    def as_array(self, arg: Any) -> Any:
        """What NumPy takes an object for that has a method ``__array__`` in Python.

        An array of a subclass it takes for itself, without asking.
        """
        method = None if isinstance(arg, np.ndarray) else python_method(type(arg), "__array__")
        return arg if method is None else self.calls.call(method, arg)

    def from_sequence(self, arg: Any) -> Any:
        """The formulas of functions of each element are of arrays, not of lists."""
        is_sequence = type(arg) is list or type(arg) is tuple
        return self.calls.call(np.asarray, arg) if is_sequence else arg

    def applied(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """A call by its rule, or by a program in Python where the rule is not of this call."""
        rule = ruleset.lookup(function, len(args))
        if "order" in kwargs and self.recorder.records.is_live(args[0]):
            return self.recorder.apply(function, args, kwargs)
        is_ufunc = isinstance(function, np.ufunc)
        if rule is not None and (is_ufunc or rule.form is Form.ELEMENTWISE):
            args = tuple([self.from_sequence(arg) for arg in args])
        if rule is None or (rule.form is Form.ELEMENTWISE and not kwargs and rule.covers is None):
            return self.recorder.apply(function, args, kwargs)
        if rule.form is not Form.DEFINED and entries.is_covered(rule, args, kwargs):
            return self.recorder.apply(function, args, kwargs)
        is_defined = rule.form is not Form.DEFINED or entries.is_covered(rule, args, kwargs)
        program = (rule.definition if is_defined else None) or python_source(function)
        if program is None or not reachable(self.recorder, (args, kwargs)):
            return self.recorder.apply(function, args, kwargs)
        if program is function:
            return self.level.bind(function)(*args, **kwargs)
        return self.calls.call(program, *args, **kwargs)

    def store_where(self, target: np.ndarray, value: Any, where: Any) -> None:
        arrays = self.level.arrays
        if where is True:
            arrays.store(target, Ellipsis, value)
            return
        mask = np.broadcast_to(np.asarray(where, bool), target.shape)
        wide = self.calls.call(np.broadcast_to, value, target.shape)
        arrays.store(target, mask, arrays.load(wide, mask))

    def copyto(
        self, dst: np.ndarray, src: Any, casting: str = "same_kind", where: Any = True
    ) -> None:
        if isinstance(src, list | tuple):
            src = self.calls.call(np.asarray, src)
        if not np.can_cast(np.result_type(src), dst.dtype, casting):
            np.copyto(dst, src, casting)  # raises NumPy's own error
        if isinstance(where, np.ndarray) and where.dtype != bool:
            np.copyto(np.empty_like(dst), dst, where=where)  # the same
        self.store_where(dst, src, where)

    def putmask(self, a: np.ndarray, mask: Any, values: Any) -> None:
        if np.size(mask) != np.size(a) or not np.size(values):
            return np.putmask(a, mask, values)  # raises NumPy's own error, or does nothing
        if np.ndim(values) and np.shape(values) != a.shape:  # they repeat
            values = self.calls.call(np.resize, values, a.shape)
        return self.store_where(a, values, np.reshape(mask, np.shape(a)))

    def place(self, arr: np.ndarray, mask: Any, vals: Any) -> Any:
        """The elements of the mask take the values in turn, which repeat."""
        count = np.count_nonzero(mask)
        if not isinstance(arr, np.ndarray) or not count or not np.size(vals):
            return np.place(arr, mask, vals)  # does nothing, or raises what NumPy raises
        mask = np.reshape(np.asarray(mask, bool), arr.shape)
        values = self.calls.call(np.resize, vals, (count,))
        return self.level.arrays.store(arr, mask, values)

    # methods

    def array_method(self, name: str) -> Callable | None:
        """What is called for the method `name` of a plain array; None if that is not one call."""
        found = method_rule(name)
        if found is None or name in CONVERTING:
            return None
        return lambda owner, /, *args, **kwargs: self.ruled(found, (owner, *args), kwargs)

    def method(self, owner: Any, name: str, function: Any, args: tuple, kwargs: dict) -> Any:
        """A native method of an array or a NumPy number."""
        if name in STORING and isinstance(owner, np.ndarray):
            return getattr(self, name)(owner, *args, **kwargs)
        arrays = self.level.arrays
        if name in ("__array_ufunc__", "__array_function__"):
            return self.protocols.native(owner, name, args, kwargs)
        if name == "__getitem__" and isinstance(owner, np.ndarray):
            return arrays.load(owner, *args)
        if name == "__setitem__" and isinstance(owner, np.ndarray):
            return arrays.store(owner, args[0], args[1])
        if name in ("item", "tolist"):
            return self.to_python(owner, name, args)
        if name in ("__copy__", "__deepcopy__"):
            return self.copied(owner)
        if name == "__array_wrap__" and type(owner) is np.ndarray:
            return arrays.load(args[0], ()) if args[2:] == (True,) else args[0]
        if name == "copy" and not args:
            kwargs = {"order": "C", **kwargs}
        if name == "__array__":
            return self.calls.call(np.asarray, owner, *args[:1], **kwargs)
        if name == "view" and isinstance(owner, np.generic):
            call = self.calls.call
            view = call(np.ndarray.view, call(np.asarray, owner), *args, **kwargs)
            return view if is_subclass_instance(view) else arrays.load(view, ())
        found = method_rule(name)
        if found is not None and isinstance(class_attribute(type(owner), name), FunctionType):
            plain = self.ruled(found, (owner.view(np.ndarray), *args), kwargs)
            return plain.view(type(owner)) if isinstance(plain, np.ndarray) else plain
        if found is not None:
            is_asked = is_subclass_instance(owner)
            out = self.protocols.by_method(name, owner, args, kwargs) if is_asked else NOBODY
            if out is NOBODY:
                do = self.undispatched if is_asked else self.ruled
                out = do(found, (owner, *args), kwargs)
            if name == "astype" and takes_digits(owner, out):
                self.recorder.require_inactive(function, (owner,), {})
            return out
        symbol = OPERATOR_METHODS.get(name)
        if symbol is not None:
            given = args[:1] if args[1:] == (None,) else args  # ``pow`` takes a modulus
            operands = (*given, owner) if name.startswith("__r") else (owner, *given)
            if is_subclass_instance(owner):
                return self.operator_of_array(symbol, operands)
            return self.calls.call(symbol, *operands)
        symbol = IN_PLACE_METHODS.get(name)
        if symbol is not None and isinstance(owner, np.ndarray):
            return self.ruled(UFUNC_OF[symbol], (owner, *args), {"out": (owner,)})
        if name == "getfield" and records.is_field(owner, *args, **kwargs):
            return function(*args, **kwargs)
        if name in WITHOUT_DERIVATIVE or (name == "view" and keeps_kind(owner, args, kwargs)):
            return function(*args, **kwargs)
        return self.calls.unknown(function, args, kwargs)

    def operator_of_array(self, symbol: Callable, operands: tuple) -> Any:
        """What the operators of `numpy.ndarray` do: a ufunc, unless the other wants to do it."""
        if any(class_attribute(type(x), "__array_ufunc__") is None for x in operands):
            return NotImplemented
        return self.ruled(UFUNC_OF[symbol], operands, {})

    def to_python(self, owner: Any, name: str, args: tuple) -> Any:
        """``item`` and ``tolist``: Python numbers that keep the derivative."""
        load = self.level.arrays.load
        if type(owner) is np.void and owner.dtype.names is not None:
            found = self.recorder.records.fields(owner)
            return tuple([f if f.ndim else self.to_python(f, name, ()) for f in found])
        if isinstance(owner, np.generic):
            convert = complex if isinstance(owner, np.complexfloating) else float
            is_float = isinstance(owner, np.inexact)
            return self.calls.call(convert, owner) if is_float else owner.item()
        if owner.dtype.hasobject or not self.level.arrays.is_followed(owner):
            return getattr(owner, name)(*args)
        if name == "tolist":
            if owner.ndim == 0:
                return self.to_python(load(owner, ()), "item", ())
            return [self.to_python(load(owner, i), "tolist", ()) for i in range(len(owner))]
        if not args and owner.size != 1:
            return owner.item()  # raises what NumPy raises
        place = args[0] if len(args) == 1 else args or 0
        if not isinstance(place, tuple):
            place = np.unravel_index(range(owner.size)[place], owner.shape)
        return self.to_python(load(owner, tuple(int(i) for i in place)), "item", ())

    def copied(self, owner: Any) -> Any:
        """What `copy.copy` and `copy.deepcopy` make of an array, or a number."""
        if isinstance(owner, np.generic):
            return owner
        options = {"subok": True} if is_subclass_instance(owner) else {}
        return self.ruled(np.copy, (owner,), options)

    def fill(self, owner: np.ndarray, value: Any) -> None:
        self.level.arrays.store(owner, Ellipsis, value)

    def sort(self, owner: np.ndarray, axis: int = -1, **options: Any) -> None:
        ordered = self.calls.call(np.sort, bare(owner), axis, **options)
        self.level.arrays.store(owner, Ellipsis, ordered)

    def partition(self, owner: np.ndarray, kth: Any, axis: int = -1, **options: Any) -> None:
        order = np.argpartition(owner, kth, axis, **options)
        parted = self.calls.call(np.take_along_axis, bare(owner), order, axis)
        self.level.arrays.store(owner, Ellipsis, parted)

    def put(self, owner: np.ndarray, ind: Any, v: Any, mode: str = "raise") -> None:
        flat = owner.reshape(-1)
        if not np.shares_memory(flat, owner) or mode != "raise":
            return self.calls.unknown(owner.put, (ind, v, mode), {})
        ind = np.asarray(ind)
        values = self.calls.call(np.resize, v, ind.shape) if np.ndim(v) else v
        return self.level.arrays.store(flat, ind, values)

    def resize(self, owner: np.ndarray, *shape: Any, **options: Any) -> None:
        if self.level.arrays.is_followed(owner):
            raise missing_rule(owner.resize)
        owner.resize(*shape, **options)

    def setfield(self, owner: np.ndarray, val: Any, dtype: Any, offset: int = 0) -> None:
        if offset or np.dtype(dtype) != owner.dtype:
            return self.calls.unknown(owner.setfield, (val, dtype, offset), {})
        return self.level.arrays.store(owner, Ellipsis, val)

    # NumPy's own converter, which hands arrays on and puts their class back

    def converted(
        self, owner: Any, name: str, function: Callable, args: tuple, kwargs: dict
    ) -> Any:
        out = function(*args, **kwargs)
        is_number = name == "wrap" and isinstance(out, np.generic)
        return self.level.arrays.load(np.asarray(args[0]), ()) if is_number else out

    # methods of ufuncs

    def ufunc_method(self, owner: Any, name: str, function: Any, args: tuple, kwargs: dict) -> Any:
        if name == "__call__":
            return self.calls.call(owner, *args, **kwargs)
        done = self.protocols.by_ufunc(owner, name, args, kwargs)
        if done is not NOBODY:
            return done
        if self.level.outer is None and self.recorder.place([*args, *kwargs.values()]) is None:
            return self.level.arrays.preserving(function, args, kwargs)
        if name == "at" and owner in (np.add, np.subtract) and not kwargs:
            return self.level.arrays.accumulate_at(*args, sign=1.0 if owner is np.add else -1.0)
        if name == "at" and 2 <= len(args) == owner.nin + 1 and not kwargs:
            return self.loops.apply_at(owner, *args)
        if (found := UFUNC_METHODS.get((owner, name))) is not None:
            if kwargs.get("initial", 0) is None:
                kwargs = {name: value for name, value in kwargs.items() if name != "initial"}
            if name != "reduceat" and "axis" not in kwargs and len(args) == 1:
                kwargs = {**kwargs, "axis": 0}
            if found in (np.max, np.min):
                args, kwargs = self.options.of_extremum(args, kwargs)
            return self.ruled(found, args, kwargs)
        if name == "outer" and len(args) == 2:
            first, second = map(self.from_sequence, args)
            places = (..., *(None,) * np.ndim(second))
            first = first if not isinstance(first, np.ndarray) else first[places]
            return self.calls.call(owner, first, second, **kwargs)
        axis = kwargs.get("axis", args[1] if name != "reduceat" and len(args) > 1 else 0)
        if name in PROGRAMS and (name == "reduce" or isinstance(axis, int)):
            return self.options.by_program(PROGRAMS[name], owner, args, kwargs)
        return self.calls.unknown(function, args, kwargs)

    # numbers

    def number_method(self, owner: Any, name: str, function: Any, args: tuple, kwargs: dict) -> Any:
        symbol = OPERATOR_METHODS.get(name)
        if symbol is not None and args:
            if not isinstance(args[0], (int, float) if isinstance(owner, float) else NUMBERS):
                return function(*args, **kwargs)  # NotImplemented
            operands = (args[0], owner) if name.startswith("__r") else (owner, *args)
            return self.calls.call(symbol, *map(self.plain_number, operands))
        if name in UNARY:
            number = self.plain_number(owner)
            return number if name == "__pos__" else self.calls.call(UNARY[name], number, *args)
        if name == "conjugate":
            return self.conjugate(owner, function)
        if name in WITHOUT_DERIVATIVE:
            return function(*args, **kwargs)
        return self.calls.unknown(function, args, kwargs)

    def plain_number(self, number: Any) -> Any:
        """A number of a class of the program's as one of Python's own, with its derivative."""
        kind = next(base for base in NUMBERS if isinstance(number, base))
        if type(number) is kind or isinstance(number, np.generic) or kind is int:
            return number
        out = self.recorder.native(kind.__pos__, (number,), {})
        place = self.recorder.place(number)
        if place is not None:
            rule = ruleset.lookup(operator.pos)
            self.recorder.record(rule, operator.pos, (number,), {}, [place], out)
        return out

    def conjugate(self, owner: Any, function: Any) -> Any:
        """The conjugate of a Python number, of its own type."""
        if not isinstance(owner, complex):
            return owner
        out = self.recorder.native(function, (), {})
        place = self.recorder.place(owner)
        if place is not None:
            rule = ruleset.lookup(np.conjugate)
            self.recorder.record(rule, np.conjugate, (owner,), {}, [place], out)
        return out


def is_true(mask: Any) -> bool:
    """True for a mask that is one truth for all elements."""
    return mask is True or (
        isinstance(mask, np.bool_ | np.ndarray) and mask.shape == () and bool(mask)
    )


def takes_digits(numbers: Any, whole: Any) -> bool:
    """True for integers so large that they are the digits of the floating numbers they are from."""
    is_whole = isinstance(whole, np.ndarray) and whole.dtype.kind in "iu" and whole.size > 0
    return is_whole and numbers.dtype.kind == "f" and bool(np.max(np.abs(whole)) >= MANTISSA)


def python_source(function: Callable) -> FunctionType | None:
    """The Python function that `function` is, or that NumPy dispatches it to."""
    if type(function) is FunctionType:
        return function
    wrapped = getattr(function, "__wrapped__", None)
    return wrapped if type(wrapped) is FunctionType else None


MANTISSA = 2.0**40  # integers beyond it are the digits of a number, not a count
# Of which argument these functions hand on the sign.
SIGNS = {np.sign: 0, np.signbit: 0, np.heaviside: 0, np.copysign: 1, math.copysign: 1}
OF_ITEMS = frozenset({math.fsum, math.dist, math.prod, getattr(math, "sumprod", math.prod)})
CHOOSING = frozenset({np.argmin, np.argmax, np.nanargmin, np.nanargmax})
PLAIN = frozenset({np.ndarray, float, int, tuple, list, type(None), bool, str, np.float64})
NEVER_HANDLING = PLAIN - {list, tuple}
CONVERTING = frozenset({"item", "tolist", "copy"})
STORING = frozenset({"fill", "sort", "partition", "put", "resize", "setfield"})
ARITHMETIC = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"]
NUMBERS = (float, complex, int)
UNARY = {"__neg__": operator.neg, "__abs__": abs, "__pos__": operator.pos}
OPERATOR_METHODS = {
    **{f"__{name}__": getattr(operator, name) for name in ARITHMETIC},
    **{f"__r{name}__": getattr(operator, name) for name in ARITHMETIC},
    **{f"__{name}__": getattr(operator, name) for name in ["neg", "pos", "abs"]},
}
IN_PLACE_METHODS = {f"__i{name}__": getattr(operator, name) for name in ARITHMETIC}
UFUNC_METHODS = {
    (np.add, "reduce"): np.sum,
    (np.multiply, "reduce"): np.prod,
    (np.maximum, "reduce"): np.max,
    (np.minimum, "reduce"): np.min,
    (np.add, "accumulate"): np.cumsum,
    (np.multiply, "accumulate"): np.cumprod,
    (np.add, "reduceat"): running.stretch_sums,
    (np.multiply, "reduceat"): running.stretch_products,
    (np.maximum, "reduceat"): running.stretch_maxima,
    (np.minimum, "reduceat"): running.stretch_minima,
    (np.maximum, "accumulate"): running.running_maximum,
    (np.minimum, "accumulate"): running.running_minimum,
}
WITHOUT_DERIVATIVE = frozenset(
    [
        "to_device",  # the array itself
        "__len__",
        "__contains__",
        "__bool__",
        "__int__",
        "__index__",
        "__repr__",
        "__str__",
        "__format__",
        "__hash__",
        "__eq__",
        "__ne__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "setflags",
        "is_integer",
        "__array_finalize__",
        "__array_namespace__",
    ]
)
