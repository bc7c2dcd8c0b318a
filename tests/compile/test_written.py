"""The compiler's own NumPy functions give NumPy's values and the traced tier's derivatives."""

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors
from adjoint.compile.frontend.written import WRITTEN
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import Jitted, pulled_back, selected

VECTOR = np.array([0.3, 1.2, -0.7, 0.9])
MATRIX = np.array([[2.0, 0.3, 0.5], [0.1, -1.5, 0.7], [0.6, 0.2, 1.1]])
OTHER = MATRIX[::-1] + 0.5

CASES = {
    np.cumsum: [(np.cumsum, VECTOR), (lambda a: np.cumsum(a, axis=1), MATRIX)],
    np.cumprod: [(np.cumprod, VECTOR)],
    np.prod: [(np.prod, VECTOR)],
    np.trace: [(np.trace, MATRIX)],
    np.inner: [(lambda a: np.inner(a, OTHER), MATRIX)],
    np.flip: [(np.flip, VECTOR), (np.flip, MATRIX), (lambda a: np.flip(a, axis=1), MATRIX)],
    np.roll: [(lambda a: np.roll(a, 1), VECTOR), (lambda a: np.roll(a, -2), MATRIX)],
    np.diag: [(np.diag, VECTOR), (np.diag, MATRIX)],
    np.swapaxes: [(lambda a: np.swapaxes(a, 0, 1), MATRIX)],
    np.tile: [(lambda a: np.tile(a, 2), VECTOR)],
    np.repeat: [(lambda a: np.repeat(a, 2), VECTOR)],
    np.trapezoid: [(np.trapezoid, VECTOR), (lambda a: np.trapezoid(a, np.arange(4.0)), VECTOR)],
    np.convolve: [(lambda a: np.convolve(a, a[:2]), VECTOR)],
    np.cross: [(lambda a: np.cross(a[:3], a[1:]), VECTOR)],
    np.tril: [(lambda a: np.tril(a, -1), MATRIX)],
    np.triu: [(np.triu, MATRIX)],
    np.average: [(lambda a: np.average(a, weights=a * a), VECTOR), (np.average, VECTOR)],
    np.append: [(lambda a: np.append(a, a[1]), VECTOR), (lambda a: np.append(a, a), VECTOR)],
    np.take: [(lambda a: np.take(a, np.array([2, 0, 0])), VECTOR)],
    np.identity: [(lambda a: np.identity(4) @ a, VECTOR)],
    np.diagonal: [(np.diagonal, MATRIX), (lambda a: a.diagonal(), MATRIX)],
    np.polyval: [(lambda a: np.polyval(a, a[1]), VECTOR), (lambda a: np.polyval(a, a), VECTOR)],
    np.ptp: [(np.ptp, VECTOR)],
    np.count_nonzero: [(lambda a: np.count_nonzero(a > 0) * a, VECTOR)],
    np.linalg.cholesky: [(lambda a: np.linalg.cholesky(a @ a.T), MATRIX)],
    np.linalg.slogdet: [
        (lambda a: np.linalg.slogdet(a)[1] * np.linalg.slogdet(a).sign, MATRIX),
    ],
    np.linalg.matrix_power: [
        (lambda a: np.linalg.matrix_power(a, 3), MATRIX),
        (lambda a: np.linalg.matrix_power(a, -1), MATRIX),
    ],
    np.vdot: [(lambda a: np.vdot(a, OTHER), MATRIX)],
    np.kron: [(lambda a: np.kron(a, a[:2]), VECTOR)],
    np.linalg.solve: [(lambda a: np.linalg.solve(a, a[0]), MATRIX)],
    np.linalg.inv: [(np.linalg.inv, MATRIX)],
    np.linalg.det: [(np.linalg.det, MATRIX), (np.linalg.det, np.array([[1.0, 2.0], [2.0, 4.0]]))],
}
ROWS = [(name, *row) for name, rows in CASES.items() for row in rows]


ALONG_AXES = [
    lambda a: np.max(a, axis=0) * a[0],
    lambda a: a.min(axis=1),
    lambda a: np.amax(a, 1) + np.amin(a),
    lambda a: np.argmax(a, axis=1) * a[0] + a.argmin(axis=0),
    lambda a: np.linalg.norm(a, axis=1),
    lambda a: a * np.linalg.norm(a[0], 1) + np.linalg.norm(a[1], ord=np.inf),
    lambda a: np.prod(a, axis=0) + a.prod(axis=1) * a.prod() + a.cumsum()[2],
    lambda a: np.stack((a[0], a[1]), axis=1) + np.column_stack((a[1], a[2])),
]
ROWS += [("along", function, MATRIX) for function in ALONG_AXES]
ROWS += [("along", ALONG_AXES[0], np.ones((3, 3)))]


IDS = [getattr(row[0], "__name__", row[0]) for row in ROWS]


def test_every_function_has_a_row():
    assert set(CASES) == set(WRITTEN)


def reference(function, x):
    """The value, a random seed for it, and the traced tier's cotangent."""
    value, pullback = ad.vjp(function, x)
    seed = np.random.default_rng(0).standard_normal(np.shape(value))
    seed = seed if seed.ndim else float(seed)
    return value, seed, pullback(seed)[0]


@pytest.mark.parametrize(("name", "function", "x"), ROWS, ids=IDS)
def test_values_and_derivatives(name, function, x):
    """What the compiler makes, run by the interpreter of its representation."""
    call = Jitted(lambda a: function(a) * 1.0).call((x.copy(),), {})
    expected, seed, cotangent = reference(function, x)
    value, found = run(pulled_back(call.program, selected(call, (0,))), *call.arguments, seed)
    np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(found, cotangent, rtol=1e-11, atol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "function", "x"), ROWS, ids=IDS)
def test_compiled(name, function, x):
    value, pullback = ad.vjp(ad.jit(lambda a: function(a) * 1.0), x)
    expected, seed, cotangent = reference(function, x)
    np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(pullback(seed)[0], cotangent, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    "function",
    [lambda a: np.swapaxes(a, 0, 2), lambda a: np.tile(a[0], 2), lambda a: np.diag(a[0, 0], 1)],
)
def test_what_is_not_written_is_refused(function):
    with pytest.raises(errors.AdjointError, match="cannot be compiled"):
        ad.jit(function)(np.ones((2, 2, 2)))


def test_a_mask_picks_elements():
    function = ad.jit(lambda a: np.sum(a[a > 0] ** 3))
    np.testing.assert_allclose(ad.grad(function)(VECTOR), np.where(VECTOR > 0, 3 * VECTOR**2, 0))
