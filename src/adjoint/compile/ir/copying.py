"""Copies of blocks: under fresh variables, with others substituted, with their loops rewritten."""

import operator
from collections.abc import Callable, Iterable
from dataclasses import replace

from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    Const,
    For,
    If,
    Pop,
    Push,
    Raise,
    Statement,
    Store,
    Tape,
    Var,
    While,
)


class Copier:
    """Copies statements, replacing variables: those defined inside are made anew.

    Parameters
    ----------
    names : what each variable is replaced by; grows as definitions are met.
    rename : the name of a copy.
    """

    def __init__(self, names: dict[Var, Atom], rename: Callable[[Var], str] = lambda v: v.name):
        self.names = names
        self.rename = rename
        self.tapes: dict[Tape, Tape] = {}

    def atom(self, atom: Atom) -> Atom:
        return atom if isinstance(atom, Const) else self.names.get(atom, atom)

    def atoms(self, atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(map(self.atom, atoms))

    def fresh(self, var: Var) -> Var:
        made = Var(self.rename(var), var.type)
        self.names[var] = made
        return made

    def all_fresh(self, many: tuple[Var, ...]) -> tuple[Var, ...]:
        return tuple(map(self.fresh, many))

    def block(self, block: Block) -> Block:
        statements = tuple(map(self.statement, block.statements))
        return Block(statements, self.atoms(block.yields))

    def statement(self, s: Statement) -> Statement:
        match s:
            case Apply():
                return replace(s, args=self.atoms(s.args), out=self.fresh(s.out))
            case Store():
                return replace(
                    s,
                    array=self.atom(s.array),
                    index=self.atoms(s.index),
                    value=self.atom(s.value),
                )
            case Push():
                return replace(s, tape=self.tape(s.tape), values=self.atoms(s.values))
            case Pop():
                return replace(s, tape=self.tape(s.tape), outs=self.all_fresh(s.outs))
            case Raise():
                return s
            case If():
                test = self.atom(s.test)
                then, orelse = self.block(s.then), self.block(s.orelse)
                return If(test, then, orelse, self.all_fresh(s.outs), s.place)
            case For():
                bounds = self.atoms((s.start, s.stop, s.step))
                inits = self.atoms(s.inits)
                index, params = self.fresh(s.index), self.all_fresh(s.params)
                body = self.block(s.body)
                outs = self.all_fresh(s.outs)
                more = s.place, s.remade, self.own(s)
                return For(index, *bounds, params, inits, body, outs, *more)
            case While():
                inits = self.atoms(s.inits)
                params = self.all_fresh(s.params)
                test, body = self.block(s.test), self.block(s.body)
                outs = self.all_fresh(s.outs)
                return While(params, inits, test, body, outs, s.place, s.remade)
        raise AssertionError(s)

    def own(self, s: For) -> frozenset | None:
        return None if s.own is None else frozenset(map(self.atom, s.own))

    def tape(self, tape: Tape) -> Tape:
        """The tape that stands for one."""
        return self.tapes.get(tape, tape)


class Substitution(Copier):
    """Replaces variables that statements read; what they define stays what it is."""

    def fresh(self, var: Var) -> Var:
        return var


def with_loops(block: Block, rewritten: Callable[[For | While], Iterable[Statement]]) -> Block:
    """A block in which other statements stand for each loop; inner loops are rewritten first."""

    def inner(held: Block) -> Block:
        return with_loops(held, rewritten)

    found: list[Statement] = []
    for s in block.statements:
        match s:
            case If():
                found.append(replace(s, then=inner(s.then), orelse=inner(s.orelse)))
            case For():
                found.extend(rewritten(replace(s, body=inner(s.body))))
            case While():
                found.extend(rewritten(replace(s, test=inner(s.test), body=inner(s.body))))
            case _:
                found.append(s)
    return Block(tuple(found), block.yields)


def alike(many: tuple[Var, ...]) -> tuple[Var, ...]:
    """New variables with the names and types of others."""
    return tuple(Var(var.name, var.type) for var in many)


def with_statements(block: Block, rewritten: Callable[[Statement], Statement | None]) -> Block:
    """A block in which other statements stand for those without blocks, or none; if each stands for
    itself it is the same block."""

    def inner(held: Block) -> Block:
        return with_statements(held, rewritten)

    found: list[Statement] = []
    for s in block.statements:
        match s:
            case If():
                then, orelse = inner(s.then), inner(s.orelse)
                same = then is s.then and orelse is s.orelse
                found.append(s if same else replace(s, then=then, orelse=orelse))
            case For():
                body = inner(s.body)
                found.append(s if body is s.body else replace(s, body=body))
            case While():
                test, body = inner(s.test), inner(s.body)
                same = test is s.test and body is s.body
                found.append(s if same else replace(s, test=test, body=body))
            case _:
                made = rewritten(s)
                if made is not None:
                    found.append(made)
    same = len(found) == len(block.statements) and all(map(operator.is_, found, block.statements))
    return block if same else Block(tuple(found), block.yields)
