"""Memory held back between gradients never shows: not in results, not in what is kept."""

import gc
import weakref

import numpy as np
import pytest

import adjoint as ad
from adjoint.trace.reserve import LEAST, MOST_TOGETHER, RESERVE, Reserve

SIZE = LEAST // 8 + 100
X = np.random.default_rng(5).uniform(0.5, 1.5, SIZE)


@pytest.fixture(autouse=True)
def empty():
    RESERVE.clear()
    yield
    RESERVE.clear()


def program(x):
    for _ in range(3):
        x = np.sin(x) * x + 0.5
    return x.sum()


def held():
    return [array for arrays in RESERVE.arrays.values() for array in arrays]


def test_memory_is_held_back_and_used_again():
    ad.grad(program)(X)
    once = RESERVE.size
    assert once >= X.nbytes
    assert once == sum(array.nbytes for array in held())
    for _ in range(5):
        ad.grad(program)(X)
    assert RESERVE.size < 3 * once


def test_results_are_not_touched_by_later_gradients():
    first = ad.grad(program)(X)
    copy = first.copy()
    for _ in range(3):
        second = ad.grad(program)(X + 1.0)
        assert not any(np.may_share_memory(second, array) for array in held())
    np.testing.assert_array_equal(first, copy)


def test_what_the_program_kept_is_not_held_back():
    kept = []

    def keeping(x):
        y = x * x
        kept.append(y)
        kept.append((y * 2.0)[3:])
        return y.sum()

    ad.grad(keeping)(X)
    for array in kept:
        assert not any(np.may_share_memory(array, other) for other in held())


def test_a_kept_array_is_still_known_in_the_next_recording():
    kept = []

    def keeping(x):
        if not kept:
            kept.append(x * x)
        return (kept[0] * x).sum()

    ad.grad(keeping)(X)
    with pytest.raises(ad.errors.MissingRule, match="earlier differentiated call"):
        ad.grad(keeping)(X)


def test_what_is_held_back_counts_as_dead():
    seen = []

    def watching(x):
        y = x * x
        seen.append(weakref.ref(y))
        return y.sum()

    ad.grad(watching)(X)
    assert seen[0]() is None


def counts_held(function):
    """How many arrays are held back after each of some gradients that begin with none.

    What other tests left may be in use, or be handed on, once: only the repeats count.
    """
    gc.collect()
    counts = []
    for _ in range(6):
        RESERVE.clear()
        ad.grad(function)(X)
        counts.append(len(held()))
    return counts[1:]


def test_every_result_is_held_back():
    one = counts_held(lambda x: (x * x).sum())
    three = counts_held(lambda x: (np.exp(np.sin(x * x))).sum())
    assert max(three) >= min(one) + 2


def test_the_reserve_is_bounded():
    reserve = Reserve()
    size = 1 << 20
    for _ in range(2 * MOST_TOGETHER // size):
        reserve.keep(np.empty(size // 8))
        assert reserve.size <= MOST_TOGETHER
    reserve.keep(np.empty(3))
    assert set(reserve.arrays) == {size}


def test_what_others_refer_to_is_not_recycled():
    reserve = Reserve()
    mine, shared = np.empty(SIZE), np.empty(SIZE)
    other = shared
    reserve.recycle(mine)
    reserve.recycle(other)
    reserve.recycle(shared[1:])
    assert reserve.size == mine.nbytes
