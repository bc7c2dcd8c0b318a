"""Activity: which variables carry a derivative.

A variable is active if its value depends differentiably on an independent one. Arrays that share
memory are active together.
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
    """The active variables of a function, found by propagating forwards until nothing changes."""

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
