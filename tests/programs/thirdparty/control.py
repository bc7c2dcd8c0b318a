"""Filters, controllers and dynamics."""

import numpy as np

from thirdparty.corpus import Case


def kalman_likelihood(noise):
    from filterpy.kalman import KalmanFilter

    kf = KalmanFilter(dim_x=2, dim_z=1)
    kf.x = np.array([[0.0], [0.0]])
    kf.F = np.array([[1.0, 1.0], [0.0, 1.0]])
    kf.H = np.array([[1.0, 0.0]])
    kf.P = kf.P * 10.0
    kf.R = kf.R * 0.5
    kf.Q = np.array([[0.25, 0.5], [0.5, 1.0]]) * noise
    total = 0.0
    for measured in [1.0, 2.1, 2.9, 4.2, 5.1]:
        kf.predict()
        kf.update(measured)
        total += kf.log_likelihood
    return total


def regulated(gain):
    from simple_pid import PID

    controller = PID(gain, 0.1, 0.05, setpoint=1.0, sample_time=None)
    state, cost = 0.0, 0.0
    for _ in range(20):
        state += 0.1 * controller(state, dt=0.1)
        cost += (state - 1) ** 2
    return cost


def step_response(stiffness):
    import control

    system = control.ss([[0, 1], [-stiffness, -0.5]], [[0], [1]], [[1, 0]], [[0]])
    _, response = control.step_response(system, np.linspace(0, 3, 30))
    return response[-1]


def optimal_gain(weight):
    import control

    dynamics = np.array([[0, 1.0], [-1, -0.5]]), np.array([[0], [1.0]])
    gain, _, _ = control.lqr(*dynamics, np.diag([weight, 1.0]), np.array([[1.0]]))
    return gain.sum()


def transfer_function(gain):
    import control

    return abs(control.tf([gain], [1, 2, 1, 0])(0.7j))


def adaptive_filter(rate):
    import padasip

    adapted = padasip.filters.FilterLMS(3, mu=rate, w="zeros")
    for number, row in enumerate([[1.0, 2, 3], [2.0, 1, 0.5], [0.3, 0.2, 0.1]]):
        adapted.adapt(number + 1.0, np.array(row))
    return adapted.w.sum()


CONTROL = "control and estimation"
CASES = [
    Case(
        CONTROL,
        "filterpy",
        "KalmanFilter.log_likelihood",
        kalman_likelihood,
        0.1,
    ),
    Case(CONTROL, "simple-pid", "PID.__call__", regulated, 1.2),
    Case(CONTROL, "control", "control.step_response", step_response, 1.05),
    Case(CONTROL, "control", "control.lqr", optimal_gain, 1.05),
    Case(CONTROL, "control", "control.tf", transfer_function, 1.05),
    Case(CONTROL, "padasip", "filters.FilterLMS.adapt", adaptive_filter, 0.5),
]
