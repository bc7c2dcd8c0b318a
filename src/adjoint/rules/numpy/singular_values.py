"""Rules of `numpy.linalg.svd` and `svdvals`.

Written with sums and differences of the two bases, whose changes have no product of singular
values as a divisor: J. Townsend, "Differentiating the singular value decomposition" (2016). Equal
singular values share their cotangent; a singular value of zero has slope zero, as ``abs`` has.
"""

import numpy as np

from adjoint.errors import NonDifferentiable
from adjoint.rules.numpy.eigenvalues import without_phase
from adjoint.rules.numpy.spectra import (
    EQUAL,
    VANISHING,
    adjoint_of,
    diagonal_of,
    equal_pairs,
    inverse_gaps,
    phase_cotangent,
    product,
    real_row,
    require_no_turn,
    require_one_meaning,
    require_still,
    scaled_columns,
    shared,
    unknown_phase,
    with_phase,
)
from adjoint.rules.ruleset import covers, jvp, may_refuse, vjp


def vanishing(s):
    """True for singular values that are zero to rounding."""
    return s <= EQUAL * s.shape[-1] * np.max(s, axis=-1, keepdims=True, initial=0.0)


def inverses(s):
    return np.where(vanishing(s), 0.0, 1.0 / np.where(vanishing(s), 1.0, s))


def inverse_sums(s):
    """``1 / (s[i] + s[j])``, and zero where both vanish."""
    zero = np.expand_dims(vanishing(s), -1) & np.expand_dims(vanishing(s), -2)
    sums = np.expand_dims(s, -1) + np.expand_dims(s, -2)
    return np.where(zero, 0.0, 1.0 / np.where(zero, 1.0, sums))


def values_pullback(ct, s):
    """The middle of the cotangent, from that of the singular values alone."""
    slope = np.where(vanishing(s), 0.0, shared(ct, equal_pairs(s)))
    return np.expand_dims(slope, -1) * np.eye(s.shape[-1])


def thin_pullback(ct_u, ct_s, ct_v, u, s, v):
    """The cotangent of the matrix; `v` has the right singular vectors as columns."""
    equal, inner, outside = equal_pairs(s), 0.0, 0.0
    if ct_s is not None:
        inner = values_pullback(ct_s, s)
    if ct_u is None and ct_v is None:
        return product(u, inner, adjoint_of(v))
    ct_u = np.zeros_like(u) if ct_u is None else ct_u
    ct_v = np.zeros_like(v) if ct_v is None else ct_v
    if np.iscomplexobj(u):
        ct_u, ct_v = pair_without_phase(ct_u, ct_v, u, v)
    by_u, by_v = product(adjoint_of(u), ct_u), product(adjoint_of(v), ct_v)
    require_no_turn(by_u + by_v, equal, farther_from_axes(u, v))
    if ct_s is not None:
        require_one_meaning(ct_s, by_u + by_v, equal)
    require_rank(ct_u, ct_v, s)
    plus = 0.5 * inverse_gaps(s, equal) * (by_u + by_v)
    minus = 0.5 * inverse_sums(s) * (by_u - by_v)
    inner = inner + plus + adjoint_of(plus) + minus - adjoint_of(minus)
    rest_u = scaled_columns(ct_u - product(u, by_u), inverses(s))
    rest_v = scaled_columns(ct_v - product(v, by_v), inverses(s))
    outside = product(rest_u, adjoint_of(v)) + product(u, adjoint_of(rest_v))
    return product(u, inner, adjoint_of(v)) + outside


def farther_from_axes(u, v):
    """For each pair of singular vectors the smallest entry of the one that is along no axis."""
    smallest = [np.min(np.absolute(each), axis=-2, keepdims=True) for each in (u, v)]
    return np.maximum(*smallest)


def require_rank(ct_u, ct_v, s):
    """Refuse cotangents of the vectors of a singular value of zero."""
    zero = np.expand_dims(vanishing(s), -2)
    for ct in (ct_u, ct_v):
        inside = np.where(zero, np.absolute(ct), 0.0)
        if np.any(inside > VANISHING * np.max(np.absolute(ct), initial=0.0)):
            raise NonDifferentiable(
                "the result depends on the singular vectors of a singular value that is zero",
                instead="use the vectors of the others only, u[:, :rank], or np.linalg.pinv",
            )


def pair_without_phase(ct_u, ct_v, u, v):
    """The phase of a pair of singular vectors is common to both."""
    turn = np.imag(np.sum(np.conj(ct_u) * u, axis=-2) + np.sum(np.conj(ct_v) * v, axis=-2))
    if real_row(v) is not None:
        return ct_u, ct_v + phase_cotangent(turn, v, real_row(v))
    if real_row(u) is not None:
        return ct_u + phase_cotangent(turn, u, real_row(u)), ct_v
    both = np.concatenate((ct_u, ct_v), axis=-2)
    without_phase(both, np.concatenate((u, v), axis=-2))  # refuses what depends on the phase
    return ct_u, ct_v


def values_pushforward(change, u, s, v):
    moved = product(adjoint_of(u), change, v)
    found = shared(np.real(diagonal_of(moved)), equal_pairs(s))
    return np.where(vanishing(s), 0.0, found), moved


def thin_pushforward(change, u, s, v):
    d_s, moved = values_pushforward(change, u, s, v)
    equal = equal_pairs(s)
    require_still(moved + adjoint_of(moved), equal)
    plus = 0.5 * inverse_gaps(s, equal) * (moved + adjoint_of(moved))
    minus = 0.5 * inverse_sums(s) * (moved - adjoint_of(moved))
    across_u = product(change, v) - product(u, moved)
    across_v = product(adjoint_of(change), u) - product(v, adjoint_of(moved))
    d_u = product(u, plus + minus) + scaled_columns(across_u, inverses(s))
    d_v = product(v, plus - minus) + scaled_columns(across_v, inverses(s))
    if not np.iscomplexobj(u):
        return d_u, d_s, d_v
    for vectors, d_vectors in ((v, d_v), (u, d_u)):
        if real_row(vectors) is not None:
            turn = 1j * with_phase(d_vectors, vectors, real_row(vectors))
            return d_u - scaled_columns(u, turn), d_s, d_v - scaled_columns(v, turn)
    raise unknown_phase()


def folded(ct, vectors, count):
    """The cotangent of the first `count` vectors, with what the complement hands back to them.

    The complement moves without turning; a result that depends on its basis is refused.
    """
    if ct is None or vectors.shape[-1] == count:
        return ct
    first, rest = vectors[..., :count], vectors[..., count:]
    ct_first, ct_rest = ct[..., :count], ct[..., count:]
    turning = product(adjoint_of(rest), ct_rest)
    require_no_turn(turning, np.ones(turning.shape, bool), rest)
    phases = np.imag(diagonal_of(turning))
    if np.any(np.absolute(phases) > VANISHING * np.max(np.absolute(ct_rest), initial=0.0)):
        raise unknown_phase()
    return ct_first - product(rest, adjoint_of(ct_rest), first)


def completed(d_first, vectors, count):
    """The change of all vectors from that of the first `count`."""
    if vectors.shape[-1] == count:
        return d_first
    first, rest = vectors[..., :count], vectors[..., count:]
    d_rest = -product(first, adjoint_of(d_first), rest)
    return np.concatenate((d_first, d_rest), axis=-1)


@vjp(np.linalg.svd)
def svd_vjp(ct, out, a, full_matrices=True, compute_uv=True, hermitian=False):
    if not compute_uv:
        return svdvals_vjp(ct, out, a)
    u, s, vh = out
    count = s.shape[-1]
    v, ct_v = adjoint_of(vh), None if ct[2] is None else adjoint_of(ct[2])
    ct_u, ct_v = folded(ct[0], u, count), folded(ct_v, v, count)
    return (thin_pullback(ct_u, ct[1], ct_v, u[..., :count], s, v[..., :count]),)


@jvp(np.linalg.svd)
def svd_jvp(tangents, out, a, full_matrices=True, compute_uv=True, hermitian=False):
    if not compute_uv:
        return svdvals_jvp(tangents, out, a)
    u, s, vh = out
    count, v = s.shape[-1], adjoint_of(vh)
    d_u, d_s, d_v = thin_pushforward(tangents[0], u[..., :count], s, v[..., :count])
    return completed(d_u, u, count), d_s, adjoint_of(completed(d_v, v, count))


def svdvals_vjp(ct, out, a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return (product(u, values_pullback(ct, s), vh),)


def svdvals_jvp(tangents, out, a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return values_pushforward(tangents[0], u, s, adjoint_of(vh))[0]


may_refuse(np.linalg.svd)


@covers(np.linalg.svd)
def svd_covers(a, full_matrices=True, compute_uv=True, hermitian=False):
    """Of a Hermitian matrix NumPy's own program is followed: it calls `eigh`."""
    return not hermitian
