"""Rows of the continuous distributions of `scipy.stats`: to place, shapes, location and scale."""

import operator
import warnings

import numpy as np
from scipy import stats

from callables.rows import Elsewhere, Through

LEVELS = np.array([0.31, 0.72])
SHAPES = {
    "alpha": (3.57,), "argus": (1.0,), "beta": (2.31, 0.627), "betaprime": (5.0, 6.0),
    "bradford": (0.3,), "burr": (10.5, 4.3), "burr12": (10.0, 4.0), "chi": (7.8,), "chi2": (5.5,),
    "crystalball": (2.0, 3.0), "dgamma": (1.1,), "dpareto_lognorm": (3.0, 1.2, 1.5, 2.0),
    "dweibull": (2.07,), "erlang": (4.0,), "exponnorm": (1.5,), "exponpow": (2.7,),
    "exponweib": (2.89, 1.95), "f": (9.0, 8.0), "fatiguelife": (2.9,), "fisk": (3.09,),
    "foldcauchy": (4.7,), "foldnorm": (1.95,), "gamma": (1.99,),
    "gausshyper": (1.4, 3.1, 2.5, 1.2), "genexpon": (9.1, 16.2, 3.28), "genextreme": (-0.1,),
    "gengamma": (4.4, 3.1), "genhalflogistic": (0.77,), "genhyperbolic": (0.5, 1.5, -0.5),
    "geninvgauss": (2.3, 1.5), "genlogistic": (0.41,), "gennorm": (1.3,), "halfgennorm": (0.67,),
    "genpareto": (0.1,), "gompertz": (0.95,), "invgamma": (4.07,), "invgauss": (0.45,),
    "invweibull": (10.58,), "irwinhall": (4,), "jf_skew_t": (8.0, 4.0), "johnsonsb": (4.3, 3.2),
    "johnsonsu": (2.55, 2.25), "kappa4": (-0.1, 0.1), "kappa3": (1.2,), "ksone": (10,),
    "kstwo": (10,), "laplace_asymmetric": (2.0,), "levy_stable": (1.8, -0.5), "loggamma": (0.41,),
    "loglaplace": (3.25,), "lognorm": (0.95,), "loguniform": (0.01, 1.25), "lomax": (1.88,),
    "mielke": (10.4, 4.6), "nakagami": (4.97,), "ncf": (27.0, 27.0, 0.42), "nct": (14.0, 0.24),
    "ncx2": (6.0, 1.06), "norminvgauss": (1.25, 0.5), "pareto": (2.62,), "pearson3": (0.7,),
    "powerlaw": (1.66,), "powerlognorm": (2.14, 0.446), "powernorm": (4.45,), "rdist": (1.6,),
    "recipinvgauss": (0.63,), "reciprocal": (0.01, 1.25), "rel_breitwigner": (36.5,),
    "rice": (0.77,), "skewcauchy": (0.5,), "skewnorm": (4.0,), "studentized_range": (3.0, 10.0),
    "t": (2.74,), "trapezoid": (0.2, 0.8), "triang": (0.16,), "truncexpon": (4.69,),
    "truncnorm": (-1.1, 2.73), "truncpareto": (1.8, 5.3), "truncweibull_min": (2.5, 0.25, 1.75),
    "tukeylambda": (3.1,), "vonmises": (3.99,), "vonmises_line": (3.99,), "weibull_max": (2.87,),
    "weibull_min": (1.79,), "wrapcauchy": (0.3,),
}  # fmt: skip
SCALED = ("loguniform", "reciprocal")  # the scale drops out of the density: the slope is rounding
MINUTES = ("gausshyper.ppf", "gausshyper.rvs")  # what a call takes

DIFFERENCES = dict.fromkeys(
    ("kstwo.pdf", "kstwo.logpdf"),
    "SciPy takes it for a difference quotient, whose slope has 9 digits",
)

# A draw moves as the quantile at its level, not as what the same numbers make at another shape.
LEVELS_HELD = (
    "beta betaprime chi chi2 dgamma erlang f gamma gengamma gennorm invgauss jf_skew_t loggamma "
    "nakagami ncf nct ncx2 norminvgauss pearson3 rdist recipinvgauss t vonmises vonmises_line"
)
DRAWN = {f"{name}.rvs": Elsewhere("tests/draws/test_levels.py") for name in LEVELS_HELD.split()}


def rows(name, method):
    """One call, at two places, of every parameter."""
    function = operator.attrgetter(f"{name}.{method}")(stats)
    shapes = SHAPES.get(name, ())
    moved = (0.3,) if name in SCALED else (0.3, 1.4)
    floats = tuple(s for s in shapes if isinstance(s, float))
    fixed = tuple(s for s in shapes if not isinstance(s, float))
    if method == "rvs":
        return [Through(lambda *a: function(*fixed, *a, size=3, random_state=1), (*floats, *moved))]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        distribution = getattr(stats, name)
        x = LEVELS if method == "ppf" else distribution.ppf(LEVELS, *shapes, *moved)
    return [Through(lambda x, *a: function(x, *fixed, *a), (x, *floats, *moved))]


class Distributions(dict):
    """The rows of ``name.method``, made when they are asked for."""

    def __missing__(self, key):
        known = (DIFFERENCES | DRAWN).get(key, [] if key in MINUTES else None)
        self[key] = rows(*key.split(".")) if known is None else known
        return self[key]

    def get(self, key, default=None):
        return self[key]


TABLES = {"scipy.stats": Distributions()}
