"""Reverse loops that are left out where what comes to them is zero.

A minimum hands its cotangent to one of its candidates and zero to the others; a loop that computed
one of these need not be reversed. What counts is which side was chosen, not that the cotangent is
zero: so it is exact, and stays so when the adjoint is differentiated again.
"""

from collections.abc import Callable, Sequence

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    BOOL,
    Apply,
    Atom,
    Block,
    Builder,
    Const,
    For,
    If,
    Pop,
    Push,
    Statement,
    Store,
    Var,
    While,
    constant,
    walk,
)
from adjoint.compile.transform.activity import Activity
from adjoint.compile.transform.splitting import in_parts


def add_reverse_loop(
    builder: Builder,
    loop: For,
    count: int,
    primal: For | While,
    active: Activity,
    views: set[Var],
) -> tuple[Var, ...]:
    """Add the reverse of a loop; returns the variables that hold its results.

    Parameters
    ----------
    count : how many of the values it carries are cotangents that come to it; it adds to the others.
    primal : the loop it reverses.
    views : the shadows that share memory with others.
    """
    seeds = loop.inits[:count]
    chosen = [choice(builder.statements, seed) for seed in seeds]
    tests = [test for test in chosen if test is not None]
    taped = any(isinstance(s, Push | Pop) for s in walk(loop.body))
    sets = any(isinstance(s, Store) and not s.adds for s in walk(loop.body))
    if not seeds or len(tests) < len(seeds) or taped or sets or stores_active(primal, active):
        for part in in_parts(builder, loop, views):
            builder.add(part)
        return loop.outs
    outs = tuple(Var(out.name, out.type) for out in loop.outs)
    nothing = (*(constant(0, seed.type) for seed in seeds), *loop.inits[count:])
    test = any_of(builder, tests)
    builder.add(If(test, Block((loop,), loop.outs), Block((), nothing), outs, loop.place))
    return outs


def any_of(builder: Builder, tests: Sequence[tuple[Atom, bool]]) -> Atom:
    """True if one of the tests came out as it is said to."""
    found: Atom = Const(False)
    for position, (test, wanted) in enumerate(dict.fromkeys(tests)):
        if not wanted:
            test = made(builder, operations.negation, test)
        found = test if position == 0 else made(builder, operations.either, found, test)
    return found


def made(builder: Builder, function: Callable, *args: Atom) -> Var:
    out = Var("counts", BOOL)
    builder.add(Apply(out, function, args, (), builder.place))
    return out


def choice(statements: list[Statement], seed: Atom) -> tuple[Atom, bool] | None:
    """The test that chose between a number and zero, and how it comes out for the number."""
    if seed.type.is_array:
        return None
    for statement in reversed(statements):
        match statement:
            case Apply() if statement.out is seed:
                if statement.function is not operations.select:
                    return None
                test, *sides = statement.args
                return chooses(test, sides)
            case If() if seed in statement.outs:
                place = statement.outs.index(seed)
                sides = [side.yields[place] for side in (statement.then, statement.orelse)]
                return chooses(statement.test, sides)
    return None


def chooses(test: Atom, sides: Sequence[Atom]) -> tuple[Atom, bool] | None:
    for position, side in enumerate(sides):
        if isinstance(side, Const) and side.value == 0.0:
            return test, position == 1
    return None


def stores_active(primal: For | While, active: Activity) -> bool:
    """True if cotangents also come to a loop by way of arrays."""
    return any(isinstance(s, Store) and s.array in active for s in walk(primal.body))
