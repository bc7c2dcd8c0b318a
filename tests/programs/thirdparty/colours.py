"""Colours: conversions, differences, interpolation."""

from thirdparty.corpus import Case

ORANGE = (0.82, 0.5, 0.21)


def lightness_and_difference(rgb):
    from coloraide import Color

    color = Color("srgb", list(rgb))
    mixed = color.mix("blue", 0.3, space="lab")
    return color.convert("oklch")["lightness"] + color.delta_e("red", method="2000") + mixed[1]


def perceptual_coordinates(rgb):
    from coloraide import Color

    color = Color("srgb", list(rgb))
    return color.luminance() + sum(color.convert("jzazbz").coords()) + color.contrast("white")


def interpolated(rgb):
    from coloraide import Color

    colors = [Color("srgb", list(rgb)), "green", "white"]
    return Color.interpolate(colors, space="oklab", method="monotone")(0.4)["a"]


def human_friendly(rgb):
    import hsluv

    hue, saturation, lightness = hsluv.rgb_to_hsluv(list(rgb))
    return hue + 2.0 * saturation + 3.0 * lightness


def tinted(rgb):
    from colorzero import Color, Lightness

    color = Color.from_rgb(*rgb)
    darker = color * Lightness(0.5)
    return (
        color.lab.a + color.hls.s + float(darker.red) + color.difference(Color("white"), "cie1976")
    )


CASES = [
    Case("colour", "coloraide", "Color.convert, delta_e, mix", lightness_and_difference, ORANGE),
    Case("colour", "coloraide", "Color.luminance, contrast", perceptual_coordinates, ORANGE),
    Case("colour", "coloraide", "Color.interpolate", interpolated, ORANGE),
    Case("colour", "hsluv", "hsluv.rgb_to_hsluv", human_friendly, ORANGE),
    Case("colour", "colorzero", "Color.lab, Lightness, difference", tinted, ORANGE),
]
