"""HIPS autograd: the program on whole arrays, where it can be written so."""

import importlib

import autograd
import autograd.numpy as np

from benchmarks.peers.program_loop import Loop
from benchmarks.programs import Problem


def prepare(program: str, args: tuple):
    form = importlib.import_module(f"benchmarks.array_forms.{program}").loss
    argnums = Problem(program).module.ARGNUMS

    def loss(chosen):
        whole = list(args)
        for n, value in zip(argnums, chosen, strict=True):
            whole[n] = value
        return form(np, Loop(np), *whole)

    derivative = autograd.value_and_grad(loss)
    chosen = tuple(args[n] for n in argnums)
    return lambda: float(loss(chosen)), lambda: derivative(chosen)
