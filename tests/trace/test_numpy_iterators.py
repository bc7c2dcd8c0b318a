"""`numpy.nditer` and `numpy.nested_iters` over live arrays, reading and writing."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import MissingRule

X = np.array([[1.3, 0.4, 2.2], [0.7, 1.9, 0.6]])
Y = np.array([0.3, 1.1, 0.8])
BOTH = [["readwrite"]]


def reading(x, y):
    return sum(t * t for t in np.nditer(x)) * y[0]


def pairs(x, y):
    return sum(a * np.sin(b) for a, b in np.nditer([x, y]))


def doubling(x, y):
    changed = x * y
    with np.nditer(changed, op_flags=BOTH) as iterator:
        for element in iterator:
            element[...] = 2.0 * element**2
    return changed * x


def by_index(x, y):
    total = 0.0
    iterator = np.nditer(x, flags=["multi_index"])
    for element in iterator:
        total = total + element * (1 + iterator.multi_index[0]) * y[iterator.multi_index[1]]
    return total


def step_by_step(x, y):
    out = np.zeros((2, 3))
    iterator = np.nditer([x, y, out], op_flags=[["readonly"], ["readonly"], ["writeonly"]])
    while not iterator.finished:
        iterator[2] = np.exp(iterator[0]) * iterator[1]
        iterator.iternext()
    return out


def allocated(x, y):
    with np.nditer([x, y, None]) as iterator:
        for a, b, out in iterator:
            out[...] = a * b + b
        return iterator.operands[2]


def into_plain(x, y):
    """No operand is live before the loop."""
    out = np.zeros(3)
    for place, element in enumerate(np.nditer(out, op_flags=["writeonly"])):
        element[...] = x[0, place] * y[place]
    return out


def in_rows(x, y):
    changed = x * 1.0
    for row in np.nditer(changed, flags=["external_loop"], op_flags=BOTH, order="F"):
        row *= np.arange(1.0, 1.0 + len(row))
    return changed * y


def of_transpose(x, y):
    return sum(place * t * t for place, t in enumerate(np.nditer(x.T[::-1], order="C")))


def nested(x, y):
    changed, total = x * y, 0.0
    outer, inner = np.nested_iters([x, changed], [[1], [0]], op_flags=[["readonly"], ["readwrite"]])
    for _ in outer:
        for a, b in inner:
            b[...] = b * a
            total = total + a * b
    return total * changed


def of_numbers(x, y):
    """Numbers and lists, of which NumPy makes arrays."""
    iterator = np.nditer([[x[0, 1], y[1]], y[0] * y[1], None])
    for a, b, out in iterator:
        out[...] = a * b
    return iterator.operands[2]


PROGRAMS = [
    *[of_numbers, reading, pairs, doubling, by_index, step_by_step, allocated, into_plain],
    *[in_rows, of_transpose, nested],
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_derivative(program):
    ad.testing.check_grads(program, (X, Y), order=2)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_value(program):
    np.testing.assert_array_equal(ad.vjp(program, X, Y)[0], program(X, Y))


def test_copies_are_refused():
    def converted(x):
        flags = {"flags": ["buffered"], "op_dtypes": ["complex128"], "casting": "same_kind"}
        return abs(sum(t * t for t in np.nditer(x, **flags)))

    with pytest.raises(MissingRule, match="nditer gives copies"):
        ad.grad(converted)(X)
