"""PyTorch eager: the program on whole arrays, where it can be written so."""

import importlib

import numpy as np
import torch

from benchmarks.peers.program_loop import repeat
from benchmarks.programs import Problem

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


class Names:
    """PyTorch under the names of NumPy."""

    def __getattr__(self, name):
        return getattr(torch, name)

    def sum(self, x, axis=None):
        return torch.sum(x) if axis is None else torch.sum(x, dim=axis)

    def stack(self, items, axis=0):
        return torch.stack(tuple(items), dim=axis)

    def max(self, x, axis):
        return torch.amax(x, dim=axis)

    def moveaxis(self, x, source, destination):
        return torch.movedim(x, source, destination)


def prepare(program: str, args: tuple):
    form = importlib.import_module(f"benchmarks.array_forms.{program}").loss
    argnums = Problem(program).module.ARGNUMS

    def given(needed: bool) -> list:
        made = [a if isinstance(a, int) else torch.as_tensor(a) for a in args]
        for n in argnums:
            made[n] = made[n].clone().requires_grad_(needed)
        return made

    def primal():
        with torch.no_grad():
            return form(Names(), repeat, *given(False)).item()

    def gradient():
        inputs = given(True)
        value = form(Names(), repeat, *inputs)
        found = torch.autograd.grad(value, [inputs[n] for n in argnums])
        return value.item(), tuple(np.asarray(g) for g in found)

    return primal, gradient
