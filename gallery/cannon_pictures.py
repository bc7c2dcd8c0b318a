"""The pictures of the cannon: they draw plain data and know neither physics nor derivatives.

Speeds are in m/s, angles in degrees, distances in metres; each file is written whole or not at all.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.figure import Figure

LABELS = {"neural": "neural only", "newtonian": "Newtonian only", "hybrid": "hybrid"}
COLOURS = {"neural": "#D55E00", "newtonian": "#0072B2", "hybrid": "#009E73"}  # Okabe & Ito 2008


@dataclass(frozen=True)
class Surfaces:
    """Distances over a grid: rows follow the angles, columns the speeds."""

    speeds: np.ndarray
    angles: np.ndarray
    true: np.ndarray
    learned: np.ndarray


@dataclass(frozen=True)
class WayDown:
    """One descent: its controls, the true flight of each, and where it believed the ball lands."""

    speeds: list[float]
    angles: list[float]
    flights: list[np.ndarray]
    reached: list[float]

    @property
    def steps(self) -> int:
        return len(self.speeds) - 1


def label_controls(axes, title: str) -> None:
    axes.set(xlabel="launch speed (m/s)", ylabel="launch angle (degrees)", title=title)
    axes.set_yticks(range(0, 91, 15))


def draw_surfaces(surfaces: Surfaces, content: dict, path: Path) -> None:
    """The true distance, the learned distance, and the error between them."""
    figure = Figure(figsize=(13, 4), layout="constrained")
    panels = figure.subplots(1, 3)
    grid = surfaces.speeds, surfaces.angles
    learned_title = f"Learned distance (network, {content['recorded_shots']:,} shots)"
    levels = np.arange(0, math.ceil(content["longest_shot_m"]) + 1)
    for panel, surface, title in (
        (panels[0], surfaces.true, "True distance (simulator)"),
        (panels[1], surfaces.learned, learned_title),
    ):
        shades = panel.contourf(*grid, surface, levels, cmap="cividis", extend="both")
        lines = panel.contour(*grid, surface, levels[1:], colors="white", linewidths=0.6)
        panel.clabel(lines, fmt="%d m", fontsize=8)
        label_controls(panel, title)
    figure.colorbar(shades, ax=panels[:2], label="distance (m)")
    draw_error(figure, panels[2], surfaces, 100.0 * content["tolerance_m"])
    save(figure, path)


def draw_error(figure: Figure, panel, surfaces: Surfaces, tolerance: float) -> None:
    """Learned minus true distance in centimetres, and the line at the tolerance."""
    grid = surfaces.speeds, surfaces.angles
    error = 100.0 * (surfaces.learned - surfaces.true)
    largest = max(tolerance, float(np.percentile(np.abs(error), 99)))
    shades = panel.pcolormesh(
        *grid, error, cmap="PuOr", vmin=-largest, vmax=largest, shading="gouraud"
    )
    if np.abs(error).max() > tolerance:
        panel.contour(*grid, np.abs(error), [tolerance], colors="black", linewidths=0.8)
    label_controls(panel, f"Learned minus true (black line: {tolerance:.0f} cm)")
    figure.colorbar(shades, ax=panel, label="error of the network (cm)", extend="both")


def draw_losses(surfaces: Surfaces, target: float, ways: dict[str, WayDown], path: Path) -> None:
    """The two loss surfaces for one target, and the ways down them."""
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    grid = surfaces.speeds, surfaces.angles
    levels = np.arange(0.0, math.ceil(max(target, surfaces.true.max() - target)) + 0.5, 0.5)
    for panel, surface, title, names in (
        (panels[0], surfaces.learned, "Miss that the network believes in", ["neural"]),
        (panels[1], surfaces.true, "Miss of the true cannon", ["newtonian", "hybrid"]),
    ):
        miss = np.abs(surface - target)
        shades = panel.contourf(*grid, miss, levels, cmap="cividis_r", extend="max")
        panel.contour(*grid, surface, [target], colors="black", linewidths=2)
        for name in names:
            draw_way_down(panel, ways[name], name)
        label_controls(panel, title)
        panel.legend(loc="upper left", framealpha=0.95, fontsize=8)
    figure.colorbar(shades, ax=panels, label="miss (m)", ticks=levels[::2])
    figure.suptitle(
        f"Descent to a target {target:.2f} m away"
        " (black line: every shot that hits it; square: start; star: answer)"
    )
    save(figure, path)


def draw_way_down(panel, way: WayDown, name: str) -> None:
    label = f"{LABELS[name]}: {way.steps} step" + ("" if way.steps == 1 else "s")
    style = {"color": COLOURS[name], "markeredgecolor": "white", "clip_on": False, "zorder": 3}
    panel.plot(way.speeds, way.angles, "-o", markersize=5, linewidth=2, label=label, **style)
    panel.plot(way.speeds[0], way.angles[0], "s", markersize=9, **style)
    panel.plot(way.speeds[-1], way.angles[-1], "*", markersize=16, **style)


def draw_ways(content: dict, path: Path) -> None:
    """Bars: true hits, true error and steps of descent of the three ways."""
    ways, tolerance = content["ways"], 100.0 * content["tolerance_m"]
    names = list(ways)
    figure = Figure(figsize=(12, 4), layout="constrained")
    panels = figure.subplots(1, 3)
    for panel, field, scale, title, label in (
        (panels[0], "true_hit_share", 100.0, "Targets truly hit", "targets within 5 cm (%)"),
        (panels[1], "true_error_mean_m", 100.0, "Mean true error", "error of the cannon (cm)"),
        (panels[2], "steps_mean", 1.0, "Mean steps of descent", "steps per target"),
    ):
        heights = [scale * ways[name][field] for name in names]
        colours = [COLOURS[name] for name in names]
        labels = [LABELS[name].replace(" ", "\n") for name in names]
        bars = panel.bar(labels, heights, color=colours)
        panel.bar_label(bars, fmt="%.1f", padding=4, bbox={"color": "white", "pad": 1})
        panel.set(title=title, ylabel=label)
        panel.margins(y=0.12)
        panel.spines[["top", "right"]].set_visible(False)
    panels[1].axhline(tolerance, color="black", linestyle="--", linewidth=1, zorder=0)
    panels[1].set_title(f"Mean true error (dashed: {tolerance:.0f} cm is a hit)")
    figure.suptitle(
        f"{ways['hybrid']['targets']} targets from {content['targets_from_m']:.1f} to"
        f" {content['targets_to_m']:.1f} m, failures included"
    )
    save(figure, path)


def animate_descent(ways: dict[str, WayDown], target: float, tolerance: float, path: Path) -> None:
    """One frame per step of descent: the true flights so far, and where they land, close up."""
    flights = {name: thinned(way.flights) for name, way in ways.items()}
    beliefs = {name: thinned(way.reached) for name, way in ways.items()}
    figure = Figure(figsize=(9.5, 7.5), layout="constrained")
    panels = figure.subplots(3, 2, width_ratios=(3, 1), sharex="col")
    every = np.concatenate([flight for way in flights.values() for flight in way])
    right, top = max(target, every[:, 0].max()) + 0.3, 1.15 * max(1.0, every[:, 1].max())
    frames = max(map(len, flights.values())) + 3  # the last picture stands still for a while

    def draw(frame: int) -> None:
        for (wide, close), (name, way) in zip(panels, flights.items(), strict=True):
            wide.clear()
            close.clear()
            draw_flights(wide, name, way[: frame + 1], target, tolerance)
            wide.set(xlim=(-0.2, right), ylim=(0, top), ylabel="height (m)")
            believed = beliefs[name][: frame + 1][-1] if name == "neural" else None
            draw_close_up(close, name, way[: frame + 1][-1], target, tolerance, believed)
        panels[-1, 0].set_xlabel("distance from the cannon (m)")
        panels[-1, 1].set_xlabel("from the target (cm)")

    figure.suptitle(f"True flights during the descent; the target (+) is {target:.2f} m away")
    unfinished = path.with_name("unfinished-" + path.name)
    FuncAnimation(figure, draw, frames=frames).save(unfinished, PillowWriter(fps=1.5), dpi=80)
    os.replace(unfinished, path)


def thinned(visited: list, most: int = 25) -> list:
    """At most `most` of the items, evenly chosen, the first and the last among them."""
    picks = np.unique(np.linspace(0, len(visited) - 1, most).round().astype(int))
    return [visited[i] for i in picks]


def draw_flights(
    panel, name: str, flights: list[np.ndarray], target: float, tolerance: float
) -> None:
    for flight in flights[:-1]:
        panel.plot(*flight.T, color=COLOURS[name], linewidth=1, alpha=0.3)
    panel.plot(*flights[-1].T, color=COLOURS[name], linewidth=2.5)
    landing = flights[-1][-1, 0]
    panel.plot(target, 0, "P", color="black", markersize=13, clip_on=False, zorder=4)
    panel.plot(landing, 0, "o", color=COLOURS[name], markersize=7, clip_on=False, zorder=6)
    miss = abs(landing - target)
    verdict = "hit" if miss <= tolerance else "miss"
    title = f"{LABELS[name]}, step {len(flights) - 1}: {100.0 * miss:.1f} cm off ({verdict})"
    panel.set_title(title, loc="left")


def draw_close_up(
    panel, name: str, flight: np.ndarray, target: float, tolerance: float, believed: float | None
) -> None:
    """The last landing point near the target, and where the network believes that it is."""
    panel.axvspan(-100.0 * tolerance, 100.0 * tolerance, color="0.88")
    panel.text(0.0, 0.97, "a hit", ha="center", va="top", fontsize=8)
    panel.plot(0.0, 0.0, "P", color="black", markersize=13, clip_on=False, zorder=4)
    marks = [(100.0 * (flight[-1, 0] - target), 0.35, COLOURS[name], "it lands")]
    if believed is not None:
        marks.append((100.0 * (believed - target), 0.7, "black", "the network\nbelieves"))
    for place, height, colour, text in marks:
        panel.plot([place, place], [0.0, height], color=colour, linewidth=2.5)
        beside = {"xytext": (-5 if place < 0 else 5, 0), "textcoords": "offset points"}
        side = "right" if place < 0 else "left"
        if abs(place) < 30.0:
            panel.annotate(text, (place, height), **beside, ha=side, va="top", fontsize=8)
    panel.set(xlim=(-30, 30), ylim=(0, 1), yticks=[], title="close up")


def save(figure: Figure, path: Path) -> None:
    unfinished = path.with_name("unfinished-" + path.name)
    figure.savefig(unfinished, dpi=120)
    os.replace(unfinished, path)
