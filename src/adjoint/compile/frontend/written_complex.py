"""The functions of `cmath` as those of NumPy that give the same, in the compiled language."""

import cmath
from collections.abc import Callable

import numpy as np


def logarithm(x, base=None):
    if base is None:
        return np.log(complex(x))
    return np.log(complex(x)) / np.log(complex(base))


def phase(x):
    return np.angle(complex(x))


def polar(x):
    return abs(complex(x)), np.angle(complex(x))


def rect(r, phi):
    return complex(r * np.cos(phi), r * np.sin(phi))


OF_ONE: dict[Callable, Callable] = {
    cmath.exp: np.exp,
    cmath.log10: np.log10,
    cmath.sqrt: np.sqrt,
    cmath.sin: np.sin,
    cmath.cos: np.cos,
    cmath.tan: np.tan,
    cmath.sinh: np.sinh,
    cmath.cosh: np.cosh,
    cmath.tanh: np.tanh,
    cmath.asin: np.arcsin,
    cmath.acos: np.arccos,
    cmath.atan: np.arctan,
    cmath.asinh: np.arcsinh,
    cmath.acosh: np.arccosh,
    cmath.atanh: np.arctanh,
    cmath.isnan: np.isnan,
    cmath.isinf: np.isinf,
    cmath.isfinite: np.isfinite,
}
"""By the function of `cmath`."""
PROGRAMS: dict[Callable, Callable] = {
    cmath.log: logarithm,
    cmath.phase: phase,
    cmath.polar: polar,
    cmath.rect: rect,
}
"""Functions of `cmath` that are programs."""
