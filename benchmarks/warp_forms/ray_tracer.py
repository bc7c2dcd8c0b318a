"""A thread for each pixel, with the loop over the spheres as it is."""

import warp as wp


@wp.kernel
def shade(
    centres: wp.array(dtype=wp.vec3d),
    radii: wp.array(dtype=wp.float64),
    light: wp.array(dtype=wp.float64),
    target: wp.array2d(dtype=wp.float64),
    value: wp.array(dtype=wp.float64),
):
    row, column = wp.tid()
    height = wp.float64(target.shape[0])
    width = wp.float64(target.shape[1])
    half = wp.float64(0.5)
    ray = wp.normalize(
        wp.vec3d(
            (wp.float64(column) + half) / width - half,
            half - (wp.float64(row) + half) / height,
            wp.float64(1.0),
        )
    )
    nearest = wp.float64(1e9)
    hit = wp.int32(-1)
    for k in range(radii.shape[0]):
        along = wp.dot(ray, centres[k])
        inside = along * along - wp.dot(centres[k], centres[k]) + radii[k] * radii[k]
        if inside > wp.float64(0.0):
            distance = along - wp.sqrt(inside)
            if distance > wp.float64(0.0) and distance < nearest:
                nearest = distance
                hit = k
    colour = wp.float64(0.1)
    if hit >= 0:
        normal = (nearest * ray - centres[hit]) / radii[hit]
        shine = wp.dot(normal, wp.vec3d(light[0], light[1], light[2]))
        if shine > wp.float64(0.0):
            colour += shine
    error = colour - target[row, column]
    wp.atomic_add(value, 0, error * error / (height * width))


def launch(args, inputs):
    target = wp.array(args[3], dtype=wp.float64)
    value = wp.zeros(1, dtype=wp.float64, requires_grad=True)
    wp.launch(shade, target.shape, inputs=[*inputs, target, value])
    return value
