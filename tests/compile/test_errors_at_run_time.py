"""Errors that machine code raises name the user's line."""

import numpy as np
import pytest

import adjoint as ad


def failing(x, k):
    y = x * 2.0
    if k == 0:
        return np.linalg.cholesky(y).sum()
    if k == 1:
        raise ValueError("bad thing")
    if k == 2:
        return y[5, 0]
    z = np.sum(y) / (k - 3)
    return z * y[0, 0]


LINES = {0: "cholesky(y)", 1: 'raise ValueError("bad thing")', 2: "return y[5, 0]", 3: "/ (k - 3)"}
KINDS = {0: np.linalg.LinAlgError, 1: ValueError, 2: IndexError, 3: ZeroDivisionError}


@pytest.mark.parametrize("k", list(LINES))
@pytest.mark.parametrize("times", [1, 2])
def test_the_line_is_a_note_of_the_error(k, times):
    compiled = ad.grad(ad.jit(failing))
    x = -np.eye(2)
    if times == 2:
        compiled(x, 4)
    with pytest.raises(KINDS[k]) as caught:
        compiled(x, k)
    notes = "\n".join(caught.value.__notes__)
    assert f'File "{__file__}", line ' in notes
    assert LINES[k] in notes
    np.testing.assert_array_equal(x, -np.eye(2))
