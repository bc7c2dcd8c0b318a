"""One peer in a process of its own: answers commands on stdin with one line of JSON each.

It measures only when told to, so that the harness can interleave the peers. Anything the peer's
packages print goes to stderr.
"""

import ctypes
import ctypes.util
import gc
import importlib
import importlib.metadata
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numba

from benchmarks.flight import PEERS, Problem, fly

BURST_SECONDS = 0.01  # a burst repeats its call for about this long
BURSTS = 5
SLOW_SECONDS = 0.2  # a call this slow is timed once per round
MEMORY_CALLS = 5


class Worker:
    """A prepared peer, and the plain Numba primal that its times are compared with."""

    def __init__(self, name: str, problem: Problem):
        peer = next(peer for peer in PEERS if peer.name == name)
        module = importlib.import_module(f"benchmarks.peers.{peer.module}")
        self.versions = {package: version_of(package) for package in peer.packages}
        self.primal, self.gradient = module.prepare(problem)
        self.forget = getattr(module, "forget", lambda: None)
        compiled = numba.njit(fly)
        self.calls: dict[str, Callable] = {
            "numba_primal": lambda: compiled(*problem.args),
            "primal": self.primal,
            "gradient": self.gradient,
        }
        self.seconds: dict[str, float] = {}

    def check(self) -> dict:
        """The first calls, with what they cost, and the figures to be checked."""
        self.first_numba = timed(self.calls["numba_primal"])[1]
        before = peak_memory_mib()
        (value, gradient), first_gradient = timed(self.gradient)
        primal_value, first_primal = timed(self.primal)
        after = peak_memory_mib()
        self.seconds = {key: timed(call)[1] for key, call in self.calls.items()}
        return {
            "versions": self.versions,
            "primal_value": primal_value,
            "value": value,
            "gradient": self.figures(gradient),
            "first_numba_s": self.first_numba,
            "first_primal_s": first_primal,
            "first_gradient_s": first_gradient,
            "peak_memory_growth_mib": None if before is None else after - before,
            "gradient_memory_mib": memory_of_a_call(self.gradient, self.forget),
        }

    def figures(self, gradient: tuple) -> list[float]:
        """What is compared with the reference."""
        return list(gradient)

    def round(self) -> dict:
        """Seconds per call, of the processor and of the clock on the wall.

        The three calls take turns in short bursts, and the median burst counts: what disturbs one
        of them disturbs its neighbours too.
        """
        bursts: dict[str, list[tuple[float, float]]] = {key: [] for key in self.calls}
        for number in range(BURSTS):
            for key, call in self.calls.items():
                if number == 0 or self.seconds[key] < SLOW_SECONDS:
                    repeats = max(1, round(BURST_SECONDS / self.seconds[key]))
                    bursts[key].append(per_call(call, repeats))
        measured = {}
        for key, pairs in bursts.items():
            processor, wall = zip(*pairs, strict=True)
            measured[f"{key}_s"] = statistics.median(processor)
            measured[f"{key}_wall_s"] = statistics.median(wall)
        return measured


def version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed, run from its source"


def timed(call: Callable) -> tuple:
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def per_call(call: Callable, repeats: int) -> tuple[float, float]:
    """Processor and wall seconds of one call, the mean of `repeats` calls."""
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        call()
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    return processor / repeats, wall / repeats


def memory_mib(name: str) -> float | None:
    """What the system says of this process's memory; None where it says nothing."""
    try:
        with open("/proc/self/status") as status:
            (line,) = [line for line in status if line.startswith(name)]
    except (OSError, ValueError):
        return None
    return int(line.split()[1]) / 1024


def peak_memory_mib() -> float | None:
    """The most memory this process has held; None where the system does not say."""
    return memory_mib("VmHWM")


def memory_of_a_call(call: Callable, forget: Callable) -> float | None:
    """By how many MiB one more call lets the resident memory grow at its peak; the median of five.

    What a call works in must count each time. So `forget` drops first what the peer keeps from call
    to call, and the C library gives back to the system what it keeps of memory that was freed. None
    where the system cannot begin a new peak (Linux can).

    forget : adjoint keeps the tapes of a call for the next one, which it drops here. The others
        keep nothing, or what is written for them in this folder makes it anew in each call.
    """
    found = []
    for _ in range(MEMORY_CALLS):
        forget()
        before = settled_memory_mib()
        if before is None:
            return None
        call()
        found.append(peak_memory_mib() - before)
    return statistics.median(found)


def settled_memory_mib() -> float | None:
    """The resident memory once all that is free was given back, from which a new peak begins."""
    gc.collect()
    try:
        ctypes.CDLL(ctypes.util.find_library("c")).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    except (OSError, AttributeError):
        return None
    return memory_mib("VmRSS")


def serve(make_worker: Callable[[], Worker]) -> None:
    """Answer the commands on stdin with a worker that is made first."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what packages print must not mix with the answers

    def answer(content: dict) -> None:
        answers.write(json.dumps(content) + "\n")

    try:
        worker = make_worker()
    except (ModuleNotFoundError, NotImplementedError) as missing:
        answer({"missing": str(missing)})
        return
    except Exception as error:
        answer({"failed": f"{type(error).__name__}: {error}"})
        return
    answer({"ready": True})
    for command in sys.stdin:
        try:
            answer({"check": worker.check, "round": worker.round}[command.strip()]())
        except NotImplementedError as missing:
            answer({"missing": str(missing)})
        except Exception as error:
            answer({"failed": f"{type(error).__name__}: {error}"})


def main(name: str, problem: str) -> None:
    serve(lambda: Worker(name, Problem(**json.loads(problem))))


if __name__ == "__main__":
    main(*sys.argv[1:])
