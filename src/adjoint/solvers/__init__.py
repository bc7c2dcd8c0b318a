"""Solvers of SciPy under differentiation: what they solve is differentiated, not how.

The functions here are called instead of SciPy's while a recording runs. Each lets SciPy find the
value and attaches the derivative that the implicit function theorem (or Leibniz' rule) gives it,
with respect to the arguments and to whatever the callback closes over. The callback is called once
more than SciPy calls it, and as often as its derivatives need.
"""

from adjoint.trace import substitutes

SUBSTITUTES = {
    "scipy.optimize": {
        "roots": [
            *["bisect", "ridder", "brenth", "brentq", "toms748", "newton", "root_scalar"],
            *["fixed_point", "root", "fsolve", "broyden1", "broyden2", "anderson", "diagbroyden"],
            *["linearmixing", "excitingmixing", "newton_krylov"],
        ],
        "minima": ["minimize", "minimize_scalar", "least_squares", "leastsq"],
        "linear_programs": ["linprog", "nnls", "lsq_linear", "isotonic_regression"],
        "named_minima": [
            *["fmin", "fmin_bfgs", "fmin_cg", "fmin_ncg", "fmin_powell", "fmin_l_bfgs_b"],
            *["fmin_tnc", "fmin_slsqp", "fmin_cobyla", "brent", "golden", "fminbound", "brute"],
            *["differential_evolution", "dual_annealing", "basinhopping", "shgo", "direct"],
        ],
    },
    "scipy.integrate": {"integrals": ["quad"], "initial_values": ["solve_ivp", "odeint"]},
}
for library, modules in SUBSTITUTES.items():
    for module, names in modules.items():
        for name in names:
            substitutes.register(library, name, f"adjoint.solvers.{module}")
