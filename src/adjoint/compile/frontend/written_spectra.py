"""Eigenvalues, singular values and orthogonal factors: how their derivatives are found.

The decompositions are operations; how each hands its cotangent and its tangent on is a program here
(`PULLED` and `PUSHED`), which can be differentiated again. Equal eigenvalues share what is theirs;
what depends on the choice of their vectors raises `LinAlgError`. Sources: as in `rules.numpy`.
"""

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend import written_fourier
from adjoint.compile.frontend.written_phases import (
    adjoint_of,
    real_of,
    turned_back,
    turned_pair_back,
    turned_with,
    without_phase,
    without_phase_of_pair,
    without_scale,
)

EQUAL = 1e-13
VANISHING = 1e-8


def clusters(values):
    """Numbers that count the groups of equal ones among ordered values."""
    labels = np.zeros(len(values), dtype=int)
    size = np.max(np.abs(values))
    for i in range(1, len(values)):
        gap = abs(values[i] - values[i - 1])
        labels[i] = labels[i - 1] + (1 if gap > EQUAL * len(values) * size else 0)
    return labels


def shared(values, labels):
    """The mean of each group, in the place of each of its members."""
    out = np.zeros(len(values), dtype=values.dtype)
    for i in range(len(values)):
        count = 0
        for j in range(len(values)):
            if labels[i] == labels[j]:
                out[i] += values[j]
                count += 1
        out[i] /= count
    return out


def over_gaps(moments, values, labels):
    """``moments[i, j] / (values[j] - values[i])``, and zero inside a group."""
    out = np.zeros(moments.shape, dtype=moments.dtype)
    for i in range(len(values)):
        for j in range(len(values)):
            if labels[i] != labels[j]:
                out[i, j] = moments[i, j] / (values[j] - values[i])
    return out


def require_no_turn(moments, labels, smallest, ct_values):
    """Refuse a cotangent of vectors that depends on the basis chosen inside a group."""
    size = np.max(np.abs(moments))
    if size > 0.0:
        for i in range(len(labels)):
            for j in range(len(labels)):
                if i != j and labels[i] == labels[j]:
                    turning = abs(moments[i, j] - np.conj(moments[j, i]))
                    inside = max(abs(moments[i, j]), abs(moments[i, i]))
                    along_axes = smallest[i] < 1e-12 and inside > VANISHING * size
                    if turning > VANISHING * size or along_axes or ct_values[i] != 0.0:
                        raise np.linalg.LinAlgError(
                            "the result depends on the vectors of equal eigenvalues or singular "
                            "values, of which any basis is right: there is no derivative"
                        )


def require_still(moved, labels):
    """Refuse a direction that turns the basis of a group at once."""
    size = np.max(np.abs(moved))
    for i in range(len(labels)):
        for j in range(len(labels)):
            if i != j and labels[i] == labels[j] and abs(moved[i, j]) > VANISHING * size:
                raise np.linalg.LinAlgError(
                    "the direction turns the vectors of equal eigenvalues or singular values, of "
                    "which any basis is right: there is no derivative"
                )


def smallest_of(vectors):
    """The smallest entry of each column."""
    return np.min(np.abs(vectors), axis=0)


def from_triangle(change):
    """The Hermitian matrix that is read from the lower triangle."""
    if np.iscomplexobj(change):
        below = np.tril(change, -1)
        return below + adjoint_of(below) + np.diag(np.real(np.diag(change)))
    return np.tril(change) + np.tril(change, -1).T


def to_triangle(ct):
    """The transpose of `from_triangle`."""
    if np.iscomplexobj(ct):
        return np.tril(ct, -1) + adjoint_of(np.triu(ct, 1)) + np.diag(np.real(np.diag(ct)))
    return np.tril(ct) + np.triu(ct, 1).T


def eigen_pulled(ct, out, a):
    values, vectors = real_of(out[0]), out[1:]
    ct_values = real_of(ct[0])
    moments = adjoint_of(vectors) @ without_phase(ct[1:], vectors)
    labels = clusters(values)
    require_no_turn(moments, labels, smallest_of(vectors), ct_values)
    inner = over_gaps(moments, values, labels) + np.diag(shared(ct_values, labels))
    return to_triangle(vectors @ inner @ adjoint_of(vectors))


def eigen_pushed(change, out, a):
    values, vectors = real_of(out[0]), out[1:]
    moved = adjoint_of(vectors) @ from_triangle(change) @ vectors
    labels = clusters(values)
    require_still(moved, labels)
    out_dot = np.zeros(out.shape, dtype=out.dtype)
    out_dot[0] = shared(real_of(np.diag(moved)), labels)
    out_dot[1:] = turned_back(vectors @ over_gaps(moved, values, labels), vectors)
    return out_dot


def eigenvalues_pulled(ct, out, a):
    vectors = operations.eigen(a)[1:]
    inner = np.diag(shared(ct, clusters(out)))
    return to_triangle(vectors @ inner @ adjoint_of(vectors))


def eigenvalues_pushed(change, out, a):
    vectors = operations.eigen(a)[1:]
    moved = adjoint_of(vectors) @ from_triangle(change) @ vectors
    return shared(real_of(np.diag(moved)), clusters(out))


def groups(values):
    """Numbers that are the same for equal values, which are in any order."""
    labels = np.zeros(len(values), dtype=int)
    size = np.max(np.abs(values))
    for i in range(len(values)):
        labels[i] = i
        for j in range(i):
            if labels[i] == i and abs(values[i] - values[j]) <= EQUAL * len(values) * size:
                labels[i] = labels[j]
    return labels


def require_simple(moments, labels):
    """Refuse what turns the vectors of equal eigenvalues."""
    size = np.max(np.abs(moments))
    for i in range(len(labels)):
        for j in range(len(labels)):
            if i != j and labels[i] == labels[j] and abs(moments[i, j]) > VANISHING * size:
                raise np.linalg.LinAlgError(
                    "the result depends on the vectors of equal eigenvalues, of which any basis is "
                    "right: there is no derivative"
                )


def require_vectors(vectors):
    """Refuse a matrix that has too few eigenvectors (to rounding)."""
    if np.max(np.abs(np.linalg.inv(vectors))) > 1e7:
        raise np.linalg.LinAlgError(
            "the matrix has too few eigenvectors: its eigenvalues have no derivative"
        )


def require_equal_shares(ct_values, labels):
    """Refuse to tell equal eigenvalues of a matrix that is not Hermitian from each other."""
    size = np.max(np.abs(ct_values))
    for i in range(len(labels)):
        if abs(ct_values[i] - ct_values[labels[i]]) > VANISHING * size:
            raise np.linalg.LinAlgError(
                "the result tells equal eigenvalues of a matrix from each other: there is no "
                "derivative"
            )


def spectrum_pulled(ct, out, a):
    values, vectors = out[0], out[1:]
    require_vectors(vectors)
    labels = groups(values)
    require_equal_shares(ct[0], labels)
    moments = adjoint_of(vectors) @ without_scale(ct[1:], vectors)
    require_simple(moments, labels)
    inner = over_gaps(moments, np.conj(values), labels) + np.diag(shared(ct[0], labels))
    return np.linalg.solve(adjoint_of(vectors), inner @ adjoint_of(vectors))


def spectrum_pushed(change, out, a):
    values, vectors = out[0], out[1:]
    require_vectors(vectors)
    labels = groups(values)
    moved = np.linalg.solve(vectors, change @ vectors)
    require_still(moved, labels)
    turned = vectors @ over_gaps(moved, values, labels)
    out_dot = np.zeros(out.shape, dtype=out.dtype)
    out_dot[0] = shared(np.diag(moved), labels)
    out_dot[1:] = turned_with(turned, vectors)
    return out_dot


def in_order_of(wanted, given, row):
    """`row`, which belongs to the values `given`, in the order of the same values `wanted`.

    With and without vectors LAPACK may find the eigenvalues in another order.
    """
    out = np.zeros(len(row), dtype=row.dtype)
    taken = np.zeros(len(row), dtype=int)
    for i in range(len(row)):
        nearest = -1
        for j in range(len(row)):
            if taken[j] == 0 and (
                nearest < 0 or abs(given[j] - wanted[i]) < abs(given[nearest] - wanted[i])
            ):
                nearest = j
        taken[nearest] = 1
        out[i] = row[nearest]
    return out


def spectrum_values_pulled(ct, out, a):
    found = operations.spectrum(a)
    values, vectors = found[0], found[1:]
    require_vectors(vectors)
    labels = groups(values)
    share = in_order_of(values, out, ct)
    require_equal_shares(share, labels)
    inner = np.diag(shared(share, labels))
    return np.linalg.solve(adjoint_of(vectors), inner @ adjoint_of(vectors))


def spectrum_values_pushed(change, out, a):
    found = operations.spectrum(a)
    values, vectors = found[0], found[1:]
    require_vectors(vectors)
    moved = np.linalg.solve(vectors, change @ vectors)
    return in_order_of(out, values, shared(np.diag(moved), groups(values)))


def slopes(ct, s, labels):
    """The cotangents of singular values; that of zero is none, as at ``abs``."""
    mean = shared(ct, labels)
    for i in range(len(s)):
        if s[i] <= EQUAL * len(s) * s[0]:
            mean[i] = 0.0
    return mean


def over_sums(moments, s):
    """``moments[i, j] / (s[i] + s[j])``, and zero where both vanish."""
    out = np.zeros(moments.shape, dtype=moments.dtype)
    for i in range(len(s)):
        for j in range(len(s)):
            if s[i] + s[j] > 2.0 * EQUAL * len(s) * s[0]:
                out[i, j] = moments[i, j] / (s[i] + s[j])
    return out


def over_values(columns, s):
    """Columns divided by singular values, which must not vanish where there is something."""
    out = np.zeros(columns.shape, dtype=columns.dtype)
    for j in range(len(s)):
        if s[j] > EQUAL * len(s) * s[0]:
            out[:, j] = columns[:, j] / s[j]
    return out


def require_rank(ct, s):
    for j in range(len(s)):
        if s[j] <= EQUAL * len(s) * s[0] and np.max(np.abs(ct[:, j])) > VANISHING * np.max(
            np.abs(ct)
        ):
            raise np.linalg.LinAlgError(
                "the result depends on the singular vectors of a singular value that is zero"
            )


def singular_pulled(ct, out, a):
    m = len(a)
    u, s, v = out[:m], real_of(out[m]), out[m + 1 :]
    ct_s = real_of(ct[m])
    ct_u, ct_v = without_phase_of_pair(ct[:m], ct[m + 1 :], u, v)
    by_u, by_v = adjoint_of(u) @ ct_u, adjoint_of(v) @ ct_v
    labels = clusters(s)
    smallest = np.maximum(smallest_of(u), smallest_of(v))
    require_no_turn(by_u + by_v, labels, smallest, ct_s)
    require_rank(ct_u, s)
    require_rank(ct_v, s)
    plus = 0.5 * over_gaps(by_u + by_v, s, labels)
    minus = 0.5 * over_sums(by_u - by_v, s)
    both = plus + adjoint_of(plus) + minus - adjoint_of(minus)
    inner = np.diag(slopes(ct_s, s, labels)) + both
    rest_u = over_values(ct_u - u @ by_u, s)
    rest_v = over_values(ct_v - v @ by_v, s)
    return (u @ inner + rest_u) @ adjoint_of(v) + u @ adjoint_of(rest_v)


def singular_pushed(change, out, a):
    m = len(a)
    u, s, v = out[:m], real_of(out[m]), out[m + 1 :]
    moved = adjoint_of(u) @ change @ v
    back = adjoint_of(moved)
    labels = clusters(s)
    require_still(moved + back, labels)
    plus = 0.5 * over_gaps(moved + back, s, labels)
    minus = 0.5 * over_sums(moved - back, s)
    d_u = u @ (plus + minus) + over_values(change @ v - u @ moved, s)
    d_v = v @ (plus - minus) + over_values(adjoint_of(change) @ u - v @ back, s)
    out_dot = np.zeros(out.shape, dtype=out.dtype)
    out_dot[:m], out_dot[m + 1 :] = turned_pair_back(d_u, d_v, u, v)
    out_dot[m] = slopes(real_of(np.diag(moved)), s, labels)
    return out_dot


def thin(out, m, n):
    """Of `operations.singular_full` what `operations.singular` has."""
    count = min(m, n)
    return np.concatenate((out[: m + 1, :count], out[m + 1 :, :count]))


def folded(ct, vectors, count):
    """The cotangent of the first vectors, with what the others hand back to them.

    The others move without turning; a result that depends on their basis is refused.
    """
    first, rest = vectors[:, :count], vectors[:, count:]
    ct_rest = ct[:, count:]
    turning = adjoint_of(rest) @ ct_rest
    none = np.zeros(len(turning))
    require_no_turn(turning, np.zeros(len(turning), dtype=int), smallest_of(rest), none)
    if np.iscomplexobj(ct):
        phases = np.abs(np.imag(np.diag(turning)))
        if np.max(phases) > VANISHING * np.max(np.abs(ct_rest)):
            raise np.linalg.LinAlgError("the result depends on the phase of singular vectors")
    return ct[:, :count] - rest @ (adjoint_of(ct_rest) @ first)


def completed(d_first, vectors, count):
    """The change of all vectors from that of the first `count`."""
    first, rest = vectors[:, :count], vectors[:, count:]
    return np.concatenate((d_first, -first @ (adjoint_of(d_first) @ rest)), axis=1)


def singular_full_pulled(ct, out, a):
    m, n = a.shape
    if m == n:
        return singular_pulled(ct, out, a)
    ct_thin, out_thin = thin(ct, m, n), thin(out, m, n)
    if m > n:
        ct_thin[:m] = folded(ct[:m], out[:m], n)
    else:
        ct_thin[m + 1 :] = folded(ct[m + 1 :], out[m + 1 :], m)
    return singular_pulled(ct_thin, out_thin, a)


def singular_full_pushed(change, out, a):
    m, n = a.shape
    if m == n:
        return singular_pushed(change, out, a)
    dots = singular_pushed(change, thin(out, m, n), a)
    out_dot = np.zeros(out.shape, dtype=out.dtype)
    out_dot[:, : min(m, n)] = dots
    if m > n:
        out_dot[:m] = completed(dots[:m], out[:m], n)
    else:
        out_dot[m + 1 :] = completed(dots[m + 1 :], out[m + 1 :], m)
    return out_dot


def singular_values_pulled(ct, out, a):
    m = len(a)
    found = operations.singular(a)
    inner = np.diag(slopes(ct, out, clusters(out)))
    return found[:m] @ inner @ adjoint_of(found[m + 1 :])


def singular_values_pushed(change, out, a):
    m = len(a)
    found = operations.singular(a)
    moved = adjoint_of(found[:m]) @ change @ found[m + 1 :]
    return slopes(real_of(np.diag(moved)), out, clusters(out))


def pseudo_inverse_pulled(ct, out, a, rcond):
    """At constant rank: G. Golub and V. Pereyra (1973)."""
    beside = np.eye(len(a)) - a @ out
    below = np.eye(len(out)) - out @ a
    turned, back = adjoint_of(ct), adjoint_of(out)
    return beside @ turned @ out @ back + back @ out @ turned @ below - back @ ct @ back


def pseudo_inverse_pushed(change, out, a, rcond):
    beside = np.eye(len(a)) - a @ out
    below = np.eye(len(out)) - out @ a
    turned, back = adjoint_of(change), adjoint_of(out)
    return out @ back @ turned @ beside + below @ turned @ back @ out - out @ change @ out


def require_columns(r):
    size = np.max(np.abs(r))
    for i in range(len(r)):
        if abs(r[i, i]) <= EQUAL * len(r) * size:
            raise np.linalg.LinAlgError("qr of dependent columns has no derivative")


def orthogonal_pulled(ct, out, a):
    m = len(a)
    q, r = out[:m], out[m:]
    require_columns(r)
    mirrored = from_triangle(r @ adjoint_of(ct[m:]) - adjoint_of(ct[:m]) @ q)
    return adjoint_of(np.linalg.solve(r, adjoint_of(ct[:m] + q @ mirrored)))


def orthogonal_pushed(change, out, a):
    m = len(a)
    q, r = out[:m], out[m:]
    require_columns(r)
    columns = np.linalg.solve(r.T, change.T).T
    part = adjoint_of(to_triangle(adjoint_of(q) @ columns))
    out_dot = np.zeros(out.shape, dtype=out.dtype)
    out_dot[:m] = columns - q @ part
    out_dot[m:] = part @ r
    return out_dot


PULLED = {
    operations.eigen: eigen_pulled,
    operations.eigenvalues: eigenvalues_pulled,
    operations.spectrum: spectrum_pulled,
    operations.spectrum_values: spectrum_values_pulled,
    operations.singular: singular_pulled,
    operations.singular_full: singular_full_pulled,
    operations.singular_values: singular_values_pulled,
    operations.pseudo_inverse: pseudo_inverse_pulled,
    operations.orthogonal: orthogonal_pulled,
    operations.fourier: written_fourier.pulled,
}
"""The cotangent of the first argument, from that of the result, the result and the arguments."""
PUSHED = {
    operations.eigen: eigen_pushed,
    operations.eigenvalues: eigenvalues_pushed,
    operations.spectrum: spectrum_pushed,
    operations.spectrum_values: spectrum_values_pushed,
    operations.singular: singular_pushed,
    operations.singular_full: singular_full_pushed,
    operations.singular_values: singular_values_pushed,
    operations.pseudo_inverse: pseudo_inverse_pushed,
    operations.orthogonal: orthogonal_pushed,
    operations.fourier: written_fourier.pushed,
}
