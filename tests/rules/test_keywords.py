"""Calls as Python takes them: arguments by name, keywords in any company, memory for the result."""

import numpy as np
import pytest
import scipy.linalg as sl
from drawing import C, P, R

import adjoint as ad
from adjoint.testing import check_grads

Z, M = C(5), np.array([True, False, True, True, False])
X5, X3 = R(5), R(3)

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
IN_ANOTHER_TYPE = {
    "cumprod": (lambda a: np.cumprod(a, dtype=float), Z),
    "prod": (lambda a: np.prod(a, dtype=float), Z),
    "nancumprod": (lambda a: np.nancumprod(a, dtype=float), Z),
    "absolute": (lambda a: np.absolute(a, order="C"), Z),
    "conj": (lambda a: np.conj(a, subok=False), Z),
    "arcsin": (lambda a: np.arcsin(a, casting="unsafe", order="K"), Z),
    "arctan": (lambda a: np.arctan(a, np.ones(5), dtype=float, casting="unsafe"), Z),
    "part": (lambda a: np.arccos(a, np.ones(5, complex), where=M, order="C"), Z),
}
INTO_REAL = {
    "sum": (lambda a: np.sum(a, out=np.ones(())), R(3)),
    "cumsum": (lambda a: np.cumsum(a, dtype=complex, out=np.ones(5)), R(5)),
    "cumsum_complex": (lambda a: np.cumsum(a, out=np.ones(5)), Z),
    "max": (lambda a: np.max(a, out=np.ones(())), Z),
    "add": (lambda a: np.add(a, a * a, out=np.ones(5), casting="unsafe"), Z),
    "masked": (lambda a: np.add(a, a * a, out=np.ones(5), casting="unsafe", where=M), Z),
    "einsum": (lambda a: np.einsum("i,i->i", a, a, out=np.ones(5), casting="unsafe"), Z),
}
TABLES = {
    **BY_NAME,
    **OF_NUMBERS,
    **IN_ANOTHER_TYPE,
    **{f"{k}_out": v for k, v in INTO_REAL.items()},
}


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
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
