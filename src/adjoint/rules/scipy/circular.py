"""The rule of the distribution function of von Mises, native code of `scipy.stats`."""

import numpy as np
import scipy.special as sc

from adjoint.rules.absent import Native, present
from adjoint.rules.scipy.special.parameters import with_parameters
from adjoint.rules.scipy.special.slopes import slope


def density(kappa, x, out):
    return np.exp(kappa * (np.cos(x) - 1.0)) / (2.0 * np.pi * sc.i0e(kappa))


def state(function):
    def of_concentration(kappa, x, out):
        # Analytic in kappa, of slow growth; it must stay positive.
        return slope(function, (kappa, x), 0, np.minimum(0.25, np.abs(kappa) / 32.0))

    with_parameters(function, of_concentration, density)


for of_von_mises in present(Native("scipy.stats._stats").von_mises_cdf):
    state(of_von_mises)
