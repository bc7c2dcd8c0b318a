"""An interpreter of the intermediate representation: what a program means, without a compiler.

It runs each statement as its node documents it, with the operations as plain Python. It is slow,
and the oracle that the passes and the printed source are checked against.
"""

import copy
from typing import Any

import numpy as np

from adjoint.compile.ir.nodes import (
    SCALARS,
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
    Tape,
    Var,
    While,
)
from adjoint.compile.ir.recursion import Recursive


def run(function: Function, *args: Any) -> tuple:
    """The results of a function.

    Arrays among `args` are changed where the program stores into them. Whatever the program raises
    is raised.
    """
    machine = Machine(function.tapes)
    machine.values.update(zip(function.params, args, strict=True))
    machine.block(function.body)
    return machine.all(function.body.yields)


class Machine:
    """The values of the variables that are set, and the rows on each tape."""

    def __init__(self, tapes: tuple[Tape, ...]):
        self.values: dict[Var, Any] = {}
        self.tapes: dict[Tape, list[tuple]] = {tape: [] for tape in tapes}

    def value(self, atom: Atom) -> Any:
        return atom.value if isinstance(atom, Const) else self.values[atom]

    def all(self, atoms: tuple[Atom, ...]) -> tuple:
        return tuple(map(self.value, atoms))

    def give(self, targets: tuple[Var, ...], values: tuple) -> None:
        self.values.update(zip(targets, values, strict=True))

    def block(self, block: Block) -> None:
        for statement in block.statements:
            self.statement(statement)

    def statement(self, s: Statement) -> None:
        match s:
            case Apply():
                self.values[s.out] = self.applied(s)
            case Store():
                self.store(s)
            case Push():
                self.tapes[s.tape].append(copy.deepcopy(self.all(s.values)))
            case Pop():
                self.give(s.outs, self.tapes[s.tape].pop())
            case Raise():
                raise s.exception() if s.message is None else s.exception(s.message)
            case If():
                side = s.then if self.value(s.test) else s.orelse
                self.block(side)
                self.give(s.outs, self.all(side.yields))
            case For():
                self.give(s.params, self.all(s.inits))
                for index in range(*self.all((s.start, s.stop, s.step))):
                    self.values[s.index] = index
                    self.turn(s)
                self.give(s.outs, self.all(s.params))
            case While():
                self.give(s.params, self.all(s.inits))
                while self.holds(s.test):
                    self.turn(s)
                self.give(s.outs, self.all(s.params))

    def turn(self, loop: For | While) -> None:
        self.block(loop.body)
        self.give(loop.params, self.all(loop.body.yields))

    def holds(self, test: Block) -> bool:
        self.block(test)
        return bool(self.value(test.yields[0]))

    def applied(self, s: Apply) -> Any:
        args = self.all(s.args)
        if isinstance(s.function, Recursive):
            assert s.function.function is not None
            return run(s.function.function, *args)[0]
        with np.errstate(all="ignore"):
            return as_typed(s.function(*args, **dict(s.keywords)), s.out)

    def store(self, s: Store) -> None:
        array, value = self.value(s.array), self.value(s.value)
        index = s.subscript.fill(self.all(s.index))
        if not s.adds:
            array[index] = value
        elif any(atom.type.is_array for atom in s.index):
            np.add.at(array, index, value)
        else:
            array[index] += value


def as_typed(found: Any, out: Var) -> Any:
    """A result as its variable's type says: numbers are Python's own."""
    if out.type.is_array:
        return found
    return SCALARS[out.type.dtype](found)
