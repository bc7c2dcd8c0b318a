"""Rules of `scipy.sparse` for what one format does by itself: blocks, lists, elements compared.

What is moved keeps its derivative; an entry that is stored as zero and taken out loses it.
"""

import numpy as np
import scipy.sparse as sp

from adjoint.rules.ruleset import covers, definition
from adjoint.rules.scipy.sparse import entries_of
from adjoint.rules.scipy.sparse_items import LISTED
from adjoint.rules.scipy.sparse_structure import COMPRESSED, are_sparse, by_rows, total

BLOCKED = (sp.bsr_array, sp.bsr_matrix)


def turned_blocks(self, axes=None, copy=False):
    """Blocks change places as entries do; each is transposed."""
    rows, columns = (
        self.shape[0] // self.data.shape[1],
        self.shape[1] // self.data.shape[2],
    )
    places = np.arange(len(self.indices))
    pattern = sp.csr_array((places, self.indices, self.indptr), shape=(rows, columns)).tocsc()
    blocks = np.swapaxes(self.data[pattern.data], 1, 2)
    return type(self)((blocks, pattern.indices, pattern.indptr), shape=self.shape[::-1])


def diagonal_of_blocks(self, k=0):
    return self.tocsr().diagonal(k)


definition(*{kind.transpose for kind in BLOCKED})(turned_blocks)
definition(*{kind.diagonal for kind in BLOCKED})(diagonal_of_blocks)


def copied_lists(self):
    made = type(self)(self.shape, dtype=self.dtype)
    for row in range(self.shape[0]):
        made.rows[row], made.data[row] = list(self.rows[row]), list(self.data[row])
    return made


definition(*{kind.copy for kind in LISTED})(copied_lists)


def without_zeros(self):
    """Takes the stored zeros out of a matrix by rows or columns."""
    kept = np.asarray(self.data) != 0
    before = np.concatenate([[0], np.cumsum(kept)])
    self.data, self.indices = self.data[kept], self.indices[kept]
    self.indptr = before[self.indptr].astype(self.indptr.dtype)


definition(*{kind.eliminate_zeros for kind in COMPRESSED})(without_zeros)


def sum_with(self, other):
    """``self + other``; the sum with a dense array is dense."""
    if sp.issparse(other):
        return total(self, other)
    found = self.toarray() + other
    return found if isinstance(self, sp.sparray) else found.view(np.matrix)


def is_sum(self, other):
    return are_sparse(self, other) or (isinstance(other, np.ndarray) and other.shape == self.shape)


definition(sp.csr_array.__add__)(sum_with)
covers(sp.csr_array.__add__)(is_sum)


def extreme(choose):
    """The larger or smaller elements: what only one of two matrices stores is compared with 0."""

    def program(self, other):
        rows, columns, ours = entries_of(self)
        also_rows, also_columns, theirs = entries_of(other)
        places = np.concatenate([rows, also_rows]), np.concatenate([columns, also_columns])
        left = np.concatenate([ours, np.zeros(len(theirs))])
        right = np.concatenate([np.zeros(len(ours)), theirs])
        left, right = (by_rows(*places, values, self.shape, self) for values in (left, right))
        data = choose(left.data, right.data)
        return type(left)((data, left.indices, left.indptr), shape=self.shape)

    return program


for name, choose in (("maximum", np.maximum), ("minimum", np.minimum)):
    method = getattr(sp.csr_array, name)
    definition(method)(extreme(choose))
    covers(method)(are_sparse)
