"""Rules of `scipy.sparse` for what puts matrices together: sums, products, blocks, factors.

Each is a program over the lists of entries; a sum or product keeps every place that it can fill.
"""

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import covers, definition, none
from adjoint.rules.scipy.sparse import (
    compressed,
    entries_of,
    factors_of,
    is_dense,
    product,
    solution_of,
    sparse_solution,
)

COMPRESSED = (sp.csr_array, sp.csr_matrix, sp.csc_array, sp.csc_matrix)


def like(matrix, name):
    """The class of that format, of arrays or of matrices as `matrix` is."""
    return getattr(sp, name + ("_array" if isinstance(matrix, sp.sparray) else "_matrix"))


def by_rows(rows, columns, values, shape, matrix):
    found = compressed(rows, columns, values, shape[0])
    return like(matrix, "csr")(found, shape=shape)


def by_columns(rows, columns, values, shape, matrix):
    found = compressed(columns, rows, values, shape[1])
    return like(matrix, "csc")(found, shape=shape)


def csr_of(self, copy=False):
    return by_rows(*entries_of(self), self.shape, self)


def csc_of(self, copy=False):
    return by_columns(*entries_of(self), self.shape, self)


definition(sp.csr_array.tocsc, sp.csr_matrix.tocsc)(csc_of)
definition(sp.csc_array.tocsr, sp.csc_matrix.tocsr)(csr_of)


def entries_of_diagonals(matrix):
    """What is inside the matrix; the elements of a diagonal are stored by their columns."""
    count = matrix.data.shape[1]
    columns = np.broadcast_to(np.arange(count), matrix.data.shape)
    rows = columns - np.reshape(matrix.offsets, (-1, 1))
    inside = (rows >= 0) & (rows < matrix.shape[0]) & (columns < matrix.shape[1])
    return rows[inside], columns[inside], matrix.data[inside]


@definition(sp.dia_array.tocsr, sp.dia_matrix.tocsr)
def csr_of_diagonals(self, copy=False):
    return by_rows(*entries_of_diagonals(self), self.shape, self)


def diagonal(self, k=0):
    rows, columns, values = entries_of(self)
    chosen = columns - rows == k
    size = min(self.shape[0] + min(k, 0), self.shape[1] - max(k, 0))
    found = np.zeros(max(size, 0), np.asarray(values).dtype)
    np.add.at(found, rows[chosen] + min(k, 0), values[chosen])
    return found


definition(*{kind.diagonal for kind in COMPRESSED})(diagonal)


def total(self, other, sign=1.0):
    left, right = entries_of(self), entries_of(other)
    rows, columns = (np.concatenate([left[k], right[k]]) for k in (0, 1))
    values = np.concatenate([left[2], sign * right[2]])
    return by_rows(rows, columns, values, self.shape, self).asformat(result_format(self))


def result_format(matrix):
    return matrix.format if matrix.format in ("csr", "csc") else "csr"


def difference(self, other):
    return total(self, other, -1.0)


def are_sparse(self, other):
    return sp.issparse(other) and self.shape == other.shape


definition(sp.csr_array.__sub__)(difference)
covers(sp.csr_array.__sub__)(are_sparse)


def sparse_product(self, other):
    """Each entry of the left matrix meets the row of the right one that its column names."""
    rows, columns, values = entries_of(self)
    right = other.tocsr()
    counts = np.diff(right.indptr)[columns]
    left_place = np.repeat(np.arange(len(values)), counts)
    first = np.repeat(right.indptr[columns] - np.cumsum(counts) + counts, counts)
    right_place = first + np.arange(len(left_place))
    products = values[left_place] * right.data[right_place]
    shape = (self.shape[0], other.shape[1])
    found = by_rows(rows[left_place], right.indices[right_place], products, shape, self)
    return found.asformat(result_format(self))


def any_product(self, other):
    return sparse_product(self, other) if sp.issparse(other) else product(self, other)


def is_product(self, other):
    return sp.issparse(other) or is_dense(self, other)


for kind, name in ((sp.csr_array, "__matmul__"), (sp.csr_matrix, "__mul__")):
    function = getattr(kind, name)
    definition(function)(any_product)
    covers(function)(is_product)


def assembled(blocks):
    """The entries and the shape of a matrix of matrices; None is a block of zeros."""
    grid = [[b if b is None or sp.issparse(b) else sp.coo_matrix(b) for b in row] for row in blocks]
    heights = [next(b.shape[0] for b in row if b is not None) for row in grid]
    widths = [
        next(row[place].shape[1] for row in grid if row[place] is not None)
        for place in range(len(grid[0]))
    ]
    tops, lefts = np.cumsum([0, *heights]), np.cumsum([0, *widths])
    found = []
    for top, row in zip(tops, grid, strict=False):
        for left, block in zip(lefts, row, strict=False):
            if block is not None:
                rows, columns, values = entries_of(block)
                found.append((rows + top, columns + left, values))
    rows, columns, values = (np.concatenate([each[k] for each in found]) for k in range(3))
    sample = next(b for row in grid for b in row if b is not None)
    return rows, columns, values, (int(tops[-1]), int(lefts[-1])), sample


def block_matrix(blocks, format=None, dtype=None):
    *entries, shape, sample = assembled(blocks)
    rows, columns, values = entries
    made = by_rows(rows, columns, values, shape, sample)
    found = made.asformat(format) if format in ("csr", "csc", "coo") else made
    return found if dtype is None else found.astype(dtype)


@definition(sp.bmat)
def bmat(blocks, format=None, dtype=None):
    return block_matrix(blocks, format, dtype)


@definition(sp.block_array)
def block_array(blocks, *, format=None, dtype=None):
    return block_matrix(blocks, format, dtype)


@definition(sp.hstack)
def hstack(blocks, format=None, dtype=None):
    return block_matrix([list(blocks)], format, dtype)


@definition(sp.vstack)
def vstack(blocks, format=None, dtype=None):
    return block_matrix([[block] for block in blocks], format, dtype)


class Factored:
    """What `splu` gives."""

    def __init__(self, rows, columns, values, shape):
        self.entries, self.shape = (rows, columns, values), shape
        self.factors = factors_of(*self.entries, shape[0])

    def solve(self, rhs, trans="N"):
        right = np.asarray(rhs)
        if trans == "T":
            return np.conj(self.solve(np.conj(right), "H"))
        given = (*self.entries, self.shape[0], right, self.factors, trans == "H")
        return sparse_solution(*given)

    def __getattr__(self, name):
        if name in ("perm_r", "perm_c", "nnz"):
            return getattr(self.factors.factors(), name)
        if name in ("L", "U"):
            return triangular(*self.entries, self.factors, name)
        raise MissingRule(
            f"the attribute `{name}` of sparse factors has no rule",
            instead="use their method solve, or factors of a dense matrix",
        )


def pattern_of(factors, name):
    """The order of the rows and columns, and the places where a factor has entries."""
    found = factors.factors()
    rows, columns, _ = entries_of(getattr(found, name))
    return found.perm_r, found.perm_c, rows, columns


none(pattern_of)


def triangular(rows, columns, values, factors, name):
    """A factor on its pattern, by elimination of the whole matrix in the order that was found."""
    row_order, column_order, *places = pattern_of(factors, name)
    count = len(row_order)
    rest = np.zeros((count, count), np.asarray(values).dtype)
    np.add.at(rest, (row_order[rows], column_order[columns]), values)
    for k in range(count - 1):
        rest[k + 1 :, k] /= rest[k, k]
        rest[k + 1 :, k + 1 :] -= np.outer(rest[k + 1 :, k], rest[k, k + 1 :])
    whole = np.tril(rest, -1) + np.eye(count) if name == "L" else np.triu(rest)
    return sp.csc_matrix((whole[tuple(places)], tuple(places)), shape=(count, count))


@definition(spl.splu)
def splu(A, permc_spec=None, diag_pivot_thresh=None, relax=None, panel_size=None, options=None):
    return Factored(*entries_of(A), A.shape)


@definition(spl.factorized)
def factorized(A):
    return Factored(*entries_of(A), A.shape).solve


@definition(spl.spsolve_triangular)
def spsolve_triangular(A, b, lower=True, overwrite_A=False, overwrite_b=False, unit_diagonal=False):
    rows, columns, values = entries_of(A)
    chosen = rows >= columns if lower else rows <= columns
    if unit_diagonal:
        chosen = chosen & (rows != columns)
    rows, columns, values = rows[chosen], columns[chosen], values[chosen]
    if unit_diagonal:
        whole = np.arange(A.shape[0])
        rows, columns = np.concatenate([rows, whole]), np.concatenate([columns, whole])
        values = np.concatenate([values, np.ones(len(whole))])
    return solution_of(rows, columns, values, A.shape[0], np.asarray(b))
