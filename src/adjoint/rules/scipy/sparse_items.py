"""Rules of `scipy.sparse` for what is selected from matrices, and for lists of rows.

A selection moves entries: that of a matrix of the same pattern, whose entries are their places,
says where each comes from.
"""

import bisect

import numpy as np
import scipy.sparse as sp

from adjoint.rules.ruleset import covers, definition
from adjoint.rules.scipy.sparse import entries_of
from adjoint.rules.scipy.sparse_structure import COMPRESSED, by_rows, csc_of, csr_of

LISTED = (sp.lil_array, sp.lil_matrix)


def placed(matrix):
    """A matrix of the same pattern whose entries are their places, from 1 on."""
    places = np.arange(1, len(matrix.indices) + 1)
    return type(matrix)((places, matrix.indices, matrix.indptr), shape=matrix.shape)


def is_compressed(self, key):
    return isinstance(self, COMPRESSED)


def item(self, key):
    """``self[key]`` of a matrix by rows or columns."""
    if not self.has_canonical_format:  # equal entries are to be added
        self = csr_of(self) if self.format == "csr" else csc_of(self)
    found = placed(self)[key]
    if sp.issparse(found):
        if isinstance(found, COMPRESSED):
            parts = (self.data[found.data - 1], found.indices, found.indptr)
        else:
            found = found.tocoo()
            parts = (self.data[found.data - 1], found.coords)
        return type(found)(parts, shape=found.shape)
    values = np.concatenate((np.zeros(1), self.data))
    if np.ndim(found) == 0:
        return values[int(found)]
    moved = values[np.asarray(found)]
    return moved.view(np.matrix) if isinstance(found, np.matrix) else moved


definition(sp.csr_array.__getitem__)(item)
covers(sp.csr_array.__getitem__)(is_compressed)


def row(self, i):
    return item(self, ([i], slice(None)))


def column(self, j):
    return item(self, (slice(None), [j]))


for kind in (sp.csr_matrix, sp.csc_matrix):
    definition(kind.getrow)(row)
    definition(kind.getcol)(column)
definition(sp.bsr_array.tocsr, sp.bsr_matrix.tocsr)(csr_of)


def are_of_one_shape(self, other):
    return sp.issparse(other) and other.shape == self.shape and self.ndim == 2


def elementwise_product(self, other):
    """``self.multiply(other)`` for two sparse matrices: what both store."""
    ours, theirs = self.tocsr(), other.tocsr()
    rows, columns, values = entries_of(ours)
    also_rows, also_columns, also_values = entries_of(theirs)
    places, also = rows * self.shape[1] + columns, also_rows * self.shape[1] + also_columns
    _, left, right = np.intersect1d(places, also, return_indices=True)
    product = values[left] * also_values[right]
    return by_rows(rows[left], columns[left], product, self.shape, self)


definition(sp.csr_array.multiply)(elementwise_product)
covers(sp.csr_array.multiply)(are_of_one_shape)


# lists of rows


def is_one_place(self, key, *_value):
    """True for ``matrix[i, j]`` of two whole numbers."""
    whole = (int, np.integer)
    return isinstance(key, tuple) and len(key) == 2 and all(isinstance(k, whole) for k in key)


def place_in(matrix, key):
    """Row, column, and where the entry is, or would be, in the list of its row."""
    (i, j), (rows, columns) = key, matrix.shape
    if not -rows <= i < rows or not -columns <= j < columns:
        raise IndexError("index out of range")
    i, j = int(i) % rows, int(j) % columns
    return i, j, bisect.bisect_left(matrix.rows[i], j)


def listed_item(self, key):
    i, j, place = place_in(self, key)
    held = self.rows[i]
    return self.data[i][place] if place < len(held) and held[place] == j else self.dtype.type(0)


def store_listed(self, key, x):
    """``self[key] = x`` for numbers and dense arrays."""
    if is_one_place(self, key):
        store_one(self, key, x)
        return
    places = np.reshape(np.arange(self.shape[0] * self.shape[1]), self.shape)[key]
    values = np.broadcast_to(x, places.shape)
    for index, place in np.ndenumerate(places):
        store_one(self, divmod(int(place), self.shape[1]), values[index])


def store_one(self, key, x):
    i, j, place = place_in(self, key)
    held, values = self.rows[i], self.data[i]
    is_held = place < len(held) and held[place] == j
    if is_held and x == 0:
        del held[place], values[place]
    elif is_held:
        values[place] = x
    elif x != 0:
        held.insert(place, j)
        values.insert(place, x)


def is_dense(self, key, x):
    return not sp.issparse(x)


def entries_of_lists(self):
    rows = [row for row, held in enumerate(self.rows) for _ in held]
    columns = [column for held in self.rows for column in held]
    values = [value for held in self.data for value in held]
    return np.array(rows, int), np.array(columns, int), np.array(values, self.dtype)


def csr_of_lists(self, copy=False):
    return by_rows(*entries_of_lists(self), self.shape, self)


def dense_of_lists(self, order=None, out=None):
    rows, columns, values = entries_of_lists(self)
    found = np.zeros(self.shape, self.dtype)
    found[rows, columns] = values
    return found


for kind in LISTED:
    definition(kind.__getitem__)(listed_item)
    covers(kind.__getitem__)(is_one_place)
    definition(kind.__setitem__)(store_listed)
    covers(kind.__setitem__)(is_dense)
    definition(kind.tocsr)(csr_of_lists)
    definition(kind.toarray)(dense_of_lists)
