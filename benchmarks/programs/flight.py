"""The flight of a ball with drag (`benchmarks.flight`): a loop that ends when the data say so."""

from benchmarks.flight import fly, problem_of

ARGNUMS = (0, 1)
SHORT = {"steps": 1_000}


def arguments(steps: int = 100_000) -> tuple:
    return problem_of(steps).args


loss = fly
