"""Rows of `scipy.integrate`, `scipy.optimize` and `scipy.interpolate`."""

import numpy as np
import scipy.integrate as sn
import scipy.interpolate as si
import scipy.optimize as so
from drawing import P, R, spd
from scipy import stats

from callables.rows import Elsewhere, alike, through, without

XI = np.linspace(0.0, 3.0, 7)
AT = np.array([0.37, 1.41, 2.23])
PLANE = R(12, 2)
TIMES = np.linspace(0.0, 1.0, 5)
Q = spd(2)
EXCEPTION = "an exception, a warning, a result class"
SEARCH = "gives a bracket, a step or a report for other methods"
DISCRETE = "its result is a choice: integers"
SOLVERS = Elsewhere("tests/solvers/test_solvers.py")
PLAIN = "its arguments are no floating numbers"


def decay(t, y, k):
    return [-k * y[0], k * y[0] - 0.3 * y[1]]


def solved(method):
    return through(
        lambda k: sn.solve_ivp(decay, (0, 1), [1.0, 0.2], method, args=(k,), rtol=1e-6).y[:, -1],
        *(0.8,),
        rtol=1e-4,
    )


INTEGRATE = (
    alike((R(5),), "cumulative_trapezoid trapezoid simpson romb cumulative_simpson")
    | {
        "cumulative_trapezoid": [(R(5), np.cumsum(P(5))), (R(2, 4), {"axis": 0, "initial": 0})],
        "cumulative_simpson": [(R(5),)],
        "simpson": [(R(5), np.cumsum(P(5))), (R(6),)],
        "quad": through(lambda a, k: sn.quad(lambda x: np.exp(-k * x * x), a, 2.0)[0], 0.3, 0.8),
        "dblquad": through(
            lambda k, b: sn.dblquad(lambda y, x: np.sin(k * x * y), 0, b, 0, lambda x: x)[0],
            0.8,
            1.2,
        ),
        "tplquad": through(
            lambda k: sn.tplquad(lambda z, y, x: k * x * y + z * z, 0, 1, 0, 1, 0, 0.5)[0], 0.8
        ),
        "nquad": through(
            lambda k: sn.nquad(lambda x, y: np.exp(k * x * y), [(0, 1), (0, 0.5)])[0], 0.8
        ),
        "fixed_quad": through(lambda k: sn.fixed_quad(lambda x: np.exp(k * x), 0, 1)[0], 0.8),
        "quad_vec": through(
            lambda k: sn.quad_vec(lambda x: np.array([np.exp(k * x), k * x]), 0, 1)[0], 0.8
        ),
        "tanhsinh": through(lambda k: sn.tanhsinh(lambda x: np.exp(k * x), 0, 1).integral, 0.8),
        "cubature": through(
            lambda k: sn.cubature(lambda x: np.exp(k * x[:, 0]), [0.0], [1.0]).estimate, 0.8
        ),
        "nsum": through(lambda k: sn.nsum(lambda n: 1 / (n**2 + k), 1, np.inf).sum, 0.8),
        "qmc_quad": through(
            lambda k: (
                sn.qmc_quad(
                    lambda x: np.exp(k * x.sum(0)),
                    [0, 0],
                    [1, 1],
                    n_points=32,
                    qrng=stats.qmc.Halton(2, seed=3),
                ).integral
            ),
            0.8,
        ),
        "odeint": through(
            lambda k: sn.odeint(decay, [1.0, 0.2], TIMES, args=(k,), tfirst=True)[-1],
            0.8,
            rtol=1e-5,
        ),
        "solve_ivp": solved("RK45") + solved("Radau"),
        "solve_bvp": through(
            lambda k: sn.solve_bvp(
                lambda x, y: np.array([y[1], -k * y[0]]),
                lambda a, b: np.array([a[0], b[0] - 1.0]),
                TIMES,
                np.ones((2, 5)),
                tol=1e-8,
            ).sol(0.5),
            0.8,
        ),
        "RK23": through(lambda k: stepped(sn.RK23, k), 0.8),
        "RK45": through(lambda k: stepped(sn.RK45, k), 0.8),
        "DOP853": through(lambda k: stepped(sn.DOP853, k), 0.8),
        "Radau": through(lambda k: stepped(sn.Radau, k), 0.8),
        "BDF": through(lambda k: stepped(sn.BDF, k), 0.8),
        "LSODA": through(lambda k: stepped(sn.LSODA, k), 0.8),
        "ode": through(lambda k: integrated(sn.ode, k), 0.8),
        "complex_ode": through(lambda k: integrated(sn.complex_ode, k).real, 0.8),
        "OdeSolution": through(
            lambda k: sn.solve_ivp(decay, (0, 1), [1.0, 0.2], args=(k,), dense_output=True).sol(
                0.5
            ),
            *(0.8,),
            rtol=1e-2,
        ),
        "DenseOutput": through(lambda k: dense(k), 0.8),
        "OdeSolver": EXCEPTION + ": the base of the solvers",
    }
    | without(EXCEPTION, "IntegrationWarning ODEintWarning")
    | without(PLAIN, "lebedev_rule newton_cotes")
)


def stepped(solver, k):
    made = solver(
        lambda t, y: np.array(decay(t, y, k)), 0.0, np.array([1.0, 0.2]), 1.0, first_step=0.01
    )
    made.step()
    return made.y


def dense(k):
    made = sn.RK45(
        lambda t, y: np.array(decay(t, y, k)), 0.0, np.array([1.0, 0.2]), 1.0, first_step=0.1
    )
    made.step()
    return made.dense_output()(0.05)


def integrated(kind, k):
    made = kind(lambda t, y: np.array(decay(t, y, k)))
    made.set_initial_value([1.0, 0.2], 0.0)
    return made.integrate(1.0)


def bowl(x, p):
    return p * (x[0] - 1.0) ** 2 + (x[1] - p) ** 2 + x[0] * x[1]


def slopes(x, p):
    return np.array([2 * p * (x[0] - 1) + x[1], 2 * (x[1] - p) + x[0]])


def valley(x, p):
    return (x - p) ** 2 + 0.1 * x**4


def crossing(x, p):
    return x**3 - p


def pair(x, p):
    return np.array([x[0] ** 2 + x[1] - p, x[0] - p * x[1]])


def bracketed(name):
    return through(lambda p: getattr(so, name)(crossing, 0.1, 3.0, args=(p,)), 2.3, rtol=1e-6)


def minimised(name, *args, **kwargs):
    return through(
        lambda p: getattr(so, name)(lambda x: bowl(x, p), *args, **kwargs), 0.8, rtol=1e-3
    )


def iterated(name):
    return through(lambda p: getattr(so, name)(lambda x: pair(x, p), [1.0, 1.0], f_tol=1e-10), 1.7)


def mixed(name):
    def solve(p):
        return getattr(so, name)(lambda x: np.cos(p * x) - x, [0.6, 0.7], f_tol=1e-10, alpha=0.6)

    return solve


START = [0.4, 0.3]
TIGHT = {"fmin": {"xtol": 1e-10, "ftol": 1e-10}, "fmin_powell": {"xtol": 1e-10, "ftol": 1e-12}}
LIMITS = [(-2, 2), (-2, 2)]
OPTIMIZE = (
    {name: bracketed(name) for name in ["bisect", "brenth", "brentq", "ridder", "toms748"]}
    | {
        name: iterated(name)
        for name in [
            "anderson",
            "broyden1",
            "broyden2",
            "diagbroyden",
            "excitingmixing",
            "linearmixing",
            "newton_krylov",
        ]
    }
    | {
        "excitingmixing": through(mixed("excitingmixing"), 0.7),
        "linearmixing": through(mixed("linearmixing"), 0.7),
    }
    | {
        name: minimised(name, START, disp=False, **TIGHT.get(name, {}))
        for name in ["fmin", "fmin_bfgs", "fmin_cg", "fmin_powell"]
    }
    | {
        "fmin_l_bfgs_b": through(
            lambda p: so.fmin_l_bfgs_b(lambda x: bowl(x, p), START, approx_grad=True)[0], 0.8
        ),
        "fmin_tnc": through(
            lambda p: so.fmin_tnc(lambda x: (bowl(x, p), slopes(x, p)), START, disp=0)[0],
            *(0.8,),
            rtol=1e-2,
        ),
        "fmin_slsqp": minimised("fmin_slsqp", START, disp=False),
        "fmin_cobyla": through(
            lambda p: so.fmin_cobyla(lambda x: bowl(x, p), START, [], rhoend=1e-8), 0.8
        ),
        "fmin_ncg": through(
            lambda p: so.fmin_ncg(
                lambda x: bowl(x, p),
                START,
                lambda x: slopes(x, p),
                disp=False,
            ),
            0.8,
        ),
        "minimize": through(lambda p: so.minimize(bowl, START, args=(p,)).x, 0.8)
        + through(
            lambda p: (
                so.minimize(
                    bowl,
                    START,
                    args=(p,),
                    constraints={"type": "eq", "fun": lambda x: x[0] + x[1] - p},
                ).x
            ),
            0.8,
        ),
        "minimize_scalar": through(
            lambda p: so.minimize_scalar(valley, args=(p,)).x, 0.8, rtol=1e-5
        ),
        "brent": through(lambda p: so.brent(valley, args=(p,)), 0.8, rtol=1e-5),
        "golden": through(lambda p: so.golden(valley, args=(p,)), 0.8, rtol=1e-5),
        "fminbound": through(lambda p: so.fminbound(valley, -2, 2, args=(p,)), 0.8, rtol=1e-5),
        "brute": SOLVERS,
        "differential_evolution": through(
            lambda p: so.differential_evolution(lambda x: bowl(x, p), LIMITS, seed=1).x, 0.8
        ),
        "dual_annealing": through(
            lambda p: so.dual_annealing(lambda x: bowl(x, p), LIMITS, seed=1, maxiter=20).x, 0.8
        ),
        "basinhopping": through(
            lambda p: so.basinhopping(lambda x: bowl(x, p), START, niter=3, seed=1).x, 0.8
        ),
        "shgo": through(lambda p: so.shgo(lambda x: bowl(x, p), LIMITS).x, 0.8),
        "direct": SOLVERS,
        "newton": through(lambda p: so.newton(crossing, 1.0, args=(p,)), 2.3),
        "root_scalar": through(lambda p: so.root_scalar(crossing, (p,), bracket=(0, 3)).root, 2.3),
        "fixed_point": through(lambda p: so.fixed_point(lambda x: np.cos(p * x), 0.7), 0.8),
        "root": through(lambda p: so.root(pair, [1.0, 1.0], args=(p,)).x, 1.7),
        "fsolve": through(lambda p: so.fsolve(pair, [1.0, 1.0], args=(p,)), 1.7),
        "least_squares": through(
            lambda y: so.least_squares(lambda c: c[0] * np.exp(c[1] * TIMES) - y, [1.0, 0.1]).x,
            P(5),
            rtol=1e-3,
        ),
        "leastsq": through(
            lambda y: so.leastsq(lambda c: c[0] * np.exp(c[1] * TIMES) - y, [1.0, 0.1])[0],
            P(5),
            rtol=1e-3,
        ),
        "curve_fit": through(
            lambda y: so.curve_fit(
                lambda t, a, b: a * np.exp(b * t), TIMES, y, [1.0, 0.1], xtol=1e-14, ftol=1e-14
            )[0],
            P(5),
            rtol=1e-3,
        ),
        "linprog": through(lambda b: so.linprog([-1.0, -2.0], [[1, 1], [1, 3.0]], b).x, P(2) + 3),
        "nnls": through(lambda a, b: so.nnls(a, b)[0], P(4, 2), P(4)),
        "lsq_linear": through(lambda a, b: so.lsq_linear(a, b).x, P(4, 2), P(4)),
        "isotonic_regression": through(lambda y: so.isotonic_regression(y).x, R(6)),
        "approx_fprime": SOLVERS,
        "rosen": [(R(4),)],
        "rosen_der": [(R(4),)],
        "rosen_hess": [(R(4),)],
        "rosen_hess_prod": [(R(4), R(4))],
        "check_grad": SEARCH,
        "Bounds": through(
            lambda b: so.minimize(bowl, START, args=(0.8,), bounds=so.Bounds([b, -9], [9, 9])).x,
            0.9,
        ),
        "LinearConstraint": through(
            lambda b: (
                so.minimize(
                    bowl,
                    START,
                    (0.8,),
                    "SLSQP",
                    "3-point",
                    constraints=so.LinearConstraint([[1, 1]], b, b),
                    options={"ftol": 1e-14},
                ).x
            ),
            0.9,
        ),
        "NonlinearConstraint": through(
            lambda b: (
                so.minimize(
                    bowl,
                    START,
                    (0.8,),
                    "SLSQP",
                    constraints=so.NonlinearConstraint(lambda x: x[0] ** 2 + x[1], b, b),
                ).x
            ),
            0.9,
        ),
    }
    | without(
        EXCEPTION,
        "NoConvergence OptimizeResult OptimizeWarning RootResults show_options "
        "linprog_verbose_callback",
    )
    | without(
        SEARCH,
        "bracket line_search BFGS SR1 HessianUpdateStrategy BroydenFirst InverseJacobian "
        "KrylovJacobian LbfgsInvHessProduct",
    )
    | without(DISCRETE, "linear_sum_assignment milp quadratic_assignment")
)


def interpolated(name, *args, **kwargs):
    return through(lambda y, x: getattr(si, name)(XI, y, *args, **kwargs)(x), R(7), AT)


SCATTERED = np.array([[0.0, 0], [3, 0], [0, 3], [3, 3], [1, 2], [2, 0.7]])
QUERIES = np.array([[0.6, 0.4], [1.7, 1.2]])
PIECES = np.array([0.0, 1.0, 2.0, 3.0])
KNOTS = np.array([0.0, 0, 0, 0, 1, 2, 3, 3, 3, 3])
INTERPOLATE = (
    {
        name: interpolated(name)
        for name in [
            "Akima1DInterpolator",
            "BarycentricInterpolator",
            "CubicSpline",
            "KroghInterpolator",
            "PchipInterpolator",
            "interp1d",
            "AAA",
            "FloaterHormannInterpolator",
            "make_interp_spline",
            "InterpolatedUnivariateSpline",
            "UnivariateSpline",
        ]
    }
    | {
        "make_smoothing_spline": interpolated("make_smoothing_spline", lam=0.1),
        "CubicHermiteSpline": through(
            lambda y, d, x: si.CubicHermiteSpline(XI, y, d)(x), R(7), R(7), AT
        ),
        "BSpline": through(lambda c, x: si.BSpline(KNOTS, c, 3)(x), R(6), AT),
        "PPoly": through(lambda c, x: si.PPoly(c, PIECES)(x), R(3, 3), AT),
        "BPoly": through(lambda c, x: si.BPoly(c, PIECES)(x), R(3, 3), AT),
        "NdPPoly": through(lambda c, x: si.NdPPoly(c, (PIECES, PIECES))(x), R(2, 2, 3, 3), QUERIES),
        "NdBSpline": through(lambda c, x: si.NdBSpline((KNOTS, KNOTS), c, 3)(x), R(6, 6), QUERIES),
        "LinearNDInterpolator": through(
            lambda v, x: si.LinearNDInterpolator(SCATTERED, v)(x), R(6), QUERIES
        ),
        "NearestNDInterpolator": through(
            lambda v: si.NearestNDInterpolator(SCATTERED, v)(QUERIES), R(6)
        ),
        "CloughTocher2DInterpolator": through(
            lambda v: si.CloughTocher2DInterpolator(SCATTERED, v, tol=1e-13)(QUERIES), R(6)
        ),
        "griddata": through(lambda v, x: si.griddata(SCATTERED, v, x), R(6), QUERIES),
        "RBFInterpolator": through(lambda v, x: si.RBFInterpolator(SCATTERED, v)(x), R(6), QUERIES),
        "Rbf": through(lambda v, x: si.Rbf(*SCATTERED.T, v)(*x.T), R(6), QUERIES),
        "RegularGridInterpolator": through(
            lambda v, x: si.RegularGridInterpolator((XI, XI), v)(x), R(7, 7), QUERIES
        )
        + through(
            lambda v, x: si.RegularGridInterpolator((XI, XI), v, method="cubic")(x),
            R(7, 7),
            QUERIES,
            rtol=1e-3,  # SciPy solves for the coefficients to six digits
        ),
        "interpn": through(lambda v, x: si.interpn((XI, XI), v, x), R(7, 7), QUERIES),
        "RectBivariateSpline": through(
            lambda v, x: si.RectBivariateSpline(XI, XI, v).ev(x[:, 0], x[:, 1]), R(7, 7), QUERIES
        ),
        "BivariateSpline": "the base of the splines of two variables",
        "SmoothBivariateSpline": through(
            lambda v, x: si.SmoothBivariateSpline(*PLANE.T, v, kx=1, ky=1).ev(*x.T), R(12), QUERIES
        ),
        "LSQBivariateSpline": through(
            lambda v, x: si.LSQBivariateSpline(*PLANE.T, v, [0.0], [0.0], kx=1, ky=1).ev(*x.T),
            *(R(12), QUERIES / 2),
        ),
        "LSQUnivariateSpline": through(
            lambda y, x: si.LSQUnivariateSpline(XI, y, [1.4])(x), R(7), AT
        ),
        "splrep": through(lambda y, x: si.splev(x, si.splrep(XI, y)), R(7), AT),
        "splev": through(lambda x: si.splev(x, si.splrep(XI, XI**3)), AT),
        "splprep": through(lambda y: np.array(si.splev(AT / 3, si.splprep([XI, y], s=0)[0])), R(7)),
        "splder": through(lambda c, x: si.splev(x, si.splder((KNOTS, c, 3))), R(10), AT),
        "splantider": through(lambda c, x: si.splev(x, si.splantider((KNOTS, c, 3))), R(10), AT),
        "splint": through(lambda c: si.splint(0.2, 2.3, (KNOTS, c, 3)), R(10)),
        "spalde": through(lambda c: np.array(si.spalde(AT, (KNOTS, c, 3))), R(10)),
        "sproot": through(lambda y: si.sproot(si.splrep(XI, np.cos(XI) + 0.01 * y)), R(7)),
        "insert": through(lambda c: si.insert(1.3, (KNOTS, c, 3))[1][:7], R(10)),
        "lagrange": through(lambda y, x: si.lagrange(XI[:4], y)(x), R(4), AT),
        "approximate_taylor_polynomial": through(
            lambda k: si.approximate_taylor_polynomial(lambda x: np.exp(k * x), 0.0, 3, 1.0)(0.3),
            0.8,
        ),
        "pade": through(lambda c: [p(0.3) for p in si.pade(c, 2)], R(5)),
        "barycentric_interpolate": [(XI, R(7), AT)],
        "krogh_interpolate": through(lambda y, x: si.krogh_interpolate(XI, y, x), R(7), AT),
        "pchip_interpolate": through(lambda y, x: si.pchip_interpolate(XI, y, x), R(7), AT),
        "make_lsq_spline": through(
            lambda y, x: si.make_lsq_spline(
                np.linspace(0, 3, 9), y, np.r_[[0.0] * 4, 1.4, [3.0] * 4]
            )(x),
            *(R(9), AT),
        ),
        "make_splrep": through(lambda y, x: si.make_splrep(XI, y)(x), R(7), AT),
        "make_splprep": through(lambda y: si.make_splprep([XI, y])[0](AT / 3), R(7)),
        "bisplrep": through(
            lambda v: si.bisplev([0.3], [0.2], si.bisplrep(*PLANE.T, v, kx=1, ky=1, s=1e4)), R(12)
        ),
        "bisplev": through(
            lambda x: si.bisplev(
                x, AT, si.bisplrep(*np.mgrid[0:3:7j, 0:3:7j], np.outer(XI**2, XI))
            ),
            AT,
        ),
        "SmoothSphereBivariateSpline": through(
            lambda v: si.SmoothSphereBivariateSpline(P(30), P(30), v, s=30)([1.0], [1.0]), P(30)
        ),
        "LSQSphereBivariateSpline": [],
        "RectSphereBivariateSpline": through(
            lambda v: si.RectSphereBivariateSpline(XI[1:-1], XI[1:-1], v)([1.0], [1.0]), P(5, 5)
        ),
        "interp2d": "removed from SciPy: it raises",
        "generate_knots": "gives knots: a choice",
    }
)
TABLES = {
    "scipy.integrate": INTEGRATE,
    "scipy.optimize": OPTIMIZE,
    "scipy.interpolate": INTERPOLATE,
}
