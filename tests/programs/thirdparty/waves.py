"""Light, colour, and circuits at radio frequencies."""

import numpy as np

from thirdparty.corpus import Case


def thin_film(thickness):
    import tmm

    layers = [1, 2.2, 3.3 + 0.3j, 1], [np.inf, thickness, 300, np.inf]
    return tmm.coh_tmm("s", *layers, 0.3, 500.0)["R"]


def ellipsometry(thickness):
    import tmm

    layers = [1, 2.2, 3.3 + 0.3j, 1], [np.inf, thickness, 300, np.inf]
    return tmm.ellips(*layers, 0.3, 500.0)["psi"]


def mie_scattering(size):
    import miepython

    extinction, scattered, *_ = miepython.efficiencies_mx(1.5 - 0.1j, size)
    return extinction + 2 * scattered


def uniform_colour(tristimulus):
    import colour

    return colour.XYZ_to_Lab(np.array([tristimulus, 0.2, 0.3])).sum()


def colour_difference(lightness):
    import colour

    pair = np.array([lightness, 20.0, 30.0]), np.array([22.0, 15.0, 29.0])
    return colour.delta_E(*pair, method="CIE 2000")


def colour_object(red):
    from colormath.color_conversions import convert_color
    from colormath.color_objects import LabColor, sRGBColor

    lab = convert_color(sRGBColor(red, 0.3, 0.6), LabColor)
    return lab.lab_l + lab.lab_a


def colour_appearance(red):
    from colorspacious import cspace_convert

    return cspace_convert([red, 0.3, 0.6], "sRGB1", "CAM02-UCS").sum()


def cascaded_networks(resistance):
    import skrf

    band = skrf.Frequency(1, 2, 3, "ghz")
    medium = skrf.media.DefinedGammaZ0(band, z0=50)
    return np.abs((medium.resistor(resistance) ** medium.short()).s).sum()


def lenses(focus):
    from raytracing import GaussianBeam, ImagingPath, Lens, Ray, Space

    path = ImagingPath()
    for part in (Space(d=0.1), Lens(f=focus), Space(d=0.3), Lens(f=2 * focus), Space(d=focus)):
        path.append(part)
    matrix = path.transferMatrix()
    beam = matrix * GaussianBeam(w=0.01, wavelength=1e-3)
    ray = path.traceThrough(Ray(0.01, 0.02))
    return 100 * ray.y + matrix.A + matrix.B * matrix.C + beam.w


OPTICS, COLOUR, RADIO = "optics", "colour", "radio frequencies"
CASES = [
    Case(OPTICS, "tmm", "tmm.coh_tmm", thin_film, 300.0),
    Case(OPTICS, "tmm", "tmm.ellips", ellipsometry, 300.0),
    Case(OPTICS, "miepython", "miepython.efficiencies_mx", mie_scattering, 1.3),
    Case(COLOUR, "colour-science", "colour.XYZ_to_Lab", uniform_colour, 0.4),
    Case(COLOUR, "colour-science", "colour.delta_E", colour_difference, 20.0),
    Case(COLOUR, "colormath", "convert_color", colour_object, 0.4),
    Case(COLOUR, "colorspacious", "cspace_convert(..., 'CAM02-UCS')", colour_appearance, 0.4),
    Case(RADIO, "scikit-rf", "Network ** Network", cascaded_networks, 55.0),
    Case(OPTICS, "raytracing", "ImagingPath.traceThrough", lenses, 0.3),
]
