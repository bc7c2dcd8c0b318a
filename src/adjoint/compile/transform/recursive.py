"""Derivatives of functions that call themselves: their adjoint and tangent call themselves too.

A function that returns one number is reversed with the cotangent one: its adjoint returns the
result and a slope for each argument, and a call is reversed by multiplying what it returned. So
nothing is on a tape, no primal runs twice, and the work is that of the primal times a constant,
whatever the depth. The tangent returns what the primal does beside it, for the same reason. The
adjoint of a function that returns several numbers (the adjoint of an adjoint) runs the primal of
each inner call again: for a recursion of depth n its work is at most n times that of the primal.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    FLOAT,
    Apply,
    Atom,
    Builder,
    Const,
    Function,
    Statement,
    Type,
    Var,
    walk,
)
from adjoint.compile.ir.recursion import Recursive
from adjoint.compile.ir.verifying import verify
from adjoint.compile.transform.activity import Activity
from adjoint.compile.transform.aliases import Aliases
from adjoint.compile.transform.pullbacks import product
from adjoint.compile.transform.simplify import simplify
from adjoint.errors import Place, UnsupportedType

if TYPE_CHECKING:
    from adjoint.compile.transform.reverse import Reverse

SEVERAL = Type("float", 1)


def reverse_call(
    sweep: "Reverse", s: Apply, op: Recursive, ct: Atom, reverse: Callable
) -> list[Statement]:
    """Reverse a call: with its slopes, if it returns one number. Returns what runs forward."""
    if op.count is not None:
        call_again(sweep, s, op, ct, reverse)
        return [s]
    active = [i for i, arg in enumerate(s.args) if arg in sweep.active]
    made, positions = sloped(op, active, reverse, s.place)
    found = Var("found", made.result)
    slopes = [Var("slope", FLOAT) for _ in positions]
    forward = Builder([Apply(found, made, s.args, (), s.place)])
    parts(forward, found, (s.out, *slopes), s.place)
    for position, slope in zip(positions, slopes, strict=True):
        if s.args[position] in sweep.active:
            ct_of_arg = sweep.emit(product(sweep), ct, slope)
            sweep.accumulate(s.args[position], ct_of_arg)
    return forward.statements


def call_again(sweep: "Reverse", s: Apply, op: Recursive, ct: Atom, reverse: Callable) -> None:
    """Reverse a call that returned several numbers: its adjoint runs it again."""
    assert op.count is not None
    cts = [Var("ct", FLOAT) for _ in range(op.count)]
    parts(sweep.builder, ct, cts, s.place)
    made = pulled(op, reverse, s.place)
    floats = [a for a, type_ in zip(s.args, op.params, strict=True) if type_.is_float]
    found = [Var("ct", FLOAT) for _ in floats]
    parts(sweep.builder, sweep.emit(made, *s.args, *cts), found, s.place)
    for arg, slope in zip(floats, found, strict=True):
        sweep.accumulate(arg, slope)


def sloped(
    op: Recursive, positions: Iterable[int], reverse: Callable, place: Place | None
) -> tuple[Recursive, tuple[int, ...]]:
    """The operation ``args -> (result, slopes)``, and of which arguments they are the slopes.

    Those at `positions` are among them, and those through which they act in inner calls.
    """
    wanted = reached(op, positions)
    key = ("slopes", wanted)
    if key not in op.derived:
        params = numbers(op, wanted, place)
        name = unused(f"{op.__name__}_slopes", op)
        made = Recursive(name, op.params, SEVERAL, 1 + len(wanted))
        op.derived[key] = made
        function = reverse(op.function, params, [Const(1.0)])
        finish(made, function, Builder(list(function.body.statements)), function.body.yields)
    return op.derived[key], wanted


def reached(op: Recursive, positions: Iterable[int]) -> tuple[int, ...]:
    """The arguments that depend on those at `positions`, in the call itself or in inner calls."""
    assert op.function is not None
    found, before = set(positions), None
    aliases = Aliases(op.function)
    calls = [s for s in walk(op.function.body) if isinstance(s, Apply) and s.function is op]
    while found != before:
        before = set(found)
        active = Activity(op.function, [op.function.params[i] for i in found], aliases)
        found |= {i for s in calls for i, arg in enumerate(s.args) if arg in active}
    return tuple(sorted(found))


def pulled(op: Recursive, reverse: Callable, place: Place | None) -> Recursive:
    """``(*args, *cotangents of the results) -> cotangents of the float arguments``."""
    key = ("pull",)
    if key not in op.derived:
        assert op.count is not None
        floats = numbers(op, floats_of(op), place)
        cts = tuple(Var("ct", FLOAT) for _ in range(op.count))
        params = (*op.params, *(ct.type for ct in cts))
        made = Recursive(f"{op.__name__}_pull", params, SEVERAL, len(floats))
        op.derived[key] = made
        seed = Var("seed", SEVERAL)
        function = reverse(op.function, floats, [seed])
        together = Apply(seed, operations.several, cts, (), place)
        builder = Builder([together, *function.body.statements])
        whole = replace(function, params=(*function.params[:-1], *cts))
        finish(made, whole, builder, function.body.yields[1:])
    return op.derived[key]


def pushed(op: Recursive, forward: Callable, place: Place | None) -> Recursive:
    """The operation ``(*args, *tangents of the float arguments) -> results, then tangents``."""
    key = ("push",)
    if key not in op.derived:
        floats = numbers(op, floats_of(op), place)
        types = tuple(param.type for param in floats)
        count = 2 * (op.count or 1)
        made = Recursive(f"{op.__name__}_push", (*op.params, *types), SEVERAL, count)
        op.derived[key] = made
        tangents = [Var(f"{param.name}_dot", param.type) for param in floats]
        function = forward(op.function, floats, tangents)
        builder = Builder(list(function.body.statements))
        yields = function.body.yields
        if op.count is not None:
            numbers_of = [[Var("part", FLOAT) for _ in range(op.count)] for _ in yields]
            for found, outs in zip(yields, numbers_of, strict=True):
                parts(builder, found, outs, place)
            yields = tuple(part for outs in numbers_of for part in outs)
        finish(made, function, builder, yields)
    return op.derived[key]


def finish(
    made: Recursive, function: Function, builder: Builder, results: tuple[Atom, ...]
) -> None:
    out = Var("found", SEVERAL)
    builder.add(Apply(out, operations.several, results))
    whole = replace(function, name=made.__name__, body=builder.block((out,)))
    made.function = verify(simplify(whole))


def parts(builder: Builder, found: Atom, outs: Iterable[Var], place: Place | None) -> None:
    """Set `outs` to the numbers that a call returned together."""
    for position, out in enumerate(outs):
        keywords = (("position", position),)
        builder.add(Apply(out, operations.part, (found,), keywords, place))


def floats_of(op: Recursive) -> list[int]:
    return [i for i, type_ in enumerate(op.params) if type_.is_float]


def numbers(op: Recursive, positions: Iterable[int], place: Place | None) -> list[Var]:
    """The parameters at these positions, which must be numbers."""
    assert op.function is not None
    found = [op.function.params[i] for i in positions]
    if any(param.type.is_array for param in found):
        raise UnsupportedType(
            f"`{op.__name__}` calls itself and takes a float array: its derivative cannot be "
            "compiled yet",
            instead="pass numbers, or drop jit on this function: the traced tier runs it",
            place=place,
        )
    return found


def unused(name: str, op: Recursive) -> str:
    """A name for one more derivative of the operation."""
    taken = {made.__name__ for made in op.derived.values()}
    while name in taken:
        name += "_too"
    return name


def count_of(maker: Apply) -> int | None:
    """How many numbers a statement makes together; None if it makes something else."""
    if isinstance(maker.function, Recursive):
        return maker.function.count
    return len(maker.args) if maker.function is operations.several else None
