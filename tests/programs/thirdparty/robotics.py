"""Rotations, poses and chains of links."""

import numpy as np

from thirdparty.corpus import Case


def euler_angles(angle):
    from transforms3d.euler import euler2mat, mat2euler
    from transforms3d.quaternions import mat2quat

    turn = euler2mat(angle, 0.2, 0.5)
    return sum(mat2euler(turn @ turn)) + mat2quat(turn)[1]


def turned_by_quaternion(angle):
    from transforms3d.euler import euler2quat
    from transforms3d.quaternions import rotate_vector

    return rotate_vector([1, 2, 3], euler2quat(angle, 0.2, 0.5))[0]


def quaternion_object(angle):
    from pyquaternion import Quaternion

    first, last = Quaternion(axis=[1, 2, 3], angle=angle), Quaternion(axis=[0, 1, 0], degrees=80)
    middle = Quaternion.slerp(first, last, amount=0.3)
    return (first * middle.inverse).rotate(np.array([1.0, 0.0, 2.0]))[1]


def pose_object(angle):
    from spatialmath import SE3

    pose = SE3.Rx(angle) * SE3(1, 2, 3) * SE3.Rz(0.3)
    return pose.t[1] + pose.A[0, 1] + pose.inv().t[0]


def axis_and_angle(angle):
    from pytransform3d.rotations import matrix_from_axis_angle, quaternion_from_matrix

    turn = matrix_from_axis_angle(np.array([0.6, 0.0, 0.8, angle]))
    return turn[0, 1] + quaternion_from_matrix(turn)[0]


def product_of_exponentials(angle):
    import modern_robotics as mr

    home = np.array([[-1, 0, 0, 0], [0, 1, 0, 6], [0, 0, -1, 2], [0, 0, 0, 1.0]])
    screws = np.array([[0, 0, 1, 4, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, -1, -6, 0, -0.1]]).T
    joints = np.array([angle, 3, np.pi])
    jacobian = mr.JacobianSpace(screws, joints)
    return mr.FKinSpace(home, screws, joints)[0, 3] + np.sum(jacobian**2)


def orientation_filter(gain):
    from ahrs.filters import Madgwick

    tracker = Madgwick(gain=gain)
    attitude = np.array([1.0, 0.0, 0.0, 0.0])
    turning, pulling = np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.2, 9.8])
    for _ in range(5):
        attitude = tracker.updateIMU(attitude, gyr=turning, acc=pulling)
    return attitude[1]


def game_vectors(turns):
    from pyrr import Matrix44, Quaternion, Vector3

    turned = Quaternion.from_x_rotation(turns[0]) * Quaternion.from_y_rotation(turns[1])
    moved = Matrix44.from_quaternion(turned) * Matrix44.from_translation([turns[0], 1.0, 2.0])
    place = moved * Vector3([1.0, 2.0, 3.0])
    return float(place.x * place.y + (turned * Vector3([0.0, 1.0, 2.0])).z)


def projection(values):
    from pyglet.math import Mat4, Vec2, Vec3

    turn, depth = values
    turned = Mat4.from_rotation(turn, Vec3(0.0, 1.0, 0.0))
    moved = Mat4.from_translation(Vec3(depth, 2.0, 3.0))
    seen = Mat4.perspective_projection(1.5, 0.1, 100.0, 60.0) @ turned @ moved
    flat = Vec2(turn, 1.0).rotate(depth).normalize().lerp(Vec2(1.0, depth), 0.3)
    return sum(seen.row(0)) + (~seen)[3] + flat.x * flat.y


def attitude(values):
    import navpy

    yaw, pitch = values
    scalar, vector = navpy.angle2quat(yaw, pitch, 0.2)
    rates = navpy.omega2rates(pitch, yaw)
    return navpy.quat2angle(scalar, vector)[0] + navpy.quat2dcm(scalar, vector)[0, 2] + rates[0, 1]


def lines_and_planes(values):
    from skspatial.objects import Line, Plane, Points, Sphere, Triangle

    x, y = values
    plane = Plane.from_points([0, 0, x], [1, 0, 0.2], [0, 1, y])
    line = Line([x, 0.2, 1.0], [0.1, y, 1.0])
    enters, leaves = Sphere([0, 0, 0], 2.0).intersect_line(line)
    best = Plane.best_fit(Points([[0, 0, x], [1, 0, 1.1], [0, 1, y], [1, 1, 0.3]]))
    area = Triangle([0, 0, 0], [1, x, 0], [0, 1, y]).area()
    return plane.intersect_line(line)[0] + enters[2] + leaves[0] + best.normal[0] + area


ROBOTICS = "robotics"
CASES = [
    Case(ROBOTICS, "transforms3d", "euler2mat, mat2euler, mat2quat", euler_angles, 0.3),
    Case(ROBOTICS, "transforms3d", "quaternions.rotate_vector", turned_by_quaternion, 0.3),
    Case(ROBOTICS, "pyquaternion", "Quaternion.slerp, rotate", quaternion_object, 0.3),
    Case(ROBOTICS, "spatialmath-python", "spatialmath.SE3.Rx, inv", pose_object, 0.3),
    Case(ROBOTICS, "pytransform3d", "rotations.matrix_from_axis_angle", axis_and_angle, 0.3),
    Case(ROBOTICS, "modern-robotics", "FKinSpace, JacobianSpace", product_of_exponentials, 0.3),
    Case(ROBOTICS, "AHRS", "ahrs.filters.Madgwick.updateIMU", orientation_filter, 0.5),
    Case("games", "pyrr", "Quaternion, Matrix44", game_vectors, (0.5, 0.3)),
    Case("games", "pyglet", "pyglet.math.Mat4, Vec2", projection, (0.3, 1.2)),
    Case(ROBOTICS, "NavPy", "angle2quat, quat2dcm", attitude, (0.8, 0.3)),
    Case("geometry", "scikit-spatial", "Plane.best_fit, Sphere", lines_and_planes, (0.3, 0.4)),
]
