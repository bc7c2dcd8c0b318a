"""Draws of `numpy.random` as functions of their parameters, with the noise held.

The table says, for each distribution, which method draws its noise from the same state of the
generator, and how the draw follows from noise and parameters. What follows is compared with what
NumPy drew; a difference is an error, never a wrong derivative. A draw without such a noise is a
quantile at a level that is held (`levels`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from adjoint import trace
from adjoint.draws import levels
from adjoint.draws.choosing import CHOOSING, require_constant
from adjoint.errors import MissingRule
from adjoint.solvers.solution import held, with_derivative_of

DISCRETE = frozenset(
    [
        "binomial",
        "geometric",
        "hypergeometric",
        "integers",
        "logseries",
        "multinomial",
        "multivariate_hypergeometric",
        "negative_binomial",
        "poisson",
        "randint",
        "random_integers",
        "zipf",
    ]
)


@dataclass(frozen=True)
class Path:
    """A distribution whose draw is ``formula(noise, *parameters)``.

    `noise` is a method and its arguments before the size, which may be names of parameters; where
    it is None, the draw itself is what the formula is given.
    """

    parameters: dict[str, Any]
    noise: tuple | None
    formula: Callable


REQUIRED = object()


def triangle(u: Any, left: Any, mode: Any, right: Any) -> Any:
    base = right - left
    rising = left + np.sqrt(u * (mode - left) * base)
    falling = right - np.sqrt((1.0 - u) * (right - mode) * base)
    return np.where(u <= (mode - left) / base, rising, falling)


LOC_SCALE = {"loc": 0.0, "scale": 1.0}
PATHS = {
    "normal": Path(LOC_SCALE, ("standard_normal",), lambda z, loc, scale: loc + scale * z),
    "laplace": Path(LOC_SCALE, ("laplace", 0.0, 1.0), lambda z, loc, scale: loc + scale * z),
    "logistic": Path(LOC_SCALE, ("logistic", 0.0, 1.0), lambda z, loc, scale: loc + scale * z),
    "gumbel": Path(LOC_SCALE, ("gumbel", 0.0, 1.0), lambda z, loc, scale: loc + scale * z),
    "uniform": Path(
        {"low": 0.0, "high": 1.0},
        ("uniform", 0.0, 1.0),
        lambda u, low, high: low + (high - low) * u,
    ),
    "exponential": Path({"scale": 1.0}, ("standard_exponential",), lambda z, scale: scale * z),
    "rayleigh": Path({"scale": 1.0}, ("rayleigh", 1.0), lambda z, scale: scale * z),
    "lognormal": Path(
        {"mean": 0.0, "sigma": 1.0},
        ("standard_normal",),
        lambda z, mean, sigma: np.exp(mean + sigma * z),
    ),
    "weibull": Path({"a": REQUIRED}, ("standard_exponential",), lambda z, a: z ** (1.0 / a)),
    "pareto": Path({"a": REQUIRED}, ("standard_exponential",), lambda z, a: np.expm1(z / a)),
    "power": Path(
        {"a": REQUIRED}, ("standard_exponential",), lambda z, a: (-np.expm1(-z)) ** (1.0 / a)
    ),
    "triangular": Path(
        {"left": REQUIRED, "mode": REQUIRED, "right": REQUIRED}, ("uniform", 0.0, 1.0), triangle
    ),
    "gamma": Path(
        {"shape": REQUIRED, "scale": 1.0},
        ("standard_gamma", "shape"),
        lambda z, shape, scale: scale * levels.gamma(z, shape),
    ),
    "standard_gamma": Path({"shape": REQUIRED}, None, levels.gamma),
    "chisquare": Path({"df": REQUIRED}, None, levels.chi_square),
    "beta": Path({"a": REQUIRED, "b": REQUIRED}, None, levels.beta),
    "standard_t": Path({"df": REQUIRED}, None, levels.student),
    "f": Path({"dfnum": REQUIRED, "dfden": REQUIRED}, None, levels.f_ratio),
    "wald": Path({"mean": REQUIRED, "scale": REQUIRED}, None, levels.inverse_gaussian),
    "noncentral_chisquare": Path(
        {"df": REQUIRED, "nonc": REQUIRED}, None, levels.noncentral_chi_square
    ),
    "noncentral_f": Path(
        {"dfnum": REQUIRED, "dfden": REQUIRED, "nonc": REQUIRED}, None, levels.noncentral_f
    ),
}


def drawn(source: Any, name: str, args: tuple, kwargs: dict) -> Any:
    """``source.name(*args, **kwargs)`` of a generator, where an argument is live."""
    if name in CHOOSING:
        return CHOOSING[name](source, *args, **kwargs)
    if name in DISCRETE:
        require_constant(f"numpy.random.{name}", args, list(kwargs.values()))
    if name in OTHERS:
        return OTHERS[name](source, *args, **kwargs)
    if name not in PATHS:
        raise unknown_path(name)
    path = PATHS[name]
    given = named(path, name, args, kwargs)
    parameters = {key: value for key, value in given.items() if key != "size"}
    if path.noise is None:
        value = noise = trace.unrecorded(getattr(source, name), **given)
    else:
        method, *shapes = path.noise
        shapes = [parameters[each] if isinstance(each, str) else each for each in shapes]
        value, noise = trace.unrecorded(sampled, source, name, given, method, shapes)
    arrays = [np.asarray(each) if np.ndim(each) else each for each in parameters.values()]
    return attached(name, value, path.formula(noise, *arrays))


def named(path: Path, name: str, args: tuple, kwargs: dict) -> dict:
    """The arguments by name, defaults filled in."""
    names = [*path.parameters, "size"]
    given = {**path.parameters, **dict(zip(names, args, strict=False)), **kwargs}
    if len(args) > len(names) or any(key not in names for key in given):
        raise unknown_path(name)
    return {key: value for key, value in given.items() if value is not REQUIRED}


def sampled(source: Any, name: str, given: dict, method: str, shapes: list) -> tuple:
    """The draw, and its noise, drawn from the same state of the generator."""
    before = state_of(source)
    value = getattr(source, name)(**given)
    after = state_of(source)
    set_state(source, before)
    size = np.shape(value) if isinstance(value, np.ndarray) else None
    if name == "dirichlet" and method == "beta":
        size = (*size[:-1], size[-1] - 1)
    noise = getattr(source, method)(*shapes, size=size)
    set_state(source, after)
    return value, noise


def state_of(source: Any) -> dict:
    if hasattr(source, "bit_generator"):
        return source.bit_generator.state
    return source.get_state(legacy=False)


def set_state(source: Any, state: dict) -> None:
    if hasattr(source, "bit_generator"):
        source.bit_generator.state = state
    else:
        source.set_state(state)


def attached(name: str, value: Any, recorded: Any) -> Any:
    """What was drawn, with the derivative of `recorded`."""
    if not np.allclose(held(recorded), held(value), rtol=1e-6, atol=1e-9, equal_nan=True):
        raise unknown_path(name)
    found = with_derivative_of(value, recorded)
    return float(found) if type(value) is float else found


def von_mises(source: Any, mu: Any, kappa: Any, size: Any = None) -> Any:
    """An angle from `mu`, within half a turn; the draw is one that wraps around."""
    value = trace.unrecorded(source.vonmises, mu, kappa, size)
    moved = mu - held(mu)
    if trace.is_live(kappa):
        angle = np.remainder(held(value - mu) + np.pi, 2.0 * np.pi) - np.pi
        turned = levels.von_mises(angle, kappa)
        moved = moved + (turned - held(turned))
    return with_derivative_of(value, value + moved)


def dirichlet(source: Any, alpha: Any, size: Any = None) -> Any:
    """Shares of draws of the gamma distribution; of small shapes, a stick that is broken."""
    alpha = np.asarray(alpha)
    given = {"alpha": alpha, "size": size}
    if hasattr(source, "bit_generator") and np.max(alpha) < LEAST_SHAPE:
        rest = np.cumsum(alpha[::-1])[::-1][1:]
        args = [alpha[:-1], rest]
        value, noise = trace.unrecorded(sampled, source, "dirichlet", given, "beta", args)
        parts = levels.beta(noise, *args)
        ends = np.ones((*np.shape(parts)[:-1], 1))
        left = np.concatenate([ends, np.cumprod(1.0 - parts, axis=-1)], axis=-1)
        return attached("dirichlet", value, np.concatenate([parts, ends], axis=-1) * left)
    value, noise = trace.unrecorded(sampled, source, "dirichlet", given, "standard_gamma", [alpha])
    parts = levels.gamma(noise, alpha)
    return attached("dirichlet", value, parts / np.sum(parts, axis=-1, keepdims=True))


LEAST_SHAPE = 0.1  # if none is larger, `Generator.dirichlet` breaks a stick


def many_normal(
    source: Any,
    mean: Any,
    cov: Any,
    size: Any = None,
    check_valid: str = "warn",
    tol: float = 1e-8,
    *,
    method: str | None = None,
) -> Any:
    """A vector of normal numbers: standard ones times a factor of the covariance."""
    mean, cov = np.asarray(mean), np.asarray(cov)
    given = {"mean": mean, "cov": cov, "size": size, "check_valid": check_valid, "tol": tol}
    if method is not None:
        given["method"] = method
    value, noise = trace.unrecorded(
        sampled, source, "multivariate_normal", given, "standard_normal", []
    )
    if not trace.is_live(cov):
        return value + (mean - held(mean))
    return attached("multivariate_normal", value, mean + np.matmul(noise, factor(cov, method)))


def factor(cov: Any, method: str | None) -> Any:
    """What NumPy multiplies standard normal numbers with."""
    if method == "cholesky":
        return np.linalg.cholesky(cov).T
    if method == "eigh":
        squares, vectors = np.linalg.eigh(cov)
        return (vectors * np.sqrt(squares)).T
    _, squares, right = np.linalg.svd(cov)
    return np.reshape(np.sqrt(squares), (-1, 1)) * right


OTHERS = {"vonmises": von_mises, "dirichlet": dirichlet, "multivariate_normal": many_normal}


def unknown_path(name: str) -> MissingRule:
    return MissingRule(
        f"the derivative of `numpy.random.{name}` with respect to these parameters is not known",
        instead="draw noise that does not depend on them and transform it, multiply the loss by "
        "the density divided by adjoint.stop_gradient of it (the score function), or pass "
        "adjoint.stop_gradient of the parameters",
    )
