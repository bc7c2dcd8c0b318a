"""Rules of FITPACK for what takes and returns something else since SciPy 1.18 has it in C."""

import numpy as np

from adjoint.rules.scipy.fitpack import (
    evaluated,
    fit_of_curve,
    fit_of_plane,
    found_by,
    in_c,
    integrals,
    padded,
    require_fixed_knots,
    with_fit_of_grid,
)


@in_c("curfit")
def curfit(iopt, x, y, w, xb, xe, k, s, t, wrk, iwrk):
    known = found_by("curfit", iopt, x, y, w, xb, xe, k, s, np.array(t), wrk, iwrk)
    count, room, chosen, fp, ier = known
    fit = fit_of_curve(iopt, x, y, w, t, xb, xe, k, s, count, ier, (room, chosen, fp))
    knots, found, fp = fit
    return count, padded(knots, len(room)), padded(found, len(chosen)), fp, ier


@in_c("splder")
def splder(t, c, k, nu, x, e=0):
    return evaluated(t, c, k, x, nu, e)


@in_c("splint")
def splint(t, c, k, a, b):
    parts = integrals(t, k, np.asarray(a, float), np.asarray(b, float))
    return np.sum(parts * c[: len(parts)])


@in_c("regrid")
def regrid(iopt, x, y, z, xb, xe, yb, ye, kx, ky, s, *rest):
    known = found_by("regrid", iopt, x, y, z, xb, xe, yb, ye, kx, ky, s, *rest)
    return with_fit_of_grid(known, x, y, z, xb, xe, yb, ye, kx, ky, s)


@in_c("surfit_smth")
def surfit_smth(x, y, z, w, xb, xe, yb, ye, kx, ky, *rest):
    known = found_by("surfit_smth", x, y, z, w, xb, xe, yb, ye, kx, ky, *rest)
    nx, tx, ny, ty, c, _, ier = known
    require_fixed_knots(1.0, nx, kx)
    require_fixed_knots(1.0, ny, ky)
    found, fp = fit_of_plane(x, y, z, w, tx[:nx], ty[:ny], kx, ky)
    return nx, tx, ny, ty, padded(found, len(c)), fp, ier


@in_c("surfit_lsq")
def surfit_lsq(x, y, z, w, xb, xe, yb, ye, kx, ky, s, nx, ny, nmax, eps, tx, ty):
    """Puts the ends of the domain into the knots, as FITPACK does."""
    for knots, count, degree, low, high in ((tx, nx, kx, xb, xe), (ty, ny, ky, yb, ye)):
        knots[: degree + 1] = low
        knots[count - degree - 1 : count] = high
    given = (x, y, z, w, xb, xe, yb, ye, kx, ky, s, nx, ny, nmax, eps, np.array(tx), np.array(ty))
    c, _, ier = found_by("surfit_lsq", *given)
    found, fp = fit_of_plane(x, y, z, w, tx[:nx], ty[:ny], kx, ky)
    return padded(found, len(c)), fp, ier


@in_c("surfit")
def surfit(iopt, x, y, z, w, xb, xe, yb, ye, kx, ky, *rest):
    known = found_by("surfit", iopt, x, y, z, w, xb, xe, yb, ye, kx, ky, *rest)
    nx, tx, ny, ty, c, _, ier, work = known
    if iopt != -1:
        require_fixed_knots(1.0, len(tx), kx)
        require_fixed_knots(1.0, len(ty), ky)
    found, fp = fit_of_plane(x, y, z, w, tx, ty, kx, ky)
    return nx, tx, ny, ty, padded(found, len(c)), fp, ier, work
