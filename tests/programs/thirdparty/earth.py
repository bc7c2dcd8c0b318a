"""Air and sea."""

import numpy as np

from thirdparty.corpus import Case


def sea_water(salinity):
    import seawater

    return seawater.dens(salinity, 10.0, 1000.0) + seawater.svel(salinity, 10, 100)


def air_density(height):
    from ambiance import Atmosphere

    air = Atmosphere(height)
    return air.density[0] + 1e-3 * air.speed_of_sound[0]


def acidity(values):
    from PyCO2SYS import equilibria, salts
    from PyCO2SYS.solve.get import pHfromTATC

    alkalinity, carbon = (np.array([1e-6 * value]) for value in values)
    totals = salts.assemble(np.array([35.0]), 0.0, 0.0, 0.0, 0.0, 10, 1)
    constants = equilibria.assemble(np.array([15.0]), np.array([0.0]), totals, 1, 10, 1, 1, 3)
    return float(pHfromTATC(alkalinity, carbon, totals, constants)[0])


def tides(values):
    import utide

    days = np.arange(240) / 8 + 700_000.0
    moon = 1.2 * values[0] * np.cos(2 * np.pi * days * 24 / 12.42 + values[1])
    height = moon + 0.3 * np.cos(2 * np.pi * days * 24 / 23.93)
    options = {"method": "ols", "conf_int": "none", "nodal": False, "trend": False}
    found = utide.solve(
        days,
        height,
        lat=45.0,
        constit=["M2", "K1", "S2"],
        epoch="1970-01-01",
        verbose=False,
        **options,
    )
    return float(found.A.sum() + found.g[0] / 100)


def heat_stress(values):
    import thermofeel

    air, dew = (np.array([value]) for value in values)
    globe = thermofeel.calculate_wbgt(air, air + 10.0, np.array([2.0]), dew)
    humid = thermofeel.calculate_humidex(air, dew) + thermofeel.calculate_heat_index_adjusted(
        air, dew
    )
    return float((globe + humid + thermofeel.calculate_wbt(air, np.array([60.0])))[0])


EARTH = "air and sea"
CASES = [
    Case(EARTH, "seawater", "seawater.dens, svel", sea_water, 35.0),
    Case(EARTH, "ambiance", "ambiance.Atmosphere(...).density", air_density, 5000.0),
    Case(EARTH, "PyCO2SYS", "solve.get.pHfromTATC", acidity, (2300.0, 2100.0)),
    Case(EARTH, "UTide", "utide.solve", tides, (0.3, 0.4)),
    Case(EARTH, "thermofeel", "calculate_wbgt, calculate_wbt", heat_stress, (306.0, 293.0)),
]
