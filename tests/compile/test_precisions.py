"""Compiled code of float32: values, dtypes and derivatives are NumPy's and the traced tier's."""

import math

import numpy as np
import pytest
from test_written import ROWS as WRITTEN_ROWS

import adjoint as ad
from adjoint import errors
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import Jitted, pulled_back, pushed, selected

X = np.array([0.3, 0.62, 0.81, 0.44], np.float32)
MATRIX = np.array([[0.3, 0.62], [0.81, 0.44], [0.1, 0.9]], np.float32)
DOUBLES = np.array([1.5, -0.5, 2.0, 0.25])
INTS = np.array([1, 2, 3, 4])
ROUNDED = np.float32(0.7)
EXACT = np.float64(0.7)
CLOSE = {"rtol": 3e-4, "atol": 3e-5}
SHARE = 3  # of so many uses of NumPy one is differentiated in forward mode too


def random_like(value, rng):
    """A cotangent or tangent of the dtype of `value`."""
    drawn = np.asarray(rng.standard_normal(np.shape(value)))
    if np.iscomplexobj(value):
        drawn = drawn + 1j * rng.standard_normal(np.shape(value))
    drawn = drawn.astype(np.asarray(value).dtype)
    return drawn if drawn.ndim else drawn[()] if drawn.dtype == np.float32 else drawn.item()


def dtype_of(value):
    return np.asarray(value).dtype


def compare(function, x, close, rng, *, forwards=True):
    """What the compiler makes of a function, run by the interpreter of its representation."""
    call = Jitted(function).call((x.copy() if isinstance(x, np.ndarray) else x,), {})
    value, pullback = ad.vjp(function, x)
    seed = random_like(value, rng)
    (expected,) = pullback(seed)
    chosen = selected(call, (0,))
    out, found = run(pulled_back(call.program, chosen), *call.arguments, seed)
    np.testing.assert_allclose(out, value, **close)
    np.testing.assert_allclose(found, expected, **close)
    assert dtype_of(out) == dtype_of(value)
    assert dtype_of(found) == dtype_of(x)
    if forwards:
        direction = random_like(x, rng)
        _, tangent = ad.jvp(function, (x,), (direction,))
        _, dot = run(pushed(call.program, chosen), *call.arguments, direction)
        np.testing.assert_allclose(dot, tangent, **close)
        assert dtype_of(dot) == dtype_of(value)


@pytest.mark.parametrize("number", range(len(WRITTEN_ROWS)))
def test_uses_of_numpy_are_right_or_refused(number, rng):
    _, function, x = WRITTEN_ROWS[number]
    with np.errstate(all="ignore"):
        try:
            compare(function, x.astype(np.float32), CLOSE, rng, forwards=number % SHARE == 0)
        except (errors.UnsupportedSyntax, errors.UnsupportedType):
            return


def test_most_uses_of_numpy_are_compiled():
    def is_compiled(function, x):
        try:
            Jitted(function).call((x.astype(np.float32),), {})
        except errors.AdjointError:
            return False
        return True

    compiled = sum(is_compiled(function, x) for _, function, x in WRITTEN_ROWS)
    assert compiled > 0.9 * len(WRITTEN_ROWS)


ELEMENTWISE = [
    *(np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh),
    *(np.arcsinh, np.arctanh, np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p),
    *(np.sqrt, np.cbrt, np.square, np.reciprocal, np.absolute, np.fabs, np.sign, np.negative),
    *(np.deg2rad, np.rad2deg, np.floor, np.ceil, np.trunc, np.rint, np.sinc),
]
OF_TWO = [
    *(np.add, np.subtract, np.multiply, np.divide, np.power, np.arctan2, np.hypot, np.maximum),
    *(np.minimum, np.fmax, np.fmin, np.copysign, np.logaddexp, np.logaddexp2, np.fmod),
    *(np.floor_divide, np.remainder),
]


@pytest.mark.parametrize("function", ELEMENTWISE, ids=lambda f: f.__name__)
def test_elementwise_functions(function, rng):
    compare(lambda x: function(x) * x, X, CLOSE, rng)
    compare(lambda x: function(x[1]) * x[0], X, CLOSE, rng)


@pytest.mark.parametrize("function", OF_TWO, ids=lambda f: f.__name__)
def test_functions_of_two(function, rng):
    compare(lambda x: function(x, x[::-1]), X, CLOSE, rng)
    compare(lambda x: function(x, 0.5) + function(0.5, x), X, CLOSE, rng)
    compare(lambda x: function(x[1], x[0]), X, CLOSE, rng)


def test_machine_code_of_elementwise_functions():
    """All in one program, so that it is compiled once."""

    def everything(x):
        total = x[0] * 0.0
        for function in FUNCTIONS:
            total = total + np.sum(function(x)) + function(x[1])
        for function in PAIRS:
            total = total + np.sum(function(x, x[::-1])) * function(x[0], x[1])
        return total

    value = ad.jit(everything)(X)
    np.testing.assert_allclose(value, everything(X), **CLOSE)
    assert type(value) is np.float32


FUNCTIONS, PAIRS = tuple(ELEMENTWISE), tuple(OF_TWO)


def check_in_machine_code(function, *args):
    compiled = ad.jit(function)
    expected, value = function(*args), compiled(*args)
    np.testing.assert_allclose(value, expected, **CLOSE)
    assert dtype_of(value) == dtype_of(expected)
    slopes, found = ad.grad(function)(*args), ad.grad(compiled)(*args)
    np.testing.assert_allclose(found, slopes, **CLOSE)
    assert dtype_of(found) == dtype_of(slopes) == dtype_of(args[0])


MEETINGS = {
    "python-float": lambda x, a: x * a + 0.5,
    "python-int": lambda x, a: x * 3 - 2 / x + x**2 + x**3 + 2**x,
    "numpy-float": lambda x, a: x * EXACT,
    "made-numpy": lambda x, a: x * np.float64(a),
    "sqrt-of-python": lambda x, a: x * np.sqrt(2.0),
    "sqrt-of-variable": lambda x, a: x * np.sqrt(a),
    "math": lambda x, a: x * math.sqrt(a),
    "math-of-single": lambda x, a: x * math.sin(x[0]),
    "captured-single": lambda x, a: x * ROUNDED + ROUNDED,
    "float-of": lambda x, a: x[0] * float(x[1]) + x[2],
    "single-of": lambda x, a: np.float32(a) * x,
    "doubles": lambda x, a: x * DOUBLES,
    "item-of-doubles": lambda x, a: x * DOUBLES[1],
    "sum-of-doubles": lambda x, a: x * np.sum(DOUBLES),
    "ints": lambda x, a: x * INTS,
    "item-of-ints": lambda x, a: x * INTS[1],
    "length": lambda x, a: x / len(x) + x.size + x.shape[0],
    "bools": lambda x, a: x * (x > 0.5),
    "where": lambda x, a: np.where(x > 0.5, x, 0.0) + np.where(x > a, 1.0, x),
    "where-of-numbers": lambda x, a: np.where(x, 1.0, 0.5) * x[0],
    "absolute": lambda x, a: abs(x - 0.5) * 2,
    "where-of-doubles": lambda x, a: np.where(x > 0.5, x, DOUBLES),
    "mean": lambda x, a: x - np.mean(x) + np.std(x) * np.var(x),
    "max": lambda x, a: max(x[0], x[1]) * np.maximum(x, 0.5) + np.clip(x, 0.4, 0.6),
    "list": lambda x, a: np.array([x[0], x[1] * x[2]]) * 2,
    "list-of-both": lambda x, a: np.array([x[0], a]),
    "zeros": lambda x, a: np.zeros(4, np.float32) + x,
    "zeros-of-doubles": lambda x, a: np.zeros(4) + x,
    "like": lambda x, a: np.zeros_like(x) + np.ones_like(x) * x,
    "joined": lambda x, a: np.concatenate((x, x * x)),
    "joined-with-doubles": lambda x, a: np.concatenate((x, DOUBLES)),
    "product": lambda x, a: x @ x + np.dot(x, x),
    "product-with-doubles": lambda x, a: x @ DOUBLES,
    "outer": lambda x, a: np.outer(x, x) @ x,
    "widened": lambda x, a: x.astype(np.float64) * 2.0,
    "narrowed": lambda x, a: (x * DOUBLES).astype(np.float32),
    "norm": lambda x, a: x / np.linalg.norm(x),
    "sums": lambda x, a: np.sum(x) + np.sum(np.outer(x, x), axis=0),
    "sum-as-doubles": lambda x, a: np.sum(x, dtype=np.float64),
    "compared": lambda x, a: x if x[0] > a else x * 2,
}


@pytest.mark.parametrize("name", MEETINGS)
def test_precision_is_that_of_numpy(name, rng):
    """A number of Python's takes the precision of what it meets, one of NumPy's keeps its own."""
    compare(lambda x: MEETINGS[name](x, 0.45), X, CLOSE, rng)
    value = ad.jit(MEETINGS[name])
    call = value.call((X, 0.45), {})
    (found,) = run(call.program.function, *call.arguments)
    assert dtype_of(found) == dtype_of(MEETINGS[name](X, 0.45))


def test_a_float_made_of_numpys_is_pythons():
    """``float(x[0])`` takes the precision of what it meets, though `x` is of doubles."""

    def mixed(x):
        return float(x[0]) * np.float32(x[1])

    assert type(ad.jit(mixed)(DOUBLES)) is type(mixed(DOUBLES)) is np.float32


def test_a_number_of_numpys_as_an_argument():
    scaled = ad.jit(lambda x, a: x * a)
    assert scaled(X, 0.5).dtype == np.float32
    assert scaled(X, np.float64(0.5)).dtype == np.float64


def test_a_captured_number_that_becomes_one_of_numpys():
    factor = 0.5
    scaled = ad.jit(lambda x: x * factor)
    assert scaled(X).dtype == np.float32
    factor = np.float64(0.5)
    assert scaled(X).dtype == np.float64


def leapfrog(x):
    """Stores, views, a tape of numbers and of arrays, and branches."""
    y = np.zeros(4, np.float32)
    y[:] = x
    total = 0.0
    for i in range(5):
        y[1:] += 0.1 * y[:-1] * x[i % 4]
        y[0] = y[0] * x[1] if total < 1.0 else y[3]
        y[:] = np.sin(y) + y * 0.5
        total += y[i % 4] * x[0]
    return total * np.mean(y)


def halved(x):
    z = x[0]
    count = 0
    while z > 0.1 and count < 10:
        z = z * x[1]
        count += 1
    return z * x[2]


def of_rows(m):
    total = np.float32(0.0)
    for row in m:
        total += row[0] * np.exp(row[1])
    return total + m.T[1].sum() * 2


@pytest.mark.parametrize(
    ("function", "x"),
    [(leapfrog, X), (halved, X), (of_rows, MATRIX), (lambda a: a * np.sin(a) + 1, ROUNDED)],
    ids=["leapfrog", "halved", "of_rows", "number"],
)
def test_programs(function, x, rng):
    compare(function, x, CLOSE, rng)
    check_in_machine_code(function, x)


def test_the_gradient_of_a_double_through_single_precision():
    def rounded(x):
        y = x.astype(np.float32)
        return float(np.sum(y * y))

    found = ad.grad(ad.jit(rounded))(DOUBLES)
    np.testing.assert_allclose(found, 2 * DOUBLES, rtol=1e-6)
    assert found.dtype == np.float64


def test_sums_are_as_exact_as_numpys():
    x = np.random.default_rng(0).random(100_000).astype(np.float32)
    exact = np.sum(x, dtype=np.float64)
    assert abs(ad.jit(lambda x: np.sum(x))(x) - exact) <= 2e-7 * exact
    rows = x.reshape(50_000, 2)
    found = ad.jit(lambda x: np.sum(x, axis=0))(rows)
    np.testing.assert_allclose(found, rows.sum(axis=0, dtype=np.float64), rtol=2e-7)


def test_second_derivatives_and_batches():
    def energy(x):
        return np.sum(np.sin(x) * x)

    compiled = ad.jit(energy)
    direction = X[::-1].copy()
    _, found = ad.jvp(ad.grad(compiled), (X,), (direction,))
    _, expected = ad.jvp(ad.grad(energy), (X,), (direction,))
    np.testing.assert_allclose(found, expected, **CLOSE)
    rows = np.stack([X, X * 2])
    batch = ad.vmap(compiled)(rows)
    np.testing.assert_allclose(batch, [energy(row) for row in rows], **CLOSE)
    assert batch.dtype == np.float32
    slopes = ad.vmap(ad.grad(compiled))(rows)
    np.testing.assert_allclose(slopes, [ad.grad(energy)(row) for row in rows], **CLOSE)
    assert slopes.dtype == np.float32
    numbers = ad.vmap(ad.jit(lambda a: a * np.sin(a)))(X)
    np.testing.assert_allclose(numbers, X * np.sin(X), **CLOSE)
    assert numbers.dtype == np.float32


def either(x):
    y = x[0]
    if x[1] > 0.5:
        y = 0.1
    return y


def half_precision(x):
    return x


@pytest.mark.parametrize(
    ("function", "args", "words"),
    [
        (either, (X,), "a float on one path"),
        (lambda x: x * 1j, (X,), "precision"),
        (lambda x: np.fft.fft(x), (X,), "`fft`"),
        (half_precision, (X.astype(np.float16),), "float16"),
        (half_precision, (X.astype(np.complex64),), "complex64"),
    ],
    ids=["two types", "complex64", "function", "float16", "complex64-argument"],
)
def test_refusals(function, args, words):
    with pytest.raises(errors.AdjointError, match=words):
        ad.jit(function)(*args)
