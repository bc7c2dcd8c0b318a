"""Each observation is reversed as soon as its errors are known: there is no tape."""

import math

import numba
import numpy as np


@numba.njit
def cross(a, b):
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@numba.njit
def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@numba.njit
def rotate(rotation, x):
    """Rodrigues' formula; its axis, angle, cosine and sine are returned for `pull_rotation`."""
    square = dot(rotation, rotation)
    if square <= 1e-20:
        turned = cross(rotation, x)
        return (x[0] + turned[0], x[1] + turned[1], x[2] + turned[2]), rotation, 0.0, 1.0, 0.0
    angle = math.sqrt(square)
    cos, sin = math.cos(angle), math.sin(angle)
    axis = rotation[0] / angle, rotation[1] / angle, rotation[2] / angle
    turned, along = cross(axis, x), dot(axis, x) * (1.0 - cos)
    rotated = (
        x[0] * cos + turned[0] * sin + axis[0] * along,
        x[1] * cos + turned[1] * sin + axis[1] * along,
        x[2] * cos + turned[2] * sin + axis[2] * along,
    )
    return rotated, axis, angle, cos, sin


@numba.njit
def pull_rotation(ct, x, axis, angle, cos, sin):
    """Cotangents of the rotation and of what was rotated."""
    back = cross(axis, ct)
    if angle == 0.0:
        return cross(x, ct), (ct[0] - back[0], ct[1] - back[1], ct[2] - back[2])
    along_x, along_ct, versed = dot(axis, x), dot(axis, ct), 1.0 - cos
    by_x = (
        ct[0] * cos - back[0] * sin + axis[0] * along_ct * versed,
        ct[1] * cos - back[1] * sin + axis[1] * along_ct * versed,
        ct[2] * cos - back[2] * sin + axis[2] * along_ct * versed,
    )
    side = cross(x, ct)
    by_angle = sin * (along_x * along_ct - dot(ct, x)) + cos * dot(axis, side)
    a = side[0] * sin + versed * (along_x * ct[0] + along_ct * x[0])
    b = side[1] * sin + versed * (along_x * ct[1] + along_ct * x[1])
    c = side[2] * sin + versed * (along_x * ct[2] + along_ct * x[2])
    rest = by_angle - dot(axis, (a, b, c)) / angle
    by_rotation = a / angle + axis[0] * rest, b / angle + axis[1] * rest, c / angle + axis[2] * rest
    return by_rotation, by_x


@numba.njit
def value_and_gradient(cameras, points, weights, camera_of, point_of, seen):
    by_cameras, by_points = np.zeros(cameras.shape), np.zeros(points.shape)
    by_weights = np.empty(weights.shape)
    value = 0.0
    for k in range(len(weights)):
        camera, point, weight = cameras[camera_of[k]], points[point_of[k]], weights[k]
        rotation = camera[0], camera[1], camera[2]
        x = point[0] - camera[3], point[1] - camera[4], point[2] - camera[5]
        (u, v, w), axis, angle, cos, sin = rotate(rotation, x)
        px, py = u / w, v / w
        radius = px * px + py * py
        bend = 1.0 + camera[9] * radius + camera[10] * radius * radius
        dx = camera[6] * px * bend + camera[7] - seen[k, 0]
        dy = camera[6] * py * bend + camera[8] - seen[k, 1]
        free = 1.0 - weight * weight
        square = dx * dx + dy * dy
        value += weight * weight * square + free * free

        by_weights[k] = 2.0 * weight * square - 4.0 * free * weight
        ct_x, ct_y = 2.0 * weight * weight * dx, 2.0 * weight * weight * dy
        ct_scale = ct_x * px + ct_y * py
        ct_bend = camera[6] * ct_scale
        ct_radius = ct_bend * (camera[9] + 2.0 * camera[10] * radius)
        ct_px = camera[6] * bend * ct_x + 2.0 * ct_radius * px
        ct_py = camera[6] * bend * ct_y + 2.0 * ct_radius * py
        ct = ct_px / w, ct_py / w, -(ct_px * px + ct_py * py) / w
        by_rotation, by_x = pull_rotation(ct, x, axis, angle, cos, sin)
        into, into_point = by_cameras[camera_of[k]], by_points[point_of[k]]
        for i in range(3):
            into[i] += by_rotation[i]
            into[3 + i] -= by_x[i]
            into_point[i] += by_x[i]
        into[6] += bend * ct_scale
        into[7] += ct_x
        into[8] += ct_y
        into[9] += ct_bend * radius
        into[10] += ct_bend * radius * radius
    return value, (by_cameras, by_points, by_weights)
