"""Series of orthogonal polynomials by their coefficients, in the language the compiler compiles.

Summed as NumPy sums them: C. Clenshaw, "A note on the summation of Chebyshev series" (1955).
"""

import numpy as np
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre

from adjoint.compile.frontend.written_axes import ANY, not_compiled


def summed(step, x, c):
    """The two numbers that are left of a series, from its highest term on."""
    if np.ndim(c) > 1:
        return not_compiled("a series whose coefficients are a matrix")
    first, second = x * 0.0 + c[len(c) - 1], x * 0.0 + 0.0 * c[len(c) - 1]
    for back in range(1, len(c)):
        degree = len(c) - back
        lower, higher = step(second, x, degree)
        first, second = c[degree - 1] - lower, first + higher
    return first, second


def chebval(x, c):
    first, second = summed(lambda b, x, n: (b, 2.0 * x * b), x, c)
    return first + second * x


def legval(x, c):
    first, second = summed(lambda b, x, n: (b * (n / (n + 1)), b * x * (2 * n + 1) / (n + 1)), x, c)
    return first + second * x


def lagval(x, c):
    first, second = summed(
        lambda b, x, n: (b * (n / (n + 1)), b * ((2 * n + 1) - x) / (n + 1)), x, c
    )
    return first + second * (1.0 - x)


def hermval(x, c):
    first, second = summed(lambda b, x, n: (b * (2 * n), 2.0 * x * b), x, c)
    return first + second * (2.0 * x)


def hermeval(x, c):
    first, second = summed(lambda b, x, n: (b * n, x * b), x, c)
    return first + second * x


OF_SERIES = {
    chebyshev.chebval: (chebval, ANY),
    legendre.legval: (legval, ANY),
    laguerre.lagval: (lagval, ANY),
    hermite.hermval: (hermval, ANY),
    hermite_e.hermeval: (hermeval, ANY),
}
