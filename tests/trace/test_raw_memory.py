"""What hands out the memory of an array, or makes something else of it, is known or refused."""

import array
import ctypes
import io
import mmap
import struct

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


def one_memory(x):
    raw = bytearray(32)
    first = np.frombuffer(raw, count=2, offset=16)
    first[:] = [x, x * x]
    whole = np.ndarray(4, buffer=raw)
    whole *= x
    again = np.frombuffer(memoryview(raw)[16:])
    again[1] += whole[2]
    return float(first @ np.array([1.0, 3.0]) + whole.sum())


def test_all_arrays_in_the_memory_of_another_object_are_one():
    expected = (one_memory(1.3 + 1e-6) - one_memory(1.3 - 1e-6)) / 2e-6
    assert ad.grad(one_memory)(1.3) == pytest.approx(expected, rel=1e-8)
    assert ad.jvp(one_memory, (1.3,), (1.0,))[1] == pytest.approx(expected, rel=1e-8)
    assert ad.grad(ad.grad(one_memory))(1.3) == pytest.approx(
        (ad.grad(one_memory)(1.3 + 1e-5) - ad.grad(one_memory)(1.3 - 1e-5)) / 2e-5, rel=1e-7
    )


def read_as_bytes(x):
    raw = bytearray(8)
    np.frombuffer(raw)[0] = x
    return struct.unpack("d", raw)[0]


def read_from_a_file_in_memory(x):
    raw = mmap.mmap(-1, 64)
    np.frombuffer(raw, count=1)[0] = x
    return struct.unpack("d", raw[:8])[0]


def read_from_numbers(x):
    raw = array.array("d", [0.0, 1.0])
    np.frombuffer(raw)[0] = x
    return raw[0]


@pytest.mark.parametrize("program", [read_as_bytes, read_from_a_file_in_memory, read_from_numbers])
def test_memory_of_another_object_is_not_read_by_other_means(program):
    assert program(1.5) == 1.5
    with pytest.raises(errors.MissingRule):
        ad.grad(lambda x: program(x) * x)(1.5)


def elements(x):
    values = np.array([[x, 2.0 * x], [x * x, 1.0]]).T
    with np.nditer(values, op_flags=["readwrite"]) as places:
        for number, place in enumerate(places):
            place[...] = place * (number + x)
    return float((values**2).sum())


def elements_of_several(x):
    pairs = np.nditer([np.array([x, 2.0 * x, 3.0]), np.array([[1.0], [x]]), None])
    for left, right, made in pairs:
        made[...] = left * right + left
    return float((pairs.operands[2] ** 2).sum())


def elements_one_by_one(x):
    found = np.nditer(np.array([[x, 2.0 * x], [x * x, 1.0]]), flags=["multi_index"])
    total = 0.0
    while not found.finished:
        row, column = found.multi_index
        total += float(found[0] * found.value) * (row + 2 * column + 1)
        found.iternext()
    return total


def elements_written(x):
    values = np.zeros((2, 2))
    places = np.nditer(values, ["f_index"], ["writeonly"], order="F")
    for place in places:
        place[...] = x ** (places.index + 1)
    places = np.nditer(values, op_flags=[["readwrite"]])
    places[0] = x * 5.0
    places.reset()
    return float((values * np.arange(4.0).reshape(2, 2)).sum() + values[0, 0] * next(places))


@pytest.mark.parametrize(
    "f", [elements, elements_of_several, elements_one_by_one, elements_written]
)
def test_iterators_over_elements(f):
    value, gradient = ad.value_and_grad(f)(1.3)
    assert value == f(1.3)
    assert gradient == pytest.approx((f(1.3 + 1e-6) - f(1.3 - 1e-6)) / 2e-6, rel=1e-7)
    assert ad.jvp(f, (1.3,), (1.0,))[1] == pytest.approx(gradient, rel=1e-12)
    second = (ad.grad(f)(1.3 + 1e-5) - ad.grad(f)(1.3 - 1e-5)) / 2e-5
    assert ad.grad(ad.grad(f))(1.3) == pytest.approx(second, rel=1e-7)
