"""What a rule says its formulas do not read, they do not read: there are no numbers there."""

import copy

import numpy as np
import pytest
from test_table import ROWS, row_id, split

import adjoint as ad
from adjoint import spaces
from adjoint.trace import memory, placeholders

ARRAYS = [pair for pair in ROWS if any(isinstance(a, np.ndarray | list) for a in pair[1])]


@pytest.fixture
def unreadable(monkeypatch):
    """The tape keeps no contents it need not keep, and where there are none there is nan."""
    nans = np.full(1 << 16, np.nan).tobytes()
    monkeypatch.setattr(memory.UNTOUCHED, "addresses", nans)
    monkeypatch.setattr(memory.UNTOUCHED, "size", len(nans))
    monkeypatch.setattr(placeholders, "LEAST", 1)


def pulled(function, row):
    """The gradient where the arguments, and the result, are results of sums."""
    args, kwargs = split(copy.deepcopy(row))
    leaves, structure = spaces.flatten(list(args))
    numbers = [k for k, leaf in enumerate(leaves) if spaces.is_differentiable(leaf)]

    def program(moved):
        given = list(leaves)
        for k, leaf in zip(numbers, moved, strict=True):
            given[k] = leaf + 0.0
        out = function(*structure.rebuild(given), **kwargs)
        return [part + 0.0 for part in spaces.flatten(out)[0] if spaces.is_differentiable(part)]

    out, pullback = ad.vjp(program, [leaves[k] for k in numbers])
    rng = np.random.default_rng(3)
    return pullback([spaces.random(part, rng) for part in out])


@pytest.mark.parametrize("pair", ARRAYS, ids=map(row_id, ARRAYS))
def test_rules_read_what_they_say(pair, unreadable):
    with pytest.MonkeyPatch.context() as kept:
        kept.setattr(placeholders, "LEAST", 1 << 40)
        try:
            expected = pulled(*pair)
        except Exception:  # not for this program: the row's own test is of the call alone
            pytest.skip("not with these arguments")
    for found, known in zip(
        spaces.flatten(pulled(*pair))[0], spaces.flatten(expected)[0], strict=True
    ):
        np.testing.assert_allclose(found, known, rtol=1e-12, atol=1e-300)
