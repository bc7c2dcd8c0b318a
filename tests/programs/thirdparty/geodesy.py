"""Geodesy and maps."""

import numpy as np

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


def vincenty_reckoning(latitude):
    from pymap3d.vincenty import vreckon

    return vreckon(latitude, 20.0, 1e6, 40.0)[0]


def look_angles(latitudes):
    import pymap3d

    longitudes, heights = np.array([20.0, 21.0]), np.array([100.0, 200.0])
    azimuth, elevation, distance = pymap3d.geodetic2aer(
        latitudes, longitudes, heights, 9.9, 20.1, 50.0
    )
    return azimuth.sum() + elevation.sum() + distance.sum() * 1e-3


def rhumb_line(latitude):
    from pymap3d.lox import loxodrome_inverse

    return loxodrome_inverse(latitude, 20.0, 35.0, 40.0)[0]


def karney_direct(latitude):
    from geographiclib.geodesic import Geodesic

    end = Geodesic.WGS84.Direct(latitude, 20.0, 30.0, 2e6)
    return end["lat2"] + end["lon2"] + end["azi2"]


def karney_area(latitude):
    from geographiclib.geodesic import Geodesic

    polygon = Geodesic.WGS84.Polygon()
    for corner in [(latitude, 20), (12, 25), (20, 22)]:
        polygon.AddPoint(*corner)
    return polygon.Compute()[2]


def utm_back(shift):
    import utm

    return sum(utm.to_latlon(400000.0 + shift, 5.6e6, 32, "U"))


def geopy_destination(latitude):
    from geopy.distance import distance

    end = distance(kilometers=10).destination((latitude, -71.0), bearing=30.0)
    return end.latitude + end.longitude


def native_geodesic(latitude):
    import pyproj

    return pyproj.Geod(ellps="WGS84").inv(10.0, latitude, 20.0, 40.0)[2]


GEODESY = "geodesy"


def vincenty_on_an_ellipsoid(point):
    from pygeodesy.ellipsoidalVincenty import LatLon

    there = LatLon(point[0], point[1]).destination(50000.0, 60.0)
    return LatLon(point[0], point[1]).distanceTo(LatLon(48.8, 2.3)) / 1e5 + there.lat * there.lon


def on_a_sphere(point):
    from pygeodesy.sphericalTrigonometry import LatLon

    first, second = LatLon(point[0], point[1]), LatLon(48.8, 2.3)
    middle = first.midpointTo(second)
    across = first.crossTrackDistanceTo(second, LatLon(50.0, 5.0))
    return first.initialBearingTo(second) + middle.lat * middle.lon + across / 1e4


def mercator_zone(point):
    from pygeodesy import toUtm8

    zone = toUtm8(point[0], point[1])
    return (zone.easting + zone.northing) / 1e5


def normal_vectors(point):
    import nvector

    frame = nvector.FrameE(name="WGS84")
    here = frame.GeoPoint(latitude=point[0], longitude=point[1], degrees=True)
    there = frame.GeoPoint(latitude=48.8, longitude=2.3, degrees=True)
    return float(here.distance_and_azimuth(there)[0]) / 1e5


def cells_of_the_sphere(degrees):
    from s2sphere import LatLng, LatLngRect

    here, there = LatLng.from_degrees(*degrees), LatLng.from_degrees(10.0, 20.0)
    turned = here.to_point().cross_prod(there.to_point()).norm()
    area = LatLngRect.from_point_pair(here, there).area()
    return here.get_distance(there).degrees + turned + area


CASES = [
    Case("geodesy", "pygeodesy", "ellipsoidalVincenty", vincenty_on_an_ellipsoid, (52.2, 0.1)),
    Case("geodesy", "pygeodesy", "sphericalTrigonometry", on_a_sphere, (52.2, 0.1)),
    Case("geodesy", "pygeodesy", "toUtm8", mercator_zone, (52.2, 0.1)),
    Case("geodesy", "nvector", "GeoPoint.distance_and_azimuth", normal_vectors, (52.2, 0.1)),
    Case(GEODESY, "pymap3d", "pymap3d.vincenty.vreckon", vincenty_reckoning, 10.0),
    Case(GEODESY, "pymap3d", "pymap3d.geodetic2aer", look_angles, (10.0, 11.0)),
    Case(GEODESY, "pymap3d", "pymap3d.lox.loxodrome_inverse", rhumb_line, 10.0),
    Case(GEODESY, "geographiclib", "Geodesic.WGS84.Direct", karney_direct, 10.0),
    Case(GEODESY, "geographiclib", "Geodesic.WGS84.Polygon().Compute", karney_area, 10.0),
    Case(GEODESY, "utm", "utm.to_latlon", utm_back, 1000.0),
    Case(GEODESY, "geopy", "geopy.distance.distance.destination", geopy_destination, 41.0),
    Case(GEODESY, "pyproj", "pyproj.Geod.inv", native_geodesic, 41.0, refused="native code"),
    Case(GEODESY, "pymap3d", "pymap3d.vincenty.vdist", vincenty, 10.0),
    Case(GEODESY, "pymap3d", "pymap3d.geodetic2enu", geodetic_to_enu, 47.9),
    Case(GEODESY, "pymap3d", "pymap3d.ecef2geodetic", ecef_to_geodetic, 4.2e6),
    Case(GEODESY, "geographiclib", "Geodesic.WGS84.Inverse", karney, 10.0),
    Case(GEODESY, "haversine", "haversine.haversine", great_circle, 4.8422),
    Case(GEODESY, "utm", "utm.from_latlon", utm_northing, 51.2),
    Case(GEODESY, "s2sphere", "LatLng.get_distance, LatLngRect", cells_of_the_sphere, (45.0, 30.0)),
]
