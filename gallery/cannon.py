"""
A cannon, aimed three ways
==========================

A cannon must hit a target at a known distance. It has two controls, the launch speed (0 to 10 m/s)
and the launch angle (0 to 90 degrees), and the air resists the ball. Which controls hit?

* **Neural only.** Watch 1,000 shots, let a network learn controls -> distance, and run gradient
  descent on the network's *input* until the network says "hit". Then fire the real cannon.
* **Newtonian only.** Write the flight as an ordinary Python loop and run gradient descent on the
  loop itself. No data, no network; but each target starts from nothing.
* **Hybrid.** A network maps target -> controls and learns *through the simulator*: an autoencoder
  whose decoder is the physics. The simulator then checks each answer, and where the network
  misses, gradient descent starts from the network's controls instead of random ones.

Both networks get the same training. The neural way promises 5 cm of a *model*: the true cannon
misses by more, and nothing tells which shots are wrong. Longer training narrows the gap and leaves
it in place; the other two ways are checked against the physics at every step.

Run it with ``python gallery/cannon.py``; it takes less than two minutes, prints a table, and
leaves pictures, an animation and ``cannon.json`` in ``out/cannon/``.
"""

import json
import math
import os
import time
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import cannon_pictures as pictures
import numpy as np
import optree
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

import adjoint as ad

# %%
# The cannon
# ----------
# This is the whole simulator: a ``while`` loop that ends when the ball is below the ground. Nothing
# in it knows about derivatives. ``@ad.jit`` compiles it, and its gradient, to machine code.

GRAVITY = 9.81  # m/s^2
DRAG = 0.05  # 1/m: air resistance is DRAG * speed^2, against the motion
MUZZLE = 0.3  # m above the ground
TIME_STEP = 0.01  # s
TOP_SPEED = 10.0  # m/s
TOP_ANGLE = math.pi / 2
TOLERANCE = 0.05  # m: closer than this is a hit


def step(x, y, vx, vy, drag, time_step):
    """The ball's place and velocity one time step later, under gravity and quadratic drag."""
    pull = drag * math.sqrt(vx * vx + vy * vy)
    ax = -pull * vx
    ay = -GRAVITY - pull * vy
    x += time_step * (vx + 0.5 * time_step * ax)
    y += time_step * (vy + 0.5 * time_step * ay)
    return x, y, vx + time_step * ax, vy + time_step * ay


@ad.jit
def fly(speed, angle, drag=DRAG, time_step=TIME_STEP):
    """How far the ball lands from the cannon, in metres, for a speed in m/s and angle in radians.

    The landing point is interpolated on the last step, so that the distance changes continuously
    with the controls although the number of steps jumps.
    """
    vx = speed * math.cos(angle)
    vy = speed * math.sin(angle)
    x, y = 0.0, MUZZLE
    x_before, y_before = x, y
    while y > 0.0:
        x_before, y_before = x, y
        x, y, vx, vy = step(x, y, vx, vy, drag, time_step)
    share = y_before / (y_before - y)
    return x_before + share * (x - x_before)


def trajectory(speed, angle):
    """The points of one flight, for the pictures: rows (x, y) in metres, to the ground."""
    vx, vy = speed * math.cos(angle), speed * math.sin(angle)
    points = [(0.0, MUZZLE)]
    while points[-1][1] > 0.0:
        x, y, vx, vy = step(*points[-1], vx, vy, DRAG, TIME_STEP)
        points.append((x, y))
    points[-1] = (fly(speed, angle), 0.0)
    return np.array(points)


# %%
# Both controls are scaled to run from 0 to 1, so that one step size suits them both.


@ad.jit
def distance(controls):
    """Where the true cannon's ball lands; ``controls`` are (speed, angle), each from 0 to 1."""
    return fly(TOP_SPEED * controls[0], TOP_ANGLE * controls[1])


def farthest():
    """The longest shot: full speed at the best of 200 angles."""
    return max(fly(TOP_SPEED, TOP_ANGLE * share) for share in np.linspace(0.0, 1.0, 200))


# %%
# Aiming by gradient descent
# --------------------------
# The loss is the squared miss ``(distance - target)^2 / 2``. Because its least value is known to be
# zero, Polyak's step size (*Introduction to Optimization*, 1987) needs no tuning: it halves the
# miss of a loss that is nearly linear. All three ways use this one function.

LONGEST_STEP = 0.25  # of the range of a control; keeps a flat start from throwing the step away
MOST_STEPS = 100


@dataclass
class Descent:
    """The controls visited by one descent, first to last, and the distance each one reaches."""

    target: float
    path: list[list[float]]
    reached: list[float]

    @property
    def steps(self) -> int:
        return len(self.path) - 1

    @property
    def miss(self) -> float:
        return abs(self.reached[-1] - self.target)

    @property
    def arrived(self) -> bool:
        return self.miss <= TOLERANCE


def descend(value_and_slope, start, target):
    """Gradient descent on the controls until `value_and_slope` says the target is hit."""
    descent = Descent(float(target), [], [])
    controls = np.array(start)
    while True:
        reached, slope = value_and_slope(controls)
        descent.path.append(controls.tolist())
        descent.reached.append(float(reached))
        if descent.arrived or descent.steps == MOST_STEPS:
            return descent
        gradient = (reached - target) * slope
        squared = float(gradient @ gradient)
        if squared == 0.0:  # a flat place: there is no way down
            return descent
        move = 0.5 * (reached - target) ** 2 / squared * gradient
        move *= min(1.0, LONGEST_STEP / math.sqrt(float(move @ move)))
        controls = np.clip(controls - move, 0.0, 1.0)


# %%
# A small network
# ---------------
# Weights are a list of (matrix, bias) pairs, and their gradient is a list of the same shape.

HIDDEN = 32


def network(layers, inputs):
    """A multilayer perceptron with tanh between its layers: (rows, in) -> (rows, out)."""
    hidden = inputs
    for weight, bias in layers[:-1]:
        hidden = np.tanh(hidden @ weight + bias)
    weight, bias = layers[-1]
    return hidden @ weight + bias


def new_layers(widths, rng):
    """Random layers (Glorot & Bengio 2010) for a network with the given widths."""
    return [
        (rng.normal(0.0, math.sqrt(2.0 / (rows + columns)), (rows, columns)), np.zeros(columns))
        for rows, columns in pairwise(widths)
    ]


def train(loss, layers, batches, title, step_size=0.01):
    """Adam (Kingma & Ba 2015), its step size falling to zero as a half cosine."""
    value_and_gradient = ad.value_and_grad(loss)
    mean = optree.tree_map(np.zeros_like, layers)
    square = optree.tree_map(np.zeros_like, layers)
    losses = []
    for count, batch in enumerate(track(batches, title, console=CONSOLE)):
        value, gradient = value_and_gradient(layers, *batch)
        losses.append(float(value))
        mean = optree.tree_map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = optree.tree_map(lambda s, g: 0.999 * s + 0.001 * g * g, square, gradient)
        rate = step_size * 0.5 * (1.0 + math.cos(math.pi * count / len(batches)))
        rate *= math.sqrt(1.0 - 0.999 ** (count + 1)) / (1.0 - 0.9 ** (count + 1))
        layers = optree.tree_map(
            lambda w, m, s, rate=rate: w - rate * m / (np.sqrt(s) + 1e-8), layers, mean, square
        )
    return layers, losses


# %%
# Neural only
# -----------
# The network sees recorded shots and no physics.


def predict(layers, controls):
    """The network's belief: rows of controls -> how far each ball will land."""
    return TOP_SPEED * network(layers, 2.0 * controls - 1.0)[:, 0]


@ad.jit
def surprise(layers, controls, distances):
    """Mean squared error of the network's belief over recorded shots, in square metres."""
    return np.mean((predict(layers, controls) - distances) ** 2)


@ad.jit
def believed(layers, controls):
    """As `distance`, but where the network believes the ball lands."""
    return predict(layers, controls.reshape(1, 2))[0]


def learn_from_shots(shots, batch_count, rng):
    """Train the forward network on `shots` random shots; returns (layers, losses)."""
    controls = rng.uniform(size=(shots, 2))
    distances = np.array([distance(row) for row in controls])
    picks = [rng.integers(shots, size=BATCH) for _ in range(batch_count)]
    batches = [(controls[pick], distances[pick]) for pick in picks]
    return train(surprise, new_layers([2, HIDDEN, HIDDEN, 1], rng), batches, "Learning from shots")


# %%
# Hybrid
# ------
# The network answers with controls; the loss flies the ball with them and looks where it lands. The
# gradient runs from the landing point back through the flight, through the network, to its weights.


def aim(layers, targets):
    """The network's answer: targets in metres -> rows of controls, always from 0 to 1."""
    return 0.5 + 0.5 * np.tanh(network(layers, targets.reshape(-1, 1) / TOP_SPEED))


@ad.jit
def miss_of_aim(layers, targets):
    """Mean squared miss of the network's shots, in square metres, through the simulator."""
    controls = aim(layers, targets)
    total = 0.0
    for i in range(len(targets)):
        miss = fly(TOP_SPEED * controls[i, 0], TOP_ANGLE * controls[i, 1]) - targets[i]
        total += miss * miss
    return total / len(targets)


def learn_through_physics(near, far, batch_count, rng):
    """Train the aiming network on random targets; returns (layers, losses)."""
    batches = [(rng.uniform(near, far, BATCH),) for _ in range(batch_count)]
    layers = new_layers([1, HIDDEN, HIDDEN, 2], rng)
    return train(miss_of_aim, layers, batches, "Learning through physics")


# %%
# Comparison
# ----------
# The same targets for all three ways, the same random starts for the first two, and the same
# descent for all. Each answer is judged by one shot of the true cannon.

BATCH = 64
NEAREST_TARGET = 0.5  # m
FARTHEST_TARGET = 0.95  # of the longest shot: every target can be reached
CONSOLE = Console()


@dataclass
class Answer:
    """One target, aimed at in one way."""

    target: float  # m
    start: list[float]  # controls from 0 to 1
    controls: list[float]  # the answer, from 0 to 1
    steps: int  # of gradient descent
    arrived: bool  # the descent says that the target is hit
    claimed_error: float  # m, that the descent believes in
    true_error: float  # m, of the true cannon


@dataclass
class Results:
    """Everything that the table, the pictures and the JSON file show."""

    shots: int
    batches: int
    farthest: float
    targets: np.ndarray
    forward_layers: list
    aiming_layers: list
    losses: dict[str, list[float]]
    descents: dict[str, list[Descent]]
    answers: dict[str, list[Answer]]
    seconds: float = 0.0


def judge(descent: Descent) -> Answer:
    """Fire the true cannon with the controls a descent ended on."""
    error = abs(distance(np.array(descent.path[-1])) - descent.target)
    start, end = descent.path[0], descent.path[-1]
    return Answer(
        target=descent.target,
        start=start,
        controls=end,
        steps=descent.steps,
        arrived=descent.arrived,
        claimed_error=descent.miss,
        true_error=error,
    )


def compare(target_count: int, shots: int, batch_count: int, seed: int) -> Results:
    """Train both networks and aim at `target_count` targets in the three ways."""
    began = time.perf_counter()
    rng = np.random.default_rng(seed)
    longest = farthest()
    near, far = NEAREST_TARGET, FARTHEST_TARGET * longest
    targets = rng.uniform(near, far, target_count)
    random_starts = rng.uniform(size=(target_count, 2))

    forward_layers, forward_losses = learn_from_shots(shots, batch_count, rng)
    aiming_layers, aiming_losses = learn_through_physics(near, far, batch_count, rng)
    network_starts = aim(aiming_layers, targets)

    model = partial(ad.value_and_grad(believed, argnums=1), forward_layers)
    cannon = ad.value_and_grad(distance)
    ways = {
        "neural": (model, random_starts),
        "newtonian": (cannon, random_starts),
        "hybrid": (cannon, network_starts),
    }
    descents = {
        name: [descend(way, start, t) for start, t in zip(starts, targets, strict=True)]
        for name, (way, starts) in ways.items()
    }
    return Results(
        shots=shots,
        batches=batch_count,
        farthest=longest,
        targets=targets,
        forward_layers=forward_layers,
        aiming_layers=aiming_layers,
        losses={"neural": forward_losses, "hybrid": aiming_losses},
        descents=descents,
        answers={name: [judge(descent) for descent in way] for name, way in descents.items()},
        seconds=time.perf_counter() - began,
    )


# %%
# The figures: every mean and share is over *all* targets, failures included, unless its name says
# otherwise.


def summary(answers: list[Answer]) -> dict:
    errors = np.array([answer.true_error for answer in answers])
    steps = np.array([answer.steps for answer in answers])
    return {
        "targets": len(answers),
        "descent_arrived_share": float(np.mean([answer.arrived for answer in answers])),
        "claimed_error_mean_m": float(np.mean([answer.claimed_error for answer in answers])),
        "claimed_error_largest_m": float(max(answer.claimed_error for answer in answers)),
        "true_hit_share": float(np.mean(errors <= TOLERANCE)),
        "true_error_mean_m": float(errors.mean()),
        "true_error_median_m": float(np.median(errors)),
        "true_error_95th_percentile_m": float(np.percentile(errors, 95)),
        "true_error_largest_m": float(errors.max()),
        "steps_mean": float(steps.mean()),
        "steps_median": float(np.median(steps)),
        "steps_most": int(steps.max()),
    }


def adjustment(results: Results) -> dict:
    """How much descent the network's starts save, over the same targets as the random starts."""
    random = np.array([answer.steps for answer in results.answers["newtonian"]])
    hybrid = np.array([answer.steps for answer in results.answers["hybrid"]])
    needed = hybrid > 0
    return {
        "right_at_once_share": float(np.mean(~needed)),
        "needed_adjustment": int(needed.sum()),
        "steps_mean_random_starts": float(random.mean()),
        "steps_mean_network_starts": float(hybrid.mean()),
        "steps_mean_random_starts_where_adjusted": mean_or_none(random[needed]),
        "steps_mean_network_starts_where_adjusted": mean_or_none(hybrid[needed]),
    }


def mean_or_none(values: np.ndarray) -> float | None:
    return float(values.mean()) if values.size else None


def figures(results: Results) -> dict:
    """The content of ``cannon.json``."""
    return {
        "tolerance_m": TOLERANCE,
        "longest_shot_m": results.farthest,
        "targets_from_m": NEAREST_TARGET,
        "targets_to_m": FARTHEST_TARGET * results.farthest,
        "recorded_shots": results.shots,
        "training_batches": results.batches,
        "final_training_error_m": {
            name: math.sqrt(np.mean(losses[-50:])) for name, losses in results.losses.items()
        },
        "ways": {name: summary(answers) for name, answers in results.answers.items()},
        "hybrid_against_random_starts": adjustment(results),
        "seconds": results.seconds,
        "answers": {
            name: [asdict(answer) for answer in answers]
            for name, answers in results.answers.items()
        },
    }


def write_json(path: Path, content: dict) -> None:
    """Write the file whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
    os.replace(unfinished, path)


def show_table(content: dict) -> None:
    ways = content["ways"]
    table = Table(title=f"{ways['hybrid']['targets']} targets, failures included")
    table.add_column("")
    for name in ways:
        table.add_column(pictures.LABELS[name], justify="right")
    for title, field, unit, scale in TABLE_ROWS:
        cells = [f"{way[field] * scale:.1f} {unit}".rstrip() for way in ways.values()]
        table.add_row(title, *cells)
    CONSOLE.print(table)
    saved = content["hybrid_against_random_starts"]
    CONSOLE.print(
        f"Network starts are right at once for {saved['right_at_once_share']:.0%} of the targets;"
        f" steps per target: {saved['steps_mean_network_starts']:.2f} from network starts,"
        f" {saved['steps_mean_random_starts']:.2f} from random starts."
    )
    if saved["needed_adjustment"]:
        CONSOLE.print(
            f"For the {saved['needed_adjustment']} targets that needed adjustment:"
            f" {saved['steps_mean_network_starts_where_adjusted']:.2f} steps from network starts,"
            f" {saved['steps_mean_random_starts_where_adjusted']:.2f} from random starts."
        )


TABLE_ROWS = [
    ("descent says: hit", "descent_arrived_share", "%", 100.0),
    ("true hits (within 5 cm)", "true_hit_share", "%", 100.0),
    ("error the descent believes in, mean", "claimed_error_mean_m", "cm", 100.0),
    ("true error, mean", "true_error_mean_m", "cm", 100.0),
    ("true error, median", "true_error_median_m", "cm", 100.0),
    ("true error, 95th percentile", "true_error_95th_percentile_m", "cm", 100.0),
    ("true error, largest", "true_error_largest_m", "cm", 100.0),
    ("descent steps, mean", "steps_mean", "", 1.0),
    ("descent steps, most", "steps_most", "", 1.0),
]


# %%
# Pictures
# --------
# One target is shown, a typical one.


def shown_target(results: Results) -> int:
    """Of the random starts nearest the median of steps, the one whose neural error is average."""
    steps = np.array([answer.steps for answer in results.answers["newtonian"]])
    errors = np.array([answer.true_error for answer in results.answers["neural"]])
    unusual = np.abs(steps - np.median(steps))
    untypical = np.abs(errors - errors.mean())
    return int(np.lexsort((untypical, unusual))[0])


def surfaces_of(results: Results, points: int = 120) -> pictures.Surfaces:
    """The true and the learned distance over a grid of all controls."""
    shares = np.linspace(0.0, 1.0, points)
    rows = np.stack(np.meshgrid(shares, shares), axis=-1).reshape(-1, 2)
    return pictures.Surfaces(
        speeds=TOP_SPEED * shares,
        angles=90.0 * shares,
        true=np.array([distance(row) for row in rows]).reshape(points, points),
        learned=predict(results.forward_layers, rows).reshape(points, points),
    )


def way_down(descent: Descent) -> pictures.WayDown:
    """A descent in the units of the pictures, with the true flight of each of its steps."""
    return pictures.WayDown(
        speeds=[TOP_SPEED * speed for speed, _ in descent.path],
        angles=[90.0 * angle for _, angle in descent.path],
        flights=[trajectory(TOP_SPEED * s, TOP_ANGLE * a) for s, a in descent.path],
        reached=descent.reached,
    )


def draw(results: Results, content: dict, out: Path) -> None:
    shown = shown_target(results)
    target = float(results.targets[shown])
    ways = {name: way_down(descents[shown]) for name, descents in results.descents.items()}
    surfaces = surfaces_of(results)
    pictures.draw_surfaces(surfaces, content, out / "surfaces.png")
    pictures.draw_losses(surfaces, target, ways, out / "losses.png")
    pictures.draw_ways(content, out / "ways.png")
    pictures.animate_descent(ways, target, TOLERANCE, out / "descent.gif")


# %%
# Run it
# ------


def main(quick: bool = False, out: Path = Path("out/cannon"), seed: int = 0) -> None:
    """Aim a cannon in three ways; --quick is a small run that checks the plumbing."""
    out.mkdir(parents=True, exist_ok=True)
    if quick:
        results = compare(target_count=12, shots=200, batch_count=150, seed=seed)
    else:
        results = compare(target_count=200, shots=1000, batch_count=3000, seed=seed)
    content = figures(results)
    show_table(content)
    draw(results, content, out)
    write_json(out / "cannon.json", content)
    CONSOLE.print(f"Pictures and figures are in {out}.")


if __name__ == "__main__":
    typer.run(main)
