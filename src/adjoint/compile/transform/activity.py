"""Activity: which variables carry a derivative.

A variable is varied if its value depends differentiably on an independent one, and useful if a
result whose derivative is asked for depends differentiably on it; only what is both has a cotangent
(Hascoet, Naumann and Pascual, 2005). Arrays that share memory are active together.
"""

from collections.abc import Iterable

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
    Statement,
    Store,
    Var,
    While,
)
from adjoint.compile.transform.aliases import Aliases
from adjoint.compile.transform.derivatives import passes_derivative


class Activity:
    """The varied variables of a function, found by propagating forwards until nothing changes."""

    def __init__(self, function: Function, independent: Iterable[Var], aliases: Aliases):
        self.active: set[Var] = set()
        self.aliases = aliases
        self.tapes: set = set()
        self.changed = False
        for var in independent:
            self.mark(var)
        while True:
            self.changed = False
            self.block(function.body)
            if not self.changed:
                break

    def __contains__(self, atom: Atom) -> bool:
        return not isinstance(atom, Const) and atom in self.active

    def restricted(self, other: "Activity") -> "Activity":
        """This, but only what is in the other as well."""
        self.active &= other.active
        self.tapes &= other.tapes
        return self

    def mark(self, var: Var) -> None:
        if var in self.active or not var.type.is_float:
            return
        self.changed = True
        self.active.update(self.aliases.of(var))

    def flow(self, sources: Iterable[Atom], targets: Iterable[Var]) -> None:
        for source, target in zip(sources, targets, strict=True):
            if source in self:
                self.mark(target)

    def block(self, block: Block) -> None:
        for statement in block.statements:
            self.statement(statement)

    def statement(self, statement: Statement) -> None:
        match statement:
            case Apply():
                if passes_derivative(statement.function) and any(a in self for a in statement.args):
                    self.mark(statement.out)
            case Store():
                if statement.value in self:
                    self.mark(statement.array)
            case Push():
                if any(v in self for v in statement.values):
                    self.tapes.add(statement.tape)
            case Pop():
                if statement.tape in self.tapes:
                    for out in statement.outs:
                        self.mark(out)
            case If():
                for side in (statement.then, statement.orelse):
                    self.block(side)
                    self.flow(side.yields, statement.outs)
            case For() | While():
                self.flow(statement.inits, statement.params)
                self.block(statement.body)
                self.flow(statement.body.yields, statement.params)
                self.flow(statement.params, statement.outs)


class Useful(Activity):
    """The useful variables, found by propagating backwards from results."""

    def flow(self, sources: Iterable[Atom], targets: Iterable[Var]) -> None:
        for source, target in zip(sources, targets, strict=True):
            if target in self:
                self.mark_all((source,))

    def mark_all(self, atoms: Iterable[Atom]) -> None:
        for atom in atoms:
            if isinstance(atom, Var):
                self.mark(atom)

    def block(self, block: Block) -> None:
        for statement in reversed(block.statements):
            self.statement(statement)

    def statement(self, statement: Statement) -> None:
        match statement:
            case Apply():
                if statement.out in self and passes_derivative(statement.function):
                    self.mark_all(statement.args)
            case Store():
                if statement.array in self:
                    self.mark_all((statement.value,))
            case Push():
                if statement.tape in self.tapes:
                    self.mark_all(statement.values)
            case Pop():
                if statement.tape not in self.tapes and any(o in self for o in statement.outs):
                    self.tapes.add(statement.tape)
                    self.changed = True
            case If():
                for side in (statement.then, statement.orelse):
                    self.flow(side.yields, statement.outs)
                    self.block(side)
            case For() | While():
                self.flow(statement.params, statement.outs)
                self.flow(statement.body.yields, statement.params)
                self.block(statement.body)
                self.flow(statement.body.yields, statement.params)
                self.flow(statement.inits, statement.params)
