"""Solvers of SciPy under differentiation: what they solve is differentiated, not how.

The functions here are called instead of SciPy's while a recording runs. Each lets SciPy find the
value and attaches the derivative that the implicit function theorem (or Leibniz' rule) gives it,
with respect to the arguments and to whatever the callback closes over. The callback is called once
more than SciPy calls it, and as often as its derivatives need.
"""

from adjoint.trace import substitutes

BRACKETING = ["bisect", "ridder", "brenth", "brentq", "toms748"]
for name in [*BRACKETING, "newton", "fixed_point", "root", "fsolve"]:
    substitutes.register("scipy.optimize", name, "adjoint.solvers.roots")
for name in ["minimize", "minimize_scalar", "least_squares", "leastsq"]:
    substitutes.register("scipy.optimize", name, "adjoint.solvers.minima")
for name in ["quad", "odeint"]:
    substitutes.register("scipy.integrate", name, "adjoint.solvers.integrals")
