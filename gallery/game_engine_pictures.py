"""The pictures of the racing driver: they draw plain data and know neither game nor derivatives.

Metres, seconds and radians throughout; each file is written whole or not at all.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

GRASS, ASPHALT, PAINT = "#dfe9d5", "#5b5f66", "#f4f4f4"
BEFORE, AFTER = "#E69F00", "#56B4E9"  # Okabe & Ito 2008
COLOURS = "plasma"
CAR = np.array([[-2.5, -1.0], [2.5, -1.0], [2.5, 1.0], [-2.5, 1.0]])  # m
SHOWN_LARGER = 1.6  # cars in the animation, so that they can be seen


@dataclass(frozen=True)
class Lap:
    """One lap, step by step."""

    points: list
    headings: list
    speeds: list
    sideways: list
    offsets: list
    travelled: list
    seconds: float


@dataclass(frozen=True)
class Drawing:
    """Everything that the pictures show."""

    road: tuple[np.ndarray, np.ndarray, np.ndarray]
    before: Lap
    after: Lap
    losses: list[float]
    grip: float
    frequency: int

    @property
    def speeds(self) -> Normalize:
        every = [*self.before.speeds, *self.after.speeds]
        return Normalize(np.floor(min(every)) - 1.0, np.ceil(max(every)))


def draw_road(panel, road) -> None:
    """The track from above; the game's y points down."""
    left, middle, right = (np.vstack([edge, edge[:1]]) for edge in road)
    panel.set_facecolor(GRASS)
    panel.add_patch(Polygon(np.vstack([left, right[::-1]]), color=ASPHALT, lw=0, zorder=1))
    for edge in (left, right):
        panel.plot(*edge.T, color=PAINT, linewidth=1.2, zorder=2)
    panel.plot(*middle.T, color=PAINT, linewidth=0.6, linestyle=(0, (6, 8)), alpha=0.5, zorder=2)
    panel.set_aspect("equal")
    panel.set(xticks=[], yticks=[])
    every = np.vstack([left, right])
    low, high = every.min(axis=0) - 6.0, every.max(axis=0) + 6.0
    panel.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]))
    panel.spines[:].set_visible(False)


def trail(lap: Lap, shades: Normalize, width: float) -> LineCollection:
    """The way of the car, coloured by its speed."""
    points = np.array(lap.points)
    pieces = np.stack([points[:-1], points[1:]], axis=1)
    lines = LineCollection(pieces, cmap=COLOURS, norm=shades, linewidths=width, zorder=4)
    lines.set_array(np.array(lap.speeds[1:]))
    lines.set_capstyle("round")
    return lines


def draw_laps(drawing: Drawing, path: Path) -> None:
    """Both lines on the track, speed and sideways acceleration along it, and the training."""
    figure = Figure(figsize=(13, 7.6), layout="constrained")
    maps, graphs = figure.subfigures(2, 1, height_ratios=(1.3, 1.0))
    panels = maps.subplots(1, 2)
    titles = (
        f"Before: the middle of the track at 10 m/s, {drawing.before.seconds:.1f} s",
        f"After {len(drawing.losses) - 1} gradients: {drawing.after.seconds:.1f} s",
    )
    for panel, lap, title in zip(panels, (drawing.before, drawing.after), titles, strict=True):
        draw_road(panel, drawing.road)
        lines = panel.add_collection(trail(lap, drawing.speeds, 3.5))
        mark_start(panel, lap)
        panel.set_title(title, fontsize=13)
    bar = maps.colorbar(lines, ax=panels, shrink=0.9, pad=0.01)
    bar.set_label("speed (m/s)")
    along, sideways, training = graphs.subplots(1, 3)
    draw_along(along, drawing, "speeds", "speed (m/s)", "Speed along the lap")
    along.set_ylim(0, 1.2 * max(drawing.after.speeds))
    draw_along(
        sideways,
        drawing,
        "sideways",
        "left           (m/s²)           right",
        "Sideways acceleration (dashed: the bound)",
    )
    sideways.set_ylim(-1.5 * drawing.grip, 1.5 * drawing.grip)
    for bound in (-drawing.grip, drawing.grip):
        sideways.axhline(bound, color="black", linestyle="--", linewidth=1)
    draw_training(training, drawing.losses)
    save(figure, path)


def mark_start(panel, lap: Lap) -> None:
    x, y = lap.points[0]
    panel.plot([x, x], [y - 8.5, y + 3.5], color="white", linewidth=2, zorder=3)
    panel.annotate(
        "start and finish",
        (x, y + 3.5),
        xytext=(0, -14),
        textcoords="offset points",
        ha="center",
        fontsize=9,
    )


def draw_along(panel, drawing: Drawing, name: str, label: str, title: str) -> None:
    for lap, colour, text in (
        (drawing.before, BEFORE, "before"),
        (drawing.after, AFTER, "after"),
    ):
        panel.plot(lap.travelled, getattr(lap, name), color=colour, linewidth=2, label=text)
    panel.set(xlabel="distance from the start (m)", ylabel=label, title=title)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(frameon=False, loc="upper center", ncols=2)


def draw_training(panel, losses: list[float]) -> None:
    panel.plot(losses, "o-", color="black", markersize=4, linewidth=1)
    panel.set(xlabel="gradients", ylabel="lap time and price (s)", title="Training")
    panel.set_ylim(0, 1.08 * max(losses))
    for place in (0, len(losses) - 1):
        panel.annotate(
            f"{losses[place]:.1f} s",
            (place, losses[place]),
            xytext=(8, 2) if place == 0 else (0, -16),
            textcoords="offset points",
            ha="left" if place == 0 else "right",
        )
    panel.spines[["top", "right"]].set_visible(False)


# The animation: both cars start together.


def animate(drawing: Drawing, path: Path, frame_every: int = 2, rate: int = 12) -> None:
    """Both drivers on one track, until the trained one has finished."""
    figure = Figure(figsize=(8.4, 4.9), layout="constrained")
    panel = figure.subplots()
    draw_road(panel, drawing.road)
    mark_start(panel, drawing.before)
    last = len(drawing.after.points) - 1
    steps = [*range(0, last, frame_every), *[last] * rate]  # the end stands still for a second
    scene = Scene(panel, drawing)
    panel.legend(
        [scene.cars[0], scene.cars[1]],
        ["before training", "after training"],
        loc="lower right",
        frameon=False,
        fontsize=11,
    )
    unfinished = path.with_name("unfinished-" + path.name)
    made = FuncAnimation(figure, lambda frame: scene.draw(steps[frame]), frames=len(steps))
    made.save(unfinished, PillowWriter(fps=rate), dpi=80)
    os.replace(unfinished, path)


class Scene:
    """What moves in the animation."""

    def __init__(self, panel, drawing: Drawing):
        self.drawing = drawing
        self.laps = (drawing.before, drawing.after)
        self.trails = [
            panel.plot([], [], color=colour, linewidth=2, alpha=0.9, zorder=4)[0]
            for colour in (BEFORE, AFTER)
        ]
        self.cars = [
            panel.add_patch(
                Polygon(CAR, closed=True, facecolor=colour, edgecolor="black", lw=0.8, zorder=6)
            )
            for colour in (BEFORE, AFTER)
        ]
        self.title = panel.set_title("", fontsize=13, loc="left", family="monospace")

    def draw(self, step: int) -> None:
        for lap, line, car in zip(self.laps, self.trails, self.cars, strict=True):
            at = min(step, len(lap.points) - 1)
            line.set_data(*np.array(lap.points[: at + 1]).T)
            car.set_xy(placed(lap.points[at], lap.headings[at]))
        metres = [lap.travelled[min(step, len(lap.travelled) - 1)] for lap in self.laps]
        seconds = min((step + 1) / self.drawing.frequency, self.drawing.after.seconds)
        self.title.set_text(
            f"{seconds:5.1f} s     before: {metres[0]:3.0f} m     after: {metres[1]:3.0f} m"
        )


def placed(point: list, heading: float) -> np.ndarray:
    """The corners of a car."""
    c, s = np.cos(heading), np.sin(heading)
    return SHOWN_LARGER * CAR @ np.array([[c, s], [-s, c]]) + np.array(point)


def save(figure: Figure, path: Path) -> None:
    unfinished = path.with_name("unfinished-" + path.name)
    figure.savefig(unfinished, dpi=110)
    os.replace(unfinished, path)
