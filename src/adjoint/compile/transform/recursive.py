"""Derivatives of functions that call themselves: their adjoint and tangent call themselves too.

A function that returns one number is reversed with the cotangent one: its adjoint returns the
result and a slope for each argument, and a call is reversed by multiplying what it returned. So
nothing is on a tape, no primal runs twice, and the work is that of the primal times a constant,
whatever the depth. The tangent returns what the primal does beside it, for the same reason. The
adjoint of a function that returns several numbers (the adjoint of an adjoint) or arrays runs the
primal of each inner call again: for a recursion of depth n its work is at most n times that of the
primal, and twice where the inner calls have half as much to do. What returns arrays, or slopes of
arrays, returns one array of all of their items (`packing`).
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
from adjoint.compile.transform.packing import Packing
from adjoint.compile.transform.pullbacks import product
from adjoint.compile.transform.simplify import simplify
from adjoint.errors import Place

if TYPE_CHECKING:
    from adjoint.compile.transform.reverse import Reverse

SEVERAL = Type("float", 1)


def reverse_call(
    sweep: "Reverse", s: Apply, op: Recursive, ct: Atom, reverse: Callable
) -> list[Statement]:
    """Reverse a call: with its slopes, if it returns one number. Returns what runs forward."""
    if op.count is not None or op.result.is_array:
        before, names = sweep.snapshots(s.args, s)
        args = tuple(names.get(arg, arg) for arg in s.args)  # type: ignore[arg-type]
        call_again(sweep, replace(s, args=args), op, ct, reverse)
        return [*before, s]
    active = [i for i, arg in enumerate(s.args) if arg in sweep.active]
    made, positions = sloped(op, active, reverse)
    found = Var("found", made.result)
    slopes = [Var("slope", op.params[i]) for i in positions]
    forward = Builder([Apply(found, made, s.args, (), s.place)], s.place)
    if made.count is None:
        packing = Packing(forward)
        lengths = [packing.dims(s.args[i]) for i in positions]
        packing.unpack(found, [(s.out, ()), *zip(slopes, lengths, strict=True)])
    else:
        parts(forward, found, (s.out, *slopes), s.place)
    for position, slope in zip(positions, slopes, strict=True):
        if s.args[position] in sweep.active:
            ct_of_arg = sweep.emit(product(sweep), ct, slope)
            sweep.accumulate(s.args[position], ct_of_arg)
    return forward.statements


def call_again(sweep: "Reverse", s: Apply, op: Recursive, ct: Atom, reverse: Callable) -> None:
    """Reverse a call that returned several numbers, or an array: its adjoint runs it again."""
    cts: list[Atom] = [ct]
    if op.count is not None:
        outs = [Var("ct", FLOAT) for _ in range(op.count)]
        parts(sweep.builder, ct, outs, s.place)
        cts = [*outs]
    made = pulled(op, reverse)
    floats = [(i, a) for i, a in enumerate(s.args) if op.params[i].is_float]
    found = sweep.emit(made, *s.args, *cts)
    slopes = [Var("ct", op.params[i]) for i, _ in floats]
    if made.count is None:
        packing = Packing(sweep.builder)
        lengths = [packing.dims(a) for _, a in floats]
        packing.unpack(found, zip(slopes, lengths, strict=True))
    else:
        parts(sweep.builder, found, slopes, s.place)
    for (_, arg), slope in zip(floats, slopes, strict=True):
        sweep.accumulate(arg, slope)


def sloped(
    op: Recursive, positions: Iterable[int], reverse: Callable
) -> tuple[Recursive, tuple[int, ...]]:
    """The operation ``args -> (result, slopes)``, and of which arguments they are the slopes.

    Those at `positions` are among them, and those through which they act in inner calls.
    """
    wanted = reached(op, positions)
    key = ("slopes", wanted)
    if key not in op.derived:
        assert op.function is not None
        params = [op.function.params[i] for i in wanted]
        name = unused(f"{op.__name__}_slopes", op)
        of_numbers = not any(param.type.is_array for param in params)
        made = Recursive(name, op.params, SEVERAL, 1 + len(wanted) if of_numbers else None)
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


def pulled(op: Recursive, reverse: Callable) -> Recursive:
    """``(*args, *cotangents of the results) -> cotangents of the float arguments``."""
    key = ("pull",)
    if key not in op.derived:
        assert op.function is not None
        floats = [op.function.params[i] for i in floats_of(op)]
        seed = Var("seed", op.result)
        cts = (seed,) if op.count is None else tuple(Var("ct", FLOAT) for _ in range(op.count))
        params = (*op.params, *(ct.type for ct in cts))
        of_numbers = not any(param.type.is_array for param in floats)
        count = len(floats) if of_numbers else None
        made = Recursive(f"{op.__name__}_pull", params, SEVERAL, count)
        op.derived[key] = made
        function = reverse(op.function, floats, [seed])
        builder = Builder(list(function.body.statements))
        if op.count is not None:
            builder.statements.insert(0, Apply(seed, operations.several, cts))
        whole = replace(function, params=(*function.params[:-1], *cts))
        finish(made, whole, builder, function.body.yields[1:])
    return op.derived[key]


def pushed(op: Recursive, forward: Callable) -> Recursive:
    """The operation ``(*args, *tangents of the float arguments) -> results, then tangents``."""
    key = ("push",)
    if key not in op.derived:
        assert op.function is not None
        floats = [op.function.params[i] for i in floats_of(op)]
        types = tuple(param.type for param in floats)
        of_arrays = op.result.is_array and op.count is None
        count = None if of_arrays else 2 * (op.count or 1)
        made = Recursive(f"{op.__name__}_push", (*op.params, *types), SEVERAL, count)
        op.derived[key] = made
        tangents = [Var(f"{param.name}_dot", param.type) for param in floats]
        function = forward(op.function, floats, tangents)
        builder = Builder(list(function.body.statements))
        yields = function.body.yields
        if op.count is not None:
            numbers_of = [[Var("part", FLOAT) for _ in range(op.count)] for _ in yields]
            for found, outs in zip(yields, numbers_of, strict=True):
                parts(builder, found, outs, None)
            yields = tuple(part for outs in numbers_of for part in outs)
        finish(made, function, builder, yields)
    return op.derived[key]


def finish(
    made: Recursive, function: Function, builder: Builder, results: tuple[Atom, ...]
) -> None:
    """Give an operation its program, which returns these results together."""
    if made.count is None:
        out = Packing(builder).packed(results)
    else:
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
