"""Derivatives the user gives: `custom_vjp`, `custom_jvp`, `stop_gradient`.

A given derivative serves both modes: what the user did not give is computed from what they gave,
by sweeping a basis, which is exact.
"""

import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.derivative import Differentiable
from adjoint.errors import InvalidArgument, StructureMismatch
from adjoint.rules import ruleset


class Custom(Differentiable):
    """A function whose derivative the user states; base of both kinds."""

    def __init__(self, f: Callable):
        functools.update_wrapper(self, f)
        self.function = f

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def besides(self, args: tuple, kwargs: dict) -> list | None:
        """The functions given, for what they close over."""
        return [f for f in vars(self).values() if isinstance(f, FunctionType) and f.__closure__]

    def positional(self, args: tuple, kwargs: dict) -> tuple:
        """The arguments of a call, all by position and with defaults filled in."""
        if not kwargs and len(args) == len(positional_parameters(self.function)):
            return args
        bound = inspect.signature(self.function).bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise InvalidArgument(
                f"`{self.__name__}` has keyword-only arguments, which a custom derivative "
                "cannot name",
                instead="make them positional",
            )
        return bound.args

    def __get__(self, instance: Any, owner: type | None = None) -> Callable:
        return self if instance is None else functools.partial(self, instance)


class custom_vjp(Custom):
    """A function with a reverse-mode derivative of your own.

    After ``f.defvjp(forward, backward)``: ``forward(*args)`` returns ``(output, residuals)`` and
    ``backward(residuals, cotangent)`` returns a tuple with one cotangent per argument (None for
    an argument without one). Forward mode is derived from it.

    Examples
    --------
    >>> import adjoint as ad, math
    >>> @ad.custom_vjp
    ... def log1pexp(x):
    ...     return math.log1p(math.exp(x))
    >>> def forward(x):
    ...     return log1pexp(x), x
    >>> def backward(x, ct):
    ...     return (ct * (1.0 - 1.0 / (1.0 + math.exp(x))),)
    >>> log1pexp.defvjp(forward, backward)
    >>> ad.grad(log1pexp)(0.0)
    0.5
    """

    def __init__(self, f: Callable):
        super().__init__(f)
        self.given_forward: Callable = absent
        self.given_backward: Callable = absent

    def defvjp(self, forward: Callable, backward: Callable) -> None:
        """State the derivative; see the class."""
        self.given_forward, self.given_backward = forward, backward

    def forward(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        if self.given_backward is absent:
            raise InvalidArgument(
                f"`{self.__name__}` is a custom_vjp without a derivative",
                instead=f"call {self.__name__}.defvjp(forward, backward) after defining it",
            )
        args = self.positional(args, kwargs)
        result = self.given_forward(*args)
        if not (isinstance(result, tuple) and len(result) == 2):
            raise StructureMismatch(
                f"the forward function of `{self.__name__}` must return (output, residuals)",
                instead="return a pair",
            )
        out, residuals = result
        return out, (residuals, args, out)

    def backward(self, residuals: Any, cotangent: Any) -> tuple:
        given, args, _ = residuals
        cotangents = self.given_backward(given, cotangent)
        if not isinstance(cotangents, tuple) or len(cotangents) != len(args):
            count = len(cotangents) if isinstance(cotangents, tuple) else "not a tuple, but one"
            raise StructureMismatch(
                f"the backward function of `{self.__name__}` returned {count} cotangent(s) "
                f"for {len(args)} argument(s)",
                instead="return a tuple with one cotangent per argument, None where there is none",
            )
        for position, (found, arg) in enumerate(zip(cotangents, args, strict=True)):
            if is_spread(found, arg):
                raise StructureMismatch(
                    f"the backward function of `{self.__name__}` returned a cotangent of shape "
                    f"{np.shape(found)} for argument {position}, whose shape is {np.shape(arg)}",
                    instead="return a cotangent of the argument's shape",
                )
        return cotangents

    def tangent(self, residuals: Any, tangents: tuple) -> Any:
        """By a basis of the output's space: one pullback per number in the output."""
        out = residuals[2]

        def along(seed: Any) -> Any:
            cotangents = self.backward(residuals, seed)
            return sum_of_products(cotangents, tangents)

        return assembled(along, out)


def is_spread(cotangent: Any, arg: Any) -> bool:
    """True for a number or array that would have to be repeated to be the cotangent of an array.

    One that has more axes is summed, as that of an argument that was broadcast; zero is zero.
    """
    if not isinstance(arg, np.ndarray) or not isinstance(
        cotangent, float | np.generic | np.ndarray
    ):
        return False
    if cotangent.__class__ is np.ndarray and cotangent.shape == arg.shape:
        return False
    shape = np.shape(cotangent)
    fits = len(shape) >= arg.ndim and all(
        n in (m, 1) for m, n in zip(shape[::-1], arg.shape[::-1], strict=False)
    )
    return not fits and bool(np.any(cotangent))


class custom_jvp(Custom):
    """A function with a forward-mode derivative of your own.

    After ``f.defjvp(rule)``: ``rule(primals, tangents)`` returns ``(output, output_tangent)`` and
    is linear in the tangents. Reverse mode is derived from it.

    Examples
    --------
    >>> import adjoint as ad, math
    >>> @ad.custom_jvp
    ... def half_power(x):
    ...     return math.sqrt(x)
    >>> half_power.defjvp(lambda primals, tangents: (
    ...     math.sqrt(primals[0]), 0.5 / math.sqrt(primals[0]) * tangents[0]))
    >>> ad.grad(half_power)(4.0)
    0.25
    """

    def __init__(self, f: Callable):
        super().__init__(f)
        self.given_tangent: Callable = absent

    def defjvp(self, rule: Callable) -> None:
        """State the derivative; see the class."""
        self.given_tangent = rule

    def forward(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        if self.given_tangent is absent:
            raise InvalidArgument(
                f"`{self.__name__}` is a custom_jvp without a derivative",
                instead=f"call {self.__name__}.defjvp(rule) after defining it",
            )
        args = self.positional(args, kwargs)
        return self.function(*args), args

    def tangent(self, residuals: Any, tangents: tuple) -> Any:
        filled = tuple(
            spaces.zeros(arg) if tangent is None else tangent
            for arg, tangent in zip(residuals, tangents, strict=True)
        )
        return self.given_tangent(residuals, filled)[1]

    def backward(self, residuals: Any, cotangent: Any) -> tuple:
        """By a basis of the arguments' spaces: one tangent per number in the arguments."""

        def along(position: int) -> Callable:
            def slope(unit: Any) -> Any:
                tangents = [None] * len(residuals)
                tangents[position] = unit
                return sum_of_products((cotangent,), (self.tangent(residuals, tuple(tangents)),))

            return slope

        return tuple(
            assembled(along(position), argument) for position, argument in enumerate(residuals)
        )


def absent(*args: Any) -> Any:
    """Stands for a derivative that was not given."""
    raise AssertionError("asked for before `forward` has refused")


def stop_gradient(x: Any) -> Any:
    """`x` as a constant: the same value, with no derivative.

    >>> import adjoint as ad
    >>> ad.grad(lambda x: x * ad.stop_gradient(x))(3.0)
    3.0
    """
    return spaces.tree_map(constant, x)


ruleset.zero(stop_gradient)


def constant(leaf: Any) -> Any:
    """An equal object that no table of live values knows."""
    if isinstance(leaf, np.ndarray):
        return leaf.copy()
    return spaces.fresh(leaf) if isinstance(leaf, spaces.SCALARS) else leaf


def positional_parameters(function: Callable) -> list[str]:
    code = getattr(function, "__code__", None)
    return list(code.co_varnames[: code.co_argcount]) if code and not code.co_flags & 0x0C else []


def assembled(along: Callable, tree: Any) -> Any:
    """The vector of a tree's space whose component in each basis direction e is ``along(e)``."""
    leaves, structure = spaces.flatten(tree)
    parts: list = [None] * len(leaves)
    for place, leaf in enumerate(leaves):
        if not spaces.is_differentiable(leaf):
            continue
        components = []
        for unit in spaces.basis(leaf):
            seeds = [spaces.zero_like(other) for other in leaves]
            seeds[place] = unit
            components.append(along(structure.rebuild(seeds)))
        parts[place] = combined(components, leaf)
    return structure.rebuild(parts)


def combined(components: list, leaf: Any) -> Any:
    """The vector with these components in the basis of `spaces.basis`."""
    half = np.size(leaf)
    if len(components) > half:
        components = [
            re + 1j * im for re, im in zip(components[:half], components[half:], strict=True)
        ]
    if not isinstance(leaf, np.ndarray):
        return components[0]
    return np.reshape(np.stack(components), leaf.shape) if components else np.zeros(leaf.shape)


def sum_of_products(left: tuple, right: tuple) -> Any:
    """The real inner product of two tuples of trees; None counts as zero."""
    total = 0.0
    for a, b in zip(left, right, strict=True):
        if a is None or b is None:
            continue
        for u, v in zip(spaces.flatten(a)[0], spaces.flatten(b)[0], strict=True):
            if u is None or v is None:
                continue
            product = np.conj(u) * v if np.iscomplexobj(u) or np.iscomplexobj(v) else u * v
            total = total + (np.sum(product) if np.ndim(product) else product)
    return np.real(total) if np.iscomplexobj(total) else total
