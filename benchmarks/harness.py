"""Run the peers side by side: one process each, one thread each, rounds interleaved.

A peer is timed only if its value and gradient agree with the reference; one that is missing, fails
or is wrong is reported as such and never stops the others.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.flight import Peer, Problem, Reference

ROOT = Path(__file__).resolve().parent.parent
TOLERANCE = 1e-7  # relative; the landing divides by one step's fall, which costs some digits
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
NOTHING_KEPT = {  # from earlier processes: a first call compiles
    "ADJOINT_CACHE_DIR": "",
    "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1",
}
ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}  # glibc gives back no free memory at the end of a thread's


@dataclass
class Measured:
    """What is known of one peer. `status`: ok, missing, failed or wrong."""

    peer: Peer
    problem: Any
    status: str
    detail: str = ""
    first: dict = field(default_factory=dict)
    rounds: list[dict] = field(default_factory=list)

    def median(self, key: str) -> float:
        return statistics.median(measured[key] for measured in self.rounds)

    def ratio(self) -> float:
        """Gradient time over the Numba primal's, both of this process."""
        return self.median("gradient_s") / self.median("numba_primal_s")

    def microseconds_per_operation(self, operations_per_step: int) -> float:
        return 1e6 * self.median("gradient_s") / (self.problem.steps * operations_per_step)


class Process:
    """A running worker; it is idle, blocked on its stdin, between commands."""

    def __init__(self, peer: Peer, problem: Any, worker: str = "benchmarks.worker"):
        self.peer = peer
        self.problem = problem
        self.child = subprocess.Popen(
            [sys.executable, "-m", worker, peer.name, json.dumps(asdict(problem))],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD, **NOTHING_KEPT, **ONE_ARENA},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer(self) -> dict:
        line = self.child.stdout.readline()
        return json.loads(line) if line else {"failed": "the process ended without an answer"}

    def ask(self, command: str) -> dict:
        try:
            self.child.stdin.write(command + "\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            return {"failed": "the process ended before it was asked"}
        return self.answer()

    def end(self) -> None:
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()


def measure(
    peers: list[tuple[Peer, Problem]],
    references: dict[int, Reference],
    rounds: int,
    tell: Callable[[str], None],
) -> list[Measured]:
    """Check each peer, then time those that are right, in interleaved rounds."""
    processes: list[Process] = []
    results: list[Measured] = []
    try:
        for peer, problem in peers:
            tell(f"checking {peer.title}")
            process = Process(peer, problem)
            processes.append(process)
            results.append(checked(process, references[problem.steps]))
        for number in range(rounds):
            tell(f"round {number + 1} of {rounds}")
            for process, result in zip(processes, results, strict=True):
                time_once(process, result)
    finally:
        for process in processes:
            process.end()
    return results


def first_calls(process: Process) -> tuple[Measured, dict]:
    """What a peer answers first, in a result that says whether it could."""
    result = Measured(process.peer, process.problem, "ok")
    answer = process.answer()
    if "ready" in answer:
        answer = process.ask("check")
    for status in ("missing", "failed"):
        if status in answer:
            result.status, result.detail = status, answer[status]
            break
    return result, answer


def checked(process: Process, reference: Reference) -> Measured:
    """The peer's first calls, compared with the reference."""
    result, answer = first_calls(process)
    if result.status != "ok":
        return result
    expected = (reference.value, reference.value, *reference.gradient)
    found = (answer["primal_value"], answer["value"], *answer["gradient"])
    errors = [abs(f - e) / abs(e) for f, e in zip(found, expected, strict=True)]
    result.first = {**answer, "largest_relative_error": max(errors)}
    if not max(errors) <= TOLERANCE:
        result.status, result.detail = "wrong", f"found {found}, expected {expected}"
    return result


def time_once(process: Process, result: Measured) -> None:
    if result.status != "ok":
        return
    answer = process.ask("round")
    if "failed" in answer:
        result.status, result.detail = "failed", answer["failed"]
    else:
        result.rounds.append(answer)
