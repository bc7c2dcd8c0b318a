"""Simplification: algebraic identities, and the removal of what nobody reads.

Only identities that hold for every float are used: ``x * 1.0``, ``x - 0.0``; ``x + 0.0`` of
derivatives alone, because it is not -0.0 where `x` is. All passes go over a block once, outside in.
"""

import operator
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Pop,
    Push,
    Raise,
    Statement,
    Store,
    Var,
    While,
    constant,
)
from adjoint.compile.transform.trimming import trimmed

KEPT = (Store, Push, Pop, Raise)


def simplify(function: Function) -> Function:
    """An equal function that does less."""
    body = simplify_block(function.body)
    while (found := trimmed(body)) is not body:
        body = simplify_block(found)
    return replace(function, body=body)


def simplify_block(block: Block) -> Block:
    before = -1
    while before != (before := size(block)):
        block = remove_dead(Folder().block(block))
    return block


def size(block: Block) -> int:
    total = 0
    for statement in block.statements:
        total += 1
        for inner in ("then", "orelse", "body", "test"):
            part = getattr(statement, inner, None)
            if isinstance(part, Block):
                total += size(part) + len(part.yields)
    return total


# Folding.


def zero(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.type.is_float and atom.value == 0.0


def one(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.type.is_float and atom.value == 1.0


# An array is never folded to an operand: the result of ``x * 1.0`` is memory of its own.


def fold_add(a: Atom, b: Atom, out: Var) -> Atom | None:
    if out.type.is_array:
        return None
    if zero(a) and b.type == out.type:
        return b
    return a if zero(b) and a.type == out.type else None


def fold_mul(a: Atom, b: Atom, out: Var) -> Atom | None:
    if out.type.is_array or out.type.is_complex:  # an infinite part makes the other nan
        return None
    if one(a) and b.type == out.type:
        return b
    return a if one(b) and a.type == out.type else None


def fold_times(a: Atom, b: Atom, out: Var) -> Atom | None:
    if zero(a) and not out.type.is_array:
        return constant(0, out.type)
    return fold_mul(a, b, out)


def fold_select(test: Atom, a: Atom, b: Atom, out: Var) -> Atom | None:
    if isinstance(test, Const):
        return a if test.value else b
    if a is b or (zero(a) and zero(b)):
        return a
    if isinstance(a, Const) and isinstance(b, Const) and a.value is True and b.value is False:
        return test
    return None


def fold_sub(a: Atom, b: Atom, out: Var) -> Atom | None:
    nothing = isinstance(b, Const) and repr(b.value) == "0.0"
    return a if nothing and a.type == out.type and not out.type.is_array else None


def fold_neg(a: Atom, out: Var) -> Atom | None:
    return Const(-a.value) if isinstance(a, Const) and zero(a) else None


def fold_power(a: Atom, b: Atom, out: Var) -> Atom | None:
    known = one(b) and a.type == out.type and not out.type.is_array
    return a if known and not out.type.is_complex else None


def fold_either(a: Atom, b: Atom, _: Var) -> Atom | None:
    return next((other if not x.value else x for x, other in known_first(a, b)), None)


def fold_both(a: Atom, b: Atom, _: Var) -> Atom | None:
    return next((other if x.value else x for x, other in known_first(a, b)), None)


def fold_and(a: Atom, b: Atom, out: Var) -> Atom | None:
    """``False & test``; the bits of ints stay."""
    are_bools = a.type == b.type == Const(True).type
    return fold_both(a, b, out) if are_bools else None


def fold_negation(a: Atom, _: Var) -> Atom | None:
    return Const(not a.value) if isinstance(a, Const) else None


def known_first(a: Atom, b: Atom) -> list[tuple[Const, Atom]]:
    """Two bools, if one is known: that one and the other."""
    return [(x, other) for x, other in ((a, b), (b, a)) if isinstance(x, Const)]


def fold_float(a: Atom, out: Var) -> Atom | None:
    return a if a.type == out.type else None


FOLDS: dict[Callable, Callable] = {
    float: fold_float,
    np.power: fold_power,
    operations.plus: fold_add,
    operator.sub: fold_sub,
    operator.mul: fold_mul,
    operator.neg: fold_neg,
    operations.times: fold_times,
    operations.select: fold_select,
    operations.either: fold_either,
    operations.both: fold_both,
    operator.and_: fold_and,
    operations.negation: fold_negation,
}


class Folder:
    """Copies a block, replacing variables by what they are known to be."""

    def __init__(self) -> None:
        self.known: dict[Var, Atom] = {}

    def atom(self, atom: Atom) -> Atom:
        while isinstance(atom, Var) and atom in self.known:
            atom = self.known[atom]
        return atom

    def atoms(self, atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(map(self.atom, atoms))

    def block(self, block: Block) -> Block:
        statements: list[Statement] = []
        for statement in block.statements:
            statements.extend(self.statement(statement))
        return Block(tuple(statements), self.atoms(block.yields))

    def statement(self, s: Statement) -> list[Statement]:
        match s:
            case Apply():
                return self.apply(s)
            case Store():
                index = self.atoms(s.index)
                value = self.atom(s.value)
                if s.adds and zero(value):
                    return []
                return [replace(s, array=self.atom(s.array), index=index, value=value)]
            case Push():
                return [replace(s, values=self.atoms(s.values))]
            case If():
                return self.branch(s)
            case For():
                return self.counted(s)
            case While():
                return self.repeated(s)
        return [s]

    def apply(self, s: Apply) -> list[Statement]:
        args = self.atoms(s.args)
        fold = FOLDS.get(s.function)
        found = None if fold is None else fold(*args, s.out)
        if found is not None:
            self.known[s.out] = found
            return []
        return [replace(s, args=args)]

    def branch(self, s: If) -> list[Statement]:
        test = self.atom(s.test)
        if isinstance(test, Const):
            taken = self.block(s.then if test.value else s.orelse)
            self.known.update(zip(s.outs, taken.yields, strict=True))
            return list(taken.statements)
        then, orelse = self.block(s.then), self.block(s.orelse)
        outs = []
        extra: list[Statement] = []
        kept = []
        for position, out in enumerate(s.outs):
            a, b = then.yields[position], orelse.yields[position]
            if a is b or (isinstance(a, Const) and isinstance(b, Const) and repr(a) == repr(b)):
                self.known[out] = a
            elif out.type.dtype == "bool" and isinstance(a, Const) and isinstance(b, Const):
                if a.value:
                    self.known[out] = test
                else:
                    extra.append(Apply(out, operations.negation, (test,), (), s.place))
            else:
                outs.append(out)
                kept.append(position)
        then, orelse = (
            Block(side.statements, tuple(side.yields[i] for i in kept)) for side in (then, orelse)
        )
        if not then.statements and not orelse.statements and not any(o.type.is_array for o in outs):
            for out, a, b in zip(outs, then.yields, orelse.yields, strict=True):
                extra.append(Apply(out, operations.select, (test, a, b), (), s.place))
            return extra
        return [If(test, then, orelse, tuple(outs), s.place), *extra]

    def invariant(self, s: For | While) -> list[int]:
        """Note the carried values that never change; returns the positions of the others."""
        varying = []
        for position, (param, start, after) in enumerate(
            zip(s.params, s.inits, s.body.yields, strict=True)
        ):
            start, after = self.atom(start), self.atom(after)
            both_known = isinstance(start, Const) and isinstance(after, Const)
            if after is param or after is start or (both_known and repr(start) == repr(after)):
                self.known[param] = self.known[s.outs[position]] = start
            else:
                varying.append(position)
        return varying

    def counted(self, s: For) -> list[Statement]:
        bounds = self.atoms((s.start, s.stop, s.step))
        keep = self.invariant(s)
        body = self.block(s.body)
        return [
            For(
                s.index,
                *bounds,
                tuple(s.params[i] for i in keep),
                tuple(self.atom(s.inits[i]) for i in keep),
                Block(body.statements, tuple(body.yields[i] for i in keep)),
                tuple(s.outs[i] for i in keep),
                s.place,
                s.remade,
                None if s.own is None else frozenset(map(self.atom, s.own)),
            )
        ]

    def repeated(self, s: While) -> list[Statement]:
        keep = self.invariant(s)
        test, body = self.block(s.test), self.block(s.body)
        return [
            While(
                tuple(s.params[i] for i in keep),
                tuple(self.atom(s.inits[i]) for i in keep),
                test,
                Block(body.statements, tuple(body.yields[i] for i in keep)),
                tuple(s.outs[i] for i in keep),
                s.place,
                s.remade,
            )
        ]


# Dead code.


def remove_dead(block: Block) -> Block:
    """Drop what nobody reads: statements without effects, results, carried values.

    One walk from the last statement to the first is enough, because a variable is always set
    before it is read. An array made here and stored into, but never read, goes with its stores.
    """
    return Sweeper().block(block, set())


class Sweeper:
    """Walks blocks backwards, with the set of variables that are read later."""

    def block(self, block: Block, live: set[Var]) -> Block:
        live.update(a for a in block.yields if isinstance(a, Var))
        statements: list[Statement] = []
        for statement in reversed(block.statements):
            kept = self.statement(statement, live)
            if kept is not None:
                statements.append(kept)
        return Block(tuple(reversed(statements)), block.yields)

    def read(self, atoms: tuple[Atom, ...], live: set[Var]) -> None:
        live.update(a for a in atoms if isinstance(a, Var))

    def statement(self, s: Statement, live: set[Var]) -> Statement | None:
        match s:
            case Apply():
                if s.out not in live:
                    return None
                self.read(s.args, live)
                return s
            case Store():
                self.read((s.array, *s.index, s.value), live)
                return s
            case Push():
                self.read(s.values, live)
                return s if s.values else None
            case Pop():
                return s if s.outs else None
            case If():
                return self.branch(s, live)
            case For() | While():
                return self.loop(s, live)
        return s

    def branch(self, s: If, live: set[Var]) -> Statement | None:
        keep = [i for i, out in enumerate(s.outs) if out in live]
        sides = []
        for side in (s.then, s.orelse):
            sides.append(
                self.block(Block(side.statements, tuple(side.yields[i] for i in keep)), live)
            )
        if not keep and not any(side.statements for side in sides):
            return None
        self.read((s.test,), live)
        return If(s.test, *sides, tuple(s.outs[i] for i in keep), s.place)

    def loop(self, s: For | While, live: set[Var]) -> Statement | None:
        keep = self.carried(s, live)
        body = self.block(Block(s.body.statements, tuple(s.body.yields[i] for i in keep)), live)
        picked = (tuple(part[i] for i in keep) for part in (s.params, s.inits, s.outs))
        params, inits, outs = picked
        if isinstance(s, For):
            if not keep and not body.statements:
                return None
            self.read((s.start, s.stop, s.step, *inits), live)
            return replace(s, params=params, inits=inits, body=body, outs=outs)
        test = self.block(s.test, live)
        self.read(inits, live)
        return replace(s, params=params, inits=inits, test=test, body=body, outs=outs)

    def carried(self, s: For | While, live: set[Var]) -> list[int]:
        """The carried values that something reads, directly or through other carried values."""
        keep = {i for i, out in enumerate(s.outs) if out in live}
        while True:
            inner = set(live)
            chosen = sorted(keep)
            self.block(Block(s.body.statements, tuple(s.body.yields[i] for i in chosen)), inner)
            if isinstance(s, While):
                self.block(s.test, inner)
            found = keep | {i for i, param in enumerate(s.params) if param in inner}
            if found == keep:
                return chosen
            keep = found
