"""Copies of arrays as they were, for the reverse sweep, and when they are put on a tape."""

from collections.abc import Callable, Iterable

from adjoint.compile import operations
from adjoint.compile.ir.copying import Substitution
from adjoint.compile.ir.nodes import Apply, Block, Pop, Push, Statement, Tape, Var, free, walk
from adjoint.compile.transform.independence import stored

Statements = tuple[Statement, ...]


def taken_once(
    forward: Statements,
    backward: Block,
    copies: set[Var],
    aliases: Callable[[Var], Iterable[Var]],
) -> tuple[Statements, Block]:
    """A block and its reverse, in which one copy serves as long as nothing changes the array.

    `copies` : those that nobody but reverse sweeps reads; `aliases` : what shares memory.
    """
    latest: dict[Var, Var] = {}
    names: dict[Var, Var] = {}
    statements = []
    for s in forward:
        if isinstance(s, Apply) and s.out in copies:
            (array,) = s.args
            if array in latest:
                names[s.out] = latest[array]
                continue
            latest[array] = s.out
        elif latest:
            for changed in stored(Block((s,))):
                for array in aliases(changed):
                    latest.pop(array, None)
        statements.append(s)
    if not names:
        return forward, backward
    reader = Substitution(dict(names))
    return tuple(map(reader.statement, statements)), reader.block(backward)


def recorded_at_once(
    forward: Statements, kept: tuple[Var, ...], tape: Tape
) -> tuple[Statements, dict[Var, object]]:
    """A turn that records arrays where it would make copies to record, and these copies' pairs.

    Only after everything else that the turn puts on this tape, because what is recorded last is
    taken first.
    """
    statements, found = list(forward), {}
    for position in reversed(range(len(forward))):
        s = forward[position]
        if any(isinstance(t, Push | Pop) and t.tape is tape for t in walk(Block((s,)))):
            break
        if not isinstance(s, Apply) or s.function is not operations.copy or s.out not in kept:
            continue
        if s.out not in free(Block(forward[position + 1 :])):
            found = {s.out: object(), **found}
            statements[position] = Push(tape, s.args, s.place, found[s.out])
    return tuple(statements), found
