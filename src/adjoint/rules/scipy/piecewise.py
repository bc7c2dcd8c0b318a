"""Integrals, antiderivatives and roots of piecewise polynomials of `scipy.interpolate`.

A root has the derivative that its equation gives it; where the sign changes at a jump, that of the
breakpoint.
"""

import numpy as np
import scipy.interpolate as si

from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.rules.ruleset import definition, none
from adjoint.rules.scipy.interpolate import falling


@definition(si.PPoly.derivative)
def derivative(self, nu=1):
    if nu < 0:
        return self.antiderivative(-nu)
    count = self.c.shape[0] - nu
    rest = (1,) * (self.c.ndim - 1)
    factors = np.array([falling(count + nu - 1 - row, nu) for row in range(max(count, 1))])
    kept = self.c[:count] if count > 0 else 0.0 * self.c[:1]
    coefficients = kept * np.reshape(factors, (-1, *rest))
    return self.construct_fast(coefficients, self.x, self.extrapolate, self.axis)


@definition(si.PPoly.antiderivative)
def antiderivative(self, nu=1):
    """Zero at the first breakpoint, and continuous, as are its derivatives below `nu`."""
    if nu <= 0:
        return self.derivative(-nu)
    coefficients = self.c
    widths = self.x[1:] - self.x[:-1]
    for _ in range(nu):
        coefficients = integrated(coefficients, widths)
    extrapolate = False if self.extrapolate == "periodic" else self.extrapolate
    return self.construct_fast(coefficients, self.x, extrapolate, self.axis)


def integrated(coefficients, widths):
    """The coefficients of the antiderivative, whose pieces begin where the last ones end."""
    count = coefficients.shape[0]
    powers = np.reshape(np.arange(count, 0, -1.0), (count,) + (1,) * (coefficients.ndim - 1))
    raised = coefficients / powers
    spread = np.reshape(widths, (-1,) + (1,) * (coefficients.ndim - 2))
    contents = np.zeros(np.shape(raised[0]))
    for row in raised:
        contents = (contents + row) * spread
    start = np.zeros((1, *np.shape(contents)[1:]))
    constants = np.concatenate((start, np.cumsum(contents, axis=0)[:-1]))
    return np.concatenate((raised, constants[np.newaxis]))


@definition(si.PPoly.integrate)
def integrate(self, a, b, extrapolate=None):
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    total = si.PPoly.construct_fast(self.c, self.x, True, 0).antiderivative()
    first, last = self.x[0], self.x[-1]
    if extrapolate == "periodic":
        period = last - first
        turns = np.floor((b - first) / period) - np.floor((a - first) / period)
        whole = turns * total(last)
        return whole + total(first + (b - first) % period) - total(first + (a - first) % period)
    is_outside = min(a, b) < first or max(a, b) > last
    found = total(b) - total(a)
    return found * np.nan if is_outside and not extrapolate else found


def solutions(pieces, level, discontinuity, extrapolate):
    """The roots as SciPy finds them, numbers without derivatives."""
    return pieces.solve(level, discontinuity, extrapolate)


none(solutions)


@definition(si.PPoly.solve)
def solve(self, y=0.0, discontinuity=True, extrapolate=None):
    if self.c.ndim != 2:
        raise MissingRule(
            "the roots of several piecewise polynomials at once have no rule",
            instead="make one piecewise polynomial of each column",
        )
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    pieces = si.PPoly.construct_fast(self.c, self.x, True, 0)
    found = solutions(pieces, y, discontinuity, extrapolate)
    slope = pieces.derivative()
    scale = np.max(np.abs(self.c[-1])) + abs(y)
    roots = []
    for root in found:
        place = np.searchsorted(self.x, root)
        at_jump = place < len(self.x) and self.x[place] == root
        if at_jump and abs(pieces(root) - y) > 1e-9 * scale:
            roots.append(self.x[place])
        elif np.isnan(root):
            roots.append(root)
        else:
            roots.append(exact_root(pieces, slope, root, y))
    return np.array(roots)


def exact_root(pieces, slope, root, level):
    """Two steps of Newton's method from the root itself: its first three derivatives."""
    for _ in range(2):
        if slope(root) == 0.0:
            raise NonDifferentiable(
                "a multiple root of a piecewise polynomial has no derivative",
                instead="use where the derivative is zero: p.derivative().roots()",
            )
        root = root - (pieces(root) - level) / slope(root)
    return root


@definition(si.BSpline.integrate)
def integrate_spline(self, a, b, extrapolate=None):
    """Without extrapolation only over the base interval."""
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    total = si.BSpline.construct_fast(self.t, self.c, self.k, True, 0).antiderivative()
    first, last = self.t[self.k], self.t[len(self.t) - self.k - 1]
    if extrapolate == "periodic":
        period = last - first
        turns = np.floor((b - first) / period) - np.floor((a - first) / period)
        whole = turns * (total(last) - total(first))
        return whole + total(first + (b - first) % period) - total(first + (a - first) % period)
    if not extrapolate:
        a, b = (min(max(end, first), last) for end in (a, b))
    return total(b) - total(a)
