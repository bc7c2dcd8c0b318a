"""Levels of differentiation: nested transforms of any order and kind."""

import enum
import math
import threading
from pathlib import Path

import numpy as np
import pytest

import adjoint
from adjoint import spaces, trace
from adjoint.trace import natives


def grad(function):
    def gradient(x):
        x = spaces.fresh(x) if not isinstance(x, np.ndarray) else x
        return trace.record(function, (x,), {}, [x]).pullback([1.0])[0]

    return gradient


def pushed(function):
    def derivative(x):
        x = spaces.fresh(x)
        return trace.record(function, (x,), {}, [x]).pushforward([1.0])[0]

    return derivative


def quartic(x):
    total = 0.0
    for i in range(3):
        total += x**i * math.sin(x)
    return total if total > 0 else -total


def in_arrays(x):
    y = np.zeros(3)
    y[0] = x * x
    y[1:] = y[0] * np.array([1.0, x])
    y *= y
    y[2] += math.exp(y[0])
    return float(np.sum(np.tanh(y)))


@pytest.mark.parametrize("function", [quartic, in_arrays], ids=["scalars", "arrays"])
@pytest.mark.parametrize("inner", [grad, pushed])
@pytest.mark.parametrize("outer", [grad, pushed])
def test_second_derivatives(function, inner, outer):
    first = inner(function)
    h = 1e-5
    numeric = (first(0.7 + h) - first(0.7 - h)) / (2 * h)
    assert outer(inner(function))(0.7) == pytest.approx(numeric, rel=1e-7)


def test_third_derivative():
    second = grad(grad(quartic))
    h = 1e-5
    numeric = (second(0.7 + h) - second(0.7 - h)) / (2 * h)
    assert grad(pushed(grad(quartic)))(0.7) == pytest.approx(numeric, rel=1e-7)
    assert grad(grad(grad(quartic)))(0.7) == pytest.approx(numeric, rel=1e-7)


def test_levels_are_not_confused():
    assert grad(lambda x: x * grad(lambda y: x + y)(2.0))(3.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(3.0) == 12.0
    assert grad(lambda x: x * pushed(lambda y: x * y)(1.0))(3.0) == 6.0


def test_a_pullback_recorded_outside_is_differentiated_inside():
    x = spaces.fresh(2.0)
    recording = trace.record(lambda x: x * x * x, (x,), {}, [x])
    assert grad(lambda ct: recording.pullback([ct])[0] ** 2)(3.0) == 2 * 3.0 * 12.0**2
    y = np.array([1.0, 2.0])
    arrays = trace.record(lambda y: y * y[::-1], (y,), {}, [y])
    found = grad(lambda ct: float(np.sum(arrays.pullback([ct])[0] ** 2)))(np.array([3.0, 1.0]))
    h, total = 1e-6, lambda c: np.sum(arrays.pullback([c])[0] ** 2)
    numeric = [
        (total(np.array([3.0, 1.0]) + h * e) - total(np.array([3.0, 1.0]) - h * e)) / (2 * h)
        for e in np.eye(2)
    ]
    np.testing.assert_allclose(found, numeric, rtol=1e-7)


def updated_in_place(y):
    z = y * 1.0
    z *= y
    z += 3.0
    return z


def stored_and_added(y):
    z = np.zeros(2)
    z[0] = y[1]
    z[1] = y[0] * y[1]
    np.add.at(z, [0, 0], y)
    return z * y


def powers_and_products(x):
    a = math.sin(x[0])
    return a * np.exp(a * x) * np.sqrt(x[[0, 0, 1]])[:2]


@pytest.mark.parametrize("program", [updated_in_place, stored_and_added, powers_and_products])
def test_writes_recorded_outside_are_differentiated_inside(program):
    y = np.array([1.0, 2.0])
    recording = trace.record(program, (y,), {}, [y])

    def total(ct):
        return float(np.sum(recording.pullback([ct])[0] ** 2))

    ct = np.array([3.0, 1.0])
    numeric = [(total(ct + h) - total(ct - h)) / 2e-6 for h in 1e-6 * np.eye(2)]
    np.testing.assert_allclose(grad(total)(ct), numeric, rtol=1e-7)


def test_tangents_by_two_pullbacks():
    """The pullback is linear, so its own pullback is the pushforward (J. Townsend, 2017)."""
    x, tangent = np.array([0.3, 0.7]), np.array([2.0, -1.0])
    _, pullback = adjoint.vjp(powers_and_products, x)
    _, again = adjoint.vjp(lambda ct: pullback(ct)[0], np.ones(2))
    expected = adjoint.jvp(powers_and_products, (x,), (tangent,))[1]
    np.testing.assert_allclose(again(tangent)[0], expected, rtol=1e-13)


OPAQUE = {  # what they do is seen by nobody
    "adjoint.solvers.regular",  # only refuses
    "adjoint.trace.checkpoints",  # whose sweep is refused where it is differentiated
}


def test_what_sweeps_and_solves_is_followed():
    modules = {
        f"adjoint.{path.parent.name}.{path.stem}": path.read_text("utf-8")
        for package in ("trace", "solvers")
        for path in (Path(adjoint.__file__).parent / package).glob("*.py")
    }
    sweeping = {
        name
        for name, text in modules.items()
        if ".solvers." in name or ("def backward(" in text and "def forward(" in text)
    }
    followed = {name for name in modules if not natives.is_opaque(name, "anything")}
    assert sweeping - followed - OPAQUE - {"adjoint.solvers.__init__"} == set()


def test_mutation_inside_an_inner_level():
    def inner(y, x):
        y[0] *= x
        y[1] += y[0] * y[0]
        return y[1] * x

    def outer(x):
        y = np.array([1.0, 2.0]) * x
        recording = trace.record(lambda y: inner(y, x), (y,), {}, [y])
        gradient = recording.pullback([1.0])[0]
        y[0] = y[0] * 3.0
        return gradient[0] * x + y[0] * y[1]

    h = 1e-6
    numeric = (outer(1.3 + h) - outer(1.3 - h)) / (2 * h)
    assert grad(outer)(1.3) == pytest.approx(numeric, rel=1e-7)


def test_hessian_of_an_array_function():
    def loss(x):
        return float(np.sum(np.sin(x) * x[::-1]) + x[0] * x[1] ** 2)

    def gradient(x):
        return trace.record(loss, (x,), {}, [x]).pullback([1.0])[0]

    x = np.array([0.3, -0.7, 1.1])
    recording = trace.record(gradient, (x,), {}, [x])
    h = 1e-6
    hessian = np.stack([recording.pushforward([e])[0] for e in np.eye(3)], axis=-1)
    rows = np.stack([recording.pullback([e])[0] for e in np.eye(3)])
    numeric = np.stack([(gradient(x + h * e) - gradient(x - h * e)) / (2 * h) for e in np.eye(3)])
    np.testing.assert_allclose(hessian, numeric, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(rows, hessian, rtol=1e-12)


def test_two_threads_record_at_once():
    found = {}

    def work(scale):
        def program(x):
            total = 0.0
            for i in range(2000):
                total += math.sin(x * scale + i)
            return total

        found[scale] = [grad(program)(0.5) for _ in range(3)]

    threads = [threading.Thread(target=work, args=(scale,)) for scale in (1.0, 2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for scale, values in found.items():
        expected = sum(scale * math.cos(0.5 * scale + i) for i in range(2000))
        assert values == pytest.approx([expected] * 3, rel=1e-10)


def test_a_level_is_used_again_after_an_exception():
    def failing(x):
        grad(lambda y: y * x)(2.0)
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            grad(failing)(1.0)
    assert grad(quartic)(0.7) == pytest.approx(pushed(quartic)(0.7), rel=1e-13)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_shapes_that_are_set_in_loops_that_converge():
    def limit(a):
        v = np.ones(2)
        while True:
            table = np.zeros(4)
            table.shape = (2, 2)
            new = 0.5 * (v + a / v) + table[0]
            if np.max(np.abs(new - v)) < 1e-12:
                return new[0]
            v = new

    assert adjoint.grad(limit)(2.0) == pytest.approx(0.5 * 2.0**-0.5, rel=1e-9)
    assert adjoint.grad(adjoint.grad(limit))(2.0) == pytest.approx(-0.25 * 2.0**-1.5, rel=1e-6)


class Metres(float):
    """A number whose operators call those of `float` by name."""

    def __add__(self, other):
        return Metres(float.__add__(self, other))

    def __mul__(self, other):
        return Metres(super().__mul__(other))

    def __rsub__(self, other):
        return Metres(float.__rsub__(self, other))

    def __pow__(self, exponent):
        return Metres(float.__pow__(self, exponent))

    def __neg__(self):
        return Metres(float.__neg__(self))


class Plain(float):
    pass


def counted_in_metres(x):
    return (-(Metres(x) ** 3) + Metres(x) * Metres(x) * x) * 1.0 + float(1.0 - Metres(x) * x)


def of_a_plain_subclass(x):
    return Plain(x) ** 3 + float(Plain(x * x)) * +Plain(x)


def by_the_methods_of_float(x):
    assert float.__mul__(Plain(x), 1j) is NotImplemented
    assert type(float.__mul__(Metres(x), Metres(x))) is float
    assert type(float.__pos__(Metres(x))) is float
    return float.__rtruediv__(Metres(x), 2) * float.__mul__(Metres(x), x) * float.__abs__(-Plain(x))


def member_of_an_enumeration(x):
    class Sizes(float, enum.Enum):
        SMALL = x
        LARGE = x * x

    return Sizes.SMALL * Sizes.LARGE + Sizes.LARGE.value * Sizes.SMALL.value


@pytest.mark.parametrize(
    ("f", "second"),
    [
        (counted_in_metres, lambda x: -2.0),
        (of_a_plain_subclass, lambda x: 12.0 * x),
        (by_the_methods_of_float, lambda x: 4.0),
        (member_of_an_enumeration, lambda x: 12.0 * x),
    ],
)
def test_second_derivatives_of_numbers_of_other_classes(f, second):
    assert adjoint.grad(adjoint.grad(f))(1.3) == pytest.approx(second(1.3), rel=1e-12)
    assert adjoint.hvp(f, (1.3,), (1.0,)) == pytest.approx(second(1.3), rel=1e-12)
    assert adjoint.grad(f)(1.3) == pytest.approx((f(1.3 + 1e-6) - f(1.3 - 1e-6)) / 2e-6, rel=1e-8)
