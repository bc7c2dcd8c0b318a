"""The reverse of a turn that is made again: its state is kept, its tape only while it is reversed.

The forward loop runs as it stands and records what each turn starts from; the reverse loop runs
the turn once more from there, recording, and then backwards. Arrays that turns change are kept
whole and made again in memory of their own, because the reverse sweep leaves the program's alone.
"""

from typing import TYPE_CHECKING

from adjoint.compile import operations
from adjoint.compile.ir.copying import Copier
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    For,
    Pop,
    Push,
    Statement,
    Store,
    Var,
    While,
    free,
    walk,
)
from adjoint.errors import UnsupportedSyntax

if TYPE_CHECKING:
    from adjoint.compile.transform.reverse import Reverse


def remade(
    sweep: "Reverse", s: For | While, taped: tuple[Statement, ...], reverse: Block
) -> tuple[list[Statement], tuple[Statement, ...], Block]:
    """What runs before the forward loop, the forward turn, and the turn of the reverse loop.

    Parameters
    ----------
    taped : the statements of a turn, recording for `reverse`.
    """
    changed, steady = outer_arrays(sweep, s)
    copies = {v: Var(f"{v.name}_kept", v.type) for v in steady}
    before = [Apply(out, operations.copy, (v,), (), s.place) for v, out in copies.items()]
    own: dict[Var, Atom] = {v: Var(v.name, v.type) for v in changed}
    block = Copier({**copies, **own}).block(Block((*taped, *reverse.statements), reverse.yields))
    kept = tuple(v for v in free(block) if v in s.params)
    states = {v: Var(f"{v.name}_kept", v.type) for v in changed}
    again = [Apply(own[v], operations.copy, (out,), (), s.place) for v, out in states.items()]
    names: dict[Var, Atom] = {v: Var(v.name, v.type) for v in kept}
    block = Copier(dict(names)).block(block)
    if not kept and not changed:
        return before, s.body.statements, block
    tape = sweep.tapes.tape()
    pair = object()
    push = Push(tape, (*kept, *changed), s.place, pair)
    pop = Pop(tape, (*names.values(), *states.values()), s.place, pair)
    whole = Block((pop, *again, *block.statements), block.yields)
    return before, (push, *s.body.statements), whole


def outer_arrays(sweep: "Reverse", s: For | While) -> tuple[list[Var], list[Var]]:
    """The arrays from outside that turns change, and those that change elsewhere."""
    stored = {
        v
        for found in walk(s.body)
        if isinstance(found, Store)
        for v in sweep.aliases.of(found.array)
    }
    moving = [v for v in free(s.body) if v.type.is_array and v in sweep.changed]
    changed = [v for v in moving if v in stored]
    roots = [sweep.aliases.root(v) for v in changed]
    if len(set(roots)) < len(roots):
        raise UnsupportedSyntax(
            "a turn of a loop that calls a checkpointed function changes an array that it also "
            "reaches as a view",
            instead="take the view inside the loop, or return a new array",
            place=s.place,
        )
    return changed, [v for v in moving if v not in stored]
