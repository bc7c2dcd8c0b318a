"""The command line: ``python -m benchmarks`` with flight, traced, everyday, programs, batches or
start."""

import json
import os
from pathlib import Path

import typer
from rich.console import Console

from benchmarks import batches as ensembles
from benchmarks import program_runs, report
from benchmarks import start_up as starts
from benchmarks.flight import COMPILED, PEERS, TRACED, problem_of, reference
from benchmarks.harness import ROOT, measure
from benchmarks.program_peers import PEERS as PROGRAM_PEERS
from benchmarks.programs import NAMES

app = typer.Typer(help="Benchmarks of adjoint side by side with its peers.")
console = Console()


RESULTS = ROOT / "benchmarks" / "results"


@app.command()
def flight(
    steps: int = 100_000,
    eager_steps: int = 1_000,
    rounds: int = 7,
    peers: str = ",".join(COMPILED),
    out: Path = RESULTS,
) -> None:
    """A long flight, compiled; the eager peers fly EAGER_STEPS steps and are scaled."""
    run("flight", peers, steps, eager_steps, rounds, out)


@app.command()
def traced(
    steps: int = 10_000, rounds: int = 5, peers: str = ",".join(TRACED), out: Path = RESULTS
) -> None:
    """The same flight without compilation: microseconds per scalar operation."""
    run("traced", peers, steps, steps, rounds, out)


@app.command()
def everyday(rounds: int = 7, steps: int = 1_000_000, out: Path = RESULTS) -> None:
    """Objects, arrays and memory in the traced tier, against the plain program."""
    with console.status("measuring memory, objects and arrays"):
        content = report.everyday_content(rounds, steps)
    written = report.write_everyday(content, out)
    console.print(report.everyday_markdown(content), markup=False)
    console.print(f"Written to {written}")


@app.command()
def programs(
    rounds: int = 5,
    only: str = ",".join(NAMES),
    peers: str = ",".join(peer.name for peer in PROGRAM_PEERS),
    out: Path = RESULTS,
    docs: Path = ROOT / "docs" / "performance.md",
) -> None:
    """Programs of many styles, compiled: value and gradient over the plain Numba primal.

    A run of all programs with all peers also puts its tables into DOCS.
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    results = {}
    with console.status("starting") as status:
        for name in only.split(","):
            results[name] = program_runs.measure(name, peers.split(","), rounds, status.update)
    content = program_runs.content_of(results, rounds, load)
    written = program_runs.write(content, out)
    console.print(program_runs.markdown(content), markup=False, soft_wrap=True)
    for name, rows in content["programs"].items():
        for peer, row in rows.items():
            if row["status"] in ("failed", "wrong"):
                console.print(f"{name}, {peer}: {row['status']}: {row['detail']}", markup=False)
    console.print(f"Written to {written}")
    if program_runs.complete(content):
        program_runs.write_into(docs, content)
        console.print(f"Tables put into {docs}")


@app.command()
def batches(rounds: int = 7, out: Path = RESULTS) -> None:
    """Ensembles on one core and on two, and long loops with checkpoints."""
    with console.status("measuring each row in a process of its own"):
        content = ensembles.all_measured(rounds)
    out.mkdir(parents=True, exist_ok=True)
    (out / "batches.json").write_text(json.dumps(content, indent=1) + "\n")
    console.print(ensembles.markdown(content), markup=False)


@app.command(name="start")
def start_up(rounds: int = 5, only: str = ",".join(NAMES), out: Path = RESULTS) -> None:
    """The first gradient of a process, of the first one and of those that find machine code."""
    with console.status("starting processes"):
        content = starts.all_measured(only.split(","), rounds)
    out.mkdir(parents=True, exist_ok=True)
    (out / "start.json").write_text(json.dumps(content, indent=1) + "\n")
    console.print(starts.markdown(content), markup=False)


def run(name: str, peers: str, long_steps: int, short_steps: int, rounds: int, out: Path) -> None:
    """Measure the peers named, tell what came out, and write it to `out`."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    long, short = problem_of(long_steps), problem_of(short_steps)
    chosen = [
        (peer, long if peer.compiled else short) for peer in PEERS if peer.name in peers.split(",")
    ]
    references = {problem.steps: reference(problem) for problem in (long, short)}
    with console.status("starting") as status:
        results = measure(chosen, references, rounds, status.update)
    content = report.content_of(name, results, references, rounds, load)
    written = report.write(content, out)
    console.print(report.terminal_table(content))
    for peer in content["peers"]:
        if peer["status"] != "ok":
            console.print(f"{peer['title']} is {peer['status']}: {peer['detail']}", markup=False)
    for bar in content["bars"]:
        measured = "not measured" if bar["measured"] is None else f"{bar['measured']:.2f}"
        console.print(f"{bar['name']}: {measured} ({bar['sense']} {bar['limit']:g})")
    console.print(f"Written to {written}")


if __name__ == "__main__":
    app()
