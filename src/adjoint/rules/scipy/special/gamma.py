"""Rules of the gamma function and its relatives (DLMF 5, 8, 25)."""

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import elementwise, zero
from adjoint.rules.scipy.special.parameters import no_rule, with_parameters


def trigamma(x):
    """The derivative of `psi`, by reflection below one half."""
    reflected = x < 0.5
    y = np.where(reflected, 1.0 - x, x)
    value = sc.zeta(2.0, y)
    sine = np.sin(np.pi * np.where(reflected, x, 0.5))
    return np.where(reflected, np.pi * np.pi / (sine * sine) - value, value)


def reciprocal_gamma_partial(x, out):
    """``-psi(x) / gamma(x)``, whose limit at ``x = -n`` is ``(-1)**n n!``."""
    at_pole = (x <= 0.0) & (x == np.rint(x))
    safe = np.where(at_pole, 1.0, x)
    count = np.where(at_pole, -x, 0.0)
    limit = np.cos(np.pi * count) * sc.gamma(count + 1.0)
    return np.where(at_pole, limit, -sc.psi(safe) * out)


elementwise(sc.gamma, lambda x, out: out * sc.psi(x))
elementwise(sc.gammaln, lambda x, out: sc.psi(x))
elementwise(sc.loggamma, lambda x, out: sc.psi(x))
elementwise(sc.rgamma, reciprocal_gamma_partial)
elementwise(sc.psi, lambda x, out: trigamma(x))
zero(sc.gammasgn)
with_parameters(
    sc.poch,
    lambda z, m, out: out * (sc.psi(z + m) - sc.psi(z)),
    lambda z, m, out: out * sc.psi(z + m),
)
with_parameters(
    sc.beta,
    lambda a, b, out: out * (sc.psi(a) - sc.psi(a + b)),
    lambda a, b, out: out * (sc.psi(b) - sc.psi(a + b)),
)
with_parameters(
    sc.betaln,
    lambda a, b, out: sc.psi(a) - sc.psi(a + b),
    lambda a, b, out: sc.psi(b) - sc.psi(a + b),
)
with_parameters(
    sc.binom,
    lambda n, k, out: out * (sc.psi(n + 1.0) - sc.psi(n - k + 1.0)),
    lambda n, k, out: out * (sc.psi(n - k + 1.0) - sc.psi(k + 1.0)),
)
elementwise(sc.zeta, no_rule("x"), lambda x, q, out: -x * sc.zeta(x + 1.0, q))


def gamma_density(a, x):
    """The density of the gamma distribution: the derivative of ``gammainc(a, x)`` to `x`."""
    return np.exp(sc.xlogy(a - 1.0, x) - x - sc.gammaln(a))


def beta_density(a, b, x):
    """The density of the beta distribution: the derivative of ``betainc(a, b, x)`` to `x`."""
    return np.exp(sc.xlogy(a - 1.0, x) + sc.xlog1py(b - 1.0, -x) - sc.betaln(a, b))


with_parameters(sc.gammainc, "a", lambda a, x, out: gamma_density(a, x))
with_parameters(sc.gammaincc, "a", lambda a, x, out: -gamma_density(a, x))
with_parameters(sc.gammaincinv, "a", lambda a, y, out: 1.0 / gamma_density(a, out))
with_parameters(sc.gammainccinv, "a", lambda a, y, out: -1.0 / gamma_density(a, out))
with_parameters(sc.betainc, "a", "b", lambda a, b, x, out: beta_density(a, b, x))
with_parameters(sc.betaincc, "a", "b", lambda a, b, x, out: -beta_density(a, b, x))
with_parameters(sc.betaincinv, "a", "b", lambda a, b, y, out: 1.0 / beta_density(a, b, out))
with_parameters(sc.betainccinv, "a", "b", lambda a, b, y, out: -1.0 / beta_density(a, b, out))
