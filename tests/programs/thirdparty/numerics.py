"""Numerical and statistical code in Python itself and in SciPy."""

import colorsys
import statistics

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


def lennard_jones(distance):
    from ase import Atoms
    from ase.calculators.lj import LennardJones

    atoms = Atoms("Ar3", positions=[[0, 0, 0], [distance, 0, 0], [0.3, 1.1, 0.2]])
    atoms.calc = LennardJones()
    return atoms.get_potential_energy()


NUMERICS, MOLECULES = "numerics", "molecules"
CASES = [
    Case("statistics", "", "statistics.linear_regression", linear_regression, 2.2),
    Case("colour", "", "colorsys.rgb_to_hls", hue_lightness_saturation, 0.8),
    Case(NUMERICS, "scipy", 'scipy.integrate.solve_ivp(method="RK45")', oscillator, 1.3),
    Case(
        MOLECULES,
        "ase",
        "ase.calculators.lj.LennardJones",
        lennard_jones,
        1.2,
        refused="a native tree of neighbours",
    ),
]
