"""Rules of the iterative solvers of `scipy.sparse.linalg`: one solution of the transposed system.

The solution is the one that the solver found. Its derivative is that of the exact solution, on the
pattern of the matrix; starting values, tolerances and preconditioners have no influence.
"""

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl

from adjoint.errors import NonDifferentiable
from adjoint.rules.forms import conjugated
from adjoint.rules.ruleset import covers, definition, jvp, may_refuse, none, vjp
from adjoint.rules.scipy.sparse import entries_of, factors_of, solution_of, sparse_solution, times


def found_by(solver, A, b, options):
    """What SciPy's solver returns: the solution and a number that says whether it converged."""
    return solver(A, b, **options)


none(found_by)


def corrected(found, rows, columns, values, count, b):
    """The solution `found`, as the solution of the system of these entries."""
    return np.array(found)


@vjp(corrected)
def corrected_vjp(ct, out, found, rows, columns, values, count, b):
    factors = factors_of(rows, columns, values, count)
    ct_b = sparse_solution(rows, columns, values, count, ct, factors, True)
    return None, None, None, -ct_b[rows] * conjugated(out)[columns], None, ct_b


@jvp(corrected)
def corrected_jvp(tangents, out, found, rows, columns, values, count, b):
    _, _, _, d_values, _, d_b = tangents
    right = np.zeros(np.shape(out)) if d_b is None else d_b
    if d_values is not None:
        right = right - times(rows, columns, d_values, count, out)
    return solution_of(rows, columns, values, count, right)


def entries(A):
    """Rows, columns and values of a sparse or whole matrix."""
    if sp.issparse(A):
        return entries_of(A)
    matrix = np.asarray(A)
    rows, columns = np.indices(matrix.shape)
    return np.ravel(rows), np.ravel(columns), np.ravel(matrix)


def is_known_matrix(A, b, x0=None, *, callback=None, shift=0.0, **_options):
    """An operator that is a function is followed through the solver's source instead."""
    return (sp.issparse(A) or isinstance(A, np.ndarray)) and callback is None and shift == 0.0


def state(solver):
    def solve(A, b, x0=None, **options):
        right = np.asarray(b)
        found, info = found_by(solver, A, right, {"x0": x0, **options})
        exact = corrected(np.ravel(found), *entries(A), A.shape[0], np.ravel(right))
        return np.reshape(exact, np.shape(found)), info

    definition(solver)(solve)
    covers(solver)(is_known_matrix)


for each in (
    spl.cg,
    spl.cgs,
    spl.bicg,
    spl.bicgstab,
    spl.gmres,
    spl.lgmres,
    spl.gcrotmk,
    spl.qmr,
    spl.minres,
    spl.tfqmr,
):
    state(each)


@vjp(spl.SuperLU.solve)
def solve_vjp(ct, out, self, rhs, trans="N"):
    """Linear in the right hand side; what the factors are of is constant."""
    if trans == "H":
        return None, np.conj(self.solve(np.conj(ct)))
    return None, np.conj(self.solve(np.conj(ct), "N" if trans == "T" else "T"))


@jvp(spl.SuperLU.solve)
def solve_jvp(tangents, out, self, rhs, trans="N"):
    return self.solve(tangents[1], trans)


class Incomplete:
    """What `spilu` gives for a matrix that carries derivatives: it serves as a preconditioner."""

    def __init__(self, factors, values):
        self.factors, self.values, self.shape = factors, values, factors.shape

    def solve(self, rhs, trans="N"):
        return preconditioned(self.values, self.factors, rhs, trans)


def preconditioned(values, factors, rhs, trans):
    return factors.solve(rhs, trans)


def incomplete_factors(A, options):
    return spl.spilu(A, **options)


none(incomplete_factors)


@vjp(preconditioned)
def preconditioned_vjp(ct, out, values, factors, rhs, trans):
    if np.any(ct):
        raise no_derivative()
    return (np.zeros_like(values),)


@jvp(preconditioned)
def preconditioned_jvp(tangents, out, values, factors, rhs, trans):
    return np.full(np.shape(out), np.nan)  # SciPy calls a preconditioner once to see its type


def no_derivative():
    return NonDifferentiable(
        "incomplete factors drop entries by steps: what they solve has no derivative",
        instead="use splu, or spilu as the preconditioner M of a solver alone",
    )


may_refuse(preconditioned)


@definition(spl.spilu)
def spilu(A, **options):
    return Incomplete(incomplete_factors(A, options), entries_of(A)[2])
