"""A ray tracer: each pixel's ray against every sphere, the nearest one shaded."""

import math

import numpy as np

ARGNUMS = (0, 1, 2)


def arguments(side: int = 96, spheres: int = 12) -> tuple:
    random = np.random.default_rng(8)
    centres = random.uniform(-2.0, 2.0, (spheres, 3))
    centres[:, 2] += 6.0
    radii = random.uniform(0.3, 0.9, spheres)
    light = np.array([0.4, 0.8, -0.5])
    target = random.random((side, side))
    return centres, radii, light, target


def loss(centres, radii, light, target):
    """Squared difference of the picture and a target."""
    height, width = target.shape
    total = 0.0
    for row in range(height):
        for column in range(width):
            dx = (column + 0.5) / width - 0.5
            dy = 0.5 - (row + 0.5) / height
            length = math.sqrt(dx * dx + dy * dy + 1.0)
            dx /= length
            dy /= length
            dz = 1.0 / length
            nearest = 1e9
            hit = -1
            for k in range(len(radii)):
                along = dx * centres[k, 0] + dy * centres[k, 1] + dz * centres[k, 2]
                square = centres[k, 0] ** 2 + centres[k, 1] ** 2 + centres[k, 2] ** 2
                inside = along * along - square + radii[k] * radii[k]
                if inside > 0.0:
                    distance = along - math.sqrt(inside)
                    if distance > 0.0 and distance < nearest:
                        nearest = distance
                        hit = k
            shade = 0.1
            if hit >= 0:
                nx = (nearest * dx - centres[hit, 0]) / radii[hit]
                ny = (nearest * dy - centres[hit, 1]) / radii[hit]
                nz = (nearest * dz - centres[hit, 2]) / radii[hit]
                shine = nx * light[0] + ny * light[1] + nz * light[2]
                if shine > 0.0:
                    shade += shine
            error = shade - target[row, column]
            total += error * error
    return total / (height * width)
