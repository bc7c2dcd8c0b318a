"""Arrays of int32: places in meshes and sparse matrices, as whole numbers of 64 bits."""

import numpy as np
import pytest
import scipy.sparse

import adjoint as ad
from adjoint.errors import UnsupportedType

CORNERS = np.array([[0, 1, 2], [2, 1, 3]], dtype=np.int32)


def of_a_matrix(data, x, places, starts):
    total = 0.0
    for row in range(len(starts) - 1):
        item = 0.0
        for k in range(starts[row], starts[row + 1]):
            item += data[k] * x[places[k]]
        total += item * item
    return total


def test_sparse_rows(rng):
    a = scipy.sparse.random(6, 6, 0.4, format="csr", rng=rng)
    assert a.indices.dtype == np.int32
    args = a.data, rng.standard_normal(6), a.indices, a.indptr
    found = ad.grad(ad.jit(of_a_matrix), argnums=(0, 1))(*args)
    slope = 2 * a.T @ (a @ args[1])
    np.testing.assert_allclose(found[1], slope, rtol=1e-12)
    np.testing.assert_allclose(found[0], ad.grad(of_a_matrix)(*args), rtol=1e-12)


def test_other_places_in_a_later_call(rng):
    f = ad.grad(ad.jit(lambda x, at: np.sum(x[at] ** 3)))
    x = rng.standard_normal(4)
    for at in ([0, 1], [3, 3, 2], []):
        places = np.array(at, dtype=np.int32)
        np.testing.assert_allclose(f(x, places), np.bincount(places, minlength=4) * 3 * x**2)
    places = np.array([0, 1], dtype=np.int32)
    f(x, places)
    places[:] = 2
    np.testing.assert_allclose(f(x, places), [0, 0, 6 * x[2] ** 2, 0])


def areas(points):
    total = 0.0
    for i in range(len(CORNERS)):
        a, b, c = points[CORNERS[i, 0]], points[CORNERS[i, 1]], points[CORNERS[i, 2]]
        total += 0.5 * ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
    return total**2


def made_here(points):
    order = np.zeros(3, dtype=np.int32)
    for i in range(3):
        order[i] = 2 - i
    chosen = np.arange(2, dtype="int32")
    return np.sum(points[order, 0] * order) * points[chosen[1], np.int32(1)]


@pytest.mark.parametrize("program", [areas, made_here])
def test_arrays_from_outside_and_made_here(program, rng):
    points = rng.standard_normal((4, 2))
    compiled = ad.jit(program)
    np.testing.assert_allclose(ad.grad(compiled)(points), ad.grad(program)(points), rtol=1e-12)


def test_what_is_outside_is_read_again(rng, monkeypatch):
    points = rng.standard_normal((4, 2))
    compiled = ad.jit(areas)
    before = compiled(points)
    monkeypatch.setitem(globals(), "CORNERS", CORNERS[:1].copy())
    assert compiled(points) == pytest.approx(areas(points))
    assert compiled(points) != pytest.approx(before)


def test_a_batch(rng):
    x, at = rng.standard_normal((3, 4)), rng.integers(0, 4, (3, 2)).astype(np.int32)
    found = ad.vmap(ad.jit(lambda x, at: x[at[0]] * x[at[1]]))(x, at)
    np.testing.assert_allclose(found, [r[i[0]] * r[i[1]] for r, i in zip(x, at, strict=True)])


def changed(x, at):
    at[0] = 1
    return x[at[0]]


def returned(x, at):
    return np.sum(x), at


def made_of(x, at):
    return np.sum(x), at * 2


def returned_from_outside(x, at):
    return x[at[0]], CORNERS[0]


def made_and_returned(x, at):
    return x[at[0]], np.zeros(3, dtype=np.int32)


REFUSED = [changed, returned, made_of, returned_from_outside, made_and_returned]


@pytest.mark.parametrize("program", REFUSED)
def test_what_would_be_seen_is_refused(program):
    at = np.array([0, 1], dtype=np.int32)
    with pytest.raises(UnsupportedType, match="int32"):
        ad.jit(program)(np.ones(3), at)
    assert at[0] == 0
