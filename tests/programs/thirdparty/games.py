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


GAMES, DRIVING = "games", "driving"
CASES = [
    Case(GAMES, "gymnasium", "PendulumEnv.step", pendulum, 2.0),
    Case(GAMES, "gymnasium", "CartPoleEnv.step", cart_pole, 9.8),
    Case(DRIVING, "highway-env", "Vehicle.act, Vehicle.step", vehicle, 0.7),
]
