"""All observations at once; rotations are never small here."""


def loss(xp, repeat, cameras, points, weights, camera_of, point_of, seen):
    camera = cameras[camera_of].T
    x, y, z = (points[point_of] - cameras[camera_of][:, 3:6]).T
    angle = xp.sqrt(camera[0] ** 2 + camera[1] ** 2 + camera[2] ** 2)
    cos, sin = xp.cos(angle), xp.sin(angle)
    ax, ay, az = camera[0] / angle, camera[1] / angle, camera[2] / angle
    along = (ax * x + ay * y + az * z) * (1.0 - cos)
    u = x * cos + (ay * z - az * y) * sin + ax * along
    v = y * cos + (az * x - ax * z) * sin + ay * along
    w = z * cos + (ax * y - ay * x) * sin + az * along
    px, py = u / w, v / w
    radius = px * px + py * py
    bend = camera[6] * (1.0 + camera[9] * radius + camera[10] * radius * radius)
    ex = weights * (px * bend + camera[7] - seen[:, 0])
    ey = weights * (py * bend + camera[8] - seen[:, 1])
    free = 1.0 - weights * weights
    return xp.sum(ex * ex + ey * ey + free * free)
