"""Cotangents that an inner loop adds to one item of an array, added up beside the array.

``dx[i] += ct`` in a loop over `j` writes memory in each turn, and waits for it: neither LLVM nor
Numba knows that no other item of the array that the loop adds to is this one. In loops that the
reverse sweep wrote, all that is added is cotangents, in no order that matters; so they are a
carried sum, which is stored once, after the loop (scalar replacement: Callahan, Carr and Kennedy,
1990).
"""

import operator
from dataclasses import replace

from adjoint.compile import operations
from adjoint.compile.ir.copying import with_loops
from adjoint.compile.ir.nodes import (
    BOOL,
    FLOAT,
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Statement,
    Store,
    Var,
    While,
    blocks,
    defined,
    reads,
    walk,
)
from adjoint.compile.transform.sharing import Sharers

ZERO = Const(0.0)


def collected(function: Function) -> Function:
    """An equal function, up to the order of sums of cotangents."""
    sharers = Sharers(function)

    def of_outer(loop: For | While) -> list[Statement]:
        if isinstance(loop, While) or loop.own is None:
            return [loop]
        return [replace(loop, body=with_loops(loop.body, lambda s: of_inner(s, sharers)))]

    return replace(function, body=with_loops(function.body, of_outer))


def of_inner(loop: For | While, sharers: Sharers) -> list[Statement]:
    """The loop, and what is stored after it."""
    if isinstance(loop, While) or not isinstance(loop.step, Const):
        return [loop]
    chosen = steady_stores(loop, sharers)
    if not chosen:
        return [loop]
    sums: dict[tuple, Var] = {}
    latest: dict[tuple, Atom] = {}
    statements: list[Statement] = []
    for s in loop.body.statements:
        if s not in chosen:
            statements.append(s)
            continue
        place = (s.array, s.index)
        if place not in sums:
            latest[place] = sums[place] = Var(f"{s.array.name}_sum", FLOAT)
        after = Var(f"{s.array.name}_sum", FLOAT)
        statements.append(Apply(after, operations.plus, (latest[place], s.value), (), s.place))
        latest[place] = after
    outs = tuple(Var(v.name, FLOAT) for v in sums.values())
    whole = replace(
        loop,
        params=(*loop.params, *sums.values()),
        inits=(*loop.inits, *(ZERO for _ in sums)),
        body=Block(tuple(statements), (*loop.body.yields, *latest.values())),
        outs=(*loop.outs, *outs),
    )
    subscripts = {(s.array, s.index): s.subscript for s in chosen}
    stores = tuple(
        Store(array, subscripts[array, index], index, out, True, loop.place)
        for (array, index), out in zip(sums, outs, strict=True)
    )
    runs = Var("runs", BOOL)
    order = operator.lt if int(loop.step.value.real) > 0 else operator.gt
    test = Apply(runs, order, (loop.start, loop.stop), (), loop.place)
    return [whole, test, If(runs, Block(stores), Block(()), (), loop.place)]


def steady_stores(loop: For, sharers: Sharers) -> list[Store]:
    """What each turn adds to an item that is the same in all turns, of arrays only added to."""
    inside = defined(loop.body) | {loop.index, *loop.params}
    busy = {sharers.root(array) for array in otherwise_used(loop.body)}
    return [
        s
        for s in loop.body.statements
        if isinstance(s, Store)
        and is_sum_of_numbers(s)
        and not any(atom in inside for atom in (s.array, *s.index))
        and sharers.root(s.array) not in busy
    ]


def is_sum_of_numbers(s: Store) -> bool:
    numbers = all(entry == "at" for entry in s.subscript.entries) and s.value.type == FLOAT
    whole = len(s.index) == s.array.type.ndim and not any(a.type.is_array for a in s.index)
    return s.adds and numbers and whole and s.array.type.dtype == "float"


def otherwise_used(block: Block) -> set[Var]:
    """The arrays with which a block does more than to add to their items."""
    found: set[Var] = set()
    for s in walk(block):
        given = reads(s)
        if isinstance(s, Store) and s.adds:
            given = (*s.index, s.value)
        elif isinstance(s, Apply) and s.function is operations.dim:
            given = ()
        handed = (atom for inner in blocks(s) for atom in inner.yields)
        found.update(a for a in (*given, *handed) if isinstance(a, Var) and a.type.is_array)
    found.update(a for a in block.yields if isinstance(a, Var) and a.type.is_array)
    return found
