"""Rules of `scipy.sparse`: products, conversions and solutions, by the list of entries.

The pattern of a matrix is fixed: an entry that is not stored has no derivative.
"""

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl

from adjoint.rules.forms import conjugated
from adjoint.rules.ruleset import covers, definition, jvp, none, vjp


def entries_of(matrix):
    """Rows, columns and values of what is stored."""
    listed = matrix.tocoo()
    return listed.row, listed.col, listed.data


def spread_over_columns(values, other):
    return np.reshape(values, (-1,) + (1,) * (np.ndim(other) - 1))


def times(rows, columns, values, count, other):
    """The sparse matrix of these entries times a vector, or a matrix of columns."""
    found = np.zeros((count, *np.shape(other)[1:]), np.result_type(values, other))
    np.add.at(found, rows, spread_over_columns(values, other) * other[columns])
    return found


class Factors:
    """The triangular factors of a sparse matrix, made when a system is first solved with them."""

    def __init__(self, rows, columns, values, count):
        self.values, self.places, self.count = np.array(values), (rows, columns), count
        self.made = None

    def solve(self, right, transposed=False):
        """The solution for one right hand side or several; `transposed` means conjugated too."""
        right = np.asarray(right)
        if np.iscomplexobj(right) and not np.iscomplexobj(self.values):
            real, imaginary = (self.solve(p, transposed) for p in (np.real(right), np.imag(right)))
            return real + 1j * imaginary
        kind = np.result_type(self.values, right, float)
        try:
            factors = self.factors()
        except RuntimeError:  # singular: SciPy says so, and gives nan
            rows, columns = self.places[::-1] if transposed else self.places
            values = conjugated(self.values) if transposed else self.values
            return spl.spsolve(system_of(rows, columns, values, self.count), right)
        return factors.solve(np.ascontiguousarray(right, kind), "H" if transposed else "N")

    def factors(self):
        if self.made is None:
            self.made = spl.splu(system_of(*self.places, self.values, self.count))
        return self.made


def system_of(rows, columns, values, count):
    return sp.csc_matrix((values, (rows, columns)), shape=(count, count))


def factors_of(rows, columns, values, count):
    return Factors(rows, columns, values, count)


none(factors_of)


def sparse_solution(rows, columns, values, count, b, factors=None, transposed=False):
    """The solution of a sparse system, or of its conjugate transpose; equal entries add up.

    The factors only save time, if they are those of the system.
    """
    if factors is None or not np.array_equal(factors.values, values):
        factors = Factors(rows, columns, values, count)
    return np.reshape(factors.solve(b, transposed), np.shape(b))


@vjp(sparse_solution)
def sparse_solution_vjp(ct, out, rows, columns, values, count, b, factors=None, transposed=False):
    """One solution with the factors that are there."""
    ct_b = sparse_solution(rows, columns, values, count, ct, factors, not transposed)
    if transposed:
        products = conjugated(ct_b[columns] * conjugated(out)[rows])
    else:
        products = ct_b[rows] * conjugated(out)[columns]
    return None, None, -products if np.ndim(out) == 1 else -np.sum(products, axis=1), None, ct_b


@jvp(sparse_solution)
def sparse_solution_jvp(
    tangents, out, rows, columns, values, count, b, factors=None, transposed=False
):
    d_values, d_b = tangents[2], tangents[4]
    right = np.zeros(np.shape(out)) if d_b is None else d_b
    if d_values is not None and transposed:
        right = right - times(columns, rows, conjugated(d_values), count, out)
    elif d_values is not None:
        right = right - times(rows, columns, d_values, count, out)
    return sparse_solution(rows, columns, values, count, right, factors, transposed)


def solution_of(rows, columns, values, count, b):
    """The solution of the system of these entries."""
    factors = factors_of(rows, columns, values, count)
    return sparse_solution(rows, columns, values, count, b, factors)


@definition(spl.spsolve)
def spsolve(A, b, permc_spec=None, use_umfpack=True):
    if not sp.issparse(b):
        right = np.asarray(b)
        right = right[:, 0] if right.shape[1:] == (1,) else right  # as SciPy gives it back
        return solution_of(*entries_of(A), A.shape[0], right)
    found = solution_of(*entries_of(A), A.shape[0], b.toarray())
    rows, columns = np.nonzero(found)
    made = sp.csc_array if isinstance(A, sp.sparray) else sp.csc_matrix
    return made((found[rows, columns], (rows, columns)), shape=found.shape)


def toarray(self, order=None, out=None):
    """The whole matrix."""
    listed = self.tocoo()
    found = np.zeros(self.shape, np.asarray(listed.data).dtype)
    np.add.at(found, listed.coords, listed.data)
    return found


def compressed(rows, columns, values, count):
    """Values in the order of rows, then columns, equal entries added; their columns; row ends."""
    order = np.lexsort((columns, rows))
    rows, columns = rows[order], columns[order]
    starts = np.ones(len(rows), bool)
    starts[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    added = np.zeros(np.count_nonzero(starts), np.asarray(values).dtype)
    np.add.at(added, np.cumsum(starts) - 1, values[order])
    ends = np.searchsorted(rows[starts], np.arange(count + 1))
    return added, columns[starts], ends


def tocsr(self, copy=False):
    """By rows."""
    made = sp.csr_array if isinstance(self, sp.sparray) else sp.csr_matrix
    found = compressed(self.row, self.col, self.data, self.shape[0])
    return made(found, shape=self.shape)


def tocsc(self, copy=False):
    """By columns."""
    made = sp.csc_array if isinstance(self, sp.sparray) else sp.csc_matrix
    found = compressed(self.col, self.row, self.data, self.shape[1])
    return made(found, shape=self.shape)


for kind in (sp.coo_array, sp.coo_matrix):
    definition(kind.tocsr)(tocsr)
    definition(kind.tocsc)(tocsc)
for kind in (sp.coo_array, sp.coo_matrix, sp.csr_array, sp.csr_matrix, sp.csc_array, sp.csc_matrix):
    definition(kind.toarray)(toarray)


def product(self, other):
    """``self @ other`` for a dense vector or matrix."""
    rows, columns, values = entries_of(self)
    return times(rows, columns, values, self.shape[0], np.asarray(other))


def reflected_product(self, other):
    """``other @ self``."""
    rows, columns, values = entries_of(self)
    turned = np.transpose(np.asarray(other))
    return np.transpose(times(columns, rows, values, self.shape[1], turned))


def is_dense(self, other):
    return isinstance(other, np.ndarray | list | tuple) and np.ndim(other) in (1, 2)


def state_products():
    """The products of arrays, and of matrices, whose ``*`` is a product too."""
    pairs = [
        (sp.csr_array, "__matmul__", product),
        (sp.csr_array, "__rmatmul__", reflected_product),
    ]
    pairs += [(sp.csr_matrix, "__mul__", product), (sp.csr_matrix, "__rmul__", reflected_product)]
    for kind, name, program in pairs:
        function = getattr(kind, name)
        definition(function)(program)
        covers(function)(is_dense)


state_products()


def is_made_of_entries(self, arg1, *_args, **_options):
    """``csr_matrix((values, (rows, columns)))``: SciPy adds up equal entries in native code."""
    return isinstance(arg1, tuple) and len(arg1) == 2 and np.ndim(arg1[0]) == 1


def is_made_at_once(self, arg1, *_args, **_options):
    """The same, and ``csr_matrix(dense)``."""
    return is_made_of_entries(self, arg1) or (isinstance(arg1, np.ndarray) and arg1.ndim == 2)


def make_of_entries(self, arg1, shape=None, dtype=None, copy=False, **options):
    if isinstance(arg1, np.ndarray):
        rows, columns = np.nonzero(arg1)
        values, shape = np.asarray(arg1)[rows, columns], arg1.shape
    else:
        values, places = arg1
        rows, columns = (np.asarray(place) for place in places)
    shape = shape or (int(np.max(rows)) + 1, int(np.max(columns)) + 1)
    by_column = isinstance(self, sp.csc_array | sp.csc_matrix)
    major, minor = (columns, rows) if by_column else (rows, columns)
    made = compressed(major, minor, np.asarray(values, dtype), shape[1 if by_column else 0])
    type(self).__init__(self, made, shape=shape, **options)


for kind in (sp.csr_array, sp.csr_matrix, sp.csc_array, sp.csc_matrix):
    definition(kind.__init__)(make_of_entries)
    covers(kind.__init__)(is_made_at_once)
