"""Functions that Numba compiles, and what else it offers inside of them, in both tiers."""

import ctypes

import numba
import numpy as np
import pytest
from numba import float64, njit, prange, typed
from numba.experimental import jitclass
from numba.extending import get_cython_function_address

import adjoint as ad
from adjoint.errors import AdjointError


@njit(parallel=True)
def in_parallel(x):
    total = 0.0
    for i in prange(x.shape[0]):
        total += x[i] ** 2 * x[0]
    return total


@njit
def converted(x):
    total = float64(0.0)
    for i in range(numba.int64(len(x))):
        total += float64(x[i]) ** 3
    return total * numba.boolean(True)


@njit
def of_typed_lists(x):
    doubled = typed.List()
    for i in range(3):
        doubled.append(x[i] * 2)
    empty = typed.List.empty_list(float64)
    empty.append(x[0])
    total = 0.0
    for v in doubled:
        total += v * v * empty[0]
    return total


@njit("float64(float64[:])")
def with_a_signature(x):
    return np.sum(x) ** 2


@numba.vectorize
def hinge(a, b):
    return a * b if a > b else np.sin(a)


def vectorized(x):
    return np.sum(hinge(x, x[::-1])) + hinge(x[0], 2.0) + np.sum(hinge(np.outer(x, x), x))


def halved(a):
    return a / 2 if a > 0.5 else a * a


of_numpy = np.vectorize(halved)


def vectorized_by_numpy(x):
    return np.sum(of_numpy(x) * x)


@jitclass([("stiffness", float64)])
class Spring:
    def __init__(self, stiffness):
        self.stiffness = stiffness

    @property
    def doubled(self):
        return 2 * self.stiffness

    @staticmethod
    def squared(x):
        return x * x

    def energy(self, x):
        return 0.25 * self.doubled * np.sum(self.squared(x))


def of_a_class(x):
    return Spring(x[0]).energy(x)


@numba.cfunc("float64(float64)")
def cubed(x):
    return x * x * x


def of_a_callback(x):
    return cubed(x[0]) + cubed(x[1])


ADDRESS = get_cython_function_address("scipy.special.cython_special", "gammaln")
log_gamma = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(ADDRESS)


class Quantile(numba.types.WrapperAddressProtocol):
    def __wrapper_address__(self):
        return get_cython_function_address("scipy.special.cython_special", "ndtri")

    def signature(self):
        return float64(float64)


normal_quantile = Quantile()


@njit
def of_pointers(x):
    return log_gamma(x[0]) * normal_quantile(x[1] / 2)


PROGRAMS = [
    of_pointers,
    *(in_parallel, converted, of_typed_lists, with_a_signature, vectorized),
    *(vectorized_by_numpy, of_a_class, of_a_callback),
]


def slope_of(program, x):
    step = 1e-6
    directions = np.eye(len(x)) * step
    return np.array([(program(x + d) - program(x - d)) / (2 * step) for d in directions])


@pytest.mark.parametrize("tier", [lambda f: f, ad.jit], ids=["traced", "compiled"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: getattr(p, "__name__", "program"))
def test_derivatives(program, tier, rng):
    x = rng.uniform(0.2, 1.5, 4)
    value, slope = ad.value_and_grad(tier(lambda x: program(x)))(x)
    assert value == pytest.approx(program(x), rel=1e-13)
    np.testing.assert_allclose(slope, slope_of(program, x), rtol=1e-7, atol=1e-8)


@numba.stencil
def second(a):
    return a[-1] + a[1] - 2 * a[0]


UNKNOWN = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(lambda x: 2 * x)


@pytest.mark.parametrize("tier", [lambda f: f, ad.jit], ids=["traced", "compiled"])
def test_another_pointer_is_refused(tier):
    with pytest.raises(AdjointError) as caught:
        ad.grad(tier(lambda x: UNKNOWN(x)))(1.5)
    assert caught.value.place.filename == __file__


@pytest.mark.parametrize("tier", [lambda f: f, ad.jit], ids=["traced", "compiled"])
def test_what_cannot_be_read_is_refused(tier):
    with pytest.raises(AdjointError) as caught:
        ad.grad(tier(lambda x: np.sum(second(x))))(np.ones(4))
    assert caught.value.place.filename == __file__
