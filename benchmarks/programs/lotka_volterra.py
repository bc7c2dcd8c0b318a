"""Hunters and prey by the classical Runge-Kutta method: a counted loop of scalar arithmetic."""

ARGNUMS = (0, 1, 2, 3, 4, 5)
SHORT = {"steps": 1_000}


def arguments(steps: int = 10_000) -> tuple:
    return 1.5, 1.0, 3.0, 1.0, 10.0, 5.0, 10.0 / steps, steps


def loss(birth, catch, death, growth, x, y, time_step, steps):
    """Prey times hunters at the end."""
    for _ in range(steps):
        x1 = birth * x - catch * x * y
        y1 = growth * x * y - death * y
        xa = x + 0.5 * time_step * x1
        ya = y + 0.5 * time_step * y1
        x2 = birth * xa - catch * xa * ya
        y2 = growth * xa * ya - death * ya
        xb = x + 0.5 * time_step * x2
        yb = y + 0.5 * time_step * y2
        x3 = birth * xb - catch * xb * yb
        y3 = growth * xb * yb - death * yb
        xc = x + time_step * x3
        yc = y + time_step * y3
        x4 = birth * xc - catch * xc * yc
        y4 = growth * xc * yc - death * yc
        x = x + time_step / 6.0 * (x1 + 2.0 * x2 + 2.0 * x3 + x4)
        y = y + time_step / 6.0 * (y1 + 2.0 * y2 + 2.0 * y3 + y4)
    return x * y
