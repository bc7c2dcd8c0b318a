"""Quantiles of the standard library's `statistics.NormalDist`, which a native function computes.

The value is the library's, to the last digit; the derivative is that of the inverse of the normal
distribution function.
"""

from statistics import NormalDist

from scipy.special import ndtri

from adjoint.custom import stop_gradient
from adjoint.trace.recording import unrecorded


def inv_cdf(self: NormalDist, p: float) -> float:
    exact = unrecorded(NormalDist.inv_cdf, self, p)
    found = self.mean + self.stdev * float(ndtri(p))
    return stop_gradient(exact) + (found - stop_gradient(found))
