"""What a compiled derivative does to memory: what a plain call does, and nothing else."""

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors
from adjoint.compile.codegen import memories
from adjoint.testing import check_grads

TABLE = np.array([2.0, 3.0])


@ad.jit
def doubling(x):
    x *= 2.0
    return np.sum(x * x)


@pytest.mark.parametrize(
    "differentiate",
    [
        lambda x: ad.grad(doubling)(x),
        lambda x: ad.vjp(doubling, x)[1](1.0)[0],
        lambda x: ad.jacobian(doubling)(x),
    ],
)
def test_side_effects_are_those_of_a_plain_call(differentiate):
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(differentiate(x), [8.0, 16.0])
    np.testing.assert_array_equal(x, [2.0, 4.0])


def test_what_is_said_of_memory_holds_for_one_stretch(monkeypatch):
    """LLVM writes stretches into one another; the numbers of one mean nothing in the next."""
    domains, made = [], memories.Memories.__init__

    def noted(self, module, numbers):
        made(self, module, numbers)
        domains.extend({s.operands[1].operands[0].string for s in self.scopes.values()})

    monkeypatch.setattr(memories.Memories, "__init__", noted)
    monkeypatch.setenv("ADJOINT_CACHE_DIR", "")

    def summed(x, y):
        total, i = 0.0, 0
        while total < 3.0:
            total += x[i] * y[0]
            i += 1
        for k in range(2):
            total += y[k] * x[k]
        return total + np.sum(x) * y[1]

    check_grads(ad.jit(summed), (np.array([1.0, 1.5, 2.5]), np.array([1.3, 0.7])), argnums=(0, 1))
    assert len(domains) > 3
    assert len(set(domains)) == len(domains)


def test_a_pullback_remembers_what_was_read_from_outside():
    _, pullback = ad.vjp(ad.jit(lambda x: np.sum(x * TABLE)), np.ones(2))
    kept = TABLE.copy()
    try:
        TABLE[:] = 100.0
        np.testing.assert_array_equal(pullback(1.0)[0], kept)
    finally:
        TABLE[:] = kept


def test_one_memory_by_two_names_is_refused():
    x = np.array([1.0, 2.0, 3.0])
    with pytest.raises(errors.UnsupportedType, match="shares memory"):
        ad.grad(ad.jit(lambda a: np.sum(a * TABLE)))(TABLE)
    with pytest.raises(errors.UnsupportedType, match="shares memory"):
        ad.grad(ad.jit(lambda a, b: np.sum(a * b)))(x[1:], x[:-1])


def test_a_call_in_a_recording_reads_live_values_from_outside():
    def outer(a):
        return ad.jit(lambda x: a * x)(3.0 * a)

    assert ad.grad(outer)(2.0) == 12.0
    assert ad.jvp(outer, (2.0,), (1.0,))[1] == 12.0


RATE = 1.0


@ad.jit
def at_a_rate(x):
    return RATE * x


def test_a_call_in_a_recording_remembers_what_it_read(monkeypatch):
    def outer(a):
        monkeypatch.setitem(globals(), "RATE", 2.0)
        out = at_a_rate(a * a)
        monkeypatch.setitem(globals(), "RATE", 5.0)
        return out

    assert ad.grad(outer)(2.0) == 8.0
    assert ad.jvp(outer, (2.0,), (1.0,))[1] == 8.0


def test_a_call_in_a_recording_that_changes_arrays():
    def outer(a):
        y, constant = a * np.array([1.0, 2.0]), np.array([3.0, 4.0])
        before = y * constant
        doubling(constant)
        return doubling(y) + np.sum(y * y) + np.sum(before)

    # 20 a^2 of `doubling`, 20 a^2 of y itself, 11 a of what was read before
    assert ad.grad(outer)(2.0) == 171.0
    assert ad.jvp(outer, (2.0,), (1.0,))[1] == 171.0
