"""Level by level: the nodes of a level, first those that came by a rise."""


def loss(xp, repeat, price, volatility, rate, strike, depth):
    up = xp.exp(volatility)
    down = 1.0 / up
    growth = xp.exp(rate * 0.01)
    chance = (growth - down) / (up - down)
    discount = 1.0 / growth
    prices = [xp.stack([price])]
    for _ in range(depth):
        prices.append(xp.concatenate([prices[-1] * up, prices[-1] * down]))
    worth = exercised(xp, strike - prices[depth])
    for level in range(depth - 1, -1, -1):
        nodes = 2**level
        now = exercised(xp, strike - prices[level])
        kept = discount * (chance * worth[:nodes] + (1.0 - chance) * worth[nodes:])
        worth = xp.where(kept > now, kept, now)
    return worth[0]


def exercised(xp, now):
    return xp.where(now < 0.0, 0.0 * now, now)
