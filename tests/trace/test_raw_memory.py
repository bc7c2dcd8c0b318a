"""What hands out the memory of an array, or makes something else of it, is known or refused."""

import ctypes
import io

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors

REFUSED = {
    "bytes": lambda a: np.frombuffer(bytes(a))[0],
    "bytearray": lambda a: np.frombuffer(bytearray(a))[0],
    "address": lambda a: ctypes.c_double.from_address(a.__array_interface__["data"][0]).value,
    "ctypes": lambda a: a.ctypes.data_as(ctypes.POINTER(ctypes.c_double))[0],
    "record": lambda a: np.array([(a[0], 1.0)], dtype=[("u", "f8"), ("v", "f8")])["u"][0],
    "record array": lambda a: np.rec.array([(a[0], 1.0)], dtype=[("u", "f8"), ("v", "f8")]).u[0],
    "halves": lambda a: a.view(np.float32)[0],
    "integers": lambda a: a.view(np.int64).view(float)[0],
    "texts": lambda a: a.astype(str).astype(float)[0],
    "times": lambda a: a.astype("m8[s]").astype(float)[0],
}


@pytest.mark.parametrize("program", REFUSED.values(), ids=REFUSED)
def test_it_is_refused(program):
    with pytest.raises(errors.MissingRule):
        ad.grad(lambda a: program(a) * a[1])(np.array([1.7, 2.3]))


def test_real_and_complex_views_of_one_memory():
    assert ad.grad(lambda a: a.view(complex)[0].real)(np.array([3.0, 4.0])) == pytest.approx([1, 0])
    found = ad.grad(lambda a: abs(a.view(complex)[1]))(np.array([1.0, 2.0, 3.0, 4.0]))
    assert found == pytest.approx([0.0, 0.0, 0.6, 0.8])
    found = ad.grad(lambda z: z.view(float) @ np.arange(1.0, 5.0))(np.array([1.0 + 2.0j, 3.0j]))
    assert found == pytest.approx([1.0 + 2.0j, 3.0 + 4.0j])

    def f(a):
        z = np.zeros(2, complex)
        z.view(float)[:] = a
        z[0] = z[0] * 2.0
        return (z * z).real.sum()

    assert ad.grad(f)(np.array([3.0, 4.0, 1.0, 2.0])) == pytest.approx([24.0, -32.0, 2.0, -4.0])


def test_what_is_printed_is_not_read_back(capsys):
    def f(x):
        stream = io.StringIO()
        print(x, file=stream)
        return float(stream.getvalue()) * x

    with pytest.raises(errors.MissingRule):
        ad.grad(f)(1.5)
    assert ad.grad(lambda x: print("at", x) or x * x)(3.0) == 6.0
    assert capsys.readouterr().out == "at 3.0\n"


def test_memoryviews_are_followed():
    def f(a):
        fresh = np.zeros(2)
        view = memoryview(fresh)
        fresh[0] = a[0] * a[0]
        return view[0] * memoryview(a)[1] + a.data[0]

    assert ad.grad(f)(np.array([1.5, 2.0])) == pytest.approx([7.0, 2.25])
