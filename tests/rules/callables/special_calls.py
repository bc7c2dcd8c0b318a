"""Rows of `scipy.special`, with respect to every argument that is a number of its own.

Orders and shape parameters are given as floats here where the function is smooth in them.
"""

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import RULES, load_met
from adjoint.rules.scipy.special.of_distributions import SHOWN
from callables.rows import alike, through, without

load_met()
X = np.array([0.37, 1.24, 2.9])
Y = np.array([1.9, 0.8, 1.3])
V = np.array([0.6, 1.7, 2.3])
SIGNED = np.array([-1.7, 0.42, 1.3])
UNIT = np.array([0.13, 0.52, 0.91])
INSIDE = np.array([-0.83, 0.21, 0.64])
SQUARE = np.array([[1.3, 0.4], [0.2, 2.1]])
Z = np.array([0.7 + 0.4j, 1.3 - 0.6j])
LEVELS = np.array([0.31, 0.52, 0.73])
MIDDLE = np.array([0.24, 0.51, 0.62])
FRACTION = float(sc.ncfdtr(3.0, 4.1, 0.7, 0.4))
BIG = np.array([4.6, 5.2, 7.3])

ZEROS = "gives tables of zeros and coefficients for whole numbers"
ROOTS = "gives nodes and weights for a whole number"
SETTINGS = "settings, warnings"
WHOLE = "of whole numbers"
FAMILIES = "chebyt chebyu chebyc chebys legendre laguerre hermite hermitenorm "

SPECIAL = (
    alike(
        (V, X), "jv jn yv iv kv jve yve ive kve hankel1 hankel2 hankel1e hankel2e struve modstruve"
    )
    | alike((V, X), "gammainc gammaincc chdtr chdtrc pdtr pdtrc beta betaln poch binom zeta agm")
    | alike((V, UNIT), "gammaincinv gammainccinv chdtri")
    | alike(
        (V, Y, UNIT), "betainc betaincc betaincinv betainccinv btdtria btdtrib fdtr fdtrc fdtri"
    )
    | alike((V, Y, X), "gdtr gdtrc hyp1f1 hyperu elliprf elliprd elliprg")
    | alike((V, SIGNED), "stdtr eval_legendre")
    | alike((V, Y, 1.4, INSIDE), "hyp2f1")
    | alike(
        (X,), "kolmogorov zetac it2i0k0 it2j0y0 it2struve0 kelvin modfresnelm modfresnelp softplus"
    )
    | alike((X,), "airye")
    | alike((BIG, X, Y), "chndtr ncfdtr_shape")
    | {
        "btdtria": [(LEVELS, Y, MIDDLE)],
        "btdtrib": [(Y, LEVELS, MIDDLE)],
        "chdtriv": [(LEVELS, X)],
        "gdtria": [(LEVELS, Y, X)],
        "gdtrib": [(Y, LEVELS, X)],
        "gdtrix": [(V, Y, LEVELS)],
        "stdtr": [(V, SIGNED)],
        "stdtrit": [(V, UNIT)],
        "stdtridf": [(np.array([0.83, 0.91]), np.array([1.3, 2.1]))],
        "hyp0f1": [(V, SIGNED)],
        "zeta": [(V + 1.2, X)],
        "expn": [(3, X)],
        "binom": [(X + 3.0, X)],
        "bdtr": [(2.0, 5, UNIT)],
        "bdtrc": [(2.0, 5, UNIT)],
        "bdtri": [(2.0, 5, UNIT)],
        "nbdtr": [(2, 3, UNIT)],
        "nbdtrc": [(2, 3, UNIT)],
        "nbdtri": [(2, 3, UNIT)],
        "pdtr": [(2.0, X)],
        "pdtrc": [(2.0, X)],
        "pdtri": [(2, UNIT)],
        "bdtrik": [(np.array([0.4, 0.7]), 9.3, 0.37)],
        "bdtrin": [(3.2, np.array([0.4, 0.7]), 0.37)],
        "nbdtrik": [(np.array([0.4, 0.7]), 5.3, 0.37)],
        "nbdtrin": [(3.2, np.array([0.4, 0.7]), 0.37)],
        "pdtrik": [(np.array([0.4, 0.7]), 3.1)],
        "fdtridfd": [(3.4, np.array([0.42, 0.55]), np.array([0.9, 1.2]))],
        "chndtr": [(X, V, Y)],
        "chndtridf": [(X, np.array([0.2, 0.3, 0.4]), 0.7)],
        "chndtrinc": [(X + 1.0, 1.4, np.array([0.2, 0.1, 0.3]))],
        "chndtrix": [(UNIT, V, Y)],
        "ncfdtr": [(V + 2.0, Y + 3.0, 0.7, X)],
        "ncfdtri": [(V + 2.0, Y + 3.0, 0.7, UNIT)],
        "itairy": through(sc.itairy, SIGNED, rtol=1e-5),
        "ncfdtridfd": through(sc.ncfdtridfd, 3.2, 0.6, 0.7, 1.3, rtol=1e-3),
        "ncfdtridfn": through(sc.ncfdtridfn, FRACTION, 4.1, 0.7, 0.4, rtol=1e-3),
        "ncfdtrinc": through(sc.ncfdtrinc, 3.2, 4.1, 0.5, 1.3, rtol=1e-3),
        "nctdtr": [(V + 1.0, Y, SIGNED)],
        "nctdtridf": through(sc.nctdtridf, 0.8, 0.7, 2.1, rtol=1e-5),
        "nctdtrinc": through(sc.nctdtrinc, 3.4, 0.4, 1.1, rtol=1e-5),
        "nctdtrit": [(V + 1.0, Y, UNIT)],
        "nrdtrimn": [(UNIT, X, SIGNED)],
        "nrdtrisd": [(SIGNED - 3.0, UNIT * 0.4, SIGNED)],
        "kolmogi": [(UNIT,)],
        "smirnov": [(5, UNIT)],
        "smirnovi": [(5, UNIT)],
        "tklmbda": [(SIGNED * 0.3, np.array([0.4, 0.9, 0.3]))],
        "elliprj": [(X, X + 0.4, 1.7, Y)],
        "lpmv": [(1, 3, INSIDE), (0, V, INSIDE)],
        "huber": [(1.0, SIGNED), (X, 0.9)],
        "eval_legendre": [(3, INSIDE), (V, INSIDE)],
        "eval_chebyt": [(3, INSIDE), (V, INSIDE)],
        "eval_chebyu": [(3, INSIDE), (V, INSIDE)],
        "eval_chebyc": [(3, INSIDE), (V, INSIDE)],
        "eval_chebys": [(3, INSIDE), (V, INSIDE)],
        "eval_sh_legendre": [(3, UNIT), (V, UNIT)],
        "eval_sh_chebyt": [(3, UNIT), (V, UNIT)],
        "eval_sh_chebyu": [(3, UNIT), (V, UNIT)],
        "eval_laguerre": [(3, X), (V, X)],
        "eval_genlaguerre": [(3, V, X), (V, Y, X)],
        "eval_gegenbauer": [(3, V, INSIDE), (V, Y, INSIDE)],
        "eval_jacobi": [(3, V, Y, INSIDE), (V, Y, 0.6, INSIDE)],
        "eval_sh_jacobi": [(3, 3.3, V, UNIT)],
        "log_wright_bessel": [(1.2, 1.4, X)],
        "wright_bessel": [(1.2, 1.4, X)],
        "mathieu_a": [(2, X)],
        "mathieu_b": [(2, X)],
        "mathieu_cem": [(2, X, Y)],
        "mathieu_sem": [(2, X, Y)],
        "mathieu_modcem1": [(2, X, Y)],
        "mathieu_modcem2": [(2, X, Y)],
        "mathieu_modsem1": [(2, X, Y)],
        "mathieu_modsem2": [(2, X, Y)],
        "obl_cv": [(1, 2, X)],
        "pro_cv": [(1, 2, X)],
        "obl_ang1": [(1, 2, X, INSIDE)],
        "pro_ang1": [(1, 2, X, INSIDE)],
        "obl_rad1": [(1, 2, X, Y)],
        "obl_rad2": [(1, 2, X, Y)],
        "pro_rad1": [(1, 2, X, Y + 1.0)],
        "pro_rad2": [(1, 2, X, Y + 1.0)],
        "obl_ang1_cv": [(1, 2, 1.3, 5.4, INSIDE)],
        "pro_ang1_cv": [(1, 2, 1.3, 5.4, INSIDE)],
        "obl_rad1_cv": [(1, 2, 1.3, 5.4, Y)],
        "obl_rad2_cv": [(1, 2, 1.3, 5.4, Y)],
        "pro_rad1_cv": [(1, 2, 1.3, 5.4, Y + 1.0)],
        "pro_rad2_cv": [(1, 2, 1.3, 5.4, Y + 1.0)],
        "pbdv": [(V, SIGNED)],
        "pbvv": [(V, SIGNED)],
        "pbwa": [(0.7, SIGNED)],
        "besselpoly": [(0.7, 1.2, 0.6)],
        "assoc_laguerre": [(X, 3, 1.4)],
        "bernoulli": ZEROS,
        "comb": [(BIG, V)],
        "perm": [(BIG, 2)],
        "diric": [(X, 5)],
        "factorial": [(X, {"extend": "complex"})] if False else through(sc.factorial, X),
        "factorial2": WHOLE,
        "factorialk": WHOLE,
        "stirling2": WHOLE,
        "euler": ZEROS,
        "h1vp": [(2, X)],
        "h2vp": [(2, X)],
        "ivp": [(V, X, 2)],
        "jvp": [(V, X, 2)],
        "kvp": [(V, X, 2)],
        "yvp": [(V, X, 2)],
        "lmbda": through(lambda x: sc.lmbda(2, x), 1.3),
        "lqmn": through(lambda x: sc.lqmn(1, 2, x), 0.4),
        "lqn": through(lambda x: sc.lqn(3, x), 0.4),
        "mathieu_even_coef": through(lambda q: sc.mathieu_even_coef(2, q), 1.3),
        "mathieu_odd_coef": through(lambda q: sc.mathieu_odd_coef(2, q), 1.3),
        "obl_cv_seq": through(lambda c: sc.obl_cv_seq(1, 3, c), 1.3),
        "pro_cv_seq": through(lambda c: sc.pro_cv_seq(1, 3, c), 1.3),
        "pbdn_seq": through(lambda z: sc.pbdn_seq(3, z), 0.7 + 0.3j),
        "pbdv_seq": through(lambda x: sc.pbdv_seq(2.3, x), 0.7),
        "pbvv_seq": through(lambda x: sc.pbvv_seq(2.3, x), 0.7),
        "riccati_jn": through(lambda x: sc.riccati_jn(3, x), 1.3),
        "riccati_yn": through(lambda x: sc.riccati_yn(3, x), 1.3),
        "polygamma": [(2, X)],
        "jacobi": through(lambda a, x: sc.jacobi(3, a, 1.4)(x), 0.7, INSIDE),
        "genlaguerre": through(lambda a, x: sc.genlaguerre(3, a)(x), 0.7, X),
        "gegenbauer": through(lambda a, x: sc.gegenbauer(3, a)(x), 0.7, INSIDE),
        "sh_jacobi": through(lambda p, x: sc.sh_jacobi(3, p, 1.4)(x), 2.7, UNIT),
        "roots_jacobi": through(lambda a, b: sc.roots_jacobi(3, a, b), 0.7, 1.4),
        "roots_genlaguerre": through(lambda a: sc.roots_genlaguerre(3, a), 0.7),
        "roots_gegenbauer": through(lambda a: sc.roots_gegenbauer(3, a), 0.7),
        "roots_sh_jacobi": through(lambda p, q: sc.roots_sh_jacobi(3, p, q), 2.7, 1.4),
        "j_roots": through(lambda a, b: sc.j_roots(3, a, b), 0.7, 1.4),
        "la_roots": through(lambda a: sc.la_roots(3, a), 0.7),
        "cg_roots": through(lambda a: sc.cg_roots(3, a), 0.7),
        "js_roots": through(lambda p, q: sc.js_roots(3, p, q), 2.7, 1.4),
        "logsumexp": [(SIGNED,), (SQUARE, {"axis": 1, "b": np.abs(SQUARE)})],
        "softmax": [(SIGNED,), (SQUARE, {"axis": 1})],
        "log_softmax": [(SIGNED,), (SQUARE, {"axis": 1})],
        "multigammaln": [(3.4, 2)],
        "ellip_harm": [(5.3, 8.1, 2, 2, 6.0)],
        "ellip_harm_2": [(5.3, 8.1, 2, 2, 10.0)],
        "ellip_normal": [(5.3, 8.1, 2, 2)],
        "assoc_legendre_p": [(3, 1, INSIDE)],
        "assoc_legendre_p_all": [(3, 1, 0.4)],
        "legendre_p": [(3, INSIDE)],
        "legendre_p_all": [(3, 0.4)],
        "sph_harm_y_all": [(2, 1, 0.7, 0.3)],
        "sph_legendre_p": [(3, 1, INSIDE)],
        "sph_legendre_p_all": [(2, 1, 0.7)],
        "digamma": [(X,)],
        "sinc": [(SIGNED,)],
    }
    | {
        name: through(lambda x, name=name: getattr(sc, name)(3)(x), INSIDE)
        for name in (FAMILIES + "sh_legendre sh_chebyt sh_chebyu").split()
    }
    | without(
        ZEROS,
        "ai_zeros bei_zeros beip_zeros ber_zeros berp_zeros bi_zeros erf_zeros fresnel_zeros "
        "fresnelc_zeros fresnels_zeros jn_zeros jnjnp_zeros jnp_zeros jnyn_zeros kei_zeros "
        "keip_zeros kelvin_zeros ker_zeros kerp_zeros y0_zeros y1_zeros y1p_zeros yn_zeros "
        "ynp_zeros",
    )
    | without(
        ROOTS,
        "roots_legendre roots_chebyt roots_chebyu roots_chebyc roots_chebys roots_laguerre "
        "roots_hermite roots_hermitenorm roots_sh_legendre roots_sh_chebyt roots_sh_chebyu p_roots "
        "t_roots u_roots c_roots s_roots l_roots h_roots he_roots ps_roots ts_roots us_roots",
    )
    | without(SETTINGS, "geterr seterr errstate SpecialFunctionWarning SpecialFunctionError")
)
del SPECIAL["ncfdtr_shape"]
SPECIAL["factorial"] = through(lambda x: sc.factorial(x), X)
SPECIAL["bdtri"] = [(2, 5, UNIT)]
SPECIAL["bdtr"] = SPECIAL["bdtrc"] = [(2, 5, UNIT)]
SPECIAL["pdtr"] = SPECIAL["pdtrc"] = [(2, X)]

# What scipy.stats calls, by the names SciPy shows.
OF_STATS = {
    "_beta_pdf": [(UNIT, V, Y)],
    "_beta_ppf": [(LEVELS, V, Y)],
    "_cauchy_ppf": [(LEVELS, SIGNED, Y)],
    "_cauchy_isf": [(LEVELS, SIGNED, Y)],
    "_invgauss_ppf": [(LEVELS, V, Y)],
    "_invgauss_isf": [(LEVELS, V, Y)],
    "_kolmogc": [(X,), (0.45,)],
    "_kolmogci": [(LEVELS,)],
    "_kolmogp": [(np.array([0.5, 0.9, 1.6]),)],
    "_smirnovc": [(5, UNIT)],
    "_smirnovci": [(5, UNIT)],
    "_cosine_cdf": [(SIGNED,)],
    "_cosine_invcdf": [(LEVELS,)],
    "_skewnorm_cdf": [(SIGNED, 0.3, Y, V)],
    "_skewnorm_ppf": [(LEVELS, 0.3, Y, V)],
    "_landau_pdf": [(SIGNED, 0.3, Y)],
    "_landau_cdf": [(SIGNED, 0.3, Y)],
    "_landau_ppf": [(LEVELS, 0.3, Y)],
    "_ncf_pdf": [(X, V + 2.0, Y + 3.0, 0.7)],
    "_ncx2_pdf": [(X, V + 1.0, Y)],
    "_nct_pdf": [(SIGNED, V + 1.0, Y)],
    "_nct_sf": [(SIGNED, V + 1.0, Y)],
    "_nct_mean": [(V + 5.0, Y)],
    "_nct_variance": [(V + 5.0, Y)],
    "_nct_skewness": [(V + 5.0, Y)],
    "_nct_kurtosis_excess": [(V + 6.0, Y)],
    "_smirnovp": [(5, np.array([0.07, 0.33, 0.71]))],
}


def of_rules():
    """The rows of functions with a rule, by function."""
    named = [(getattr(sc, name, None), rows) for name, rows in SPECIAL.items()]
    named += [(getattr(SHOWN, name, None), rows) for name, rows in OF_STATS.items()]
    listed = ((f, rows) for f, rows in named if isinstance(rows, list) and f in RULES)
    return {f: [row for row in rows if isinstance(row, tuple)] for f, rows in listed}


TABLES = {"scipy.special": SPECIAL}
