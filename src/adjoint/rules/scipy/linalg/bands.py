"""Rules of `scipy.linalg` for banded matrices, by the whole matrix; and of what repeats others."""

import numpy as np
import scipy.linalg as sl

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import definition, none


def diagonals_of(a_band, lower):
    """Pairs (offset below the main diagonal, the diagonal) of a Hermitian band matrix."""
    bands = np.asarray(a_band)
    count, size = bands.shape
    rows = range(count) if lower else range(count - 1, -1, -1)
    for offset, row in enumerate(rows):
        if lower:
            yield offset, bands[row, : size - offset]
        else:
            yield offset, np.conj(bands[row, offset:])


def lower_triangle(a_band, lower):
    return sum(np.diag(diagonal, -offset) for offset, diagonal in diagonals_of(a_band, lower))


def selection(select, select_range):
    """The keywords of `eigh` for those of the functions for bands."""
    if select in ("a", "all", 0):
        return {}
    if select in ("i", "index", 2):
        return {"subset_by_index": [int(place) for place in select_range]}
    return {"subset_by_value": [float(value) for value in select_range]}


@definition(sl.eig_banded)
def eig_banded(
    a_band,
    lower=False,
    eigvals_only=False,
    overwrite_a_band=False,
    select="a",
    select_range=None,
    max_ev=0,
    check_finite=True,
):
    if eigvals_only:
        return sl.eigvals_banded(a_band, lower, False, select, select_range)
    known = vectors_of_bands(a_band, lower, select, select_range)
    chosen = selection(select, select_range)
    values, vectors = sl.eigh(lower_triangle(a_band, lower), **chosen)
    if np.iscomplexobj(known):
        raise MissingRule(
            "the vectors of complex bands have no rule", instead="use eigh of the whole matrix"
        )
    return values, vectors * np.sign(np.sum(vectors * known, axis=0))


def vectors_of_bands(a_band, lower, select, select_range):
    """The vectors as SciPy gives them, for their signs."""
    return sl.eig_banded(a_band, lower, False, False, select, select_range)[1]


none(vectors_of_bands)


@definition(sl.eigvals_banded)
def eigvals_banded(
    a_band,
    lower=False,
    overwrite_a_band=False,
    select="a",
    select_range=None,
    check_finite=True,
):
    chosen = selection(select, select_range)
    return sl.eigh(lower_triangle(a_band, lower), eigvals_only=True, **chosen)


@definition(sl.cholesky_banded)
def cholesky_banded(ab, overwrite_ab=False, lower=False, check_finite=True):
    bands = np.asarray(ab)
    factor = sl.cholesky(lower_triangle(bands, lower), lower=True)
    rows = []  # what is outside the matrix stays as it was
    for offset in range(len(bands)):
        diagonal = np.diagonal(factor, -offset)
        if lower:
            rows.append(np.concatenate([diagonal, bands[offset, len(diagonal) :]]))
        else:
            rows.append(np.concatenate([bands[-1 - offset, :offset], np.conj(diagonal)]))
    return np.stack(rows if lower else rows[::-1])


@definition(sl.cho_solve_banded)
def cho_solve_banded(cb_and_lower, b, overwrite_b=False, check_finite=True):
    bands, lower = cb_and_lower
    factor = lower_triangle(bands, lower)
    half = sl.solve_triangular(factor, b, lower=True)
    return sl.solve_triangular(factor, half, lower=True, trans="C")


@definition(sl.rq)
def rq(a, overwrite_a=False, lwork=None, mode="full", check_finite=True):
    """By `qr` of the matrix turned around, whose reflections are the same."""
    array = np.asarray(a)
    rows, columns = array.shape
    if rows > columns or mode not in ("full", "r", "economic"):
        raise MissingRule("rq of a tall matrix has no rule", instead="use qr")
    turned = np.conj(np.transpose(array[::-1, ::-1]))
    parts = sl.qr(turned, mode=mode)
    found = [np.conj(np.transpose(part))[::-1, ::-1] for part in parts]
    return found[0] if mode == "r" else tuple(found[::-1])


@definition(sl.qr_multiply)
def qr_multiply(
    a, c, mode="right", pivoting=False, conjugate=False, overwrite_a=False, overwrite_c=False
):
    q, *others = sl.qr(a, mode="economic", pivoting=pivoting)
    q = np.conj(q) if conjugate else q
    columns = np.asarray(c)
    if mode == "left":
        turned = q @ columns[: q.shape[1]] if len(columns) != len(q) else q @ columns
        return (turned, *others)
    return ((np.transpose(columns) if columns.ndim == 1 else columns) @ q, *others)
