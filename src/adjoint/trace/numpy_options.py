"""Keywords of NumPy's functions that say where results go, which are computed, and of what type."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.rules.ruleset import essential

# They compute in the type of the memory that their result goes to, if that is the wider.
ACCUMULATING = frozenset({np.sum, np.prod, np.cumsum, np.cumprod})
SHAPING = frozenset({"dtype", "order", "casting", "subok"})


class NumpyOptions:
    """How one level calls a function with a rule that is given such keywords."""

    def __init__(self, level: Any, numpy: Any):
        self.level = level
        self.numpy = numpy

    def of_ufunc(self, function: np.ufunc, args: tuple, kwargs: dict) -> Any:
        """A ufunc with keywords other than ``out=``."""
        if not all(map(is_plain, args)):
            return self.numpy.applied(function, args, kwargs)
        if "where" in kwargs:
            return self.of_part(function, args, kwargs)
        is_of_elements = function.signature is None or "order" not in kwargs
        if kwargs.keys() <= SHAPING and is_of_elements:
            return self.of_type(function, args, **kwargs)
        return self.numpy.applied(function, args, kwargs)

    def of_type(
        self, function: np.ufunc, args: tuple, dtype: Any = None, order: str = "K", **options: Any
    ) -> Any:
        """A ufunc computes in the type `dtype`: as if its arguments were converted before."""
        given = options if dtype is None else {**options, "dtype": dtype}
        wanted = self.level.recorder.native(function, args, {**given, "order": order})
        call = self.numpy.calls.call
        if dtype is not None:
            kinds = function.resolve_dtypes(
                (*map(kind_of, args), *(None,) * function.nout),
                signature=(*(None,) * function.nin, *(dtype,) * function.nout),
                casting=options.get("casting", "same_kind"),
            )
            args = tuple(map(self.converted, args, kinds))
        found = self.numpy.applied(function, args, {})
        if isinstance(wanted, np.ndarray) and wanted.flags.fnc and not found.flags.fnc:
            return call(np.asfortranarray, found)
        return found

    def converted(self, arg: Any, kind: np.dtype) -> Any:
        call = self.numpy.calls.call
        return call(np.ndarray.astype, call(np.asarray, arg), kind)

    def of_part(self, function: np.ufunc, args: tuple, kwargs: dict) -> Any:
        """``ufunc(..., where=mask)``: the other elements are what the memory holds by chance."""
        target = self.level.recorder.native(function, args, kwargs)
        if not isinstance(target, np.ndarray) or function.nout > 1:
            return self.numpy.applied(function, args, kwargs)
        self.into_part(function, args, kwargs, target)
        return target

    def into(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """``function(..., out=target)``: the call, then a store."""
        out = kwargs.pop("out")
        targets = out if isinstance(out, tuple) else (out,)
        if len(targets) > 1:
            return self.into_several(function, args, kwargs, targets)
        target = targets[0]
        if "where" in kwargs and isinstance(function, np.ufunc):
            self.into_part(function, args, kwargs, target)
            return target
        if function in ACCUMULATING and isinstance(target, np.ndarray):
            kwargs = {"dtype": np.result_type(kind_of(args[0]), target.dtype), **kwargs}
        is_ufunc = isinstance(function, np.ufunc) and bool(kwargs)
        apply = self.of_ufunc if is_ufunc else self.numpy.applied
        result = apply(function, args, kwargs)
        if not is_taken(result, target, kwargs):
            function(*args, **kwargs, out=np.array(target))  # raises NumPy's own error, if it does
        self.level.arrays.store(target, Ellipsis, result)
        return target

    def real_part(self, args: tuple, kwargs: dict) -> tuple:
        """The arguments of a reduction that computes complex numbers as real ones."""
        first = args[0]
        is_complex = isinstance(first, np.ndarray) and first.dtype.kind == "c"
        if not is_complex or np.dtype(kwargs["dtype"]).kind == "c":
            return args
        return (self.converted(first, kwargs["dtype"]), *args[1:])

    def of_extremum(self, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        """The arguments of ``np.maximum.reduce`` as ``np.max`` wants them: it has no `dtype`."""
        names = ("dtype", "out", "keepdims", "initial", "where")
        kwargs = {**kwargs, **dict(zip(names, args[2:], strict=False))}
        dtype = kwargs.pop("dtype", None)
        first = args[0] if dtype is None else self.converted(args[0], dtype)
        return (first, *args[1:2]), kwargs

    def by_program(self, program: Callable, ufunc: np.ufunc, args: tuple, kwargs: dict) -> Any:
        """A method of a ufunc by a program, which leaves type and memory of the result to this."""
        given = inspect.signature(program).bind(ufunc, *args, **essential(kwargs)).arguments
        out, dtype = given.pop("out", None), given.pop("dtype", None)
        if dtype is not None:
            given["array"] = self.converted(given["array"], dtype)
        result = self.numpy.calls.call(program, **given)
        target = out[0] if isinstance(out, tuple) else out
        if target is None:
            return result
        self.level.arrays.store(target, Ellipsis, result)
        return target

    def into_several(self, function: Callable, args: tuple, kwargs: dict, targets: tuple) -> Any:
        """A ufunc of several results, each stored where there is an array for it."""
        if kwargs.keys() == {"where"} and all(type(t) is np.ndarray for t in targets):
            return self.into_parts(function, args, kwargs["where"], targets)
        if kwargs or not all(t is None or type(t) is np.ndarray for t in targets):
            return self.numpy.calls.unknown(function, args, {**kwargs, "out": targets})
        results = self.numpy.applied(function, args, {})
        for target, result in zip(targets, results, strict=True):
            if target is not None:
                self.level.arrays.store(target, Ellipsis, result)
        pairs = zip(targets, results, strict=True)
        return tuple(result if target is None else target for target, result in pairs)

    def into_parts(self, function: np.ufunc, args: tuple, where: Any, targets: tuple) -> tuple:
        """The same with a mask: only its elements are computed and stored."""
        function(*args, where=where, out=tuple(map(np.array, targets)))  # raises NumPy's own error
        shape = np.broadcast_shapes(*map(np.shape, args), *map(np.shape, targets))
        mask = np.broadcast_to(where, shape)
        wide = [self.numpy.calls.call(np.broadcast_to, arg, shape) for arg in args]
        parts = tuple(self.level.arrays.load(arg, mask) for arg in wide)
        results = self.numpy.applied(function, parts, {})
        for target, result in zip(targets, results, strict=True):
            self.level.arrays.store(target, mask, result)
        return targets

    def into_part(self, function: Callable, args: tuple, kwargs: dict, target: Any) -> None:
        """``ufunc(..., out=target, where=mask)``: only the elements of the mask are computed."""
        options = {name: value for name, value in kwargs.items() if name != "where"}
        where = kwargs["where"]
        if isinstance(where, np.ndarray | np.generic) and where.dtype != bool:
            function(*args, **kwargs, out=target)  # raises NumPy's own error
        mask = np.broadcast_to(np.asarray(where, bool), target.shape)
        load, call = self.level.arrays.load, self.numpy.calls.call
        wide = [call(np.broadcast_to, arg, target.shape) for arg in args]
        parts = tuple(load(arg, mask) for arg in wide)
        apply = self.of_ufunc if options else self.numpy.applied
        result = apply(function, parts, options)
        if not is_taken(result, target, kwargs):
            function(*args, **kwargs, out=np.array(target))  # the same
        self.level.arrays.store(target, mask, result)


def is_taken(result: Any, target: np.ndarray, kwargs: dict) -> bool:
    """True if a ufunc, given these keywords, stores such a result in `target`."""
    return np.can_cast(np.result_type(result), target.dtype, kwargs.get("casting", "same_kind"))


def kind_of(arg: Any) -> Any:
    """As `ufunc.resolve_dtypes` wants it: Python numbers have no precision of their own."""
    return type(arg) if type(arg) in (int, float, complex) else np.asarray(arg).dtype


def is_plain(arg: Any) -> bool:
    return type(arg) is np.ndarray or not isinstance(arg, np.ndarray)
