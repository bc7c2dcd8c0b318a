"""Names for variables: what the user calls them, made unique; a loop's result keeps its name."""

import builtins
import keyword
import re

from adjoint.compile.ir.nodes import (
    Block,
    For,
    Function,
    Tape,
    Var,
    While,
    binds,
    blocks,
    writes,
)

INDENT = "    "
TAKEN = frozenset((*keyword.kwlist, *dir(builtins), "np", "math", "grown"))


class Naming:
    """The name of each variable of a function; none is called as one of its `helpers` is."""

    def __init__(self, function: Function, helpers: set[str]):
        self.used: set[str] = set(TAKEN) | helpers
        self.of: dict[Var, str] = {}
        self.tapes: dict[Tape, str] = {}
        self.numbers: dict[str, int] = {}
        for tape in function.tapes:
            name = self.unique(tape.name)
            self.tapes[tape] = name
            stacks = (name, name + "_int", name + "_complex")
            self.used.update((*stacks, *(f"{stack}_top" for stack in stacks)))
        for param in function.params:
            self.give(param)
        self.block(function.body)

    def __getitem__(self, var: Var) -> str:
        return self.of[var]

    def tape(self, tape: Tape) -> str:
        return self.tapes[tape]

    def block(self, block: Block) -> None:
        for statement in block.statements:
            for var in binds(statement):
                self.give(var)
            for inner in blocks(statement):
                self.block(inner)
            if isinstance(statement, For | While):
                for out, param in zip(statement.outs, statement.params, strict=True):
                    self.of[out] = self.of[param]
            else:
                for out in writes(statement):
                    self.give(out)

    def give(self, var: Var) -> None:
        if var not in self.of:
            self.of[var] = self.unique(re.sub(r"\W", "_", var.name) or "t")

    def unique(self, wanted: str) -> str:
        name, number = wanted, self.numbers.get(wanted, 0)
        while name in self.used:
            number += 1
            name = f"{wanted}_{number}"
        self.numbers[wanted] = number
        self.used.add(name)
        return name


def identifier(name: str) -> str:
    cleaned = re.sub(r"\W", "_", name) or "f"
    return cleaned + "_" if keyword.iskeyword(cleaned) or cleaned[0].isdigit() else cleaned
