"""Phases and lengths of complex vectors that LAPACK fixes, and how derivatives follow them.

An eigenvector is one of many: LAPACK makes an entry of it real, and a derivative is that of this
choice. Where none can be seen, only what is the same for every phase has one.
"""

import numpy as np


def adjoint_of(matrix):
    """The conjugate transpose."""
    return np.conj(matrix).T if np.iscomplexobj(matrix) else matrix.T


def real_of(x):
    return np.real(x) if np.iscomplexobj(x) else x


def is_real_row(entries):
    """True for entries that LAPACK made real."""
    return np.all(np.abs(np.imag(entries)) <= 1e-13) and np.all(np.abs(entries) > 1e-10)


def real_row(vectors):
    """The row of vectors that is real, the first or the last; -1 if neither is."""
    last = len(vectors) - 1
    row = -1
    if is_real_row(vectors[last]):
        row = last
    if is_real_row(vectors[0]):
        row = 0
    return row


def require_no_phase(turn, *cts):
    """Refuse a cotangent that depends on the phase of vectors."""
    size = 0.0
    for ct in cts:
        size = max(size, np.max(np.abs(ct)))
    if np.max(np.abs(turn)) > 1e-8 * size:
        raise np.linalg.LinAlgError(
            "the result depends on the phase of complex vectors, which is arbitrary here: there is "
            "no derivative"
        )


def turn_of(ct, vectors):
    """How a cotangent turns each vector."""
    return np.imag(np.sum(np.conj(ct) * vectors, axis=0))


def with_turn(ct, turn, vectors, row):
    """A cotangent to which that of the phase is added, in the row that is real."""
    found = ct.copy()
    found[row] += 1j * turn / np.real(vectors[row])
    return found


def without_phase(ct, vectors):
    """The cotangent of vectors of any phase from that of vectors with the phase of LAPACK."""
    if not np.iscomplexobj(vectors):
        return ct
    turn, row = turn_of(ct, vectors), real_row(vectors)
    if row < 0:
        require_no_phase(turn, ct)
        return ct.copy()
    return with_turn(ct, turn, vectors, row)


def without_phase_of_pair(ct_u, ct_v, u, v):
    """As `without_phase`, of singular vectors: a pair has one phase."""
    if not np.iscomplexobj(u):
        return ct_u, ct_v
    turn = turn_of(ct_u, u) + turn_of(ct_v, v)
    row_u, row_v = real_row(u), real_row(v)
    found_u, found_v = ct_u.copy(), ct_v.copy()
    if row_v >= 0:
        found_v = with_turn(ct_v, turn, v, row_v)
    elif row_u >= 0:
        found_u = with_turn(ct_u, turn, u, row_u)
    else:
        require_no_phase(turn, ct_u, ct_v)
    return found_u, found_v


def phase_of(change, vectors, row):
    """The phases that keep a row of vectors real, while they change."""
    if row < 0:
        raise np.linalg.LinAlgError("the phase of complex vectors is arbitrary here: no derivative")
    return 1j * np.imag(change[row]) / np.real(vectors[row])


def turned_back(change, vectors):
    """The change of vectors with the phase of LAPACK, from one of vectors of any phase."""
    if not np.iscomplexobj(vectors):
        return change
    return change - vectors * phase_of(change, vectors, real_row(vectors))


def turned_pair_back(d_u, d_v, u, v):
    """As `turned_back`, of singular vectors."""
    if not np.iscomplexobj(u):
        return d_u, d_v
    row = real_row(v)
    turn = phase_of(d_v, v, row) if row >= 0 else phase_of(d_u, u, real_row(u))
    return d_u - u * turn, d_v - v * turn


def largest_of(vectors):
    """The row in which each vector has its largest entry, which LAPACK makes real."""
    places = np.zeros(vectors.shape[1], dtype=int)
    for j in range(vectors.shape[1]):
        for i in range(len(vectors)):
            if abs(vectors[i, j]) > abs(vectors[places[j], j]):
                places[j] = i
    return places


def without_scale(ct, vectors):
    """The cotangent of vectors of any length and phase from that of those LAPACK gives."""
    along = np.sum(np.conj(ct) * vectors, axis=0)
    found = ct - vectors * real_of(along)
    if np.iscomplexobj(vectors):
        places = largest_of(vectors)
        for j in range(len(places)):
            found[places[j], j] += 1j * (along[j].imag / vectors[places[j], j].real)
    return found


def turned_with(change, vectors):
    """The change of vectors of length 1 whose largest entry is real, from one of any vectors."""
    found = change - vectors * real_of(np.sum(np.conj(vectors) * change, axis=0))
    if np.iscomplexobj(vectors):
        places = largest_of(vectors)
        for j in range(len(places)):
            turn = change[places[j], j].imag / vectors[places[j], j].real
            for i in range(len(vectors)):
                found[i, j] -= 1j * turn * vectors[i, j]
    return found
