"""
A racing driver, trained by differentiating a published game
============================================================

`highway-env <https://github.com/Farama-Foundation/HighwayEnv>`_ is a driving simulator in plain
Python, the kind of program that reinforcement learning treats as a black box. Here it is one big
function to differentiate: a whole lap, hundreds of calls of ``env.step`` with everything behind
them (classes, properties, dictionaries, a Runge-Kutta solver, a search for the nearest lane, the
wrappers of gymnasium), **unmodified and unprepared**. ``ad.value_and_grad`` of the lap tells how
the lap time changes with each of 52 settings of the driver, all at once, and plain gradient descent
on them turns a careful Sunday driver into a racing driver.

The driver sees no data and learns no model. He has 24 marks around the track; at each he keeps an
offset from the middle of the track and a speed, and four more numbers say how he steers and brakes.

What the gradient does not see, and what is done about it:

* **The finish** is a test (``distance >= lap``), so the number of steps jumps with the settings.
  The crossing is interpolated inside the last step, which makes the time continuous.
* **The nearest lane** is found by ``argmin`` over 18 lanes, which has no derivative and jumps. The
  place of the car is measured from the middle of the track, very nearly the same from every lane,
  so what the loss reads hardly jumps with it.
* **Leaving the road** ends an episode of this game. An ending is a jump without a slope: nothing
  would tell the driver to stay away from it. It is switched off in the game's own settings, and the
  loss rises smoothly from two metres before the edge.
* **Clipping**: the engine clips the controls to [-1, 1], where they stop having an effect. The
  driver's hands end in ``tanh``, which comes near these bounds and never reaches them.
* **Collisions** raise a flag and replace the controls; there is no other car on the track here. The
  gradient would be that of the path that ran, with or without a crash, and never hint at avoiding
  one.

One thing is the game's and not ours: its tyres are linear, they never lose their grip. Without a
bound this example laps in 15 s, at accelerations that no tyre holds. So the loss adds what the
engine leaves out, and asks for no more than 8 m/s² sideways.

Run it with ``python gallery/game_engine.py``; it takes about a minute, checks the gradient against
finite differences, and leaves a picture, an animation and ``game_engine.json`` in
``out/game_engine/``.
"""

import json
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import game_engine_pictures as pictures
import gymnasium
import highway_env  # noqa: F401  (tells gymnasium of its games)
import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

import adjoint as ad

# %%
# The game
# --------
# Nothing below this section knows how a car moves. ``BicycleVehicle`` of the package does: six
# states, tyres that slip, a Runge-Kutta step.

FREQUENCY = 10  # steps per second
GAME = gymnasium.make(
    "racetrack-v1",
    disable_env_checker=True,
    config={
        "action": {"type": "ContinuousAction", "dynamical": True},
        "observation": {"type": "AttributesObservation", "attributes": ["time"]},
        "simulation_frequency": FREQUENCY,
        "policy_frequency": FREQUENCY,
        "other_vehicles": 0,
        "terminate_off_road": False,
    },
)
START = 3  # the seed: where on the first straight the car starts, at 10 m/s
GAME.reset(seed=START)
ENGINE = GAME.unwrapped
LANE_WIDTH = 5.0  # m; the track is two lanes wide


@dataclass
class Section:
    """A piece of the track between two of its nodes; metres are those along its middle."""

    begin: str
    end: str
    start: float
    length: float


def sections_of(network) -> list[Section]:
    """The closed track, section by section."""
    found, node, start = [], "a", 0.0
    while not found or node != "a":
        ((following, lanes),) = network.graph[node].items()
        length = float(sum(lane.length for lane in lanes) / len(lanes))
        found.append(Section(node, following, start, length))
        node, start = following, start + length
    return found


SECTIONS = sections_of(ENGINE.road.network)
BY_NODE = {section.begin: section for section in SECTIONS}
LAP = SECTIONS[-1].start + SECTIONS[-1].length  # m


def place_of(car) -> tuple:
    """Where a car is: metres along the middle of the track, and to its right."""
    node, _, number = car.lane_index
    along, right = car.lane.local_coordinates(car.position)
    section = BY_NODE[node]
    right += LANE_WIDTH / 2 if number else -LANE_WIDTH / 2
    return section.start + section.length * along / car.lane.length, right


def point_at(metres, right):
    """The point `metres` along the track and `right` of its middle."""
    metres = metres % LAP
    section = next(s for s in reversed(SECTIONS) if s.start <= metres)
    lane = ENGINE.road.network.get_lane((section.begin, section.end, 0))
    along = (metres - section.start) / section.length * lane.length
    return lane.position(along, right + LANE_WIDTH / 2)


# %%
# The driver
# ----------
# He looks some way ahead, aims at his line there, and turns the wheel by the angle to it. The
# settings are scaled so that one step size suits them all; where all are zero he keeps to the
# middle at 10 m/s.

MARKS = 24
AT_MARKS = np.linspace(0.0, LAP, MARKS + 1)
CAREFUL = np.array([0.5, 0.8, 0.05, 0.5])
SCALES = np.array([0.02, 0.03, 0.005, 0.03])
SETTINGS = 4 + 2 * MARKS


class Driver:
    """What 52 settings mean."""

    def __init__(self, settings):
        self.look_ahead, self.turning, self.damping, self.pushing = CAREFUL + SCALES * settings[:4]
        self.line = 0.25 * settings[4 : 4 + MARKS]  # m to the right of the middle
        self.speeds = 10.0 + 0.8 * settings[4 + MARKS :]  # m/s

    def act(self, car, metres):
        """The game's action, [throttle, steering], each between -1 and 1."""
        ahead = metres + self.look_ahead * car.speed
        aim = point_at(ahead, at_mark(self.line, ahead)) - car.position
        angle = np.arctan2(aim[1], aim[0]) - car.heading
        angle = (angle + math.pi) % (2.0 * math.pi) - math.pi
        steering = self.turning * angle - self.damping * car.yaw_rate
        throttle = self.pushing * (at_mark(self.speeds, metres) - car.speed)
        return np.array([np.tanh(throttle), np.tanh(steering)])


def at_mark(values, metres):
    """A quantity given at the marks, between them; the track is closed."""
    return np.interp(metres % LAP, AT_MARKS, np.append(values, values[0]))


# %%
# A lap
# -----

MARGIN = 3.0  # m from the middle of the track; the edge is 5 m away, the car 1 m to each side
GRIP = 8.0  # m/s^2, that tyres hold sideways
PRICE_OF_EDGE = 2.0  # s for each m^2 s beyond the margin
PRICE_OF_GRIP = 0.4  # s for each (m/s^2)^2 s beyond the grip


@dataclass
class Record:
    """What happened on a lap, step by step: for the pictures and the table."""

    points: list = field(default_factory=list)  # (x, y) in m
    headings: list = field(default_factory=list)  # rad
    speeds: list = field(default_factory=list)  # m/s
    sideways: list = field(default_factory=list)  # m/s^2
    offsets: list = field(default_factory=list)  # m from the middle
    travelled: list = field(default_factory=list)  # m along the middle

    def note(self, car, offset, travelled) -> None:
        self.points.append([float(car.position[0]), float(car.position[1])])
        self.headings.append(float(car.heading))
        self.speeds.append(float(car.speed))
        self.sideways.append(float(car.speed * car.yaw_rate))
        self.offsets.append(float(offset))
        self.travelled.append(float(travelled))


def drive(settings, distance=LAP, record=None):
    """Drive `distance` metres; returns ``(time, price)`` in seconds.

    The price is what leaving the margin and the grip of the tyres costs.
    """
    GAME.reset(seed=START)
    car, driver = ENGINE.vehicle, Driver(settings)
    metres, offset = place_of(car)
    travelled, before, price, steps = 0.0, 0.0, 0.0, 0
    while travelled < distance:
        GAME.step(driver.act(car, metres))
        steps += 1
        last, before = metres, travelled
        metres, offset = place_of(car)
        travelled += (metres - last + LAP / 2) % LAP - LAP / 2
        over_edge = max(abs(offset) - MARGIN, 0.0)
        over_grip = max(abs(car.speed * car.yaw_rate) - GRIP, 0.0)
        price += (PRICE_OF_EDGE * over_edge**2 + PRICE_OF_GRIP * over_grip**2) / FREQUENCY
        if record is not None:
            record.note(car, offset, travelled)
    share = (distance - before) / (travelled - before)
    return (steps - 1 + share) / FREQUENCY, price


def loss(settings, distance=LAP):
    """What is made small: the time of the lap and the price of driving it so, in seconds."""
    seconds, price = drive(settings, distance)
    return seconds + price


# %%
# Training
# --------
# Adam (Kingma & Ba 2015) with a falling step size. As the driver gets faster a lap has fewer steps,
# and a gradient takes less time.


GRADIENTS = 26


@dataclass
class Training:
    """The settings visited, first to last, and what each lap cost."""

    visited: list[np.ndarray]
    losses: list[float]
    seconds: list[float]  # that each gradient took


def train(steps: int) -> Training:
    """Gradient descent on the driver's settings, from a careful start."""
    value_and_gradient = ad.value_and_grad(loss)
    settings = np.zeros(SETTINGS)
    mean, square = np.zeros(SETTINGS), np.zeros(SETTINGS)
    training = Training([settings], [], [])
    for step in track(range(1, steps + 1), "Laps of training", console=CONSOLE):
        began = time.process_time()
        value, gradient = value_and_gradient(settings)
        training.seconds.append(time.process_time() - began)
        training.losses.append(float(value))
        mean = 0.8 * mean + 0.2 * gradient
        square = 0.95 * square + 0.05 * (gradient) ** 2
        typical = np.sqrt(square / (1.0 - 0.95**step)) + 1e-3
        rate = 0.1 + 0.65 * (1.0 + math.cos(math.pi * (step - 1) / steps))
        settings = settings - rate * mean / (1.0 - 0.8**step) / typical
        training.visited.append(settings)
    training.losses.append(float(loss(settings)))
    return training


# %%
# The gradient, checked
# ---------------------


@dataclass
class Check:
    """Slopes of the loss along random directions, and what a gradient costs."""

    by_gradient: list[float]
    by_difference: list[float]
    largest_relative_error: float
    plain_seconds: float
    gradient_seconds: float


def check(settings, directions: int, distance=LAP) -> Check:
    """Compare with finite differences: two widths, extrapolated (Richardson 1911)."""
    rng = np.random.default_rng(0)
    value_and_gradient = ad.value_and_grad(loss)
    value_and_gradient(settings, distance)
    began = time.process_time()
    _, gradient = value_and_gradient(settings, distance)
    middle = time.process_time()
    loss(settings, distance)
    ended = time.process_time()
    exact, estimated = [], []
    for _ in range(directions):
        way = rng.normal(size=SETTINGS)
        way /= np.linalg.norm(way)

        def difference(width, way=way):
            ahead, behind = settings + width * way, settings - width * way
            return (loss(ahead, distance) - loss(behind, distance)) / (2.0 * width)

        exact.append(float(gradient @ way))
        estimated.append(float((4.0 * difference(1e-5) - difference(2e-5)) / 3.0))
    errors = [abs(e - d) / abs(e) for e, d in zip(exact, estimated, strict=True)]
    return Check(exact, estimated, max(errors), ended - middle, middle - began)


# %%
# Run it
# ------

CONSOLE = Console()


def lap_of(settings, distance=LAP) -> tuple[dict, Record]:
    """The figures of one lap, and its record."""
    record = Record()
    seconds, price = drive(settings, distance, record)
    figures = {
        "lap_s": float(seconds),
        "price_s": float(price),
        "mean_speed_m_s": distance / float(seconds),
        "top_speed_m_s": max(record.speeds),
        "slowest_m_s": min(record.speeds),
        "most_sideways_m_s2": max(map(abs, record.sideways)),
        "farthest_from_middle_m": max(map(abs, record.offsets)),
        "steps": len(record.speeds),
    }
    return figures, record


ROWS = [
    ("time of the lap", "lap_s", "s"),
    ("mean speed", "mean_speed_m_s", "m/s"),
    ("top speed", "top_speed_m_s", "m/s"),
    ("slowest", "slowest_m_s", "m/s"),
    ("most sideways", "most_sideways_m_s2", "m/s²"),
    ("farthest from the middle", "farthest_from_middle_m", "m"),
]


def show(before: dict, after: dict, checked: Check, training: Training) -> None:
    table = Table(title=f"One lap of {LAP:.0f} m")
    for title in ("", "before", "after"):
        table.add_column(title, justify="right" if title else "left")
    for title, key, unit in ROWS:
        table.add_row(title, f"{before[key]:.2f} {unit}", f"{after[key]:.2f} {unit}")
    CONSOLE.print(table)
    steps = len(training.losses) - 1
    CONSOLE.print(
        f"{steps} gradients of {SETTINGS} settings, {sum(training.seconds):.0f} s of processor time"
    )
    CONSOLE.print(
        f"A gradient costs {checked.gradient_seconds:.2f} s,"
        f" {checked.gradient_seconds / checked.plain_seconds:.0f} plain laps;"
        f" by finite differences it would be {2 * SETTINGS} plain laps and be inexact"
    )
    CONSOLE.print(
        "Slopes along random directions agree with finite differences to"
        f" {checked.largest_relative_error:.0e} at worst"
    )


def main(quick: bool = False, out: Path = Path("out/game_engine")) -> None:
    """Train a racing driver; --quick is a small run that checks the plumbing."""
    out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    training = train(2 if quick else GRADIENTS)
    checked = check(training.visited[-1], 1 if quick else 3)
    before, first = lap_of(training.visited[0])
    after, last = lap_of(training.visited[-1])
    show(before, after, checked, training)
    drawing = pictures.Drawing(
        road=road_outline(),
        before=pictures.Lap(**vars(first), seconds=before["lap_s"]),
        after=pictures.Lap(**vars(last), seconds=after["lap_s"]),
        losses=training.losses,
        grip=GRIP,
        frequency=FREQUENCY,
    )
    pictures.draw_laps(drawing, out / "laps.png")
    pictures.animate(drawing, out / "laps.gif", frame_every=20 if quick else 2)
    content = {
        "track_m": LAP,
        "settings": SETTINGS,
        "before": before,
        "after": after,
        "losses_s": training.losses,
        "check": vars(checked),
        "seconds": time.perf_counter() - began,
    }
    write_json(out / "game_engine.json", content)
    CONSOLE.print(f"Pictures and figures are in {out}.")


def road_outline() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The left edge, the middle and the right edge of the track: rows (x, y)."""
    metres = np.linspace(0.0, LAP - 1e-6, 800)
    edges = (-LANE_WIDTH, 0.0, LANE_WIDTH)
    return tuple(np.array([point_at(s, right) for s in metres]) for right in edges)


def write_json(path: Path, content: dict) -> None:
    """Write the file whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
    os.replace(unfinished, path)


if __name__ == "__main__":
    typer.run(main)
