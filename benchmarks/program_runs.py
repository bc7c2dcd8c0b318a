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
from benchmarks.flight import Peer
from benchmarks.harness import Measured, Process, first_calls, time_once
from benchmarks.program_peers import PEERS
from benchmarks.programs import JUMPS, NAMES, Problem, directions, numba_primal
from benchmarks.report import CLOCK, machine, write_text

TOLERANCE = 1e-8
MEMORY_BAR = 2.0  # times the memory of the adjoint by hand
NOISE = 0.125  # MiB: pages of the stack and of Python's own objects
WORKER = "benchmarks.program_worker"
BEGIN = "<!-- programs: written by `python -m benchmarks programs` -->"
END = "<!-- programs: end -->"


def reference(problem: Problem) -> list[float]:
    """The value of a program, and its derivatives along the directions."""
    module = problem.module
    args = problem.arguments
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
    program: str, names: list[str], rounds: int, tell: Callable[[str], None]
) -> list[Measured]:
    """Check each peer on a program, then time those that are right, in interleaved rounds."""
    chosen = [(peer, problem_for(peer, program)) for peer in PEERS if peer.name in names]
    tell(f"{program}: reference")
    expected = {problem: reference(problem) for problem in {problem for _, problem in chosen}}
    processes, results = [], []
    try:
        for peer, problem in chosen:
            tell(f"{program}: checking {peer.title}")
            processes.append(Process(peer, problem, WORKER))
            results.append(checked(processes[-1], expected[problem]))
        for number in range(rounds):
            tell(f"{program}: round {number + 1} of {rounds}")
            for process, result in zip(processes, results, strict=True):
                time_once(process, result)
    finally:
        for process in processes:
            process.end()
    return results


def problem_for(peer: Peer, program: str) -> Problem:
    """The program at its length, or at a shorter one for peers that interpret its loops."""
    return Problem(program, not peer.compiled and Problem(program).has_short)


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
        "versions": versions_of(results),
        "memory_bar": {"times_by_hand": MEMORY_BAR, "noise_mib": NOISE, "over": over_bar(results)},
        "geometric_means": {peer.name: mean_of(results, peer.name) for peer in PEERS},
    }


def versions_of(results: dict[str, list[Measured]]) -> dict[str, str]:
    """The versions of the packages that the peers said they use."""
    found: dict[str, str] = {}
    for measured in results.values():
        for result in measured:
            found |= result.first.get("versions", {})
    return found


def row_of(result: Measured) -> dict:
    row = {"status": result.status, "detail": result.detail, **result.first}
    row["short"] = result.problem.short
    if result.rounds:
        row |= {key: result.median(key) for key in result.rounds[0]}
        row["gradient_over_numba_primal"] = result.ratio()
    return row


def over_bar(results: dict[str, list[Measured]]) -> list[str]:
    """The programs whose gradient takes more memory than the bar allows."""
    found = []
    for program, measured in results.items():
        memory = {result.peer.name: result.first.get("gradient_memory_mib") for result in measured}
        by_hand, ours = memory.get("hand"), memory.get("adjoint")
        if by_hand is not None and ours is not None and ours > MEMORY_BAR * by_hand + NOISE:
            found.append(program)
    return found


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
    """The tables that go into the documentation, and what they were measured with."""
    return "\n".join([*ratios(content), "", *first_calls_of(content), "", *remarks(content)]) + "\n"


def ratios(content: dict) -> list[str]:
    """Gradient time over the Numba primal's, and the memory of a gradient."""
    lines = heading(["program", "primal", *(p.title for p in PEERS), "memory: by hand, adjoint"])
    for program, rows in content["programs"].items():
        ours = rows.get("adjoint", {})
        primal = f"{1e3 * ours['numba_primal_s']:.2f} ms" if "numba_primal_s" in ours else "-"
        memory = [memory_of(rows.get(name, {})) for name in ("hand", "adjoint")]
        cells = [cell(rows.get(peer.name, {})) for peer in PEERS]
        lines.append(line([spoken(program), primal, *cells, ", ".join(memory)]))
    means = [content["geometric_means"][peer.name] for peer in PEERS]
    shown = ["-" if mean is None else figure_of(mean) for mean in means]
    lines.append(line(["*geometric mean of those run*", "", *shown, ""]))
    return lines


def first_calls_of(content: dict) -> list[str]:
    """Seconds to the first gradient, beside those to the first value by Numba alone."""
    lines = heading(["first gradient, seconds", "Numba, primal", *(p.title for p in PEERS)])
    for program, rows in content["programs"].items():
        cells = [seconds_of(rows.get(peer.name, {}), "first_gradient_s") for peer in PEERS]
        numba = seconds_of(rows.get("adjoint", {}), "first_numba_s")
        lines.append(line([spoken(program), numba, *cells]))
    return lines


def remarks(content: dict) -> list[str]:
    machine, rounds = content["machine"], content["settings"]["rounds"]
    versions = ", ".join(f"{name} {version}" for name, version in content["versions"].items())
    lines = [
        f"{content['made']}, {machine['processor']}, Python {machine['python']}; {versions}.",
        f"Medians of {rounds} interleaved rounds, one thread each. Times are over those of the",
        "plain Numba primal; memory is by how much one call lets the process grow at its peak.",
    ]
    over = ", ".join(map(spoken, content["memory_bar"]["over"])) or "none"
    lines += [f"More than {MEMORY_BAR:g} times the memory of the adjoint by hand: {over}."]
    if short := [spoken(name) for name in content["programs"] if Problem(name).has_short]:
        titles = " and ".join(peer.title for peer in PEERS if not peer.compiled)
        lines += [f"{titles} run shorter loops of {', '.join(short)}, over a primal as short."]
    return lines


def heading(titles: list[str]) -> list[str]:
    return [line(titles), "|---|" + "--:|" * (len(titles) - 1)]


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def spoken(program: str) -> str:
    return program.replace("_", " ")


def figure_of(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2f}"


def seconds_of(row: dict, key: str) -> str:
    return f"{row[key]:.1f}" if key in row and row["status"] == "ok" else "-"


def memory_of(row: dict) -> str:
    memory = row.get("gradient_memory_mib")
    return "-" if memory is None else f"{memory:.2f} MiB"


def cell(row: dict) -> str:
    if "gradient_over_numba_primal" in row:
        return figure_of(row["gradient_over_numba_primal"])
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
    figure.legend(loc="outside right upper")
    unfinished = path.with_name("unfinished-" + path.name)
    figure.savefig(unfinished, dpi=120)
    os.replace(unfinished, path)


def write(content: dict, folder: Path) -> Path:
    """Write the JSON file, the Markdown tables and the plot; returns the path of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "programs.md", markdown(content))
    draw(content, folder / "programs.png")
    write_text(folder / "programs.json", json.dumps(content, indent=1) + "\n")
    return folder / "programs.json"


def complete(content: dict) -> bool:
    """True if all programs were measured, and all peers were asked."""
    rows = content["programs"]
    return set(rows) == set(NAMES) and all(
        set(found) == {peer.name for peer in PEERS} for found in rows.values()
    )


def write_into(document: Path, content: dict) -> None:
    """Put the tables between the two marks of a document, which is written whole or not at all."""
    text = document.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{document} has no lines {BEGIN!r} and {END!r}")
    write_text(document, f"{before}{begin}\n\n{markdown(content)}\n{end}{after}")
