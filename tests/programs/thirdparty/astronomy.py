"""Orbits, the sky, the sun and the weather."""

import datetime

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


def deep_space(eccentricity):
    from sgp4.model import WGS72, Satrec

    satellite = Satrec()
    elements = (5.7904160274885, 0.98, 0.3373093125574321, 0.00882, 6.0863854713832)
    satellite.sgp4init(
        WGS72, "i", 5, 18441.785, 2.8098e-05, 6.969196665e-13, 0.0, eccentricity, *elements
    )
    return satellite.sgp4_tsince(100.0)[1][0]


def observer(latitude):
    from skyfield.api import load, wgs84

    time = load.timescale(builtin=True).utc(2024, 6, 1)
    return wgs84.latlon(latitude, 10.0, elevation_m=100.0).at(time).position.km[0]


def separation(x):
    from skyfield.positionlib import ICRF

    first, second = ICRF([x, 1.0, 2.0]), ICRF([1.0, x, 3.0])
    return first.separation_from(second).degrees + first.radec()[0].hours


def kepler_ellipse(eccentricity):
    from PyAstronomy.pyasl import KeplerEllipse

    orbit = KeplerEllipse(1.0, 1.0, e=eccentricity, Omega=10.0, i=20.0, w=30.0)
    return orbit.xyzPos(0.3).sum()


def transit(inclination):
    from PyAstronomy.modelSuite import forTrans

    model = forTrans.MandelAgolLC(orbit="circular", ld="quad")
    values = {
        "per": 1.0,
        "a": 6.5,
        "T0": 0.0,
        "p": 0.16,
        "linLimb": 0.47,
        "quadLimb": 0.24,
        "b": 0.0,
    }
    for name, value in values.items():
        model[name] = value
    model["i"] = 90.0 - inclination
    return model.evaluate(np.linspace(-0.02, 0.02, 5)).sum()


def angular_separation(longitude):
    from astropy.coordinates.angles import angular_separation

    return angular_separation(longitude, 0.1, 0.3, 0.2)


def astropy_gaussian(amplitude):
    from astropy.modeling.models import Gaussian1D

    return float(Gaussian1D(amplitude, 1.0, amplitude / 100)(1.3))


def speed_in_units(metres):
    from astropy import units

    return (metres * units.m / (2 * units.s)).to_value(units.km / units.h)


def lengths_in_units(values):
    from astropy import units

    lengths = values * units.m
    lengths += values**2 * units.km
    joined = np.concatenate([lengths, values * units.cm])
    return np.mean(joined).to(units.mm).value + np.sin(values * units.deg).sum().value


def comoving_distance(hubble):
    from astropy.cosmology import FlatLambdaCDM

    return FlatLambdaCDM(H0=hubble, Om0=0.3).comoving_distance(1.0).value


def galactic_longitude(degrees):
    import astropy.units as u
    from astropy.coordinates import SkyCoord

    return SkyCoord(degrees * u.deg, 10 * u.deg).galactic.l.deg


def native_separation(longitude):
    import ephem

    return float(ephem.separation((longitude, 0.1), (0.2, 0.3)))


def sun_zenith(latitude):
    from astral import Observer
    from astral.sun import zenith_and_azimuth

    zenith, azimuth = zenith_and_azimuth(Observer(latitude, 8.5, 0), NOON)
    return zenith + 2 * azimuth


def sun_radiation(latitude):
    from pysolar import radiation
    from pysolar.solar import get_altitude, get_azimuth

    altitude = get_altitude(latitude, 8.5, NOON)
    direct = radiation.get_radiation_direct(NOON, altitude)
    return altitude + get_azimuth(latitude, 8.5, NOON) + direct


def sun_position(latitude):
    from suncalc import get_position

    position = get_position(datetime.datetime(2024, 6, 1, 10), 8.5, latitude)
    return position["altitude"] + position["azimuth"]


def spa(latitude):
    from pvlib.spa import solar_position_numpy

    moment = np.array([1717236000.0])
    return solar_position_numpy(moment, latitude, 8.5, 100.0, 101325.0, 20.0, 67.0, 0.5667, 1)[0][0]


def perez(zenith):
    import pvlib

    return pvlib.irradiance.perez(30.0, 180.0, 100.0, 900.0, 1400.0, zenith, 200.0, 1.5)


def ineichen(zenith):
    import pvlib

    sky = pvlib.clearsky.ineichen(zenith, 1.5, 3.0, 100.0, 1400.0)
    return float(sky["ghi"] + sky["dni"])


def maximum_power(photocurrent):
    import pvlib

    curve = pvlib.pvsystem.singlediode(photocurrent, 1e-9, 0.3, 300.0, 1.1, method="newton")
    return float(curve["p_mp"] + curve["v_oc"])


def maximum_power_by_lambertw(photocurrent):
    import pvlib

    curve = pvlib.pvsystem.singlediode(photocurrent, 1e-9, 0.3, 300.0, 1.1, method="lambertw")
    return float(curve["p_mp"] + curve["v_oc"])


def plane_irradiance(latitude):
    import solarpy

    day = datetime.datetime(2024, 6, 1, 12)
    return solarpy.irradiance_on_plane(np.array([0, 0, -1.0]), 100, day, latitude)


def wind_profile(speed):
    from windpowerlib import wind_speed

    logarithmic = wind_speed.logarithmic_profile(speed, 10.0, 100.0, 0.15)
    return logarithmic + wind_speed.hellman(speed, 10.0, 100.0)


def dew_point(celsius):
    import metpy.calc
    from metpy.units import units

    return metpy.calc.dewpoint_from_relative_humidity(celsius * units.degC, 0.5).magnitude


NOON = datetime.datetime(2024, 6, 1, 10, tzinfo=datetime.UTC)
ORBITS, SKY, SUN = "orbits", "astronomy", "sun and weather"
CASES = [
    Case(ORBITS, "sgp4", "Satrec.sgp4init, sgp4_tsince", deep_space, 0.4),
    Case(SKY, "skyfield", "skyfield.api.wgs84.latlon(...).at", observer, 30.0),
    Case(SKY, "skyfield", "ICRF.separation_from, radec", separation, 10.0),
    Case(SKY, "PyAstronomy", "pyasl.KeplerEllipse.xyzPos", kepler_ellipse, 0.3),
    Case(SKY, "PyAstronomy", "forTrans.MandelAgolLC.evaluate", transit, 0.3),
    Case(SKY, "astropy", "astropy.coordinates.angular_separation", angular_separation, 0.6),
    Case(SKY, "astropy", "astropy.modeling.models.Gaussian1D", astropy_gaussian, 70.0),
    Case(SKY, "astropy", "astropy.units.Quantity.to_value", speed_in_units, 30.0),
    Case(SKY, "astropy", "arrays of astropy.units.Quantity", lengths_in_units, (1.0, 2.0)),
    Case(SKY, "astropy", "FlatLambdaCDM.comoving_distance", comoving_distance, 70.0),
    Case(
        SKY,
        "astropy",
        "astropy.coordinates.SkyCoord.galactic",
        galactic_longitude,
        50.0,
        refused="ERFA is native code",
    ),
    Case(SKY, "ephem", "ephem.separation", native_separation, 0.6, refused="native code"),
    Case(SUN, "astral", "astral.sun.zenith_and_azimuth", sun_zenith, 47.5),
    Case(SUN, "pysolar", "get_altitude, get_radiation_direct", sun_radiation, 47.5),
    Case(SUN, "suncalc", "suncalc.get_position", sun_position, 47.5),
    Case(SUN, "pvlib", "pvlib.spa.solar_position_numpy", spa, 40.0),
    Case(SUN, "pvlib", "pvlib.irradiance.perez", perez, 40.0),
    Case(SUN, "pvlib", "pvlib.clearsky.ineichen", ineichen, 40.0),
    Case(SUN, "pvlib", 'pvlib.pvsystem.singlediode(method="newton")', maximum_power, 8.0),
    Case(
        SUN,
        "pvlib",
        'pvlib.pvsystem.singlediode(method="lambertw")',
        maximum_power_by_lambertw,
        8.0,
    ),
    Case(SUN, "solarpy", "solarpy.irradiance_on_plane", plane_irradiance, 40.0),
    Case(SUN, "windpowerlib", "wind_speed.logarithmic_profile", wind_profile, 8.0),
    Case(SUN, "MetPy", "dewpoint_from_relative_humidity", dew_point, 25.0),
    Case(ORBITS, "sgp4", "sgp4.model.Satrec.sgp4_tsince", satellite, 10.0),
    Case(SUN, "pvlib", "pvlib.irradiance.haydavies", hay_davies, 40.0),
    Case(SUN, "pvlib", "pvlib.singlediode.bishop88", single_diode, 8.0),
]
