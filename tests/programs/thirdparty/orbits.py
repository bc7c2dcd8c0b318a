"""Almanacs and orbits."""

import numpy as np

from thirdparty.corpus import Case


def transfer(values):
    from lamberthub import gooding1990

    start = np.array([0.159321004, 0.579266185, 0.052359607])
    target = np.array([0.057594337, 0.605750797 * values[0], 0.068345246])
    leaving, arriving = gooding1990(0.00029591220828559, start, target, values[1])
    return 100 * (np.sum(leaving) + arriving[0])


def ground_station(degrees):
    from orbit_predictor.coordinate_systems import ecef_to_llh, eci_to_radec, llh_to_ecef

    place = llh_to_ecef(*degrees, 0.2)
    right_ascension, declination, _ = eci_to_radec(place)
    back = ecef_to_llh(tuple(1.001 * part for part in place))
    return right_ascension + declination + back[0] + back[2]


def planet_over_a_place(degrees):
    import astronomy

    observer = astronomy.Observer(*degrees, 100.0)
    time = astronomy.Time(9000.25)
    mars = astronomy.Equator(astronomy.Body.Mars, time, observer, True, True)
    refraction = astronomy.Refraction.Normal
    seen = astronomy.Horizon(time, observer, mars.ra, mars.dec, refraction)
    return seen.azimuth + 2 * seen.altitude


def sunrise(latitude):
    import astronomy

    observer = astronomy.Observer(latitude, 8.0, 100.0)
    rise = astronomy.Direction.Rise
    start = astronomy.Time(9000.0)
    return astronomy.SearchRiseSet(astronomy.Body.Sun, observer, rise, start, 2).ut


def sun_and_moon(days):
    from pymeeus.Epoch import Epoch
    from pymeeus.Moon import Moon
    from pymeeus.Sun import Sun

    epoch = Epoch(2451545 + days)
    longitude, _, distance = Sun.apparent_geocentric_position(epoch)
    return float(longitude) + distance + float(Moon.geocentric_ecliptical_pos(epoch)[0])


GEODESY, ORBITS, SKY = "geodesy", "orbits", "astronomy"
CASES = [
    Case(ORBITS, "lamberthub", "gooding1990", transfer, (1.0, 10.8)),
    Case(GEODESY, "orbit-predictor", "llh_to_ecef, ecef_to_llh", ground_station, (50.0, 8.0)),
    Case(SKY, "astronomy-engine", "Equator, Horizon", planet_over_a_place, (50.0, 8.0)),
    Case(SKY, "astronomy-engine", "SearchRiseSet", sunrise, 50.0),
    Case(SKY, "PyMeeus", "Sun.apparent_geocentric_position", sun_and_moon, 0.3, step=0.05),
]
