"""Tree recursion: an American put on a binomial tree, by a function that calls itself."""

import math

ARGNUMS = (0, 1, 2)


def arguments(depth: int = 14) -> tuple:
    return 100.0, 0.03, 0.02, 103.0, depth


def worth(price, up, down, chance, discount, strike, depth):
    """What the option is worth at a node: exercised now, or kept."""
    now = strike - price
    if now < 0.0:
        now = 0.0
    if depth == 0:
        return now
    risen = worth(price * up, up, down, chance, discount, strike, depth - 1)
    fallen = worth(price * down, up, down, chance, discount, strike, depth - 1)
    kept = discount * (chance * risen + (1.0 - chance) * fallen)
    if kept > now:
        return kept
    return now


def loss(price, volatility, rate, strike, depth):
    """The price of the option by Cox, Ross and Rubinstein."""
    up = math.exp(volatility)
    down = 1.0 / up
    growth = math.exp(rate * 0.01)
    chance = (growth - down) / (up - down)
    return worth(price, up, down, chance, 1.0 / growth, strike, depth)
