"""Reprojection errors of cameras that look at points (ADBench's BA), squared and summed."""

import math

import numpy as np

ARGNUMS = (0, 1, 2)


def arguments(cameras: int = 21, points: int = 2_000, observations: int = 12_000) -> tuple:
    random = np.random.default_rng(2)
    camera = random.standard_normal((cameras, 11))
    camera[:, 0:3] *= 0.3
    camera[:, 3:6] *= 0.1
    camera[:, 6] = 1.0 + 0.1 * camera[:, 6]
    camera[:, 9:11] *= 0.01
    point = random.standard_normal((points, 3))
    point[:, 2] += 6.0
    return (
        camera,
        point,
        random.uniform(0.5, 1.5, observations),
        random.integers(0, cameras, observations),
        random.integers(0, points, observations),
        random.standard_normal((observations, 2)),
    )


def project(camera, point):
    """The place of a point on the film; a camera is rotation, centre, focus, offset, distortion."""
    rx, ry, rz = camera[0], camera[1], camera[2]
    x = point[0] - camera[3]
    y = point[1] - camera[4]
    z = point[2] - camera[5]
    square = rx * rx + ry * ry + rz * rz
    if square > 1e-20:
        angle = math.sqrt(square)
        cos = math.cos(angle)
        sin = math.sin(angle)
        ax, ay, az = rx / angle, ry / angle, rz / angle
        along = (ax * x + ay * y + az * z) * (1.0 - cos)
        u = x * cos + (ay * z - az * y) * sin + ax * along
        v = y * cos + (az * x - ax * z) * sin + ay * along
        w = z * cos + (ax * y - ay * x) * sin + az * along
    else:
        u = x + ry * z - rz * y
        v = y + rz * x - rx * z
        w = z + rx * y - ry * x
    px = u / w
    py = v / w
    radius = px * px + py * py
    bend = 1.0 + camera[9] * radius + camera[10] * radius * radius
    return camera[6] * px * bend + camera[7], camera[6] * py * bend + camera[8]


def loss(cameras, points, weights, camera_of, point_of, seen):
    """Squared reprojection errors, and the deviation of the weights from one."""
    total = 0.0
    for k in range(len(weights)):
        x, y = project(cameras[camera_of[k]], points[point_of[k]])
        ex = weights[k] * (x - seen[k, 0])
        ey = weights[k] * (y - seen[k, 1])
        free = 1.0 - weights[k] * weights[k]
        total += ex * ex + ey * ey + free * free
    return total
