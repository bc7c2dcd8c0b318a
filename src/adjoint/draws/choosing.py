"""Draws that choose: what is chosen keeps its derivative, the choice itself has none."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adjoint import trace
from adjoint.errors import NonDifferentiable


def require_constant(name: str, *parameters: Any) -> None:
    """Raise if the probabilities of a choice carry a derivative."""
    if any(trace.reaches_live(parameter) for parameter in parameters if parameter is not None):
        raise NonDifferentiable(
            f"`{name}` draws from a discrete set: its result is a step function of its parameters, "
            "so its derivative is zero almost everywhere and says nothing about the mean",
            instead="sum over the outcomes with their probabilities, multiply the loss by the "
            "probability of the outcome divided by adjoint.stop_gradient of it (the score "
            "function), or pass adjoint.stop_gradient of the parameters",
        )


def choices(
    self: random.Random,
    population: Sequence,
    weights: Any = None,
    *,
    cum_weights: Any = None,
    k: int = 1,
) -> list:
    require_constant("random.choices", weights, cum_weights)
    places = trace.unrecorded(
        self.choices, range(len(population)), weights, cum_weights=cum_weights, k=k
    )
    return [population[place] for place in places]


def binomialvariate(self: random.Random, n: int = 1, p: float = 0.5) -> int:
    require_constant("random.binomialvariate", p)
    return trace.unrecorded(self.binomialvariate, n, p)


def choice(
    source: Any,
    a: Any,
    size: Any = None,
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    **options: Any,
) -> Any:
    require_constant("numpy.random.choice", p)
    count = np.shape(a)[axis]
    places = trace.unrecorded(source.choice, count, size, replace, p, **options)
    return np.take(np.asarray(a), places, axis=axis)


def permutation(source: Any, x: Any, axis: int = 0) -> Any:
    x = np.asarray(x)
    return np.take(x, trace.unrecorded(order_of, source.permutation, x, axis), axis=axis)


def order_of(permute: Callable, x: np.ndarray, axis: int) -> np.ndarray:
    """Where the slices of `x` along an axis come from."""
    count = x.shape[axis]
    shape = [1] * x.ndim
    shape[axis] = count
    labels = np.broadcast_to(np.arange(count, dtype=float).reshape(shape), x.shape)
    options = {} if axis == 0 else {"axis": axis}
    moved = permute(labels.astype(x.dtype), **options)
    first = tuple(slice(None) if place == axis else 0 for place in range(x.ndim))
    return np.real(moved[first]).astype(int)


def shuffle(source: Any, x: Any, axis: int = 0) -> None:
    if not isinstance(x, np.ndarray):
        places = trace.unrecorded(shuffled_places, source, len(x))
        x[:] = [x[place] for place in places]
        return
    x[...] = np.take(x, trace.unrecorded(shuffled_order, source, x, axis), axis=axis)


def shuffled_places(source: Any, count: int) -> list:
    places = list(range(count))
    source.shuffle(places)
    return places


def shuffled_order(source: Any, x: np.ndarray, axis: int) -> np.ndarray:
    def permute(labels: np.ndarray, **options: Any) -> np.ndarray:
        source.shuffle(labels, **options)
        return labels

    return order_of(permute, x, axis)


def permuted(source: Any, x: Any, *, axis: Any = None, out: Any = None) -> Any:
    x = np.asarray(x)
    places = trace.unrecorded(permuted_places, source, x, axis)
    found = np.reshape(np.reshape(x, (-1,))[places], np.shape(x))
    if out is None:
        return found
    out[...] = found
    return out


def permuted_places(source: Any, x: np.ndarray, axis: Any) -> np.ndarray:
    labels = np.arange(x.size, dtype=float).reshape(x.shape)
    return source.permuted(labels, axis=axis).astype(int).reshape(-1)


CHOOSING = {
    "choice": choice,
    "permutation": permutation,
    "shuffle": shuffle,
    "permuted": permuted,
}
