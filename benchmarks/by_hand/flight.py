"""The adjoint of the benchmark of the flight alone, which keeps the velocities of each step."""

from benchmarks.peers.numba_hand import value_and_gradient

__all__ = ["value_and_gradient"]
