"""What is selected from sparse matrices, and lists of rows, against finite differences."""

import numpy as np
import pytest
import scipy.sparse as sp

from adjoint.testing import check_grads

X = np.array([0.5, 2.0, 3.0, 1.7])
W = np.random.default_rng(5).random((4, 4))


def by_rows(x):
    return sp.csr_array(np.outer(x, x * x) * (W > 0.3))


def by_columns(x):
    return sp.csc_matrix(np.outer(x, x * x) * (W > 0.3))


def total(matrix):
    """A number that tells where each entry is."""
    dense = matrix.toarray()
    return (dense * W[: dense.shape[0], : dense.shape[1]]).sum()


def put_together(x):
    matrix = sp.lil_array((4, 4))
    for i in range(4):
        matrix[i, i] += x[i]
        matrix[i, -1] = matrix[i, i] * x[0]
    matrix[:2, 1:3] = np.outer(x[:2], x[2:])
    matrix[3, 3] = 0.0
    return total(matrix) + total(matrix.tocsr()) + matrix[0, 1] * matrix[2, 2]


def without_zeros(x):
    matrix = by_rows(x)
    matrix.data[1] = 0.0
    matrix.eliminate_zeros()
    assert np.all(matrix.data)
    return matrix


def blocks(x):
    values = np.reshape(np.concatenate([x, x * x, x + 1.0]), (3, 2, 2))
    return sp.bsr_array((values, [0, 1, 0], [0, 2, 3]), shape=(4, 4))


SELECTIONS = {
    "element": lambda x: by_rows(x)[1, 2] * by_columns(x)[-1, 0] + by_rows(x)[0, 0],
    "row": lambda x: (by_rows(x)[1].toarray() * W[1]).sum(),
    "rows": lambda x: total(by_rows(x)[[2, 0]]),
    "columns": lambda x: total(by_columns(x)[:, [3, 0, 3]]),
    "rows of columns": lambda x: total(by_columns(x)[np.array([3, 0])][:, [1, 2]]),
    "block": lambda x: total(by_rows(x)[1:3, ::2]),
    "grid": lambda x: total(by_rows(x)[np.ix_([0, 2], [1, 3])]),
    "places": lambda x: np.asarray(by_columns(x)[[0, 1, 2], [2, 3, 2]]).sum(),
    "mask": lambda x: total(by_rows(x)[np.array([True, False, True, True])]),
    "getrow": lambda x: total(by_columns(x).getrow(2)) + total(by_columns(x).getcol(1)),
    "product": lambda x: total(by_rows(x).multiply(by_rows(x * x).tocsc())),
    "kron": lambda x: sp.kron(sp.eye(2), np.outer(x, x)).tocsr()[5, 6],
    "lists": put_together,
    "copied lists": lambda x: total(by_rows(x).tolil().copy() * x[1]),
    "without zeros": lambda x: total(without_zeros(x)),
    "blocks": lambda x: total(blocks(x).T.tocsr()) + np.prod(blocks(x).diagonal()),
    "dense": lambda x: ((W + by_rows(x)) ** 2).sum() + np.sum(sp.csr_matrix(by_rows(x)) + W),
    "larger": lambda x: total(by_rows(x).maximum(by_columns(1.3 * x))),
    "smaller": lambda x: total(by_columns(x).minimum(by_rows(x * x))),
}


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS)
def test_selections(selection):
    check_grads(selection, (X,))
