"""PyTorch by ``torch.compile``: a program without loops whole, of loops the innermost step.

To unroll a loop takes compilation minutes, so that loops run in Python around the compiled step.
"""

import importlib
from collections.abc import Callable
from types import CodeType
from typing import Any

import torch

from benchmarks.peers import torch_names
from benchmarks.peers.program_loop import Loop
from benchmarks.peers.program_torch import calls_of, inputs_of


class Watching(Loop):
    """Loops that note whose steps loop themselves.

    loops : the code of each step, and whether there is a loop in it.
    """

    def __init__(self):
        super().__init__(torch_names)
        self.loops: dict[CodeType, bool] = {}
        self.running: list[CodeType] = []

    def watched(self, step: Callable) -> Callable:
        for code in self.running:
            self.loops[code] = True
        self.loops.setdefault(step.__code__, False)

        def run(*args: Any) -> Any:
            self.running.append(step.__code__)
            try:
                return step(*args)
            finally:
                self.running.pop()

        return run

    def __call__(self, step, state, count):
        return super().__call__(self.watched(step), state, count)

    def scan(self, step, state, items):
        return super().scan(self.watched(step), state, items)

    def until(self, step, state, going):
        return super().until(self.watched(step), state, going)


class Compiling(Loop):
    """Loops whose steps are compiled unless there is a loop in them."""

    def __init__(self, loops: dict[CodeType, bool]):
        super().__init__(torch_names)
        self.loops = loops

    def compiled(self, step: Callable) -> Callable:
        return step if self.loops[step.__code__] else torch.compile(step, fullgraph=True)

    def __call__(self, step, state, count):
        return super().__call__(self.compiled(step), state, count)

    def scan(self, step, state, items):
        return super().scan(self.compiled(step), state, items)

    def until(self, step, state, going):
        return super().until(self.compiled(step), state, going)


def prepare(program: str, args: tuple):
    form = importlib.import_module(f"benchmarks.array_forms.{program}").loss
    watching = Watching()
    with torch.no_grad():
        form(torch_names, watching, *inputs_of(program, args, False))
    loop = Compiling(watching.loops)

    def loss(*inputs):
        return form(torch_names, loop, *inputs)

    return calls_of(loss if watching.loops else torch.compile(loss, fullgraph=True), program, args)
