"""What a run leaves behind: a JSON file, a Markdown table and a plot, each written whole.

Times are medians over the interleaved rounds; ratios compare two medians of one process.
"""

import json
import os
import platform
import time
from dataclasses import asdict
from pathlib import Path

from matplotlib.figure import Figure
from rich.table import Table

from benchmarks import everyday
from benchmarks.flight import GRAVITY, HOW_COUNTED, MUZZLE, Reference, operations_per_step
from benchmarks.harness import TOLERANCE, Measured

COMPILED_BAR = 4.0  # gradient time over the Numba primal's
TRACED_BAR = 0.6  # microseconds per scalar operation
EAGER_BAR = 10.0  # times faster than what records operation by operation
CLOCK = (
    "processor time of the process, whose peer has one thread, so that other programs on the "
    "machine count little; wall-clock time stands beside it in the JSON file"
)
TITLES = {
    "flight": "Flight of a ball with drag, compiled",
    "traced": "Flight of a ball with drag, not compiled",
}
AXES = {
    "flight": (
        "gradient_over_numba_primal",
        "time of value and gradient / time of the plain Numba primal (log scale)",
        COMPILED_BAR,
    ),
    "traced": (
        "microseconds_per_operation",
        "time of value and gradient, microseconds per scalar operation (log scale)",
        TRACED_BAR,
    ),
}
OURS, OTHERS = "#0072B2", "#999999"


def content_of(
    name: str,
    results: list[Measured],
    references: dict[int, Reference],
    rounds: int,
    load: float | None,
) -> dict:
    """The content of the JSON file of the benchmark `name`, "flight" or "traced"."""
    long = max(result.problem.steps for result in results)
    return {
        "benchmark": name,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(load),
        "settings": {
            "rounds": rounds,
            "threads": 1,
            "relative_tolerance": TOLERANCE,
            "clock": CLOCK,
        },
        "scalar_operations": {"per_step": operations_per_step(), "how_counted": HOW_COUNTED},
        "constants": {"gravity": GRAVITY, "muzzle": MUZZLE},
        "references": {
            steps: {"method": "complex step", **asdict(reference)}
            for steps, reference in references.items()
        },
        "peers": [row_of(result, long) for result in results],
        "bars": bars(name, results),
    }


def machine(load: float | None) -> dict:
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average_at_start": load,
    }


def processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor()


def row_of(result: Measured, long: int) -> dict:
    """One peer; a peer that ran the short flight also gets its time scaled to the long one."""
    row = {
        "name": result.peer.name,
        "title": result.peer.title,
        "tier": "compiled" if result.peer.compiled else "traced",
        "status": result.status,
        "detail": result.detail,
        "problem": asdict(result.problem),
        **result.first,
    }
    if result.rounds:
        row |= {key: result.median(key) for key in result.rounds[0]}
        row["gradient_fastest_s"] = min(one["gradient_s"] for one in result.rounds)
        row["gradient_over_numba_primal"] = result.ratio()
        row["microseconds_per_operation"] = result.microseconds_per_operation(operations_per_step())
        row["gradient_s_scaled"] = row["gradient_s"] * long / result.problem.steps
        row["scaled_from_steps"] = None if result.problem.steps == long else result.problem.steps
        row["rounds"] = result.rounds
    return row


def bars(name: str, results: list[Measured]) -> list[dict]:
    """The promises of the library, with what was measured; None where a peer gave no time."""
    timed = {result.peer.name: result for result in results if result.rounds}
    compiled, traced = timed.get("adjoint_compiled"), timed.get("adjoint_traced")
    if name == "flight":
        ratio = compiled.ratio() if compiled else None
        return [bar("compiled gradient over Numba primal", "at most", COMPILED_BAR, ratio)]
    cost = traced.microseconds_per_operation(operations_per_step()) if traced else None
    found = [bar("traced microseconds per scalar operation", "at most", TRACED_BAR, cost)]
    for peer, label in (("torch_eager", "PyTorch eager"), ("hips_autograd", "HIPS autograd")):
        other = timed.get(peer)
        ratio = (
            other.median("gradient_s") / traced.median("gradient_s") if other and traced else None
        )
        found.append(
            bar(f"traced gradient, times faster than {label}", "at least", EAGER_BAR, ratio)
        )
    return found


def bar(name: str, sense: str, limit: float, measured: float | None) -> dict:
    met = None
    if measured is not None:
        met = measured <= limit if sense == "at most" else measured >= limit
    return {"name": name, "sense": sense, "limit": limit, "measured": measured, "met": met}


def markdown(content: dict) -> str:
    """The table that goes into the documentation."""
    lines = [
        f"# {TITLES[content['benchmark']]}: {content['made']}, {content['machine']['processor']},"
        f" Python {content['machine']['python']}",
        "",
        "| peer | versions | steps | primal | gradient | gradient / Numba primal"
        " | µs per operation | first gradient | peak memory growth |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
        *map(table_row, content["peers"]),
        "",
        "| bar | limit | measured | met |",
        "|---|--:|--:|---|",
    ]
    for bar in content["bars"]:
        measured = "—" if bar["measured"] is None else f"{bar['measured']:.2f}"
        met = {True: "yes", False: "no", None: "not measured"}[bar["met"]]
        lines.append(f"| {bar['name']} | {bar['sense']} {bar['limit']:g} | {measured} | {met} |")
    operations = content["scalar_operations"]
    lines += [
        "",
        f"Scalar operations: {operations['per_step']} per step: {operations['how_counted']}.",
        f"Medians of {content['settings']['rounds']} interleaved rounds; the clock is the"
        f" {content['settings']['clock']}. Every gradient was first checked against complex steps.",
    ]
    return "\n".join(lines) + "\n"


def table_row(row: dict) -> str:
    if row["status"] != "ok":
        reason = row["detail"].splitlines()[0] if row["detail"] else ""
        return f"| {row['title']} | {row['status']}: {reason} |" + " |" * 7
    versions = ", ".join(f"{name} {version}" for name, version in row["versions"].items())
    memory = row["peak_memory_growth_mib"]
    cells = [
        row["title"],
        versions,
        f"{row['problem']['steps']:,}",
        f"{1e3 * row['primal_s']:.2f} ms",
        f"{1e3 * row['gradient_s']:.2f} ms",
        f"{row['gradient_over_numba_primal']:.2f}",
        f"{row['microseconds_per_operation']:.4f}",
        f"{row['first_gradient_s']:.2f} s",
        "—" if memory is None else f"{memory:.0f} MiB",
    ]
    return "| " + " | ".join(cells) + " |"


def terminal_table(content: dict) -> Table:
    """The figures that fit on a terminal."""
    table = Table(title=TITLES[content["benchmark"]])
    for title in ("peer", "steps", "gradient", "/ Numba primal", "µs/operation", "first call"):
        table.add_column(title, justify="left" if title == "peer" else "right")
    for row in content["peers"]:
        if row["status"] != "ok":
            table.add_row(f"{row['title']}: {row['status']}")
            continue
        table.add_row(
            row["title"],
            f"{row['problem']['steps']:,}",
            f"{1e3 * row['gradient_s']:.2f} ms",
            f"{row['gradient_over_numba_primal']:,.2f}",
            f"{row['microseconds_per_operation']:.4f}",
            f"{row['first_gradient_s']:.2f} s",
        )
    return table


def draw(content: dict, path: Path) -> None:
    """Bars on a logarithmic scale: what a gradient costs, in the unit of the benchmark's bar."""
    field, label, limit = AXES[content["benchmark"]]
    rows = [row for row in content["peers"] if "rounds" in row]
    rows.sort(key=lambda row: row[field], reverse=True)
    figure = Figure(figsize=(9, 1.3 + 0.55 * max(1, len(rows))), layout="constrained")
    axes = figure.subplots()
    costs = [row[field] for row in rows]
    colours = [OURS if row["name"].startswith("adjoint") else OTHERS for row in rows]
    drawn = axes.barh([row["title"] for row in rows], costs, color=colours, log=True)
    labels = [f"{cost:,.0f}" if cost >= 100 else f"{cost:.2f}" for cost in costs]
    axes.bar_label(drawn, labels, padding=5, bbox={"color": "white", "pad": 1})
    axes.axvline(limit, color="black", linestyle="--", linewidth=1, zorder=0)
    axes.set(xlabel=label, title=f"{TITLES[content['benchmark']]} (dashed: the bar, {limit:g})")
    axes.set_xlim(0.1 * min([*costs, limit]), 10.0 * max([*costs, limit]))
    axes.spines[["top", "right"]].set_visible(False)
    unfinished = path.with_name("unfinished-" + path.name)
    figure.savefig(unfinished, dpi=120)
    os.replace(unfinished, path)


def write(content: dict, folder: Path) -> Path:
    """Write the JSON file, the Markdown table and the plot; returns the path of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / content["benchmark"]
    write_text(stem.with_suffix(".md"), markdown(content))
    draw(content, stem.with_suffix(".png"))
    write_text(stem.with_suffix(".json"), json.dumps(content, indent=1) + "\n")
    return stem.with_suffix(".json")


def write_text(path: Path, text: str) -> None:
    unfinished = path.with_name("unfinished-" + path.name)
    unfinished.write_text(text)
    os.replace(unfinished, path)


def everyday_content(rounds: int, steps: int) -> dict:
    """The content of ``everyday.json``."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    memory = everyday.bytes_per_operation(steps)
    return {
        "benchmark": "everyday",
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(load),
        "settings": {"rounds": rounds, "clock": CLOCK, "array_size": everyday.SIZE},
        "bytes_per_scalar_operation": memory,
        "objects_us": [
            {**asdict(row), "ratio": row.ratio} for row in everyday.rows_of_objects(rounds)
        ],
        "never_live_ms": [
            {**asdict(row), "ratio": row.ratio} for row in everyday.rows_of_programs(rounds)
        ],
        "arrays_ms": [
            {**asdict(row), "ratio": row.ratio} for row in everyday.rows_of_arrays(rounds)
        ],
    }


def everyday_markdown(content: dict) -> str:
    parts = [f"Memory: {content['bytes_per_scalar_operation']:.0f} bytes per scalar operation", ""]
    for key, unit, title in (
        ("objects_us", "µs", "a construct that meets no live value"),
        ("never_live_ms", "ms", "a program that is never live"),
        ("arrays_ms", "ms", f"value and gradient, {content['settings']['array_size']:,} numbers"),
    ):
        parts += [f"| {title} | plain | differentiated | ratio | by hand |"]
        parts += ["|---|--:|--:|--:|--:|"]
        for row in content[key]:
            name = row["name"].replace("_", " ")
            times = f"{row['plain']:.3g} {unit} | {row['differentiated']:.3g} {unit}"
            by_hand = "" if row["by_hand"] is None else f"{row['by_hand'] / row['plain']:.1f}"
            parts.append(f"| {name} | {times} | {row['ratio']:.1f} | {by_hand} |")
        parts.append("")
    return "\n".join(parts)


def write_everyday(content: dict, folder: Path) -> Path:
    """Write the JSON file and the Markdown tables; returns the path of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "everyday.md", everyday_markdown(content))
    write_text(folder / "everyday.json", json.dumps(content, indent=1) + "\n")
    return folder / "everyday.json"
