"""Ways to state a rule once and get both modes.

`linear`: the function is its own pushforward. `reduction`: one gradient array gives both modes.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.rules.ruleset import is_linear, jvp, vjp

SMALL = 1 << 13  # elements: NumPy makes an array of them sooner than a view of one number


def linear(*functions: Callable) -> Callable[[Callable], Callable]:
    """Decorator: the decorated transpose is the vjp of `functions`, linear in their first argument.

    The transpose is called as a vjp is and returns the cotangent of the first argument alone.
    """

    def decorator(transpose: Callable) -> Callable:
        for function in functions:
            jvp(function)(pushing_by(function))
        vjp(*functions)(returning_tuple(transpose))
        is_linear(*functions)
        return transpose

    return decorator


def pushing_by(function: Callable) -> Callable:
    def pushforward(tangents, out, first, *args, **kwargs):
        if tangents[0] is None:  # only an argument without influence moves
            return np.zeros(np.shape(out))
        return function(tangents[0], *args, **kwargs)

    return pushforward


def returning_tuple(transpose: Callable) -> Callable:
    def pullback(*args, **kwargs):
        return (transpose(*args, **kwargs),)

    pullback.__wrapped__ = transpose  # inspect.signature shows the parameters of the transpose
    return pullback


def reduction(*functions: Callable) -> Callable[[Callable], Callable]:
    """Decorator: ``gradient(out, a, **kwargs)`` is the derivative of a sum-like reduction of `a`.

    `out` comes with the reduced axes kept, so that it broadcasts against `a`; the gradient has
    the shape of `a`. For complex `a` it is the direction of steepest ascent.
    """

    def decorator(gradient: Callable) -> Callable:
        def pullback(ct, out, a, axis=None, **kwargs):
            ct, out = (with_axes(each, a, axis) for each in (ct, out))
            by_element = gradient(out, np.asarray(a), axis=axis, **kwargs)
            return (inner_cotangent(ct, by_element),)

        def pushforward(tangents, out, a, axis=None, **kwargs):
            kept = with_axes(out, a, axis)
            weights = gradient(kept, np.asarray(a), axis=axis, **kwargs)
            products = inner_products(weights, np.asarray(tangents[0]))
            return np.reshape(np.sum(products, axis=axis), np.shape(out))

        pullback.__signature__ = signature_of_pullback(gradient)
        vjp(*functions)(pullback)
        jvp(*functions)(pushforward)
        return gradient

    return decorator


def signature_of_pullback(gradient: Callable) -> inspect.Signature:
    """``(ct, out, a, axis=None, *, ...)`` with the keywords of `gradient`."""
    out, a, axis, *keywords = inspect.signature(gradient).parameters.values()
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    ct = inspect.Parameter("ct", positional)
    return inspect.Signature([ct, out, a, axis.replace(kind=positional), *keywords])


def inner_cotangent(ct: Any, gradient: Any) -> Any:
    """``ct gradient``; a reduction with a complex gradient is real, whatever its dtype."""
    return (np.real(ct) if np.iscomplexobj(gradient) else ct) * gradient


def inner_products(gradient: Any, tangent: Any) -> Any:
    """Re(conj(gradient) tangent), element by element."""
    if np.iscomplexobj(gradient):
        return np.real(np.conj(gradient) * tangent)
    unbounded = (gradient == 0) & ~np.isfinite(tangent)  # elsewhere a zero may be moving
    return np.where(unbounded, 0.0, gradient * tangent)


def spread_over(reduced: Any, a: Any, axis: Any = None) -> Any:
    """`reduced`, which is `a` reduced over `axis`, as an array of the shape of `a`.

    The axes may have been kept or not: that shows in the number of dimensions.
    """
    shape = a.shape if type(a) is np.ndarray else np.shape(a)
    if np.ndim(reduced) == 0:
        is_small = math.prod(shape) < SMALL
        return np.full(shape, reduced) if is_small else np.broadcast_to(reduced, shape)
    return np.broadcast_to(with_axes(reduced, a, axis), shape)


def with_axes(reduced: Any, a: Any, axis: Any = None) -> Any:
    """`reduced`, which is `a` reduced over `axis`, with the axes kept."""
    shape = np.shape(a)
    if np.ndim(reduced) == len(shape):
        return reduced
    kept = list(shape)
    for position in axes_of(axis, len(shape)):
        kept[position] = 1
    return np.reshape(reduced, kept)


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """`axis` of a reduction as non-negative positions; None means all."""
    if axis is None:
        return tuple(range(ndim))
    listed = axis if isinstance(axis, tuple) else (axis,)
    return tuple(position % ndim for position in listed) if ndim else ()


def count_over(a: Any, axis: Any = None, where: Any = True) -> Any:
    """How many elements are reduced into one; with a mask an array, whose axes are kept."""
    shape = np.shape(a)
    if where is not True:
        return np.sum(np.broadcast_to(where, shape), axis=axis, keepdims=True)
    count = 1
    for position in axes_of(axis, len(shape)):
        count *= shape[position]
    return count


def conjugated(x: Any) -> Any:
    """The complex conjugate, without a copy of what is real."""
    is_complex = x.dtype.kind == "c" if type(x) is np.ndarray else np.iscomplexobj(x)
    return np.conj(x) if is_complex else x
