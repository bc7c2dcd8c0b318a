"""The tape refers to results that no formula reads, but keeps none of their contents."""

import gc
import weakref

import numpy as np
import pytest

import adjoint as ad
from adjoint import trace
from adjoint.trace import memory, placeholders

X = np.array([1.0, 2.0, -3.0, 0.5, 4.0, -1.5])


@pytest.fixture(autouse=True)
def unreadable(monkeypatch):
    nans = np.full(1 << 12, np.nan).tobytes()
    monkeypatch.setattr(memory.UNTOUCHED, "addresses", nans)
    monkeypatch.setattr(memory.UNTOUCHED, "size", len(nans))
    monkeypatch.setattr(placeholders, "LEAST", 1)


def overwritten_names(x):
    for _ in range(4):
        x = 0.5 * (x + x[::-1]) + 1.0
    return x.sum()


def views_and_shapes(x):
    table = (x + 1.0).reshape(2, 3)
    table = table.T[1:] - table.T[:-1]
    return (table * table).sum()


def read_after_all(x):
    y = x - 0.5
    z = y + y[0]
    return (y * z * y).sum()


def written_to(x):
    y = x + 1.0
    y[1:3] = 2.0 * y[3:5]
    y *= x
    z = y - 1.0
    z += y
    return z @ z


def read_and_then_written_to(x):
    y = x + 1.0
    z = y * y
    y[:] = x - z
    y -= 0.5
    return (y * z).sum()


def reshaped_in_place(x):
    y = x + 1.0
    z = y - x[0]
    y.shape = 2, 3
    return (y[1] * 2.0).sum() + (z * y.ravel()).sum() + (y * y[:, :1]).sum()


def item_by_item(x):
    y = x - 2.0
    total = 0.0
    for i in range(len(y)):
        total = total + y[i] * x[i]
        y[i] = total
    return (y + total).sum()


def picked(x):
    y = x + 1.0
    return (y[[0, 2, 2]] * y[y > 0.0].sum()).sum() + float(y[-1]) ** 2


def in_a_list(x):
    kept = [x - k for k in range(3)]
    kept.append(kept[0] + kept[1])
    return np.concatenate(kept[1:]).sum() + (np.stack(kept) ** 2).sum()


def shared_by_two_names(x):
    y = x + 1.0
    other = y
    y += x
    return (other * 2.0).sum() + (y - other).sum()


def with_whole_numbers(x):
    return ((x + 1.0) * np.arange(6) - (x + 2.0) / np.arange(1, 7)).sum()


def of_other_shapes(x):
    table = x[:, None] + x[None, :]
    return (table - table.mean(axis=0) + (x + 1.0)).std()


PROGRAMS = (
    overwritten_names,
    views_and_shapes,
    read_after_all,
    written_to,
    read_and_then_written_to,
    reshaped_in_place,
    item_by_item,
    picked,
    in_a_list,
    shared_by_two_names,
    with_whole_numbers,
    of_other_shapes,
)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients(program, check):
    check(program, X)


@pytest.mark.parametrize("program", [read_after_all, written_to, views_and_shapes])
def test_second_derivatives(program):
    ad.testing.check_grads(program, (X,), order=2)


def test_memory_is_free_as_soon_as_the_program_drops_it():
    seen = []

    def program(x):
        y = x + 1.0
        seen.append(weakref.ref(y))
        z = y - x
        alive = seen[0]() is not None
        y = z + z
        seen.append(weakref.ref(z))
        del z
        assert alive
        assert [found() for found in seen] == [None, None]
        return y.sum()

    assert ad.grad(program)(X).tolist() == [0.0] * 6


def test_what_is_read_is_kept_though_the_caller_writes_to_it():
    def program(x):
        y = x + 1.0
        return y, (y * y).sum()

    (y, _), pullback = ad.vjp(program, X)
    y[:] = 0.0
    np.testing.assert_array_equal(pullback((np.zeros(6), 1.0))[0], 2.0 * (X + 1.0))


def test_an_identity_that_is_used_again_is_not_live():
    found = []

    def program(x):
        for _ in range(50):
            y = x + 1.0
            del y
            z = np.ones(6)
            found.append(trace.is_live(z))
            del z
        return (x + 1.0).sum()

    ad.grad(program)(X)
    gc.collect()
    assert not any(found)


def test_arrays_larger_than_the_addresses_are_kept(monkeypatch):
    monkeypatch.setattr(memory.UNTOUCHED, "size", 8)
    monkeypatch.setattr(memory.UNTOUCHED, "addresses", bytes(8))
    assert ad.grad(overwritten_names)(X).tolist() == [1.0] * 6
