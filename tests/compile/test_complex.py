"""Compiled code of complex numbers: values and derivatives are NumPy's and the traced tier's."""

import cmath
import math

import numpy as np
import pytest
from test_precisions import compare, dtype_of
from test_written import ROWS as WRITTEN_ROWS

import adjoint as ad
from adjoint import errors
from adjoint.compile.jitted import Jitted

Z = np.array([0.3 + 1.0j, 0.2 - 0.5j, -1.1 + 0.4j, 0.7 - 0.2j])
CLOSE = {"rtol": 1e-11, "atol": 1e-13}
SHARE = 3  # of so many uses of NumPy one is differentiated in forward mode too


@pytest.mark.parametrize("number", range(len(WRITTEN_ROWS)))
def test_uses_of_numpy_are_right_or_refused(number, rng):
    _, function, x = WRITTEN_ROWS[number]
    given = x + 0.5j * rng.standard_normal(x.shape).round(2)
    with np.errstate(all="ignore"):
        try:
            compare(function, given, CLOSE, rng, forwards=number % SHARE == 0)
        except (errors.UnsupportedSyntax, errors.UnsupportedType):
            return
        except (TypeError, np.linalg.LinAlgError) as refusal:  # NumPy's: there is no such thing
            with pytest.raises(type(refusal)):
                function(given)


def test_many_uses_of_numpy_are_compiled():
    def is_compiled(function, x):
        try:
            Jitted(function).call((x + 1j,), {})
        except (errors.AdjointError, TypeError):
            return False
        return True

    compiled = sum(is_compiled(function, x) for _, function, x in WRITTEN_ROWS)
    assert compiled > 0.5 * len(WRITTEN_ROWS)


ELEMENTWISE = (
    *(np.exp, np.log, np.log10, np.log2, np.sqrt, np.sin, np.cos, np.tan, np.sinh, np.cosh),
    *(np.tanh, np.arcsin, np.arccos, np.arctan, np.arcsinh, np.arccosh, np.arctanh, np.square),
    *(np.reciprocal, np.negative, np.conj, np.sign, np.absolute, np.real, np.imag, np.angle),
)
OF_CMATH = (
    *(cmath.exp, cmath.log, cmath.log10, cmath.sqrt, cmath.sin, cmath.cos, cmath.tan),
    *(cmath.sinh, cmath.cosh, cmath.tanh, cmath.asin, cmath.acos, cmath.atan, cmath.asinh),
    *(cmath.acosh, cmath.atanh, cmath.phase, abs),
)
OPERATIONS = {
    "sum": lambda z, w: z + w - 2.0 * z,
    "product": lambda z, w: z * w * 1j,
    "quotient": lambda z, w: z / w + 1.0 / z,
    "power": lambda z, w: z**2 + z**3 + z**-1 + z**0.5 + 2.0**z,
    "power-of-both": lambda z, w: z**w,
    "equal": lambda z, w: z if z == w else 2j * z,
    "conjugate": lambda z, w: z.conjugate() * w,
    "parts": lambda z, w: z.real * w + z.imag * 1j,
    "made": lambda z, w: complex(z.imag, w.real) * complex(z.real),
    "rect": lambda z, w: cmath.rect(abs(z), cmath.phase(w)),
    "polar": lambda z, w: cmath.polar(z)[0] * cmath.polar(w)[1],
    "log-of-base": lambda z, w: cmath.log(z, 2.0),
    "numpy": lambda z, w: np.exp(z) * np.abs(w) + np.power(z, 2) * np.conj(w),
}


@pytest.mark.parametrize("function", ELEMENTWISE, ids=lambda f: f.__name__)
def test_elementwise_functions(function, rng):
    compare(lambda z: function(z) * z, Z, CLOSE, rng)
    compare(lambda z: function(z[1]) * z[0], Z, CLOSE, rng)


SQUARE = np.array([[2.0, 0.3 + 1j, 0.5], [0.1j, -1.5, 0.7], [0.6, 0.2 - 0.4j, 1.1 + 2j]])
TALL, SIDE = SQUARE[:, :2].copy(), SQUARE[:, 2].copy()
GAUGED = np.diag([1.0, 2.0, 3.0]) + 0.2j
DECOMPOSED = {
    "eigvalsh": (np.linalg.eigvalsh, SQUARE),
    "read from above": (lambda a: np.linalg.eigvalsh(a, UPLO="U"), SQUARE),
    "svdvals": (np.linalg.svdvals, TALL),
    "svd": (lambda a: np.linalg.svd(a, compute_uv=False), TALL.T),
    "pinv": (np.linalg.pinv, TALL),
    "lstsq": (lambda a: np.linalg.lstsq(a, SIDE)[0], TALL),
    "residual": (lambda a: np.linalg.lstsq(a, SIDE)[1], TALL),
    "right side": (lambda b: np.linalg.lstsq(TALL, b)[0], SIDE),
    "cond": (np.linalg.cond, SQUARE),
    "nuclear": (lambda a: np.linalg.norm(a, "nuc"), SQUARE),
    "spectral": (lambda a: np.linalg.norm(a, 2), SQUARE),
    "stack": (lambda a: np.linalg.eigvalsh(np.stack((a, a.T))), SQUARE),
    "vectors": (lambda a: np.linalg.eigh(a)[1], SQUARE),
    "phaseless": (lambda a: np.abs(np.linalg.eigh(a @ GAUGED)[1]) ** 2, SQUARE),
    "left": (lambda a: np.linalg.svd(a, full_matrices=False)[0], TALL),
    "right": (lambda a: np.linalg.svd(a)[2], TALL),
    "full": (lambda a: np.abs(np.linalg.svd(a)[0]), TALL),
    "wide": (lambda a: np.abs(np.linalg.svd(a)[2]), TALL.T.copy()),
    "orthogonal": (lambda a: np.linalg.qr(a)[0], TALL),
    "triangular": (lambda a: np.linalg.qr(a, mode="r"), TALL.T.copy()),
    "eigenvalues": (np.linalg.eigvals, SQUARE),
    "eigenvectors": (lambda a: np.linalg.eig(a).eigenvectors, SQUARE),
    "roots": (np.roots, SIDE),
    "upper factor": (lambda a: np.linalg.cholesky(a @ np.conj(a).T, upper=True), SQUARE),
    "rank": (lambda a: np.linalg.matrix_rank(np.outer(a[0], a[1])) * a, SQUARE),
}


@pytest.mark.parametrize("name", DECOMPOSED)
def test_decompositions(name, rng):
    function, a = DECOMPOSED[name]
    compare(lambda a: function(a) * 1.0, a, CLOSE, rng)


@pytest.mark.parametrize("function", OF_CMATH, ids=lambda f: f.__name__)
def test_functions_of_cmath(function, rng):
    compare(lambda z: function(z) * z, 0.3 + 0.8j, CLOSE, rng)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_on_numbers(name, rng):
    compare(lambda z: OPERATIONS[name](z, 0.4 - 0.9j), 0.3 + 0.8j, CLOSE, rng)
    compare(lambda w: OPERATIONS[name](0.3 + 0.8j, w) * 1.0, 0.4 - 0.9j, CLOSE, rng)


def test_machine_code_of_functions():
    """All in one program, so that it is compiled once."""

    def everything(z):
        total = 0j
        for function in ELEMENTWISE:
            total = total + np.sum(function(z)) * function(z[1])
        for function in OF_CMATH:
            total = total + function(z[0])
        for function in OPERATIONS.values():
            total = total + function(z[2], z[0])
        return abs(total)

    np.testing.assert_allclose(ad.jit(everything)(Z), everything(Z), rtol=1e-12)


def check_in_machine_code(function, *args):
    compiled = ad.jit(function)
    np.testing.assert_allclose(compiled(*args), function(*args), rtol=1e-12)
    slopes, found = ad.grad(function)(*args), ad.grad(compiled)(*args)
    np.testing.assert_allclose(found, slopes, rtol=1e-10, atol=1e-12)
    assert dtype_of(found) == dtype_of(args[0])


def circuit(angles):
    """Gates on a state vector of three quantum bits, in place."""
    state = np.zeros(8, complex)
    state[0] = 1.0
    for bit in range(3):
        c, s = np.cos(angles[bit] / 2), -1j * np.sin(angles[bit] / 2)
        step = 2**bit
        for i in range(8):
            if (i // step) % 2 == 0:
                a, b = state[i], state[i + step]
                state[i] = c * a + s * b
                state[i + step] = s * a + c * b
            else:
                state[i] *= np.exp(0.5j * angles[bit])
    expectation = 0.0
    for i in range(8):
        expectation += (1 - 2 * (i % 2)) * abs(state[i]) ** 2
    return expectation


def gates(angle):
    """The same with matrices."""
    hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2) + 0j
    phase = np.array([[np.exp(-0.5j * angle), 0], [0, np.exp(0.5j * angle)]])
    both = np.kron(hadamard @ phase @ hadamard, phase)
    state = both @ np.array([1.0, 0.0, 0.0, 1.0])
    return (np.vdot(state, state * np.array([1.0, 1.0, -1.0, -1.0]))).real


def escape(c):
    """A loop of Mandelbrot's kind, which carries a complex number."""
    z, turns = 0j, 0
    while abs(z) < 4 and turns < 12:
        z = z * z + c
        turns += 1
    return abs(z)


def power_flow(v):
    """The mismatch of an alternating-current network."""
    admittance = np.array([[3 - 9j, 4j - 1, 5j - 2], [4j - 1, 2 - 7j, 3j - 1], [5j, 3j, 3 - 8j]])
    voltage = np.array([1.0, v[0], v[1]]) * np.exp(1j * np.array([0.0, v[2], v[3]]))
    power = voltage * np.conj(admittance @ voltage)
    return np.sum(power.real**2) + np.sum(power.imag**2)


def fourier(x):
    n, total = len(x), 0.0
    for k in range(n):
        s = 0j
        for m in range(n):
            s += x[m] * cmath.exp(-2j * math.pi * k * m / n)
        total += abs(s) ** 2 * k
    return total


def schroedinger(height):
    """Explicit steps of a wave, with a potential of this height."""
    x = np.linspace(-2, 2, 8)
    wave = np.exp(-(x**2)) * np.exp(1j * x)
    for _ in range(5):
        wave = wave * np.exp(-0.025j * height * x**2)
        second = np.zeros(8, dtype=complex)
        second[1:-1] = wave[2:] - 2 * wave[1:-1] + wave[:-2]
        wave = wave + 0.05j * second
    return np.sum(np.abs(wave) ** 2 * x**2)


def impedance(frequency):
    z = 10.0 + 0.1j * frequency + 1 / (1e-4j * frequency)
    current = 5.0 / z
    return abs(current) * math.cos(cmath.phase(current))


def branches(z):
    """Branches that hand out tuples, views, stores and captured arrays."""
    total = 0.0
    w = z.copy()
    w[1:] += 1j * z[:-1]
    for i in range(len(z)):
        if z[i].real > 0.25:
            a, b = w[i] * 2, z[i].conjugate()
        else:
            a, b = z[i] ** 2, 1j * w[i]
        total += (a * b).imag
    chosen = np.where(z.imag > 0, z, z * CAPTURED)
    return total + np.sum(chosen.real * chosen.imag) + np.linalg.norm(np.outer(w, z))


CAPTURED = np.array([1j, 2.0, 0.3, 1.0])


def solved(z):
    matrix = np.array([[2.0 + 1j, 0.3], [0.1j, 1.5]]) + np.outer(z[:2], z[2:])
    x = np.linalg.solve(matrix, z[:2])
    return np.sum(np.abs(x) ** 2) + abs(np.linalg.det(matrix)) + abs(np.vdot(z[:2], x))


PROGRAMS = {
    circuit: np.array([0.3, 0.5, 0.9]),
    gates: 0.4,
    escape: 0.4 + 0.3j,
    power_flow: np.array([0.98, 1.01, -0.05, 0.02]),
    fourier: np.array([0.3, -0.2, 0.9, 1.1]),
    schroedinger: 1.3,
    impedance: 300.0,
    branches: Z,
    solved: Z,
}


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(function, rng):
    compare(function, PROGRAMS[function], CLOSE, rng)


@pytest.mark.parametrize("function", [circuit, escape, branches], ids=lambda f: f.__name__)
def test_programs_in_machine_code(function):
    check_in_machine_code(function, PROGRAMS[function])


def test_pullbacks_pushforwards_and_second_derivatives():
    def holomorphic(z):
        return np.exp(z) * z**2

    def energy(z):
        return np.sum(np.abs(z) ** 4)

    compiled, direction = ad.jit(holomorphic), Z[::-1] * 1j
    _, pullback = ad.vjp(compiled, Z)
    slope = np.exp(Z) * (Z**2 + 2 * Z)
    np.testing.assert_allclose(pullback(direction)[0], direction * np.conj(slope), rtol=1e-13)
    _, found = ad.jvp(compiled, (Z,), (direction,))
    np.testing.assert_allclose(found, slope * direction, rtol=1e-13)
    _, found = ad.jvp(ad.grad(ad.jit(energy)), (Z,), (direction,))
    _, expected = ad.jvp(ad.grad(energy), (Z,), (direction,))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_batches():
    compiled = ad.jit(lambda z, k: abs(z * k))
    np.testing.assert_allclose(ad.vmap(compiled, (0, None))(Z, 2j), np.abs(2 * Z))
    slope = ad.grad(lambda k: np.sum(ad.vmap(compiled, (0, None))(Z, k)))(2j)
    assert slope == pytest.approx(1j * np.sum(np.abs(Z)))
    rows = np.stack([Z, Z * 1j])
    found = ad.vmap(ad.grad(ad.jit(lambda z: np.sum(np.abs(z) ** 2))))(rows)
    np.testing.assert_allclose(found, 2 * rows, rtol=1e-14)


def test_the_modulus_at_zero():
    assert ad.grad(ad.jit(abs))(0j) == 0
    found = ad.grad(ad.jit(lambda z: np.sum(abs(z))))(np.zeros(2, complex))
    assert np.all(found == 0)


def test_a_loop_that_is_made_again():
    step = ad.checkpoint(lambda z, c: 0.3 * z * z + c)

    def repeated(c):
        z = 0j
        for _ in range(30):
            z = step(z, c)
        return abs(z)

    compare(repeated, 0.3 + 0.2j, CLOSE, np.random.default_rng(0), forwards=False)


def test_a_derivative_inside():
    inner = ad.jit(lambda z: ad.grad(lambda w: abs(w) ** 2)(z) * 2)
    assert inner(1 + 1j) == pytest.approx(4 + 4j)


def test_the_gradient_of_a_complex_result_is_refused():
    with pytest.raises(errors.NotScalar):
        ad.grad(ad.jit(lambda z: z * z))(1j)


def into_real_memory(z):
    y = np.zeros(4)
    y[0] = z[0]
    return y


def made_real(z):
    return z.astype(float)


def part_in_place(z):
    w = z * 1.0
    part = w.real
    part[0] = 2.0
    return w


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (into_real_memory, "a complex number is stored into an array of float"),
        (made_real, "imaginary part"),
        (part_in_place, "part"),
        (lambda z: np.max(z), "`max` of complex numbers"),
        (lambda z: np.sort(z), "`sort` of complex numbers"),
        (lambda z: np.median(z), "`median` of complex numbers"),
        (lambda z: z[0] < z[1], "complex"),
        (lambda z: z[0] // 2.0, "complex"),
        (lambda z: math.sin(z[0]), "complex"),
        (lambda z: np.linalg.eigh(np.outer(z, z), "U")[1], "`eigh` of the upper triangle"),
    ],
)
def test_refusals(function, words):
    with pytest.raises(errors.AdjointError, match=words) as caught:
        ad.jit(function)(Z)
    assert caught.value.place.filename == __file__
