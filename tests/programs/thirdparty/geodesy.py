"""Geodesy and maps."""

from thirdparty.corpus import Case


def vincenty(latitude):
    from pymap3d.vincenty import vdist

    return vdist(latitude, 20.0, 35.0, 40.0)[0]


def geodetic_to_enu(latitude):
    import pymap3d

    east, north, up = pymap3d.geodetic2enu(latitude, 11.0, 500.0, 48.0, 11.1, 450.0)
    return east + 2 * north + 3 * up


def ecef_to_geodetic(x):
    import pymap3d

    return pymap3d.ecef2geodetic(x, 8.0e5, 4.7e6)[2]


def karney(latitude):
    from geographiclib.geodesic import Geodesic

    return Geodesic.WGS84.Inverse(latitude, 20.0, 35.0, 40.0)["s12"]


def great_circle(longitude):
    from haversine import haversine

    return haversine((45.7597, longitude), (48.8567, 2.3508))


def utm_northing(latitude):
    import utm

    return utm.from_latlon(latitude, 7.4)[1]


GEODESY = "geodesy"
CASES = [
    Case(GEODESY, "pymap3d", "pymap3d.vincenty.vdist", vincenty, 10.0),
    Case(GEODESY, "pymap3d", "pymap3d.geodetic2enu", geodetic_to_enu, 47.9),
    Case(GEODESY, "pymap3d", "pymap3d.ecef2geodetic", ecef_to_geodetic, 4.2e6),
    Case(GEODESY, "geographiclib", "Geodesic.WGS84.Inverse", karney, 10.0),
    Case(GEODESY, "haversine", "haversine.haversine", great_circle, 4.8422),
    Case(GEODESY, "utm", "utm.from_latlon", utm_northing, 51.2),
]
