"""Which instructions are about memory of their own, so that LLVM need not expect the others there.

A shadow, a tape and an array that the program makes share no memory, which LLVM cannot see: without
this it tests before each loop how far apart they are, and reads again what it has just stored.
"""

import importlib
import itertools
from typing import Any

from adjoint.compile.ir.nodes import Var

DOMAINS = itertools.count()
"""Names of what the numbers hold for: LLVM takes scopes of one name, of one domain, to be the same,
also those of functions that it writes into one another."""


class Memories:
    """LLVM's scopes of memory (its metadata `alias.scope` and `noalias`).

    `numbers` : of each array; arrays of different numbers share no memory.
    """

    def __init__(self, module: Any, numbers: dict[Var, int]):
        self.module = module
        self.numbers = dict(numbers)
        text = importlib.import_module("llvmlite.ir").MetaDataString
        domain = module.add_metadata([text(module, f"adjoint {next(DOMAINS)}")])
        self.scopes = {
            number: module.add_metadata([text(module, f"memory {number}"), domain])
            for number in sorted(set(numbers.values()))
        }

    def share(self, array: Var, other: Var) -> None:
        """Take one array to be in the memory of another."""
        if other in self.numbers:
            self.numbers[array] = self.numbers[other]

    def note(self, array: Var, instructions: list) -> None:
        number = self.numbers.get(array)
        if number is None or len(self.scopes) < 2:
            return
        others = [scope for other, scope in self.scopes.items() if other != number]
        for instruction in instructions:
            if instruction.opname in ("load", "store"):
                own = self.module.add_metadata([self.scopes[number]])
                instruction.set_metadata("alias.scope", own)
                instruction.set_metadata("noalias", self.module.add_metadata(others))
