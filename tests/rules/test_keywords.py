"""Calls as Python takes them: arguments by name, keywords in any company, memory for the result."""

import numpy as np
import pytest
import scipy.fft as sf
import scipy.linalg as sl
from drawing import C, P, R, spd

import adjoint as ad
from adjoint.testing import check_grads

Z, M = C(5), np.array([True, False, True, True, False])
X3 = R(3)
BANDS = np.array([[[3.0, 4.0, 5.5], [0.1, 0.2, 0.0]], [[2.0, 3.5, 5.0], [0.3, 0.1, 0.0]]])


def into(memory, call):
    """The memory that the call has written to."""
    call(memory)
    return memory * 1.5


BY_NAME = {
    "convolve": (lambda a: np.convolve(a, v=X3, mode="same"), R(5)),
    "convolve_of": (lambda a, v: np.convolve(v=v, a=a), R(5), R(3)),
    "correlate": (lambda a: np.correlate(a, v=X3, mode="full"), R(5)),
    "append": (lambda a: np.append(a, values=X3), R(2)),
    "kron": (lambda a: np.kron(a, b=X3), R(2)),
    "solve": (lambda a: np.linalg.solve(a, b=X3), R(3, 3)),
    "solve_of_scipy": (lambda a: sl.solve(a, b=X3), R(3, 3)),
    "lstsq": (lambda a: np.linalg.lstsq(a, b=X3, rcond=None)[0], R(3, 2)),
    "expm": (lambda a: sl.expm(A=a), R(2, 2)),
    "asarray": (lambda a: np.asarray(a=a, order="C") * a, R(3)),
    "asanyarray": (lambda a: np.asanyarray(a=a) * a, R(3)),
    "copy": (lambda a: np.copy(a=a, order="C", subok=False) * a, R(3)),
    "full": (lambda a: np.full(fill_value=a, shape=(2, 3)), R(3)),
    "full_like": (lambda a: np.full_like(a=X3, fill_value=a, order="C"), R(3)),
    "matrix": (lambda a: np.sum(axis=0, a=a), R(2, 3)),
}
OF_NUMBERS = {
    "convolve_left": (lambda a: np.convolve(a, X3, "same"), R()),
    "convolve_right": (lambda a: np.convolve(X3, a, "valid"), R()),
    "convolve_both": (lambda a, b: np.convolve(a, b), R(), R()),
    "prod_axis": (lambda a: np.prod(a, axis=-1), R()),
    "cumprod_axis": (lambda a: np.cumprod(a[0], axis=0), R(1)),
    "repeat_axis": (lambda a: np.repeat(a.reshape(()), 3, axis=-1), R(1)),
}
BY_POSITION = {
    "qr": (lambda a: sl.qr(a, False, None, "r")[0], R(4, 3)),
    "qr_pivoting": (lambda a: sl.qr(a, True, None, "economic", True, False)[:2], R(4, 3)),
    "copy": (lambda a: np.copy(a, "F"), R(2, 3)),
    "linspace": (lambda a: np.linspace(a, 2.0, 5, True, False, np.float64, 0), R()),
    "fft": (lambda a: sf.fft(a, 5, 0, "ortho", True, None), R(4, 3)),
    "idct": (lambda a: sf.idct(a, 3, None, 0, "ortho", True, None, False), R(4, 3)),
    "fftn": (lambda a: sf.fftn(a, 4, 1), R(2, 3)),
    "dctn": (lambda a: sf.dctn(a, 2, 4, 1), R(2, 3)),
    "ihfftn": (lambda a: sf.ihfftn(a, None, 1), R(2, 3)),
    "nan_to_num": (lambda a: np.nan_to_num(a, True, 3.0), R(3)),
    "cho_solve": (lambda a: sl.cho_solve((sl.cholesky(a, True), True), X3, False, False), spd(3)),
}
STACKS = {
    "rq": (lambda a: sl.rq(a), R(2, 3, 3)),
    "hessenberg": (lambda a: sl.hessenberg(a, True), R(2, 3, 3)),
    "ldl": (lambda a: sl.ldl(a)[:2], R(2, 3, 3)),
    "cholesky_banded": (lambda a: sl.cholesky_banded(a, lower=True), BANDS),
    "eig_banded": (lambda a: sl.eig_banded(a, lower=True), BANDS),
    "eigvals_banded": (lambda a: sl.eigvals_banded(a, lower=True), BANDS),
    "eigh_tridiagonal": (lambda a: sl.eigh_tridiagonal(a, np.array([0.1, 0.2])), R(2, 3)),
}
OF_LISTS = {
    "qr": (lambda a: sl.qr(a.tolist(), mode="r")[0], R(3, 3)),
    "qr_of_numpy": (lambda a: np.linalg.qr(a.tolist(), "r"), R(2, 4)),
    "lu": (lambda a: sl.lu(a.tolist())[1:], R(3, 3)),
    "matvec": (lambda a, b: np.matvec(a.tolist(), b), C(2, 3), C(4, 3)),
    "modf": (lambda a: np.modf(list(a)), R(3)),
    "sort": (lambda a: np.sort(list(a), None, stable=True), R(2, 3)),
    "lu_factor": (lambda a: sl.lu_factor(a.tolist())[0], R(3, 3)),
}
STRUCTURES = ["gen", "sym", "her", "pos", "diagonal"]
INVERSES = {kind: (lambda a, kind=kind: sl.inv(a, assume_a=kind), spd(3)) for kind in STRUCTURES}
IN_ANOTHER_TYPE = {
    "cumprod": (lambda a: np.cumprod(a, dtype=float), Z),
    "prod": (lambda a: np.prod(a, dtype=float), Z),
    "nancumprod": (lambda a: np.nancumprod(a, dtype=float), Z),
    "absolute": (lambda a: np.absolute(a, order="C"), Z),
    "conj": (lambda a: np.conj(a, subok=False), Z),
    "arcsin": (lambda a: np.arcsin(a, casting="unsafe", order="K"), Z),
    "arctan": (lambda a: np.arctan(a, np.ones(5), dtype=float, casting="unsafe"), Z),
    "std": (lambda a: np.std(a, where=M, dtype=complex), Z),
    "outer": (lambda a: np.add.outer(a, a, dtype=complex, order="F"), Z),
    "outer_into": (lambda a: np.multiply.outer(a, a, out=np.ones((5, 5), complex)), Z),
    "reduce": (lambda a: np.multiply.reduce(a, initial=None, dtype=float), Z),
    "unique": (lambda a: np.sum(np.unique_values(a) ** 2), Z),
    "part": (lambda a: np.arccos(a, np.ones(5, complex), where=M, order="C"), Z),
}
ORDERS = {
    "reshape_fortran": (
        lambda a: np.asfortranarray(a).reshape((6,), order="A", copy=True),
        R(2, 3),
    ),
    "reshape_rows": (lambda a: np.broadcast_to(a[:1], (2, 3)).reshape((6,), order="A"), R(2, 3)),
    "flatten": (lambda a: a.T.flatten("A"), R(2, 3)),
}
INTO_REAL = {
    "reduce": (lambda a: np.logaddexp.reduce(a, 0, out=np.ones(3)), R(2, 3)),
    "reduce_kept": (lambda a: into(np.ones(3), lambda o: np.hypot.reduce(a, 0, out=o)), R(2, 3)),
    "accumulate": (lambda a: into(np.ones(4), lambda o: np.hypot.accumulate(a, out=(o,))), R(4)),
    "sum": (lambda a: np.sum(a, out=np.ones(())), R(3)),
    "cumsum": (lambda a: np.cumsum(a, dtype=complex, out=np.ones(5)), R(5)),
    "cumsum_complex": (lambda a: np.cumsum(a, out=np.ones(5)), Z),
    "max": (lambda a: np.max(a, out=np.ones(())), Z),
    "add": (lambda a: np.add(a, a * a, out=np.ones(5), casting="unsafe"), Z),
    "masked": (lambda a: np.add(a, a * a, out=np.ones(5), casting="unsafe", where=M), Z),
    "einsum": (lambda a: np.einsum("i,i->i", a, a, out=np.ones(5), casting="unsafe"), Z),
}
TABLES = {
    f"{table}-{name}": row
    for table, rows in (
        ("name", BY_NAME),
        ("number", OF_NUMBERS),
        ("position", BY_POSITION),
        ("stack", STACKS),
        ("list", OF_LISTS),
        ("structure", INVERSES),
        ("type", IN_ANOTHER_TYPE),
        ("order", ORDERS),
        ("out", INTO_REAL),
    )
    for name, row in rows.items()
}


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.filterwarnings("ignore:.*lwork:DeprecationWarning")  # of SciPy 1.18
@pytest.mark.parametrize("name", TABLES)
def test_call(name):
    function, *args = TABLES[name]
    check_grads(function, tuple(args))


def test_values_are_summed_in_the_type_of_wider_memory():
    x = P(40).astype(np.float32)

    def total(x):
        return np.sum(x, out=np.zeros(()))

    assert ad.vjp(total, x)[0] == total(x)


NARROW = [
    np.array([3, 200, 7], np.uint8),
    np.array([3, -100, 120], np.int8),
    np.array([True, True, True]),
    np.uint8(200),
    np.bool_(True),
]


@pytest.mark.parametrize("whole", NARROW, ids=lambda whole: f"{whole.dtype}{np.ndim(whole)}")
@pytest.mark.parametrize("function", [np.arctan2, np.hypot, np.divide, np.subtract])
def test_narrow_integers_do_not_overflow_in_formulas(function, whole):
    x = P(3)
    wide = whole.astype(float)
    for given in (x, float(x[1])):
        for place in (0, 1):
            pair, known = ([y, y] for y in (whole, wide))
            tangents = []
            for operands in (pair, known):

                def call(v, operands=operands):
                    filled = list(operands)
                    filled[place] = v  # noqa: B023
                    return function(*filled)

                tangents.append(ad.jvp(call, (given,), (np.ones_like(given)[()],))[1])
            np.testing.assert_allclose(*tangents, rtol=2e-2)


def test_parts_of_a_view_shown_several_times_count_once():
    def parts(x):
        return np.array_split(np.broadcast_to(x[:1], x.shape), 3)

    pieces, pullback = ad.vjp(parts, R(5))
    (gradient,) = pullback([np.full(len(piece), 10.0**i) for i, piece in enumerate(pieces)])
    np.testing.assert_allclose(gradient, [122.0, 0.0, 0.0, 0.0, 0.0])


def test_imaginary_parts_shown_several_times():
    check_grads(lambda z: np.imag(np.broadcast_to(z[:1], z.shape)) ** 2, (C(3),))
    check_grads(lambda z: np.broadcast_to(z[:1], z.shape).imag * 2.0, (C(3),))


def test_a_mask_does_not_hide_that_memory_does_not_take_a_result():
    with pytest.raises(TypeError, match="Cannot cast"):
        ad.vjp(lambda z: np.exp(z, out=np.ones(5), where=M), Z)


@pytest.mark.parametrize(
    "row", [[-0.95826521, 1.60001909, 0.20288244], [0.84, 0.85, -0.6], [0.3, -0.2, 1.1]]
)
def test_schur_form_of_small_rank(row):
    """Rounding makes of the eigenvalue that is zero twice two, or a pair."""
    matrix, change = np.array([row, row, row]), np.arange(9.0).reshape(3, 3) + np.eye(3)
    with pytest.raises(ad.errors.NonDifferentiable, match="equal eigenvalues"):
        ad.jvp(lambda a: sl.schur(a)[0], (matrix,), (change,))
    with pytest.raises(ad.errors.NonDifferentiable, match="equal eigenvalues"):
        ad.grad(lambda a: np.sum(sl.schur(a)[0] ** 2 * change))(matrix)


BY_ZERO = {
    "array": lambda x: np.where(x > 0.5, x, x / 0),
    "float": lambda x: np.where(x > 0.5, x, np.divide(x, 0.0)),
    "number": lambda x: x[0] * x[1] if x[0] > 0 else x.sum() / 0,
    "inside": lambda x: np.minimum(x.sum() / 0, x),
}


@pytest.mark.parametrize("name", BY_ZERO)
def test_zeros_of_python_divide_numbers_of_numpy(name):
    x = 0.6 + P(4)
    with np.errstate(all="ignore"):
        out, pullback = ad.vjp(BY_ZERO[name], x)
        _, pushed = ad.jvp(BY_ZERO[name], (x,), (np.ones(4),))
    (gradient,) = pullback(np.ones_like(out)[()])
    assert np.all(np.isfinite(gradient))
    assert np.sum(pushed) == pytest.approx(np.sum(gradient))


def test_degrees_of_an_angle_of_a_number():
    assert ad.grad(lambda z: np.angle(z, 2))(1.3) == 0.0
