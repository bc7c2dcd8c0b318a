"""Arrays that machine code makes are those of NumPy, with its errors."""

import numpy as np
import pytest

import adjoint as ad

DTYPES = (np.float64, np.int64, np.bool_, np.float32, np.complex128)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 1, 3), (1, 2, 2, 3), (0,), (2, 0)])
def test_zeros(dtype, shape):
    """Twice, because new memory holds zeros of itself."""

    @ad.jit
    def made(n):
        return np.zeros(shape, dtype=dtype)

    for _ in range(2):
        found = made(1)
        assert found.dtype == dtype
        assert found.shape == shape
        assert found.flags.c_contiguous
        assert found.strides == np.zeros(shape, dtype).strides or not found.size
        assert not found.any()
        found[...] = 1


@pytest.mark.parametrize(
    ("n", "message"),
    [(-1, "negative dimensions"), (2**61, "too big"), (2**62, "too big"), (2**56, "Allocation")],
)
def test_arrays_that_cannot_be_made(n, message):
    with pytest.raises((ValueError, MemoryError), match=message) as caught:
        ad.jit(lambda n: np.zeros((2, n))[0, 0])(n)
    assert isinstance(caught.value, MemoryError) is (message == "Allocation")


COPIED = {
    "c": lambda: np.arange(6.0).reshape(2, 3),
    "fortran": lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "every other": lambda: np.arange(12.0).reshape(2, 6)[:, ::2],
    "ints": lambda: np.arange(6).reshape(2, 3),
    "empty": lambda: np.zeros((0, 3)),
}


@pytest.mark.parametrize("form", COPIED)
def test_copies_have_memory_of_their_own(form):
    x = COPIED[form]()

    @ad.jit
    def changed(x):
        y = np.copy(x)
        for i in range(y.shape[0]):
            y[i, 1] = 7
        return y

    found = changed(x)
    wanted = x.copy()
    wanted[:, 1] = 7
    assert found.dtype == x.dtype
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(x, COPIED[form]())


@pytest.mark.parametrize("n", [1, 1000, 1025, 5000, 40_000])
def test_stacks_keep_what_they_hold_as_they_grow(n):
    def walked(x, n):
        k = 0
        while k < n:
            x = np.sin(x) + (1.0 if k % 3 else 1.5) * x / (1.0 + x * x)
            k += 1
        return x

    value, slope = ad.value_and_grad(ad.jit(walked))(0.7, n)
    assert value == walked(0.7, n)
    assert slope == pytest.approx(ad.jvp(ad.jit(walked), (0.7, n), (1.0, None))[1], rel=1e-12)
