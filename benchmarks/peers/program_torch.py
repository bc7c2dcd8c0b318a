"""PyTorch eager: the program on whole arrays, where it can be written so."""

import importlib
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.peers import torch_names
from benchmarks.peers.program_loop import Loop
from benchmarks.programs import Problem

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def prepare(program: str, args: tuple):
    form = importlib.import_module(f"benchmarks.array_forms.{program}").loss
    loop = Loop(torch_names)
    return calls_of(lambda *inputs: form(torch_names, loop, *inputs), program, args)


def inputs_of(program: str, args: tuple, needed: bool) -> list:
    """The arguments as tensors; those to differentiate want a gradient if `needed`."""
    made = [a if isinstance(a, int) else torch.as_tensor(a) for a in args]
    for n in Problem(program).module.ARGNUMS:
        made[n] = made[n].clone().requires_grad_(needed)
    return made


def calls_of(loss: Callable, program: str, args: tuple) -> tuple[Callable, Callable]:
    """The primal, and value and gradient, of a loss of tensors."""
    argnums = Problem(program).module.ARGNUMS

    def primal():
        with torch.no_grad():
            return loss(*inputs_of(program, args, False)).item()

    def gradient():
        inputs = inputs_of(program, args, True)
        value = loss(*inputs)
        found = torch.autograd.grad(value, [inputs[n] for n in argnums])
        return value.item(), tuple(np.asarray(g) for g in found)

    return primal, gradient
