"""SciPy's solvers: the derivative of what is solved, in both modes and to second order."""

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize

import adjoint as ad
from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.testing.finite_difference import finite_difference_jvp

BRACKETING = ["bisect", "ridder", "brenth", "brentq", "toms748"]


def equation(x, a):
    return x**3 + a * x - 2.0 - np.sin(a)


def root_by(name):
    method = getattr(scipy.optimize, name)

    def f(a):
        return method(lambda x: equation(x, a), 0.0, 3.0) + method(equation, 0.0, 3.0, args=(a,))

    return f


def newton(a):
    return scipy.optimize.newton(lambda x: equation(x, a), 1.0, tol=1e-12)


def newton_with_slope(a):
    root, report = scipy.optimize.newton(
        equation, 1.0, fprime=lambda x, a: 3 * x**2 + a, args=(a,), full_output=True, tol=1e-12
    )
    return root + report.root


def newton_of_array(a):
    b = a * np.array([1.0, 2.0])
    return np.sum(scipy.optimize.newton(lambda x: x**3 + b * x - 2.0, np.ones(2), tol=1e-13))


def by_root_scalar(a):
    found = scipy.optimize.root_scalar(lambda x: equation(x, a), bracket=(0, 3), xtol=1e-14)
    return found.root


def system(x, a):
    return np.array([x[0] ** 2 + a * x[1] - 2.0, x[0] * x[1] - a])


def fsolve(a):
    x = scipy.optimize.fsolve(system, [1.0, 0.5], args=(a,), xtol=1e-13)
    return x[0] + 2 * x[1]


def by_root(a):
    found = scipy.optimize.root(lambda x: system(x, a), [1.0, 0.5], tol=1e-13)
    return np.sum(found.x * np.array([1.0, 2.0]))


def fixed_point(a):
    return scipy.optimize.fixed_point(lambda x: np.cos(a * x), 0.5, xtol=1e-13)


def minimum(a):
    found = scipy.optimize.minimize(
        lambda x: (x[0] - a) ** 4 / 4 + (x[0] - a) ** 2 + (x[1] - a * x[0]) ** 2, [0.0, 0.0]
    )
    return found.x[0] * found.x[1] + found.fun


def minimum_with_gradient(a):
    def cost(x):
        return np.sum(np.cosh(x - a)) + x[0] * x[1], np.sinh(x - a) + x[::-1]

    return np.sum(scipy.optimize.minimize(cost, np.zeros(2), jac=True, tol=1e-12).x ** 2)


def minimum_in_bounds(a):
    found = scipy.optimize.minimize(
        lambda x: (x[0] - 3 * a) ** 2 + (x[1] - a) ** 2 + x[0] * x[1],
        [0.5, 0.5],
        bounds=[(0.0, a), (None, None)],
    )
    return found.x[0] + 3 * found.x[1]


def minimum_under_constraint(a):
    found = scipy.optimize.minimize(
        lambda x: (x[0] - 1) ** 2 + a * x[1] ** 2,
        [0.5, 0.5],
        constraints={"type": "eq", "fun": lambda x: x[0] + a * x[1] - 2.0},
        tol=1e-12,
    )
    return found.x[0] * found.x[1] + found.fun


def minimum_on_an_interval(a):
    found = scipy.optimize.minimize_scalar(lambda x: np.cosh(x - a) + a * x, tol=1e-12)
    return found.x + found.fun


TIMES = np.linspace(0.0, 2.0, 9)


def fit(a):
    data = np.exp(-a * TIMES) + 0.01 * np.cos(9 * TIMES)
    found = scipy.optimize.least_squares(
        lambda p: p[0] * np.exp(-p[1] * TIMES) - data, [1.0, 1.0], xtol=1e-14, ftol=1e-14
    )
    return found.x[0] + found.x[1] + found.cost


def curve_fit(a):
    data = np.exp(-a * TIMES) + 0.01 * np.cos(9 * TIMES)
    found, _ = scipy.optimize.curve_fit(lambda t, p, q: p * np.exp(-q * t), TIMES, data, [1.0, 1.0])
    return found[0] + 2 * found[1]


def integral(a):
    return scipy.integrate.quad(lambda x: np.exp(-a * x) * np.sin(x), a / 2, 2 * a)[0]


def integral_to_infinity(a):
    return scipy.integrate.quad(lambda x, a: np.exp(-a * x**2), 0, np.inf, args=(a,))[0]


def integral_of_everything(a):
    return scipy.integrate.quad(lambda x: np.exp(-a * x**2 + x / 3), -np.inf, np.inf)[0]


def double_integral(a):
    return scipy.integrate.dblquad(lambda y, x: a * x * y**2, 0, a, 0, lambda x: a + x)[0]


def ode(a):
    y = scipy.integrate.odeint(
        lambda y, t: [y[1], -a * y[0] - 0.1 * y[1]], [1.0, a], TIMES, rtol=1e-10, atol=1e-12
    )
    return y[-1, 0] + y[4, 1]


def fall(a):
    def floor(t, y):
        return y[0]

    floor.terminal = True
    solved = scipy.integrate.solve_ivp(
        lambda t, y: [y[1], -9.81 - a * y[1]], (0, 5), [1.0, a], events=floor, rtol=1e-9, atol=1e-11
    )
    return solved.t_events[0][0] + 0.1 * solved.y[1, -1]


PROGRAMS = [
    *map(root_by, BRACKETING),
    newton,
    newton_with_slope,
    newton_of_array,
    by_root_scalar,
    fsolve,
    by_root,
    fixed_point,
    minimum,
    minimum_with_gradient,
    minimum_in_bounds,
    minimum_under_constraint,
    minimum_on_an_interval,
    fit,
    curve_fit,
    integral,
    integral_to_infinity,
    integral_of_everything,
    double_integral,
    ode,
    fall,
]
LOOSE = {  # where SciPy's own value, and with it the difference quotient, is no better
    minimum: 2e-4,
    minimum_in_bounds: 2e-4,
    minimum_under_constraint: 1e-5,
    curve_fit: 1e-5,
    fall: 1e-5,
}


@pytest.mark.parametrize("f", PROGRAMS)
def test_solver(f):
    point = 0.8
    expected = finite_difference_jvp(f, (point,), (1.0,))
    value, gradient = ad.value_and_grad(f)(point)
    assert value == pytest.approx(f(point), rel=1e-12)
    assert gradient == pytest.approx(expected, rel=LOOSE.get(f, 1e-6))
    assert ad.jvp(f, (point,), (1.0,))[1] == pytest.approx(gradient, rel=1e-11)


def root_by_memory(a):
    found = scipy.optimize.root_scalar(
        lambda x: (x**3 - a, 3 * x**2), x0=1.0, fprime=True, method="newton"
    )
    return found.root


def fmin(a):
    return scipy.optimize.fmin(
        lambda x: np.cosh(x[0] - a) + a * x[0], [0.1], disp=False, xtol=1e-10, ftol=1e-13
    )[0]


def fmin_with_bounds(a):
    x, value, _ = scipy.optimize.fmin_l_bfgs_b(
        lambda x: (x[0] - a) ** 2 + (x[1] + a) ** 2 + x[0] * x[1] * a,
        [0.1, 0.1],
        approx_grad=True,
        bounds=[(None, None), (0.0, 3.0)],
    )
    return x[0] + value


def by_name(name, *given, **options):
    def f(a):
        return getattr(scipy.optimize, name)(lambda x: np.cosh(x - a) + a * x, *given, **options)

    return f


def global_minimum(a):
    found = scipy.optimize.differential_evolution(
        lambda x: np.cosh(x[0] - a) + a * x[0], [(-3, 3)], seed=1, tol=1e-12
    )
    return found.x[0] + found.fun


def minimum_under_inequalities(a):
    found = scipy.optimize.minimize(
        lambda x: (x[0] - 2) ** 2 + (x[1] - 1) ** 2 + (x[2] - a) ** 2,
        np.zeros(3),
        constraints=[
            {"type": "ineq", "fun": lambda x: np.array([a - x[0] - x[1], x[1] + 9, x[2] + 9])},
        ],
        bounds=[(None, None), (None, None), (None, a / 2)],
        tol=1e-13,
    )
    return found.x[0] * found.x[1] + found.x[2]


def minimum_under_objects(a):
    found = scipy.optimize.minimize(
        lambda x: (x[0] - 2) ** 2 + (x[1] - a) ** 2,
        np.zeros(2),
        constraints=[
            scipy.optimize.LinearConstraint(np.array([[1.0, 1.0]]), -np.inf, 1.0),
            scipy.optimize.NonlinearConstraint(lambda x: x[0] ** 2, -np.inf, a),
        ],
        tol=1e-13,
    )
    return found.x[0] * found.x[1]


def covariance(a):
    data = np.exp(-a * TIMES) + 0.01 * np.cos(9 * TIMES)
    model = lambda t, p, q: p * np.exp(-q * t)  # noqa: E731
    first = scipy.optimize.curve_fit(model, TIMES, data, [1.0, 1.0], ftol=1e-13, xtol=1e-13)
    second = scipy.optimize.curve_fit(
        model, TIMES, data, [1.0, 1.0], method="trf", ftol=1e-13, xtol=1e-13, gtol=1e-13
    )
    return np.sqrt(first[1][1, 1]) + second[1][0, 1]


def leastsq(a):
    data = np.exp(-a * TIMES) + 0.01 * np.cos(9 * TIMES)
    return scipy.optimize.leastsq(lambda p: p[0] * np.exp(-p[1] * TIMES) - data, [0.5, 0.5])[0][1]


def linear_program(a):
    found = scipy.optimize.linprog(
        [-1.0, -a], A_ub=np.array([[1.0, 1.0], [1.0, 3.0 * a]]), b_ub=np.array([a, 2.0])
    )
    return found.fun + found.x[0]


def non_negative(a):
    x, norm = scipy.optimize.nnls(
        np.array([[1.0, -2.0], [3.0, 4.0], [1.0, 1.0]]) * a, np.array([1.0, 2.0, a])
    )
    return np.sum(x) + norm


def bounded_least_squares(method):
    def solution(a):
        matrix = np.array([[1.0, -2.0, a], [3.0, 4.0, 0.5], [1.0, 1.0, a * a], [0.3, a, 2.0]])
        bounds = scipy.optimize.Bounds(-0.02 * a, [0.1 * a, 9.0, 9.0])
        found = scipy.optimize.lsq_linear(matrix, a * np.arange(4.0), bounds, method, tol=1e-12)
        assert np.any(found.active_mask)
        return np.sum(found.x * np.array([1.0, 2.0, 3.0])) + found.cost + found.fun[0]

    return solution


def isotonic(increasing):
    def solution(a):
        y = np.array([0.3, 1.2, a, 0.9, 2.0, a * a, 3.0])
        weights = np.array([1.0, 2.0, a, 0.7, 1.1, 0.4, 0.8])
        found = scipy.optimize.isotonic_regression(y, weights=weights, increasing=increasing)
        return np.sum(found.x * np.arange(1.0, 8.0)) + np.sum(found.weights**2)

    return solution


PROGRAMS += [
    isotonic(True),
    isotonic(False),
    bounded_least_squares("trf"),
    bounded_least_squares("bvls"),
    root_by_memory,
    fmin,
    fmin_with_bounds,
    by_name("brent"),
    by_name("fminbound", -3, 3, xtol=1e-12),
    global_minimum,
    minimum_under_inequalities,
    minimum_under_objects,
    covariance,
    leastsq,
    linear_program,
    non_negative,
]
LOOSE |= {fmin_with_bounds: 1e-4, minimum_under_inequalities: 1e-5, minimum_under_objects: 1e-5}
LOOSE |= {PROGRAMS[-9]: 1e-5, PROGRAMS[-8]: 1e-5, fmin: 1e-4, global_minimum: 1e-5}
LOOSE |= {covariance: 1e-5, leastsq: 1e-5}

SECOND = [root_by("brentq"), newton, fsolve, minimum_with_gradient, integral, fixed_point]


@pytest.mark.parametrize("f", SECOND)
def test_second_order(f):
    expected = finite_difference_jvp(ad.grad(f), (0.8,), (1.0,))
    assert ad.grad(ad.grad(f))(0.8) == pytest.approx(expected, rel=1e-6)


def test_a_multiple_root_has_no_derivative():
    def f(a):
        def same_twice(x):
            return np.array([x[0] + x[1] - a, 2 * x[0] + 2 * x[1] - 2 * a])

        return scipy.optimize.root(same_twice, [0.4, 0.6]).x[0]

    with pytest.raises(NonDifferentiable, match="singular"):
        ad.grad(f)(1.0)


def test_what_is_no_solution_has_no_derivative():
    def f(a):
        return scipy.optimize.root(lambda x: np.exp(x) + a, [0.0], options={"maxfev": 3}).x[0]

    with pytest.raises(NonDifferentiable, match="has not converged"):
        ad.grad(f)(1.0)


def test_a_solver_of_constants_is_a_constant():
    def f(a):
        return a * scipy.optimize.brentq(lambda x: x**2 - 2, 0, 2)

    assert ad.grad(f)(3.0) == pytest.approx(2**0.5)


def test_I5_the_derivative_is_that_of_the_solution_however_loose_the_solver():
    def f(a):
        return scipy.optimize.newton(lambda x: x**3 - a, 1.0, tol=1e-2)

    assert abs(f(2.0) - 2 ** (1 / 3)) > 1e-6
    assert ad.grad(f)(2.0) == pytest.approx(2 ** (-2 / 3) / 3, rel=1e-8)


@pytest.mark.parametrize("field", ["hess_inv", "jac"])
def test_what_is_not_known_of_a_result_is_said_when_it_is_used(field):
    def f(a):
        found = scipy.optimize.minimize(lambda x: np.cosh(x[0] - a) + a * x[0], [0.1])
        return np.sum(found.x) + np.sum(found[field])

    with pytest.raises(MissingRule, match=field) as caught:
        ad.grad(f)(0.8)
    assert caught.value.place.filename == __file__
    with pytest.raises(MissingRule, match=field):
        ad.jvp(f, (0.8,), (1.0,))


@pytest.mark.parametrize("count", [1, 3])
def test_a_linear_program_without_one_solution(count):
    def f(a):
        rows = np.array([[1.0, 1.0]] * count)
        return scipy.optimize.linprog([-a, -a], A_ub=rows, b_ub=np.array([1.0] * count)).x[0]

    with pytest.raises(NonDifferentiable):
        ad.grad(f)(1.0)


def own_loss(z):
    return np.stack([np.log1p(z) + 0.1 * z, 1.0 / (1.0 + z) + 0.1, -1.0 / (1.0 + z) ** 2])


@pytest.mark.parametrize("loss", ["soft_l1", "huber", "cauchy", "arctan", own_loss])
def test_least_squares_with_a_loss(loss):
    """With an outlier, to the data and to the scale of the loss."""
    places = np.array([0.0, 0.5, 1.0, 1.5, 2.0])

    def fit(data, scale):
        def residuals(p):
            return p[0] * np.exp(p[1] * places) - data

        found = scipy.optimize.least_squares(
            residuals, [1.0, 0.4], loss=loss, f_scale=scale, xtol=1e-14, ftol=1e-14, gtol=1e-14
        )
        return np.append(found.x, found.cost)

    ad.testing.check_grads(fit, (np.array([1.0, 1.3, 1.66, 3.9, 2.7]), 0.2), rtol=1e-5)


def test_prices_of_a_linear_program():
    """The marginals of SciPy, with respect to the costs and to the rows."""

    def prices(c, rows):
        found = scipy.optimize.linprog(
            c, A_ub=rows, b_ub=[3.0, 2.0], A_eq=[[0.0, 1.0, 1.0]], b_eq=[1.0], bounds=(0.0, 2.5)
        )
        return np.concatenate(
            (found.ineqlin.marginals, found.eqlin.marginals, found.upper.marginals, found.slack)
        )

    rows = np.array([[1.0, 2.0, 0.3], [0.2, 0.1, 0.5]])
    ad.testing.check_grads(prices, (np.array([-1.0, -2.0, -1.5]), rows))


def test_an_assignment_is_refused():
    def f(a):
        costs = np.array([[1.0, 2.0], [a, 4.0]])
        return costs[scipy.optimize.linear_sum_assignment(costs)].sum()

    with pytest.raises(MissingRule, match="linear_sum_assignment"):
        ad.grad(f)(1.0)


def not_holomorphic(x, p):
    """An equation in which the unknown is conjugated, too."""
    return x + 0.3 * np.conj(x) + 0.1 * x * x - p * p


COMPLEX_ROOTS = {
    "newton": lambda p: scipy.optimize.newton(not_holomorphic, 0.1j, args=(p,), maxiter=500),
    "newton of arrays": lambda p: scipy.optimize.newton(
        not_holomorphic, np.array([0.1j, 0.2]), args=(p,), maxiter=500
    ),
    "root_scalar": lambda p: (
        scipy.optimize.root_scalar(
            not_holomorphic, args=(p,), x0=0.1j, x1=0.2, method="secant", maxiter=500
        ).root
    ),
    "fixed_point": lambda p: scipy.optimize.fixed_point(
        lambda x: p * p - 0.3 * np.conj(x) - 0.1 * x * x, 0.1j
    ),
    "root": lambda p: (
        scipy.optimize.root(
            lambda x: not_holomorphic(x, p), np.array([0.1j, 0.2]), method="krylov", tol=1e-12
        ).x
    ),
    "implicit": lambda p: ad.implicit(not_holomorphic)(
        lambda p: scipy.optimize.newton(not_holomorphic, 0.1j, args=(p,), maxiter=500)
    )(p),
}


@pytest.mark.parametrize("method", COMPLEX_ROOTS)
def test_complex_roots_of_equations_that_are_not_holomorphic(method):
    def f(a, b):
        x = np.sum(COMPLEX_ROOTS[method](a + 1j * b))
        return (x * (0.7 - 0.2j)).real + (x * x).imag

    def exact(a, b):
        x = 0.1j
        for _ in range(100):
            x = (a + 1j * b) ** 2 - 0.3 * np.conj(x) - 0.1 * x * x
        x = x * (2 if method in ("newton of arrays", "root") else 1)
        return (x * (0.7 - 0.2j)).real + (x * x).imag

    point = (0.4, 0.35)
    along = [lambda a: exact(a, point[1]), lambda b: exact(point[0], b)]
    expected = [finite_difference_jvp(along[i], (point[i],), (1.0,)) for i in range(2)]
    gradient = ad.grad(f, argnums=(0, 1))
    assert gradient(*point) == pytest.approx(expected, rel=1e-8)
    tangents = [ad.jvp(f, point, along)[1] for along in ((1.0, 0.0), (0.0, 1.0))]
    assert tangents == pytest.approx(expected, rel=1e-8)
    second = finite_difference_jvp(
        lambda a: ad.grad(lambda a: exact(a, point[1]))(a), (point[0],), (1.0,)
    )
    assert ad.grad(lambda a: gradient(a, point[1])[0])(point[0]) == pytest.approx(second, rel=1e-7)


def test_a_complex_root_where_the_equation_is_degenerate():
    def f(a):
        return scipy.optimize.newton(lambda x: x + np.conj(x) - 2 * a, 0.3 + 0.1j).real

    with pytest.raises(NonDifferentiable, match="does not determine its solution"):
        ad.grad(f)(0.4)
