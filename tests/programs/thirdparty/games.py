"""Games and driving simulators."""

import numpy as np

from thirdparty.corpus import Case


def pendulum(gain):
    from gymnasium.envs.classic_control.pendulum import PendulumEnv

    env = PendulumEnv()
    env.reset(seed=0)
    env.state = np.array([0.5, 0.1])
    total = 0.0
    for _ in range(30):
        angle, speed = env.state
        total += env.step(np.array([-gain * angle - 0.3 * speed]))[1]
    return total


def cart_pole(gravity):
    from gymnasium.envs.classic_control.cartpole import CartPoleEnv

    env = CartPoleEnv()
    env.reset(seed=0)
    env.state = np.array([0.0, 0.1, 0.05, 0.0])
    env.gravity = gravity
    for _ in range(5):
        env.step(1)
    return env.state[2]


def vehicle(gain):
    from highway_env.road.road import Road, RoadNetwork
    from highway_env.vehicle.kinematics import Vehicle

    road = Road(network=RoadNetwork.straight_road_network(2))
    car = Vehicle(road, np.array([0.0, 0.0]), heading=0.1, speed=10.0)
    total = 0.0
    for _ in range(30):
        steering = -gain * car.heading - 0.05 * car.position[1]
        car.act({"acceleration": 0.5, "steering": steering})
        car.step(0.1)
        total += car.position[1] ** 2
    return total


def landscape(place):
    from opensimplex import OpenSimplex

    noise = OpenSimplex(3)
    return sum(noise.noise2(place * 2**k, 0.3) / 2**k for k in range(4))


def single_track(steering):
    from vehiclemodels.vehicle_dynamics_st import vehicle_dynamics_st

    car = vehicle_parameters()
    state = [0.0, 0.0, steering, 15.0, 0.1, 0.02, 0.01]
    for _ in range(20):
        change = vehicle_dynamics_st(state, [0.1, 1.0], car)
        state = [value + 0.01 * rate for value, rate in zip(state, change, strict=True)]
    return state[0] + 3 * state[1] + state[4]


KEPT = []


def vehicle_parameters():
    """They are read from files, which takes longer than to differentiate with them."""
    from vehiclemodels.parameters_vehicle1 import parameters_vehicle1

    if not KEPT:
        KEPT.append(parameters_vehicle1())
    return KEPT[0]


def queue(delay):
    import simpy

    env = simpy.Environment()
    times = []

    def process():
        for turn in range(3):
            yield env.timeout(delay * (turn + 1))
            times.append(env.now)

    env.process(process())
    env.run()
    return times[-1] * 2 + times[0] ** 2


SIMULATION = "simulation of events"
GAMES, DRIVING = "games", "driving"
CASES = [
    Case(GAMES, "gymnasium", "PendulumEnv.step", pendulum, 2.0),
    Case(GAMES, "gymnasium", "CartPoleEnv.step", cart_pole, 9.8),
    Case(DRIVING, "highway-env", "Vehicle.act, Vehicle.step", vehicle, 0.7),
    Case(GAMES, "opensimplex", "OpenSimplex.noise2", landscape, 0.8),
    Case(DRIVING, "vehiclemodels", "vehicle_dynamics_st", single_track, 0.05),
    Case(SIMULATION, "simpy", "Environment.timeout, run", queue, 2.0),
]
