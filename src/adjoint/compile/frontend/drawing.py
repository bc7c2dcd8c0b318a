"""The methods of `numpy.random.Generator`, as noise from its stream and a formula of it.

Each gives NumPy's numbers, bit for bit; the derivative to location, scale and shape is that of the
formula with the noise held, as in `adjoint.draws`.
"""

from collections.abc import Callable
from inspect import signature

import numpy as np

from adjoint.compile import draws
from adjoint.compile.draws import (
    BOUNDED,
    GUMBEL,
    INTERVAL,
    LAPLACE,
    LOGISTIC,
    STANDARD_EXPONENTIAL,
    STANDARD_NORMAL,
    STANDARD_UNIFORM,
    Draw,
)
from adjoint.compile.frontend import arrays
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import GeneratorValue, Value, is_atom
from adjoint.compile.ir.nodes import Atom, Const

WAY_OUT = "draw it outside and pass it, or drop jit on this function"


def drawn(draw, formula, like, size):
    """One number, or an array of a size or of the shape of the parameters."""
    if size is not None:
        noise = filled(draw, size)
        found = formula(noise)
        if np.shape(found) != np.shape(noise):
            raise ValueError("Output size is not compatible with broadcast dimensions of inputs")
        return found
    if np.ndim(like) == 0:
        return float(formula(draw()))
    return formula(filled(draw, np.shape(like)))


def filled(draw, size):
    out = np.empty(size)
    if np.ndim(out) == 1:
        for i in range(len(out)):
            out[i] = draw()
        return out
    flat = np.empty(out.size)
    for i in range(len(flat)):
        flat[i] = draw()
    return flat.reshape(np.shape(out))


def require_positive(value, text):
    if (value < 0) if np.ndim(value) == 0 else np.any(value < 0):
        raise ValueError(text)


def standard_normal(rng, size=None):
    return drawn(lambda: STANDARD_NORMAL(rng), lambda z: z, 0.0, size)


def standard_exponential(rng, size=None):
    return drawn(lambda: STANDARD_EXPONENTIAL(rng), lambda z: z, 0.0, size)


def random(rng, size=None):
    return drawn(lambda: STANDARD_UNIFORM(rng), lambda z: z, 0.0, size)


def normal(rng, loc=0, scale=1, size=None):
    require_positive(scale, "scale < 0")
    return drawn(lambda: STANDARD_NORMAL(rng), lambda z: loc + scale * z, loc + scale, size)


def lognormal(rng, mean=0, sigma=1, size=None):
    require_positive(sigma, "sigma < 0")
    return drawn(
        lambda: STANDARD_NORMAL(rng), lambda z: np.exp(mean + sigma * z), mean + sigma, size
    )


def laplace(rng, loc=0, scale=1, size=None):
    require_positive(scale, "scale < 0")
    return drawn(lambda: LAPLACE(rng), lambda z: loc + scale * z, loc + scale, size)


def logistic(rng, loc=0, scale=1, size=None):
    require_positive(scale, "scale < 0")
    return drawn(lambda: LOGISTIC(rng), lambda z: loc + scale * z, loc + scale, size)


def gumbel(rng, loc=0, scale=1, size=None):
    require_positive(scale, "scale < 0")
    return drawn(lambda: GUMBEL(rng), lambda z: loc + scale * z, loc + scale, size)


def uniform(rng, low=0, high=1, size=None):
    require_positive(high - low, "high - low < 0")
    return drawn(lambda: STANDARD_UNIFORM(rng), lambda u: low + (high - low) * u, low + high, size)


def exponential(rng, scale=1, size=None):
    require_positive(scale, "scale < 0")
    return drawn(lambda: STANDARD_EXPONENTIAL(rng), lambda z: scale * z, scale, size)


def rayleigh(rng, scale=1, size=None):
    require_positive(scale, "scale < 0")
    return drawn(lambda: STANDARD_EXPONENTIAL(rng), lambda z: scale * np.sqrt(2.0 * z), scale, size)


def weibull(rng, a, size=None):
    require_positive(a, "a < 0")
    return drawn(lambda: STANDARD_EXPONENTIAL(rng), lambda z: z ** (1.0 / a), a, size)


def pareto(rng, a, size=None):
    require_positive(a, "a <= 0")
    return drawn(lambda: STANDARD_EXPONENTIAL(rng), lambda z: np.expm1(z / a), a, size)


def power(rng, a, size=None):
    require_positive(a, "a <= 0")
    return drawn(lambda: STANDARD_EXPONENTIAL(rng), lambda z: (-np.expm1(-z)) ** (1.0 / a), a, size)


def integers(rng, low, high=None, size=None, *, endpoint=False):
    first = 0 if high is None else low
    last = (low if high is None else high) - (0 if endpoint else 1)
    if last < first:
        raise ValueError("low > high" if endpoint else "low >= high")
    if size is None:
        return BOUNDED(rng, first, last - first)
    out = np.zeros(size, dtype=np.int64)
    flat = np.zeros(out.size, dtype=np.int64)
    for i in range(len(flat)):
        flat[i] = BOUNDED(rng, first, last - first)
    return flat.reshape(np.shape(out))


def triangular(rng, left, mode, right, size=None):
    require_positive(mode - left, "left > mode")
    require_positive(right - mode, "mode > right")
    base = right - left

    def formula(u):
        below = left + np.sqrt(u * ((mode - left) * base))
        above = right - np.sqrt((1.0 - u) * ((right - mode) * base))
        return np.where(u <= (mode - left) / base, below, above)

    return drawn(lambda: STANDARD_UNIFORM(rng), formula, left + mode + right, size)


def mixed(rng, count):
    """The places of a shuffled vector (R. Durstenfeld, Comm. ACM 7, 1964)."""
    places = np.arange(count)
    for back in range(count - 1):
        i = count - 1 - back
        j = INTERVAL(rng, i)
        here = places[i]
        places[i] = places[j]
        places[j] = here
    return places


def permutation(rng, x):
    return mixed(rng, x) if np.ndim(x) == 0 else x[mixed(rng, len(x))]


def shuffle(rng, x):
    x[...] = x[mixed(rng, len(x))]


def choice(rng, a, size=None):
    count = a if np.ndim(a) == 0 else len(a)
    if count == 0:
        raise ValueError("a cannot be empty unless no samples are taken")
    picked = integers(rng, 0, count, size)
    return picked if np.ndim(a) == 0 else np.take(a, picked, axis=0)


METHODS: dict[str, Callable] = {
    method.__name__: method
    for method in (
        *(standard_normal, standard_exponential, random, normal, lognormal, laplace, logistic),
        *(gumbel, uniform, exponential, rayleigh, weibull, pareto, power, integers),
        *(triangular, permutation, shuffle, choice),
    )
}


def draw(lower: Lowerer, rng: GeneratorValue, name: str, args: list, keywords: dict) -> Value:
    """``rng.name(*args, **keywords)``."""
    method = METHODS.get(name)
    if method is None:
        raise lower.refuse(f"`{name}` of a generator of random numbers", instead=WAY_OUT)
    try:
        signature(method).bind(rng, *args, **keywords)
    except TypeError:
        raise lower.refuse(
            f"`{name}` of a generator cannot be compiled with these arguments", instead=WAY_OUT
        ) from None
    atoms = [a for a in [*args, *keywords.values()] if is_atom(a)]
    if any(a.type.is_single or a.type.is_complex for a in atoms):
        raise lower.refuse(
            f"`{name}` with parameters of single precision or complex ones", instead=WAY_OUT
        )
    return lower.inline(lower, method, [rng, *args], keywords)


def next_of(operation: Draw) -> Callable:
    """The handler of a draw in the functions above."""

    def handler(lower: Lowerer, rng: Value, *args: Atom) -> Atom:
        assert isinstance(rng, GeneratorValue)
        if not draws.is_available(operation):
            raise lower.refuse("draws from this build of NumPy", instead=WAY_OUT)
        found = lower.emit(operation, rng.state, *args)
        last = found if found.type.dtype == "float" else lower.emit(float, found)
        arrays.store(lower, rng.state, Const(1), last)
        return found

    return handler


DRAWS: dict[Draw, Callable] = {
    operation: next_of(operation)
    for operation in (
        *(STANDARD_NORMAL, STANDARD_UNIFORM, STANDARD_EXPONENTIAL),
        *(LAPLACE, LOGISTIC, GUMBEL, BOUNDED, INTERVAL),
    )
}
