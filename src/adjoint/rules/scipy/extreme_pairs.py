"""Rules of `eigs`, `eigsh`, `svds` and `lobpcg`: the equation of each pair that ARPACK finds.

An eigenpair (w, v) solves ``A v = w v`` with ``v^H v`` held, one bordered system with the matrix
``A - w``. Its transpose gives the gradient, on the pattern of the matrix. Vectors of equal
eigenvalues, and their phases, are what the solver happens to find: they are refused.
"""

import warnings

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl

from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.rules.forms import conjugated
from adjoint.rules.numpy.spectra import VANISHING
from adjoint.rules.ruleset import covers, definition, jvp, may_refuse, none, vjp
from adjoint.rules.scipy.krylov import entries
from adjoint.rules.scipy.sparse import solution_of, times


def found_by(solver, A, arguments, options):
    """What SciPy finds."""
    return solver(A, *arguments, **options)


none(found_by)


def order_alone(solver, A, values, arguments, options):
    """The places of `values` in the order in which SciPy gives them without vectors."""
    alone = solver(A, *arguments, return_eigenvectors=False, **options)
    left, order = list(range(len(values))), []
    for value in alone:
        order.append(min(left, key=lambda place: np.abs(values[place] - value)))
        if np.abs(values[order[-1]] - value) > 1e-6 * np.max(np.abs(values)):
            raise MissingRule(
                f"{solver.__name__} finds other eigenvalues where it is not asked for vectors",
                instead="ask for the vectors too",
            )
        left.remove(order[-1])
    return order


none(order_alone)


def bordered(rows, columns, values, count, value, vector, side):
    """The entries of ``[[A - w, -v], [u^H, 0]]``."""
    places, last = np.arange(count), np.full(count, count)
    return (
        np.concatenate([rows, places, places, last]),
        np.concatenate([columns, places, last, places]),
        np.concatenate([values, np.full(count, -1.0) * value, -vector, conjugated(side)]),
    )


def solved(system, right):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a singular system gives nan, which is refused
        found = solution_of(*system, len(right), right)
    size = np.max(np.abs(found), initial=0.0)
    if not size <= 1e11 * np.max(np.abs(right), initial=1e-30):
        raise NonDifferentiable(
            "vectors of an eigenvalue that is repeated have no derivative",
            instead="use what does not depend on their basis, with the matrix as a whole array",
        )
    return found


def pairs(values, vectors, hermitian, rows, columns, stored, count):
    """Known eigenvalues and vectors, as those of the matrix of these entries."""
    return np.array(values), np.array(vectors)


@jvp(pairs)
def pairs_jvp(tangents, out, values, vectors, hermitian, rows, columns, stored, count):
    found_values, found_vectors = [], []
    for value, vector in zip(out[0], np.transpose(out[1]), strict=True):
        moved = times(rows, columns, tangents[5], count, vector)
        system = bordered(rows, columns, stored, count, value, vector, vector)
        change = solved(system, np.append(-moved, 0.0))
        found_values.append(change[-1])
        # nothing says here whether the phase of complex vectors matters
        found_vectors.append(change[:-1] * (np.nan if np.any(np.imag(vector)) else 1.0))
    return np.stack(found_values), np.stack(found_vectors, axis=1)


@vjp(pairs)
def pairs_vjp(ct, out, values, vectors, hermitian, rows, columns, stored, count):
    ct_stored = 0.0
    for place, (value, vector) in enumerate(zip(out[0], np.transpose(out[1]), strict=True)):
        ct_value = 0.0 if ct[0] is None else ct[0][place]
        if ct[1] is None and hermitian:
            given = -ct_value * vector
        else:
            ct_vector = np.zeros(count) if ct[1] is None else ct[1][:, place]
            require_no_phase(ct_vector, vector)
            across = ct_vector - vector * np.vdot(vector, ct_vector)  # its length is held
            system = bordered(rows, columns, stored, count, value, vector, vector)
            turned = system[1], system[0], conjugated(system[2])
            given = solved(turned, np.append(across, ct_value))
        ct_stored = ct_stored - given[rows] * conjugated(vector)[columns]
    return None, None, None, None, None, ct_stored


def require_no_phase(ct_vector, vector):
    turning = np.abs(np.imag(np.vdot(vector, ct_vector)))
    size = VANISHING * (1e-30 + np.linalg.norm(ct_vector))
    if np.any(np.imag(vector)) and turning > size:
        raise unknown_phase()


def unknown_phase():
    return NonDifferentiable(
        "the phase of complex eigenvectors is what the solver happens to find",
        instead="use absolute values of the entries, in reverse mode, or numpy.linalg.eig",
    )


may_refuse(pairs)


def require_standard(name, **given):
    present = [word for word, value in given.items() if value is not None]
    if present:
        raise MissingRule(
            f"{name} with {present[0]} has no rule", instead="use scipy.linalg.eigh of whole arrays"
        )


def is_known_matrix(A, *_args, **_options):
    return sp.issparse(A) or isinstance(A, np.ndarray)


def state(solver, *, hermitian):
    def solve(A, k=6, M=None, sigma=None, which="LM", *rest, return_eigenvectors=True, **options):
        require_standard(solver.__name__, M=M, Minv=options.get("Minv"))
        arguments = (k, None, sigma, which, *rest)
        found = found_by(solver, A, arguments, options)
        found_values, vectors = pairs(*found, hermitian, *entries(A), A.shape[0])
        if return_eigenvectors:
            return found_values, vectors
        return found_values[order_alone(solver, A, found[0], arguments, options)]

    definition(solver)(solve)
    covers(solver)(is_known_matrix)


state(spl.eigs, hermitian=False)
state(spl.eigsh, hermitian=True)


@definition(spl.svds)
def svds(A, k=6, *rest, return_singular_vectors=True, **options):
    """The pairs of ``[[0, A], [A^H, 0]]``, whose vectors are those of both sides."""
    u, s, vh = found_by(spl.svds, A, (k, *rest), options)
    rows, columns, stored = entries(A)
    tall, wide = A.shape
    both = (
        np.concatenate([rows, columns + tall]),
        np.concatenate([columns + tall, rows]),
        np.concatenate([stored, conjugated(stored)]),
    )
    halves = np.concatenate([u, conjugated(np.transpose(vh))]) / np.sqrt(2.0)
    s, halves = pairs(s, halves, True, *both, tall + wide)
    halves = halves * np.sqrt(2.0)
    left, right = halves[:tall], conjugated(np.transpose(halves[tall:]))
    return (left, s, right) if return_singular_vectors is not False else s


covers(spl.svds)(is_known_matrix)


@definition(spl.lobpcg)
def lobpcg(A, X, B=None, *rest, **options):
    require_standard("lobpcg", B=B)
    found = found_by(spl.lobpcg, A, (X, None, *rest), options)
    if len(found) > 2:
        raise MissingRule("the history of lobpcg has no rule", instead="leave it out")
    return pairs(*found, True, *entries(A), A.shape[0])


covers(spl.lobpcg)(is_known_matrix)
