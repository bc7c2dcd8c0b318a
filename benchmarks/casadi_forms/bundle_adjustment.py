"""An observation's error of scalars, mapped over the observations."""

import casadi as ca


def loss(cameras, points, weights, camera_of, point_of, seen):
    camera, point = ca.SX.sym("camera", 11), ca.SX.sym("point", 3)
    weight, place = ca.SX.sym("weight"), ca.SX.sym("place", 2)
    angle = ca.norm_2(camera[0:3])
    axis, moved = camera[0:3] / angle, point - camera[3:6]
    along = ca.dot(axis, moved) * (1.0 - ca.cos(angle))
    turned = moved * ca.cos(angle) + ca.cross(axis, moved) * ca.sin(angle) + axis * along
    film = turned[0:2] / turned[2]
    radius = ca.sumsqr(film)
    bend = 1.0 + camera[9] * radius + camera[10] * radius * radius
    error = weight * (camera[6] * film * bend + camera[7:9] - place)
    free = 1.0 - weight * weight
    one = ca.Function("one", [camera, point, weight, place], [ca.sumsqr(error) + free * free]).map(
        len(weights)
    )
    inputs = [
        ca.MX.sym("cameras", 11, len(cameras)),
        ca.MX.sym("points", 3, len(points)),
        ca.MX.sym("weights", 1, len(weights)),
    ]
    errors = one(
        inputs[0][:, [int(c) for c in camera_of]],
        inputs[1][:, [int(p) for p in point_of]],
        inputs[2],
        ca.DM(seen).T,
    )
    return inputs, ca.sum2(errors)
