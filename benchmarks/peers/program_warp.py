"""Warp: the program as kernels, where there are some, on the processor, reversed by a tape."""

import importlib
import tempfile

import numpy as np
import warp as wp

from benchmarks.programs import Problem

MADE = tempfile.TemporaryDirectory()  # so that a first call compiles
wp.config.quiet = True
wp.config.kernel_cache_dir = MADE.name
wp.set_device("cpu")


def prepare(program: str, args: tuple):
    launch = importlib.import_module(f"benchmarks.warp_forms.{program}").launch
    argnums = Problem(program).module.ARGNUMS

    def inputs(needed: bool) -> list:
        return [array_of(args[n], needed) for n in argnums]

    def value_and_gradient():
        given = inputs(True)
        with wp.Tape() as tape:
            value = launch(args, given)
        tape.backward(value)
        found = [
            x.grad.numpy().reshape(np.shape(args[n])) for n, x in zip(argnums, given, strict=True)
        ]
        return float(value.numpy()[0]), tuple(map(np.copy, found))

    return lambda: float(launch(args, inputs(False)).numpy()[0]), value_and_gradient


def array_of(x, needed: bool) -> wp.array:
    """Numbers as an array of one, rows of three as vectors."""
    x = np.atleast_1d(np.asarray(x, float))
    dtype = wp.vec3d if x.ndim == 2 else wp.float64
    return wp.array(x, dtype=dtype, requires_grad=needed)
