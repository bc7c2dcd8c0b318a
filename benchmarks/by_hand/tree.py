"""Forward mode for the five numbers that the recursion reads, and the chain rule above it."""

import math

import numba


@numba.njit
def worth(price, by_price, up, down, ups, downs, chance, discount, strike, depth):
    """The worth of a node, and its slopes by price at the root, up, down, chance and discount.

    `ups` and `downs` : how many steps of each kind led here.
    """
    now = strike - price
    if now < 0.0:
        value, slopes = 0.0, (0.0, 0.0, 0.0, 0.0, 0.0)
    else:
        value = now
        slopes = (-by_price, -price * ups / up, -price * downs / down, 0.0, 0.0)
    if depth == 0:
        return value, slopes
    risen, r = worth(
        price * up, by_price * up, up, down, ups + 1, downs, chance, discount, strike, depth - 1
    )
    fallen, f = worth(
        price * down, by_price * down, up, down, ups, downs + 1, chance, discount, strike, depth - 1
    )
    mean = chance * risen + (1.0 - chance) * fallen
    kept = discount * mean
    if kept > value:
        a, b = discount * chance, discount * (1.0 - chance)
        return kept, (
            a * r[0] + b * f[0],
            a * r[1] + b * f[1],
            a * r[2] + b * f[2],
            a * r[3] + b * f[3] + discount * (risen - fallen),
            a * r[4] + b * f[4] + mean,
        )
    return value, slopes


@numba.njit
def value_and_gradient(price, volatility, rate, strike, depth):
    up = math.exp(volatility)
    down = 1.0 / up
    growth = math.exp(rate * 0.01)
    chance = (growth - down) / (up - down)
    value, slopes = worth(price, 1.0, up, down, 0, 0, chance, 1.0 / growth, strike, depth)
    by_price, by_up, by_down, by_chance, by_discount = slopes
    span = up - down
    by_up -= by_chance * chance / span
    by_down += by_chance * (chance - 1.0) / span
    by_up -= by_down * down / up
    by_growth = by_chance / span - by_discount / (growth * growth)
    return value, (by_price, by_up * up, by_growth * growth * 0.01)
