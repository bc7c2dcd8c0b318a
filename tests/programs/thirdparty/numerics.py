"""Numerical and statistical code in Python itself and in SciPy."""

import colorsys
import statistics

import numpy as np

from thirdparty.corpus import Case


def linear_regression(x):
    return statistics.linear_regression([1.0, x, 3.0], [2.0, 3.0, 5.5]).slope


def hue_lightness_saturation(red):
    return sum(colorsys.rgb_to_hls(red, 0.4, 0.1))


def oscillator(stiffness):
    from scipy.integrate import solve_ivp

    def rate(t, y):
        return [y[1], -stiffness * y[0]]

    solution = solve_ivp(rate, (0, 2.0), [1.0, 0.0], rtol=1e-10, atol=1e-12)
    return solution.y[0, -1]


def labelled_array(x):
    import xarray as xr

    data = xr.DataArray(np.array([x, 1.0, 3.0]), dims="t", coords={"t": [0, 1, 2]})
    return float((data**2).sum() + data.mean("t") * data.sel(t=0))


def masked_mean(x):
    return np.ma.masked_less(np.array([x, -1.0, x * x]), 0.0).mean()


def generated_code(x):
    import sympy

    symbol = sympy.Symbol("a")
    smooth = sympy.lambdify(symbol, sympy.sin(symbol) ** 2 + sympy.exp(-symbol) / symbol, "math")
    bent = sympy.Piecewise((symbol**2, symbol > 1), (symbol, True))
    return smooth(x) + sympy.lambdify(symbol, bent, "numpy")(x)


def quantity(x):
    import pint

    units = pint.get_application_registry()
    speed = x * units.meter / (3 * units.second)
    return (speed**2 * units.kg).to("kilojoule").magnitude


def uncertain(x):
    import uncertainties.umath as umath
    from uncertainties import ufloat

    number = ufloat(x, 0.1)
    return (number * number + umath.sin(number)).nominal_value


def arbitrary_precision(x):
    import mpmath

    return float(mpmath.besselj(0, x))


def manifolds(values):
    from pymanopt.manifolds import Sphere, SymmetricPositiveDefinite

    sphere, matrices = Sphere(3), SymmetricPositiveDefinite(2)
    place = np.array([values[0], values[1], 1.0])
    place = place / np.linalg.norm(place)
    moved = sphere.exp(place, sphere.projection(place, np.array([0.1, 0.2, 0.3])))
    matrix = np.array([[2 + values[0], values[1]], [values[1], 1.0]])
    return sphere.dist(place, moved) ** 2 + moved.sum() + matrices.dist(matrix, np.eye(2))


def landscapes(values):
    from cma import ff
    from cma.transformations import BoxConstraintsLinQuadTransformation

    x = np.array([values[0], values[1], 1.2])
    bounded = BoxConstraintsLinQuadTransformation([[0, 2]] * 3).transform(list(3 * x))
    return ff.rosen(x) + ff.elli(x) + ff.rastrigin(x) + sum(bounded)


def smoothing(values):
    from csaps import CubicSmoothingSpline

    places = np.linspace(0, 5, 20)
    heights = np.sin(3 * values[0] * places) + values[1] * np.cos(places) ** 2
    spline = CubicSmoothingSpline(places, heights, smooth=0.5 + 0.3 * values[0])
    return float(spline(2.2)) + np.sum(spline(np.linspace(0, 5, 33)) ** 2)


NUMERICS = "numerics"
CASES = [
    Case("statistics", "", "statistics.linear_regression", linear_regression, 2.2),
    Case("colour", "", "colorsys.rgb_to_hls", hue_lightness_saturation, 0.8),
    Case(NUMERICS, "xarray", "xarray.DataArray", labelled_array, 2.0),
    Case(NUMERICS, "numpy", "numpy.ma.masked_less", masked_mean, 2.0),
    Case(NUMERICS, "scipy", 'scipy.integrate.solve_ivp(method="RK45")', oscillator, 1.3),
    Case(NUMERICS, "sympy", "sympy.lambdify", generated_code, 2.0),
    Case(NUMERICS, "Pint", "Quantity.to(...).magnitude", quantity, 2.0),
    Case(NUMERICS, "uncertainties", "ufloat(...).nominal_value", uncertain, 2.0),
    Case(
        NUMERICS,
        "mpmath",
        "mpmath.besselj",
        arbitrary_precision,
        2.0,
        refused="it computes with the integers that a number is made of",
    ),
    Case(
        NUMERICS, "pymanopt", "manifolds.Sphere, SymmetricPositiveDefinite", manifolds, (0.5, 0.3)
    ),
    Case(NUMERICS, "cma", "cma.ff.rosen, elli", landscapes, (0.3, 0.7)),
    Case("curves", "csaps", "CubicSmoothingSpline", smoothing, (0.3, 0.5)),
]
