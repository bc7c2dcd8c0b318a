"""An oscillator of van der Pol by Bogacki and Shampine's pair, with steps as long as may be."""

import math

ARGNUMS = (0, 1, 2)
SHORT = {"tolerance": 1e-6}


def arguments(tolerance: float = 1e-8) -> tuple:
    return 2.0, 0.0, 5.0, 20.0, tolerance


def loss(x, v, stiffness, duration, tolerance):
    """Square of place and speed at the end; steps are refused and repeated where they err."""
    time = 0.0
    step = 0.01
    while time < duration:
        last = time + step >= duration
        if last:
            step = duration - time
        a1 = stiffness * (1.0 - x * x) * v - x
        x2 = x + 0.5 * step * v
        v2 = v + 0.5 * step * a1
        a2 = stiffness * (1.0 - x2 * x2) * v2 - x2
        x3 = x + 0.75 * step * v2
        v3 = v + 0.75 * step * a2
        a3 = stiffness * (1.0 - x3 * x3) * v3 - x3
        x4 = x + step * (2.0 * v + 3.0 * v2 + 4.0 * v3) / 9.0
        v4 = v + step * (2.0 * a1 + 3.0 * a2 + 4.0 * a3) / 9.0
        a4 = stiffness * (1.0 - x4 * x4) * v4 - x4
        ex = step * (-5.0 * v + 6.0 * v2 + 8.0 * v3 - 9.0 * v4) / 72.0
        ev = step * (-5.0 * a1 + 6.0 * a2 + 8.0 * a3 - 9.0 * a4) / 72.0
        error = math.sqrt(ex * ex + ev * ev) / tolerance
        if error <= 1.0:
            time = duration if last else time + step
            x = x4
            v = v4
        factor = 0.9 * max(error, 1e-10) ** (-1.0 / 3.0)
        step *= min(4.0, max(0.2, factor))
    return x * x + v * v
