"""Rows of the table for `cmath`."""

import cmath

COMPLEX_FUNCTIONS = {
    getattr(cmath, name): [(0.4 + 0.3j,), (-0.7 - 0.2j,), (0.4,)]
    for name in (
        *("acos", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp", "log10"),
        *("sin", "sinh", "sqrt", "tan", "tanh"),
    )
} | {
    cmath.acosh: [(0.4 + 0.3j,), (-0.7 - 0.2j,), (0.4,), (1.4,)],
    cmath.log: [(0.4 + 0.3j,), (-0.4,), (0.4 + 0.3j, 2.5), (0.4 + 0.3j, 1.0 - 2.0j)],
    cmath.phase: [(0.4 + 0.3j,)],
    cmath.polar: [(0.4 + 0.3j,)],
    cmath.rect: [(0.4, 0.3)],
}
