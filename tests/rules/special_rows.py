"""Rows of the table for `scipy.special`: whole numbers for the parameters that have no rule."""

import numpy as np
import scipy.special as sc

from adjoint.rules.absent import Native, present
from adjoint.rules.scipy.special.orthogonal import still

X = np.array([0.37, 1.24, 2.9])
SIGNED = np.array([-1.7, 0.42, 1.3])
UNIT = np.array([0.13, 0.52, 0.91])
INSIDE = np.array([-0.83, 0.21, 0.64])
Z = np.array([0.7 + 0.4j, 1.3 - 0.6j])


def of(points, *names):
    return {getattr(sc, name): [(points,), (float(points[1]),)] for name in names}


SPECIAL = (
    of(X, "gamma", "gammaln", "psi", "k0", "k1", "k0e", "k1e", "y0", "y1", "exp1", "expi", "entr")
    | of(X, "ber", "bei", "ker", "kei", "berp", "beip", "kerp", "keip", "sici", "shichi")
    | of(X, "itj0y0", "iti0k0", "spence", "log1p", "cbrt", "itstruve0", "itmodstruve0")
    | of(SIGNED, "rgamma", "erf", "erfc", "erfcx", "erfi", "dawsn", "ndtr", "log_ndtr", "fresnel")
    | of(SIGNED, "j0", "j1", "i0", "i1", "i0e", "i1e", "expit", "log_expit", "exprel", "cosm1")
    | of(SIGNED, "expm1", "exp2", "exp10", "sindg", "cosdg", "tandg", "cotdg", "wrightomega")
    | of(SIGNED, "airy")
    | of(UNIT, "erfinv", "erfcinv", "ndtri", "logit", "ellipk", "ellipkm1", "ellipe")
    | {
        still: [(X,), (SIGNED,)],
        sc.gamma: [(X,), (SIGNED,), (Z,)],
        sc.psi: [(X,), (SIGNED,)],
        sc.loggamma: [(X,), (Z,)],
        sc.wofz: [(Z,)],
        sc.poch: [(X, X[::-1].copy())],
        sc.beta: [(X, X[::-1].copy())],
        sc.betaln: [(X, X[::-1].copy())],
        sc.binom: [(X + 3.0, X)],
        sc.zeta: [(3, X)],
        sc.gammainc: [(2, X)],
        sc.gammaincc: [(2, X)],
        sc.gammaincinv: [(2, UNIT)],
        sc.gammainccinv: [(2, UNIT)],
        sc.betainc: [(2, 3, UNIT)],
        sc.betaincc: [(2, 3, UNIT)],
        sc.betaincinv: [(2, 3, UNIT)],
        sc.betainccinv: [(2, 3, UNIT)],
        sc.ndtri_exp: [(-X,)],
        sc.owens_t: [(SIGNED, X)],
        sc.voigt_profile: [(SIGNED, X, X[::-1].copy())],
        sc.rel_entr: [(X, X[::-1].copy())],
        sc.kl_div: [(X, X[::-1].copy())],
        sc.xlogy: [(SIGNED, X)],
        sc.xlog1py: [(SIGNED, INSIDE)],
        sc.huber: [(1.0, SIGNED), (X, 0.9)],
        sc.pseudo_huber: [(X, SIGNED)],
        sc.boxcox: [(X, SIGNED), (X, 0.003)],
        sc.boxcox1p: [(X, SIGNED), (X, -0.003)],
        sc.inv_boxcox: [(UNIT, X), (UNIT, 0.003)],
        sc.inv_boxcox1p: [(UNIT, X)],
        sc.exprel: [(SIGNED,), (0.004,)],
        sc.powm1: [(X, SIGNED)],
        sc.radian: [(12.0, 3.0, 4.0)],
        sc.expn: [(0, X), (1, X), (3, X)],
        sc.lambertw: [(X,), (Z, 1), (-0.2, -1), (-0.2,), (0.0,)],
        sc.hyp0f1: [(2, SIGNED)],
        sc.hyp1f1: [(2, 3, SIGNED)],
        sc.hyp2f1: [(1, 2, 4, INSIDE)],
        sc.hyperu: [(2, 3, X)],
        sc.stdtr: [(3, SIGNED)],
        sc.stdtrit: [(3, UNIT)],
        sc.chdtr: [(3, X)],
        sc.chdtrc: [(3, X)],
        sc.chdtri: [(3, UNIT)],
        sc.fdtr: [(3, 4, X)],
        sc.fdtrc: [(3, 4, X)],
        sc.fdtri: [(3, 4, UNIT)],
        sc.gdtr: [(X, 2, X[::-1].copy())],
        sc.gdtrc: [(X, 2, X[::-1].copy())],
        sc.bdtr: [(2, 5, UNIT)],
        sc.bdtrc: [(2, 5, UNIT)],
        sc.pdtr: [(2, X)],
        sc.pdtrc: [(2, X)],
        sc.nbdtr: [(2, 3, UNIT)],
        sc.nbdtrc: [(2, 3, UNIT)],
        sc.jv: [(0, X), (2, X), (2, Z)],
        sc.yv: [(2, X), (1, Z)],
        sc.yn: [(2, X)],
        sc.kn: [(2, X)],
        sc.iv: [(2, SIGNED), (1, Z)],
        sc.kv: [(2, X), (1, Z)],
        sc.jve: [(2, X)],
        sc.yve: [(2, X)],
        sc.ive: [(2, SIGNED)],
        sc.kve: [(2, X), (1, Z)],
        sc.hankel1: [(1, X), (1, Z)],
        sc.hankel2: [(1, X), (1, Z)],
        sc.hankel1e: [(1, X), (1, Z)],
        sc.hankel2e: [(1, X), (1, Z)],
        sc.struve: [(1, X)],
        sc.modstruve: [(1, X)],
        sc.airy: [(SIGNED,), (Z,)],
        sc.spherical_jn: [(2, X), (2, X, True), (1, Z)],
        sc.spherical_yn: [(2, X), (2, X, True)],
        sc.spherical_in: [(2, X), (2, X, True)],
        sc.spherical_kn: [(2, X), (2, X, True)],
        sc.ellipk: [(UNIT,), (0.0,), (SIGNED - 1.0,)],
        sc.ellipe: [(UNIT,), (0.0,)],
        sc.ellipkinc: [(SIGNED, UNIT), (5.0, 0.3), (0.7, 0.0)],
        sc.ellipeinc: [(SIGNED, UNIT), (5.0, 0.3), (0.7, 0.0)],
        sc.ellipj: [(SIGNED, UNIT), (5.0, 0.3)],
        sc.elliprf: [(X, X + 0.4, 1.7)],
        sc.elliprc: [(X, X + 0.4)],
        sc.elliprd: [(X, X + 0.4, 1.7)],
        sc.elliprg: [(X, X + 0.4, 1.7)],
        sc.lpmv: [(1, 3, INSIDE), (0, 2, INSIDE)],
        sc.sph_harm_y: [
            (3, 1, X, SIGNED),
            (2, -2, 0.7, 0.3),
            (np.array([1, 2, 3]), np.array([1, 0, -1]), X, SIGNED),
        ],
        sc.eval_gegenbauer: [(3, 2, INSIDE)],
        sc.eval_genlaguerre: [(3, 2, X)],
        sc.eval_jacobi: [(3, 2, 1, INSIDE), (0, 2, 1, INSIDE)],
        sc.eval_sh_jacobi: [(3, 3, 2, UNIT)],
    }
    | {
        getattr(sc, "eval_" + name): [(3, INSIDE), (1, INSIDE), (0, INSIDE)]
        for name in (
            *("legendre", "chebyt", "chebyu", "chebyc", "chebys", "hermite", "hermitenorm"),
            *("laguerre", "sh_legendre", "sh_chebyt", "sh_chebyu"),
        )
    }
)
GRID = np.outer(SIGNED[:2], X)
SPECIAL[sc.logsumexp] = [
    (SIGNED,),
    (GRID, 1, UNIT),
    (SIGNED, {"b": np.array([0.0, 2.0, -0.3])}),
    (GRID, {"axis": (0, 1), "keepdims": True}),
    (SIGNED, None, np.array([1.0, -2.0, 0.0]), {"return_sign": True}),
]
for of_von_mises in present(Native("scipy.stats._stats").von_mises_cdf):
    SPECIAL[of_von_mises] = [(X, SIGNED), (1.7, 4.4)]
UFUNC = sc.lambertw.__globals__.get("_lambertw")
if UFUNC is not None:
    SPECIAL[UFUNC] = [(Z, 0, 1e-8)]
