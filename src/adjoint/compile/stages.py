"""What each pass of the compiler makes of a function, as readable source.

Every stage is a program: its source computes what the next one's does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adjoint.compile.codegen.printer import Source, print_function
from adjoint.compile.executable import Executable
from adjoint.compile.ir.nodes import Atom, Var
from adjoint.compile.program import Program
from adjoint.compile.transform.reverse import reverse
from adjoint.compile.transform.simplify import simplify
from adjoint.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Request:
    """A derivative that was asked for.

    Attributes
    ----------
    wrt, seeds : as `reverse` takes them.
    adjoint : what is run for it.
    """

    program: Program
    wrt: Sequence[Var]
    seeds: Sequence[Atom | None]
    adjoint: Executable


def reversed_source(request: Request) -> Source:
    return print_function(reverse(request.program.function, request.wrt, request.seeds))


def simplified_source(request: Request) -> Source:
    return print_function(simplify(reverse(request.program.function, request.wrt, request.seeds)))


STAGES: dict[str, Callable[[Request], Source]] = {
    "lowered": lambda request: print_function(request.program.lowered),
    "primal": lambda request: print_function(request.program.function),
    "reversed": reversed_source,
    "simplified": simplified_source,
    "shared": lambda request: request.adjoint.source,
    "machine": lambda request: request.adjoint.direct,
}
"""By name, in the order of the passes: the function as it was read, with what is computed twice
computed once and what is dead removed; its reverse, simplified, and with what both sweeps compute
computed once; and as Numba reads it, with calls of stretches that are written as machine code."""


def at_stage(stage: str, request: Request) -> Source:
    """What a pass made of a function.

    Raises
    ------
    InvalidArgument
        if there is no such stage.
    """
    if stage not in STAGES:
        raise InvalidArgument(
            f"there is no stage {stage!r}", instead=f"one of {', '.join(map(repr, STAGES))}"
        )
    return STAGES[stage](request)
