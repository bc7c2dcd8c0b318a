"""The command line: ``python -m benchmarks flight``."""

import os
from pathlib import Path

import typer
from rich.console import Console

from benchmarks import report
from benchmarks.flight import PEERS, problem_of, reference
from benchmarks.harness import ROOT, measure

app = typer.Typer(help="Benchmarks of adjoint side by side with its peers.")
console = Console()


@app.callback()
def benchmarks() -> None:
    """Benchmarks of adjoint side by side with its peers."""


@app.command()
def flight(
    steps: int = 100_000,
    traced_steps: int = 10_000,
    rounds: int = 7,
    peers: str = ",".join(peer.name for peer in PEERS),
    out: Path = ROOT / "benchmarks" / "results",
) -> None:
    """A long flight of a ball with drag: compiled peers on STEPS steps, the others on fewer."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    long, short = problem_of(steps), problem_of(traced_steps)
    chosen = [
        (peer, long if peer.compiled else short) for peer in PEERS if peer.name in peers.split(",")
    ]
    references = {problem.steps: reference(problem) for problem in (long, short)}
    with console.status("starting") as status:
        results = measure(chosen, references, rounds, status.update)
    content = report.content_of(results, references, rounds, load)
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
