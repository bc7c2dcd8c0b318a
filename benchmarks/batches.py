"""Ensembles on one core and on all, and long loops with and without checkpoints.

Each row is measured in a process of its own, so that its memory is its own: ``python -m
benchmarks.batches ROW`` prints one as JSON, ``python -m benchmarks batches`` all of them.
"""

import importlib
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

import adjoint as ad

ROOT = Path(__file__).resolve().parent.parent
TRAJECTORIES, STEPS, TURNS = 20_000, 200, 1_000_000


def fly(speed, drag):
    """Height and distance after `STEPS` steps, as one number."""
    x, y, vx, vy = 0.0, 0.0, speed, speed
    for _ in range(STEPS):
        pull = drag * math.sqrt(vx * vx + vy * vy)
        vx -= 1e-3 * pull * vx
        vy -= 1e-3 * (pull * vy + 9.81)
        x += 1e-3 * vx
        y += 1e-3 * vy
    return x * x + y


def swing(x, v, k):
    v -= 1e-3 * (k * math.sin(x) + 0.01 * v)
    return x + 1e-3 * v, v


kept_swing = ad.checkpoint(swing)


def counted(x, v, k, n):
    for _ in range(n):
        x, v = swing(x, v, k)
    return x * x + v


def counted_kept(x, v, k, n):
    for _ in range(n):
        x, v = kept_swing(x, v, k)
    return x * x + v


def until(x, v, k, n):
    time_ = 0.0
    while time_ < n:
        x, v = swing(x, v, k)
        time_ += 1.0
    return x * x + v


def until_kept(x, v, k, n):
    time_ = 0.0
    while time_ < n:
        x, v = kept_swing(x, v, k)
        time_ += 1.0
    return x * x + v


def ensemble() -> tuple[np.ndarray, np.ndarray]:
    return np.linspace(1.0, 30.0, TRAJECTORIES), np.linspace(0.01, 0.2, TRAJECTORIES)


def primal_by_numba() -> Callable:
    one = numba.njit(fly)

    def loop(speeds, drags):
        found = np.empty(len(speeds))
        for i in range(len(speeds)):
            found[i] = one(speeds[i], drags[i])
        return found

    compiled = numba.njit(loop)
    return lambda: compiled(*ensemble())


def gradients() -> Callable:
    batched = ad.vmap(ad.grad(ad.jit(fly), (0, 1)))
    return lambda: batched(*ensemble())


def gradients_by_jax() -> Callable:
    peer = importlib.import_module("benchmarks.peers.ensemble_jax")
    batched = peer.gradients(STEPS)
    return lambda: batched(*ensemble())


def gradient_of(loop: Callable) -> Callable:
    compiled = ad.value_and_grad(ad.jit(loop), (0, 1, 2))
    compiled(1.0, 0.5, 2.0, 10)  # so that the memory that is measured is not the compiler's
    return lambda: compiled(1.0, 0.5, 2.0, TURNS)


ROWS: dict[str, tuple[Callable[[], Callable], int]] = {
    "ensemble: values, Numba, 1 thread": (primal_by_numba, 1),
    "ensemble: gradients, 1 thread": (gradients, 1),
    "ensemble: gradients, 2 threads": (gradients, 2),
    "ensemble: gradients, JAX vmap, 2 threads": (gradients_by_jax, 2),
    "a million turns, counted": (lambda: gradient_of(counted), 1),
    "a million turns, counted, checkpointed": (lambda: gradient_of(counted_kept), 1),
    "a million turns, while": (lambda: gradient_of(until), 1),
    "a million turns, while, checkpointed": (lambda: gradient_of(until_kept), 1),
}


def measured(name: str, rounds: int) -> dict:
    """Seconds of the fastest round, and megabytes that the calls added to the process's peak."""
    run = ROWS[name][0]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return {"seconds": min(times), "megabytes": memory / 1e3}


def all_measured(rounds: int) -> dict[str, dict]:
    """Every row, each in a process of its own; a row that fails is left out."""
    found = {}
    for name, (_, threads) in ROWS.items():
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.batches", name, str(rounds)],
            cwd=ROOT,
            env={**os.environ, "NUMBA_NUM_THREADS": str(threads), "JAX_PLATFORMS": "cpu"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            found[name] = json.loads(done.stdout)
    return found


def markdown(content: dict[str, dict]) -> str:
    lines = ["| | time | memory |", "|---|---|---|"]
    for name, row in content.items():
        memory = f"{row['megabytes']:.0f} MB" if name.startswith("a million") else ""
        lines.append(f"| {name} | {1e3 * row['seconds']:.0f} ms | {memory} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
