"""Numbers of NumPy's where arrays may be: what functions for both ask of them."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import AdjointError


def rotation(angle, axis):
    angle = np.asarray(angle)
    c, s = np.cos(angle), np.sin(angle)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros(angle.shape + (3, 3))  # noqa: RUF005
    matrix[..., axis, axis] = 1.0
    matrix[..., first, first] = c
    matrix[..., first, second] = -s
    matrix[..., second, first] = s
    matrix[..., second, second] = c
    return matrix


def rotated(x):
    return np.sum(rotation(x[0] * x[1], 1) @ x) * 2.0


def asked(x):
    t = np.asarray(x[0] * 2.0)
    scale = t.ndim + 3 * t.size + t.itemsize + len(t.shape) + t.nbytes
    return scale * t.T * (2.0 if t.dtype == np.float64 else 1.0) + x.sum().ndim


def normalised(v):
    return v / np.expand_dims(np.asarray(v[..., 0]), -1)


def of_a_vector(x):
    return np.sum(normalised(x) * x) + np.expand_dims(x[1], (0, 1))[0, 0]


def of_its_own_name(x):
    t = np.asarray(x[0])
    t += x[1]
    total = np.array(0.0)
    for i in range(3):
        total += x[i] * t
    return t * t + total


@pytest.mark.parametrize("program", [rotated, asked, of_a_vector, of_its_own_name])
def test_numbers_are_asked_like_arrays(program, rng):
    x = rng.uniform(0.5, 1.5, 3)
    expected, slope = ad.value_and_grad(program)(x)
    value, found = ad.value_and_grad(ad.jit(program))(x)
    assert value == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(found, slope, rtol=1e-12)


def changed_by_another_name(x):
    a = np.asarray(x[0])
    b = a
    a += 1.0
    return b * 2.0


def constant_changed_by_another_name(x):
    a = np.array(1.0)
    b = a
    a += x[0]
    return b * 2.0


def of_pythons(x):
    return float(x[0]) * float(x[1]).ndim


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (changed_by_another_name, "without axes"),
        (constant_changed_by_another_name, "without axes"),
        (of_pythons, "ndim"),
    ],
)
def test_what_is_refused(program, said):
    with pytest.raises(AdjointError) as caught:
        ad.jit(program)(np.ones(3))
    assert said in str(caught.value)
    assert caught.value.place.filename == __file__


def of_dtypes(x):
    fill = np.array(0.5)
    kind = np.promote_types(x.dtype, fill.dtype)
    out = np.full(x.shape, fill, dtype=kind)
    if np.issubdtype(np.result_type(x, 1.0), np.floating) and not np.can_cast(x.dtype, int):
        out = out + x * np.array(x[0])
    return np.sum(out * (2.0 if hasattr(x, "shape") and not hasattr(math, "sine") else 1.0))


def test_dtypes_are_asked(rng):
    x = rng.uniform(0.5, 1.5, 3)
    np.testing.assert_allclose(ad.grad(ad.jit(of_dtypes))(x), ad.grad(of_dtypes)(x), rtol=1e-13)
