"""The checker of gradients, against derivatives that are wrong in known ways."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from adjoint.errors import CheckFailed, InvalidArgument
from adjoint.testing import check_grads, gradients
from adjoint.testing.verdict import InconclusiveCheck

MATRIX = np.array([[0.3, -1.2], [1.9, 0.4]])
SCALE = 1.7


def product(x, scale):
    return np.sin(x) * scale


def pushed(x, scale, dx, dscale):
    return np.cos(x) * dx * scale + np.sin(x) * dscale


def pulled(ct, x, scale):
    return ct * np.cos(x) * scale, float(np.sum(ct * np.sin(x)))


def transforms_of(jvp=pushed, vjp=pulled, value=product):
    """Hand-made transforms of `product` alone."""
    return SimpleNamespace(
        jvp=lambda f, primals, tangents: (value(*primals), jvp(*primals, *tangents)),
        vjp=lambda f, *args: (value(*args), lambda ct: vjp(ct, *args)),
    )


@pytest.fixture
def use(monkeypatch):
    return lambda **parts: monkeypatch.setattr(gradients, "transforms", transforms_of(**parts))


def test_right_derivatives_pass(use):
    use()
    check_grads(product, (MATRIX, SCALE))
    check_grads(product, (MATRIX, SCALE), modes=("reverse",))
    check_grads(product, (MATRIX, SCALE), modes=("forward",))


def in_place(ct, x, scale):
    result = pulled(ct.copy(), x, scale)
    ct *= 2.0
    return result


def accumulating():
    seen = []

    def pull(ct, x, scale):
        seen.append(0)
        return tuple(len(seen) * part for part in pulled(ct, x, scale))

    return pull


def first_times(factor):
    return lambda ct, x, scale: (factor * pulled(ct, x, scale)[0], pulled(ct, x, scale)[1])


WRONG_PULLBACKS = {
    "argument 0": first_times(1 + 1e-7),
    "2 times": first_times(2.0),
    "sign error": first_times(-1.0),
    "missing contribution": lambda ct, x, scale: (pulled(ct, x, scale)[0], 0.0),
    "forward mode gives": lambda ct, x, scale: (pulled(ct, x, scale)[0].T, pulled(ct, x, scale)[1]),
    "the cotangent given to the pullback": in_place,
    "not finite": first_times(np.inf),
    "called twice": accumulating(),
    "not linear": lambda ct, x, scale: pulled(ct * np.abs(ct), x, scale),
}


@pytest.mark.parametrize("mistake", WRONG_PULLBACKS)
def test_a_wrong_pullback_fails_and_says_how(use, mistake):
    use(vjp=WRONG_PULLBACKS[mistake])
    with pytest.raises(CheckFailed, match=mistake):
        check_grads(product, (MATRIX, SCALE))


@pytest.mark.parametrize("factor", [1 + 1e-7, 2.0, -1.0])
def test_wrong_in_both_modes_alike_fails(use, factor):
    use(
        jvp=lambda *args: factor * pushed(*args),
        vjp=lambda *args: tuple(factor * part for part in pulled(*args)),
    )
    with pytest.raises(CheckFailed, match="finite differences"):
        check_grads(product, (MATRIX, SCALE))


def test_a_wrong_tangent_fails_and_says_how(use):
    use(jvp=lambda *args: pushed(*args).T)
    with pytest.raises(CheckFailed, match="missing transpose"):
        check_grads(product, (MATRIX, SCALE))
    use(jvp=lambda *args: np.flip(pushed(*args), 0))
    with pytest.raises(CheckFailed, match="missing flip of axis 0"):
        check_grads(product, (MATRIX, SCALE))


def test_a_tangent_of_the_wrong_shape_fails(use):
    use(jvp=lambda *args: pushed(*args)[0])
    with pytest.raises(CheckFailed, match="shapes differ"):
        check_grads(product, (MATRIX, SCALE))


def test_a_value_changed_by_differentiation_fails(use):
    use(value=lambda x, scale: product(x, scale) + 1e-6)
    with pytest.raises(CheckFailed, match="the value"):
        check_grads(product, (MATRIX, SCALE))


def test_nan_fails(use):
    use(jvp=lambda *args: pushed(*args) * math.nan)
    with pytest.raises(CheckFailed, match="not finite"):
        check_grads(product, (MATRIX, SCALE))


def test_reverse_alone_is_checked_against_finite_differences(use):
    use(vjp=first_times(1.001))
    with pytest.raises(CheckFailed, match="finite differences"):
        check_grads(product, (MATRIX, SCALE), modes=("reverse",))


def test_argnums_choose(monkeypatch):
    half = SimpleNamespace(
        jvp=lambda f, primals, tangents: (f(*primals), np.cos(primals[0]) * SCALE * tangents[0]),
        vjp=lambda f, x: (f(x), lambda ct: (ct * np.cos(x) * SCALE,)),
    )
    monkeypatch.setattr(gradients, "transforms", half)
    check_grads(product, (MATRIX, SCALE), argnums=0)


def test_a_kink_is_inconclusive(monkeypatch):
    flat = SimpleNamespace(
        jvp=lambda f, primals, tangents: (abs(primals[0]), 0.0),
        vjp=lambda f, x: (abs(x), lambda ct: (0.0 * ct,)),
    )
    monkeypatch.setattr(gradients, "transforms", flat)
    with pytest.warns(InconclusiveCheck, match="kink"):
        check_grads(abs, (0.0,))


def test_a_compiled_derivative_that_differs_from_the_traced_one_fails(monkeypatch):
    """The compiled function's derivative is wrong where forward mode is not looked at."""

    def compiled(x):
        return np.sin(x)

    def plain(x):
        return np.sin(x)

    compiled.__wrapped__ = plain

    def vjp(f, x):
        factor = 1.0 if f is plain else 1.0 + 1e-8
        return np.sin(x), lambda ct: (factor * ct * np.cos(x),)

    def jvp(f, primals, tangents):
        return np.sin(primals[0]), (1.0 + 1e-8) * np.cos(primals[0]) * tangents[0]

    monkeypatch.setattr(gradients, "transforms", SimpleNamespace(vjp=vjp, jvp=jvp))
    monkeypatch.setattr(gradients, "as_jitted", lambda f: f if f is compiled else None)
    with pytest.raises(CheckFailed, match="traced"):
        check_grads(compiled, (MATRIX,), rtol=1e-6, modes=("reverse",))


def test_calls_without_meaning_are_refused(use):
    use()
    with pytest.raises(InvalidArgument, match="no float"):
        check_grads(product, (3, 4))
    with pytest.raises(InvalidArgument, match="modes"):
        check_grads(product, (MATRIX, SCALE), modes=("sideways",))


# With adjoint's own transforms.


def energy(position, mass):
    total = 0.0
    for coordinate in position:
        total += 0.5 * mass * math.sin(coordinate) ** 2
    return total


@pytest.mark.parametrize("order", [1, 2])
def test_scalar_code(order):
    check_grads(energy, ([0.3, 1.1, -0.4], 2.0), order=order)


@pytest.mark.parametrize("order", [1, 2])
def test_array_code(order):
    def f(a, b):
        return {"norm": np.sqrt(np.sum((a @ b) ** 2)), "mean": np.tanh(a).mean(axis=0)}

    rng = np.random.default_rng(2)
    check_grads(f, (rng.standard_normal((2, 3)), rng.standard_normal(3)), order=order)


def test_single_precision():
    x = np.array([0.3, 0.9], np.float32)
    check_grads(lambda x: np.sum(np.exp(x) * x), (x,))
