"""Aliasing: which array variables may share memory, and whose memory is changed.

Views share with what they view. Values handed out by `If` and loops share with what is handed
out, except an array that was made there and is not changed afterwards: that one merely moves.
"""

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import Apply, Block, For, Function, If, Store, Var, While, walk
from adjoint.errors import UnsupportedSyntax

VIEWS: set = {operations.load, np.transpose}
PERHAPS_VIEWS: set = {operations.reshape}
"""What NumPy makes a view of if it can, and we a copy."""


class Aliases:
    """Classes of array variables, by union and find.

    Attributes
    ----------
    changed : the variables whose memory some statement changes.
    """

    def __init__(self, function: Function):
        self.parent: dict[Var, Var] = {}
        self.members: dict[Var, list[Var]] = {}
        for statement in walk(function.body):
            if isinstance(statement, Apply) and is_view(statement):
                self.unite(statement.out, statement.args[0])
        self.changed: set[Var] = set()
        for statement in walk(function.body):
            if isinstance(statement, Store):
                self.changed.update(self.of(statement.array))
        for statement in walk(function.body):
            if isinstance(statement, Apply) and statement.function in PERHAPS_VIEWS:
                self.check_reshaped(statement)
        self.check_flow(function.body)

    def check_reshaped(self, statement: Apply) -> None:
        source = statement.args[0]
        if statement.out in self.changed or source in self.changed:
            raise UnsupportedSyntax(
                "an array is reshaped, and it or the result is changed in place",
                instead="reshape a copy (x.copy().reshape(...)), and change only the result",
                place=statement.place,
            )

    def root(self, var: Var) -> Var:
        while var in self.parent:
            var = self.parent[var]
        return var

    def unite(self, a: Var, b: Var) -> None:
        a, b = self.root(a), self.root(b)
        if a is not b:
            members = self.members.pop(a, [a])
            self.parent[a] = b
            self.members.setdefault(b, [b]).extend(members)

    def of(self, var: Var) -> list[Var]:
        """The variables that may share memory with `var`, itself included."""
        root = self.root(var)
        return self.members.get(root, [root])

    def check_flow(self, block: Block) -> None:
        """Refuse a changed array that is chosen or carried while another name may see it."""
        for statement in block.statements:
            match statement:
                case If():
                    for side in (statement.then, statement.orelse):
                        self.check_moves(side, statement.outs, statement)
                        self.check_flow(side)
                case For() | While():
                    self.check_moves(statement.body, statement.params, statement)
                    for source, target in zip(statement.inits, statement.params, strict=True):
                        if target.type.is_array and target in self.changed:
                            self.refuse(target, statement)
                        del source
                    self.check_flow(statement.body)

    def check_moves(
        self, side: Block, targets: tuple[Var, ...], statement: If | For | While
    ) -> None:
        made = {s.out for s in side.statements if isinstance(s, Apply) and not is_view(s)}
        for source, target in zip(side.yields, targets, strict=True):
            if not target.type.is_array or not isinstance(source, Var):
                continue
            shared = source in self.changed and not (
                self.root(source) in made and side.yields.count(source) == 1
            )
            if shared or target in self.changed:
                self.refuse(target, statement)

    def refuse(self, var: Var, statement: If | For | While) -> None:
        raise UnsupportedSyntax(
            f"the array `{var.name}` is changed in place, and is one of several arrays",
            instead="change a copy (x = x.copy()), or store into one array throughout",
            place=statement.place,
        )


def is_view(statement: Apply) -> bool:
    return statement.function in VIEWS and statement.out.type.is_array
