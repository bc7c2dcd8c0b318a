"""Each pixel is reversed as soon as it is shaded, and of its spheres only the one that is hit."""

import math

import numba
import numpy as np


@numba.njit
def nearest_sphere(dx, dy, dz, centres, radii):
    """The sphere that a ray hits first, -1 for none, and the way to it."""
    nearest, hit = 1e9, -1
    for k in range(len(radii)):
        cx, cy, cz = centres[k, 0], centres[k, 1], centres[k, 2]
        along = dx * cx + dy * cy + dz * cz
        inside = along * along - (cx * cx + cy * cy + cz * cz) + radii[k] * radii[k]
        if inside > 0.0:
            distance = along - math.sqrt(inside)
            if 0.0 < distance < nearest:
                nearest, hit = distance, k
    return nearest, hit


@numba.njit
def value_and_gradient(centres, radii, light, target):
    height, width = target.shape
    by_centres, by_radii, by_light = np.zeros(centres.shape), np.zeros(radii.shape), np.zeros(3)
    value = 0.0
    for row in range(height):
        for column in range(width):
            dx, dy = (column + 0.5) / width - 0.5, 0.5 - (row + 0.5) / height
            length = math.sqrt(dx * dx + dy * dy + 1.0)
            dx, dy, dz = dx / length, dy / length, 1.0 / length
            nearest, hit = nearest_sphere(dx, dy, dz, centres, radii)
            shine = 0.0
            if hit >= 0:
                radius = radii[hit]
                nx = (nearest * dx - centres[hit, 0]) / radius
                ny = (nearest * dy - centres[hit, 1]) / radius
                nz = (nearest * dz - centres[hit, 2]) / radius
                shine = max(0.0, nx * light[0] + ny * light[1] + nz * light[2])
            error = 0.1 + shine - target[row, column]
            value += error * error
            if shine > 0.0:
                ct = 2.0 * error / (height * width)
                by_light[0] += ct * nx
                by_light[1] += ct * ny
                by_light[2] += ct * nz
                ct /= radius
                px, py, pz = ct * light[0], ct * light[1], ct * light[2]
                ct_distance = px * dx + py * dy + pz * dz
                cx, cy, cz = centres[hit, 0], centres[hit, 1], centres[hit, 2]
                along = dx * cx + dy * cy + dz * cz
                ct_inside = -0.5 * ct_distance / (along - nearest)
                ct_along = ct_distance + 2.0 * along * ct_inside
                by_centres[hit, 0] += ct_along * dx - 2.0 * ct_inside * cx - px
                by_centres[hit, 1] += ct_along * dy - 2.0 * ct_inside * cy - py
                by_centres[hit, 2] += ct_along * dz - 2.0 * ct_inside * cz - pz
                by_radii[hit] += 2.0 * radius * ct_inside - (px * nx + py * ny + pz * nz)
    return value / (height * width), (by_centres, by_radii, by_light)
