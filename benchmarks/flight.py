"""The flight benchmark: a ball with air resistance, stepped in a ``while`` loop until it lands.

It is the program that array frameworks find hardest, a long loop of scalar operations that ends
when the data say so; here stand the primal, its reference gradient and the table of peers.
"""

import ast
import cmath
import inspect
import math
import textwrap
from dataclasses import dataclass

GRAVITY = 9.81
MUZZLE = 0.3


def fly(speed, angle, drag, time_step):
    """Distance in metres at which the ball lands, the last step interpolated."""
    half = 0.5 * time_step * time_step
    vx = speed * math.cos(angle)
    vy = speed * math.sin(angle)
    x, y = 0.0, MUZZLE
    x_before, y_before = x, y
    while y > 0.0:
        x_before, y_before = x, y
        pull = drag * math.sqrt(vx * vx + vy * vy)
        ax = -pull * vx
        ay = -pull * vy - GRAVITY
        x += time_step * vx + half * ax
        y += time_step * vy + half * ay
        vx += time_step * ax
        vy += time_step * ay
    share = y_before / (y_before - y)
    return x_before + share * (x - x_before)


def fly_complex(speed, angle, drag, time_step):
    """`fly` on complex numbers; returns ``(distance, steps)``. For `reference` only."""
    half = 0.5 * time_step * time_step
    vx = speed * cmath.cos(angle)
    vy = speed * cmath.sin(angle)
    x, y, steps = 0j, complex(MUZZLE), 0
    x_before, y_before = x, y
    while y.real > 0.0:
        x_before, y_before = x, y
        pull = drag * cmath.sqrt(vx * vx + vy * vy)
        ax = -pull * vx
        ay = -pull * vy - GRAVITY
        x += time_step * vx + half * ax
        y += time_step * vy + half * ay
        vx += time_step * ax
        vy += time_step * ay
        steps += 1
    share = y_before / (y_before - y)
    return x_before + share * (x - x_before), steps


@dataclass(frozen=True)
class Problem:
    """One flight; the gradient asked for is that with respect to speed and angle."""

    speed: float
    angle: float
    drag: float
    time_step: float
    steps: int

    @property
    def args(self) -> tuple[float, float, float, float]:
        return self.speed, self.angle, self.drag, self.time_step


@dataclass(frozen=True)
class Reference:
    """What every peer must reproduce before it is timed."""

    value: float
    gradient: tuple[float, float]


def problem_of(steps: int, speed: float = 10.0, angle: float = 0.7, drag: float = 0.1) -> Problem:
    """A flight of about `steps` steps: the time step is the flight time divided by `steps`."""
    coarse = 1e-3
    time_of_flight = coarse * fly_complex(speed, angle, drag, coarse)[1]
    time_step = time_of_flight / steps
    return Problem(speed, angle, drag, time_step, fly_complex(speed, angle, drag, time_step)[1])


def reference(problem: Problem) -> Reference:
    """Value and gradient by complex steps (Squire & Trapp 1998), exact to rounding."""
    tiny = 1e-100
    rest = problem.drag, problem.time_step
    by_speed, _ = fly_complex(complex(problem.speed, tiny), problem.angle, *rest)
    by_angle, _ = fly_complex(problem.speed, complex(problem.angle, tiny), *rest)
    return Reference(by_speed.real, (by_speed.imag / tiny, by_angle.imag / tiny))


HOW_COUNTED = (
    "arithmetic operators, augmented assignments and math calls in the body of the while loop, "
    "times the steps; each of them has an operand that carries a derivative; comparisons, copies "
    "and the few operations outside the loop are not counted"
)


def operations_per_step() -> int:
    """Scalar operations of one step of `fly`, counted in its source as `HOW_COUNTED` says."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(fly)))
    (loop,) = [node for node in ast.walk(tree) if isinstance(node, ast.While)]
    counted = (ast.BinOp, ast.UnaryOp, ast.AugAssign, ast.Call)
    return sum(isinstance(node, counted) for line in loop.body for node in ast.walk(line))


@dataclass(frozen=True)
class Peer:
    """A row of the benchmark.

    module : the module of `benchmarks.peers` that prepares it.
    packages : distributions whose versions are reported.
    compiled : runs machine code, and so the long flight; the others run a short one.
    """

    name: str
    title: str
    module: str
    packages: tuple[str, ...]
    compiled: bool


PEERS = (
    Peer("numba_hand", "Numba by hand", "numba_hand", ("numba",), True),
    Peer("adjoint_compiled", "adjoint compiled", "adjoint_compiled", ("adjoint", "numba"), True),
    Peer("jax_scan", "JAX jit, lax.scan", "jax_scan", ("jax", "jaxlib"), True),
    Peer("adjoint_traced", "adjoint traced", "adjoint_traced", ("adjoint",), False),
    Peer("torch_eager", "PyTorch eager", "torch_eager", ("torch",), False),
    Peer("hips_autograd", "HIPS autograd", "hips_autograd", ("autograd",), False),
)

COMPILED = ("numba_hand", "adjoint_compiled", "jax_scan", "torch_eager", "hips_autograd")
TRACED = ("adjoint_traced", "torch_eager", "hips_autograd")
