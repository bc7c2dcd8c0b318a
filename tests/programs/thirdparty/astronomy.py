"""Orbits, the sun and the sky."""

import numpy as np

from thirdparty.corpus import Case

LINES = (
    "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
    "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
)


def satellite(minutes):
    from sgp4.model import Satrec

    _, position, velocity = Satrec.twoline2rv(*LINES).sgp4_tsince(minutes)
    return position[0] + 100 * velocity[1]


def hay_davies(zenith):
    import pvlib

    return pvlib.irradiance.haydavies(30.0, 180.0, 100.0, 900.0, 1400.0, zenith, 200.0)


def clear_sky(zenith):
    import pvlib

    return pvlib.clearsky.haurwitz(np.array([zenith, 50.0]))["ghi"].sum()


def single_diode(photocurrent):
    import pvlib

    return pvlib.singlediode.bishop88(0.5, photocurrent, 1e-9, 0.3, 300.0, 1.1)[2]


ORBITS, SUN = "orbits", "sun and weather"
CASES = [
    Case(ORBITS, "sgp4", "sgp4.model.Satrec.sgp4_tsince", satellite, 10.0),
    Case(SUN, "pvlib", "pvlib.irradiance.haydavies", hay_davies, 40.0),
    Case(SUN, "pvlib", "pvlib.singlediode.bishop88", single_diode, 8.0),
]
