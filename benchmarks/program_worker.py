"""As `benchmarks.worker`, for one of the programs of `benchmarks.programs`."""

import importlib
import json
import sys
from collections.abc import Callable

from benchmarks.program_peers import PEERS
from benchmarks.programs import Problem, numba_primal, slopes
from benchmarks.worker import Worker, serve, version_of


class ProgramWorker(Worker):
    """A peer that runs one of the programs."""

    def __init__(self, name: str, problem: Problem):
        peer = next(peer for peer in PEERS if peer.name == name)
        module = importlib.import_module(f"benchmarks.peers.{peer.module}")
        self.versions = {package: version_of(package) for package in peer.packages}
        self.program = problem.module
        self.args = problem.arguments
        self.primal, self.gradient = module.prepare(problem.program, self.args)
        self.forget = getattr(module, "forget", lambda: None)
        compiled = numba_primal(self.program)
        self.calls: dict[str, Callable] = {
            "numba_primal": lambda: compiled(*self.args),
            "primal": self.primal,
            "gradient": self.gradient,
        }
        self.seconds: dict[str, float] = {}

    def figures(self, gradient: tuple) -> list[float]:
        return slopes(self.program, self.args, gradient)


if __name__ == "__main__":
    serve(lambda: ProgramWorker(sys.argv[1], Problem(**json.loads(sys.argv[2]))))
