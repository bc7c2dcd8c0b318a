"""The programs side by side with their peers: the reference, the rounds, and what is written.

The reference is the derivative along random directions by the compiled forward mode, which is
itself compared with central differences. A peer is timed only if its gradient says the same.
"""

import json
import math
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import adjoint as ad
from benchmarks.harness import Measured, Process, first_calls, time_once
from benchmarks.program_peers import PEERS
from benchmarks.programs import JUMPS, Problem, directions, numba_primal
from benchmarks.report import CLOCK, machine, write_text

TOLERANCE = 1e-8
WORKER = "benchmarks.program_worker"


def reference(problem: Problem) -> list[float]:
    """The value of a program, and its derivatives along the directions."""
    module = problem.module
    args = module.arguments()
    compiled = ad.jit(module.loss)
    value, found = 0.0, []
    for along in directions(module, args):
        tangents: list = [None] * len(args)
        for n, direction in zip(module.ARGNUMS, along, strict=True):
            tangents[n] = direction if direction.ndim else float(direction)
        value, slope = ad.jvp(compiled, args, tuple(tangents))
        found.append(slope)
        if problem.program not in JUMPS:
            require_close(slope, difference(module, args, along), 1e-4)
    return [value, *found]


def difference(module, args: tuple, along: tuple, step: float = 1e-5) -> float:
    primal = numba_primal(module)

    def at(distance: float) -> float:
        moved = list(args)
        for n, direction in zip(module.ARGNUMS, along, strict=True):
            shifted = moved[n] + distance * direction
            moved[n] = shifted if np.ndim(shifted) else float(shifted)
        return primal(*moved)

    return (at(step) - at(-step)) / (2.0 * step)


def require_close(found: float, expected: float, tolerance: float) -> None:
    if not abs(found - expected) <= tolerance * max(abs(expected), 1e-3):
        raise AssertionError(f"the reference is {found}, differences say {expected}")


def measure(
    problem: Problem, names: list[str], rounds: int, tell: Callable[[str], None]
) -> list[Measured]:
    """Check each peer on a program, then time those that are right, in interleaved rounds."""
    tell(f"{problem.program}: reference")
    expected = reference(problem)
    processes, results = [], []
    try:
        for peer in PEERS:
            if peer.name in names:
                tell(f"{problem.program}: checking {peer.title}")
                processes.append(Process(peer, problem, WORKER))
                results.append(checked(processes[-1], expected))
        for number in range(rounds):
            tell(f"{problem.program}: round {number + 1} of {rounds}")
            for process, result in zip(processes, results, strict=True):
                time_once(process, result)
    finally:
        for process in processes:
            process.end()
    return results


def checked(process: Process, expected: list[float]) -> Measured:
    result, answer = first_calls(process)
    if result.status != "ok":
        return result
    found = [answer["value"], *answer["gradient"]]
    scale = max(map(abs, expected[1:]))
    errors = [
        abs(found[0] - expected[0]) / abs(expected[0]),
        *(abs(f - e) / scale for f, e in zip(found[1:], expected[1:], strict=True)),
    ]
    result.first = {**answer, "largest_relative_error": max(errors)}
    if not max(errors) <= TOLERANCE:
        result.status, result.detail = "wrong", f"found {found}, expected {expected}"
    return result


def content_of(results: dict[str, list[Measured]], rounds: int, load: float | None) -> dict:
    """The content of ``programs.json``."""
    return {
        "benchmark": "programs",
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(load),
        "settings": {"rounds": rounds, "threads": 1, "relative_tolerance": TOLERANCE},
        "clock": CLOCK,
        "programs": {
            name: {result.peer.name: row_of(result) for result in measured}
            for name, measured in results.items()
        },
        "geometric_means": {peer.name: mean_of(results, peer.name) for peer in PEERS},
    }


def row_of(result: Measured) -> dict:
    row = {"status": result.status, "detail": result.detail, **result.first}
    if result.rounds:
        row |= {key: result.median(key) for key in result.rounds[0]}
        row["gradient_over_numba_primal"] = result.ratio()
    return row


def mean_of(results: dict[str, list[Measured]], name: str) -> float | None:
    """The geometric mean of a peer's ratios, over the programs that it ran."""
    ratios = [
        result.ratio()
        for measured in results.values()
        for result in measured
        if result.peer.name == name and result.rounds
    ]
    return statistics.geometric_mean(ratios) if ratios else None


def markdown(content: dict) -> str:
    """The table that goes into the documentation: gradient time over the Numba primal's."""
    names = [peer.name for peer in PEERS]
    titles = " | ".join(peer.title for peer in PEERS)
    lines = [
        f"| program | primal | {titles} | first call: Numba, adjoint |",
        "|---|--:|" + "--:|" * (len(names) + 1),
    ]
    for program, rows in content["programs"].items():
        ours = rows.get("adjoint", {})
        primal = f"{1e3 * ours['numba_primal_s']:.2f} ms" if "numba_primal_s" in ours else "-"
        cells = [cell(rows.get(name, {})) for name in names]
        first = "-"
        if "first_gradient_s" in ours:
            first = f"{ours['first_numba_s']:.1f} s, {ours['first_gradient_s']:.1f} s"
        lines.append(f"| {program.replace('_', ' ')} | {primal} | {' | '.join(cells)} | {first} |")
    means = content["geometric_means"]
    shown = ["-" if means[n] is None else f"{means[n]:.2f}" for n in names]
    lines.append(f"| *geometric mean of those run* | | {' | '.join(shown)} | |")
    return "\n".join(lines) + "\n"


def cell(row: dict) -> str:
    if "gradient_over_numba_primal" in row:
        ratio = row["gradient_over_numba_primal"]
        return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2f}"
    return "wrong" if row.get("status") == "wrong" else "-"


def draw(content: dict, path: Path) -> None:
    """The ratios of all peers, a line of points for each program."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    programs = list(content["programs"])
    for peer in PEERS:
        points = [
            (content["programs"][p].get(peer.name, {}).get("gradient_over_numba_primal"), i)
            for i, p in enumerate(programs)
        ]
        drawn = [(ratio, i) for ratio, i in points if ratio is not None and math.isfinite(ratio)]
        if drawn:
            axes.plot(*zip(*drawn, strict=True), "o", label=peer.title)
    axes.set_xscale("log")
    axes.set_yticks(range(len(programs)), [p.replace("_", " ") for p in programs])
    axes.set_xlabel("time of value and gradient / time of the plain Numba primal")
    axes.grid(axis="x", alpha=0.3)
    axes.legend()
    unfinished = path.with_name("unfinished-" + path.name)
    figure.savefig(unfinished, dpi=120)
    os.replace(unfinished, path)


def write(content: dict, folder: Path) -> Path:
    """Write the JSON file, the Markdown table and the plot; returns the path of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "programs.md", markdown(content))
    draw(content, folder / "programs.png")
    write_text(folder / "programs.json", json.dumps(content, indent=1) + "\n")
    return folder / "programs.json"
