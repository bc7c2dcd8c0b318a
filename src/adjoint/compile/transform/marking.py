"""Loops of the program whose turns are independent, which code generation may run side by side."""

from collections.abc import Iterable
from dataclasses import replace

from adjoint.compile.ir.copying import with_loops
from adjoint.compile.ir.nodes import For, Function, Store, While, walk
from adjoint.compile.transform.aliases import Aliases
from adjoint.compile.transform.independence import Memory


def marked(function: Function) -> Function:
    """The function with the own arrays of its loops, where their turns are independent."""
    memory = Memory(function, Aliases(function))

    def of_loop(loop: For | While) -> Iterable[For | While]:
        if isinstance(loop, While) or loop.own is not None:
            return [loop]
        found = memory.independence(loop, [p for p in loop.params if p.type.is_float])
        if found is None or any(p.type.is_array or not p.type.is_float for p in loop.params):
            return [loop]
        if any(
            isinstance(s, Store) and s.adds and s.array in found.written for s in walk(loop.body)
        ):
            return [loop]  # in the program's order
        return [replace(loop, own=found.private)]

    return replace(function, body=with_loops(function.body, of_loop))
