"""Estimates from series: filters, moments, differences, voltages of a network."""

import numpy as np

from thirdparty.corpus import Case

SERIES = (1.0, 2.5, 0.7, 3.1, 1.9, 2.2)


def smoothed_states(point):
    import simdkalman

    model = simdkalman.KalmanFilter(
        state_transition=[[1, 1], [0, 1]],
        process_noise=np.diag([point[0], 0.01]),
        observation_model=np.array([[1, 0]]),
        observation_noise=point[1],
    )
    found = model.smooth(np.array([1.0, 1.3, 2.2, 2.9, 4.1]))
    return found.states.mean[:, 0].sum() + found.observations.mean[2]


def likelihood_of_a_track(point):
    from pykalman import KalmanFilter

    model = KalmanFilter(
        transition_matrices=[[1, 1], [0, 1]],
        observation_matrices=[[1, 0]],
        transition_covariance=np.eye(2) * point[0],
        observation_covariance=np.eye(1) * point[1],
    )
    return model.loglikelihood(np.array([1.0, 1.3, 2.2]))


def moments(values):
    import lmoments3
    from lmoments3 import distr

    fitted = distr.gum.lmom_fit(values)
    return sum(lmoments3.lmom_ratios(values, nmom=4)) + fitted["loc"] + fitted["scale"]


def differences(point):
    import numdifftools

    derivative = numdifftools.Derivative(lambda t: np.exp(point[0] * t) * point[1])
    return float(derivative(0.3))


def voltages(point):
    from pypower.api import case9, ppoption, runpf

    case = case9()
    case["bus"][4, 2] *= point[0]
    case["gen"][1, 5] = point[1]
    found, _ = runpf(case, ppoption(VERBOSE=0, OUT_ALL=0))
    return found["bus"][:, 7].sum() + found["gen"][0, 1] / 100.0


def parsed_expression(point):
    from py_expression_eval import Parser

    parsed = Parser().parse("x*sin(y)+2^x-(x>y)*y/3")
    return parsed.evaluate({"x": point[0], "y": point[1]})


def scattering_length(point):
    import periodictable

    water = periodictable.formula("H2O", density=point[0])
    real, imaginary, _ = periodictable.neutron_sld(water, wavelength=point[1])
    return real + 100.0 * imaginary


def potential_of_a_galaxy(point):
    from galpy.potential import MiyamotoNagaiPotential

    disc = MiyamotoNagaiPotential(a=0.5, b=point[1], normalize=0.6)
    return disc(point[0], 0.2) + disc.Rforce(point[0], 0.1) + disc.dens(point[0], 0.1)


def orbit(point):
    from galpy.orbit import Orbit
    from galpy.potential import LogarithmicHaloPotential

    star = Orbit([point[0], point[1], point[2], 0.0, 0.1, 0.0])
    times = np.linspace(0.0, 1.0, 11)
    star.integrate(times, LogarithmicHaloPotential(normalize=1.0), method="leapfrog")
    return star.R(1.0) + star.z(0.5)


def collider(values):
    import pyhf

    strength, scale = values
    counts = {"signal": [5.0, 10.0], "bkg": [50.0, 60.0], "bkg_uncertainty": [5.0, 12.0]}
    model = pyhf.simplemodels.uncorrelated_background(**counts)
    return float(model.logpdf([strength, scale, 0.9], [53.0, 65.0, *model.config.auxdata])[0])


CASES = [
    Case("statistics", "simdkalman", "KalmanFilter.smooth", smoothed_states, (0.3, 0.4)),
    Case("statistics", "pykalman", "KalmanFilter.loglikelihood", likelihood_of_a_track, (0.5, 1.2)),
    Case("statistics", "lmoments3", "lmom_ratios, distr.gum", moments, SERIES),
    Case("statistics", "numdifftools", "Derivative", differences, (1.3, 0.4), tolerance=1e-5),
    Case("power systems", "PYPOWER", "runpf", voltages, (1.0, 1.05), step=1e-4, tolerance=1e-5),
    Case("interpreters", "py-expression-eval", "Parser", parsed_expression, (1.2, 0.4)),
    Case("materials", "periodictable", "neutron_sld", scattering_length, (1.2, 3.0)),
    Case("galaxies", "galpy", "MiyamotoNagaiPotential", potential_of_a_galaxy, (1.0, 0.3)),
    Case("galaxies", "galpy", "Orbit.integrate", orbit, (1.0, 0.1, 1.1)),
    Case("statistics", "pyhf", "Model.logpdf", collider, (0.9, 1.1)),
]
