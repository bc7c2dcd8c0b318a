"""Air and sea."""

from thirdparty.corpus import Case


def sea_water(salinity):
    import seawater

    return seawater.dens(salinity, 10.0, 1000.0) + seawater.svel(salinity, 10, 100)


def air_density(height):
    from ambiance import Atmosphere

    air = Atmosphere(height)
    return air.density[0] + 1e-3 * air.speed_of_sound[0]


EARTH = "air and sea"
CASES = [
    Case(EARTH, "seawater", "seawater.dens, svel", sea_water, 35.0),
    Case(EARTH, "ambiance", "ambiance.Atmosphere(...).density", air_density, 5000.0),
]
