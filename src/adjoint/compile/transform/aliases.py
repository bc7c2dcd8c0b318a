"""Aliasing: which array variables may share memory, and whose memory is changed.

Views share with what they view. Values handed out by `If` and loops share with what is handed
out, except an array that was made there and is not changed afterwards: that one merely moves.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NoReturn

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    For,
    Function,
    If,
    Statement,
    Store,
    Var,
    While,
    blocks,
    reads,
    walk,
)
from adjoint.errors import UnsupportedSyntax

VIEWS: set = {operations.load, np.transpose}
PART = (
    "the real or imaginary part of an array is taken, and it or the array is changed in place "
    "afterwards",
    "take the part of a copy (z.copy().real), and change only the result",
)
COPIES: dict = {
    operations.reshape: (
        "an array is reshaped, and it or the result is changed in place afterwards",
        "reshape a copy (x.copy().reshape(...)), and change only the result",
    ),
    operations.real_parts: PART,
    operations.imaginary_parts: PART,
    operations.as_item: (
        "an array is put into a list, and is changed in place afterwards",
        "put a copy into the list (xs.append(x.copy()))",
    ),
}
"""What is a copy here, and not or perhaps not in Python; what to say where that could be seen."""


class Aliases:
    """Classes of array variables, by union and find.

    Attributes
    ----------
    changed : the variables whose memory some statement changes.

    Parameters
    ----------
    flow : whether to refuse changed arrays that are chosen or carried, as the transforms must.
    """

    def __init__(self, function: Function, *, flow: bool = True):
        self.parent: dict[Var, Var] = {}
        self.members: dict[Var, list[Var]] = {}
        for statement in walk(function.body):
            if isinstance(statement, Apply) and is_view(statement):
                self.unite(statement.out, statement.args[0])
        self.changed: set[Var] = set()
        for statement in walk(function.body):
            if isinstance(statement, Store):
                self.changed.update(self.of(statement.array))
        self.check_copied(function)
        if flow:
            self.check_flow(function.body)

    def check_copied(self, function: Function) -> None:
        """Refuse an array that is changed before its reshaped form is read, or whose form is."""
        found = list(in_loops(function.body, ()))
        made = {s.out: loops for s, loops in found if isinstance(s, Apply)}
        private = nobody_elses(function)
        stores: dict[Var, list[tuple[int, tuple]]] = {}
        for at, (s, loops) in enumerate(found):
            if isinstance(s, Store):
                stores.setdefault(self.root(s.array), []).append((at, loops))

        def is_changed(var: Var, at: int, loops: tuple) -> bool:
            """True if memory may be changed after the statement at this place."""
            homes = [made.get(other, ()) for other in self.of(var)]
            met_again = [loop for loop in loops if any(loop not in home for home in homes)]
            return any(
                later > at or any(loop in around for loop in met_again)
                for later, around in stores.get(self.root(var), ())
            )

        for at, (s, loops) in enumerate(found):
            if not isinstance(s, Apply) or s.function not in COPIES:
                continue
            array = s.args[0]
            assert isinstance(array, Var)
            if array in private and made[array] == loops:
                continue
            is_item = s.function is operations.as_item  # which nobody knows when it is read
            last = last_read(function, found, self.forms(s.out, found), len(loops))
            if last is None or is_item:
                is_met = is_changed(array, at, loops)
            else:
                is_met = any(at < later < last for later, _ in stores.get(self.root(array), ()))
            if is_met or is_changed(s.out, at, loops):
                refuse_copied(s)

    def forms(self, var: Var, found: list[tuple[Statement, tuple]]) -> set[Var]:
        """An array, its views, and what branches make of them."""
        forms = set(self.of(var))
        ends = [
            (out, yields)
            for s, _ in found
            if isinstance(s, If)
            for out, *yields in zip(s.outs, s.then.yields, s.orelse.yields, strict=True)
        ]
        while True:  # a branch inside another may stand after it
            more = {out for out, yields in ends if not forms.isdisjoint(yields)} - forms
            if not more:
                return forms
            forms.update(v for out in more for v in self.of(out))

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


def nobody_elses(function: Function) -> set[Atom]:
    """Copies that one statement reads: whether that makes a view of them, nobody can tell."""
    seen: Counter = Counter(a for a in function.body.yields if isinstance(a, Var))
    for statement in walk(function.body):
        if not (isinstance(statement, Apply) and statement.function is operations.dim):
            seen.update(a for a in reads(statement) if isinstance(a, Var))
        for inner in blocks(statement):
            seen.update(a for a in inner.yields if isinstance(a, Var))
    return {
        s.out
        for s in walk(function.body)
        if isinstance(s, Apply) and s.function is operations.copy and seen[s.out] == 1
    }


def in_loops(block: Block, loops: tuple) -> Iterator[tuple[Statement, tuple]]:
    """Every statement in its order, with the loops around it."""
    for statement in block.statements:
        yield statement, loops
        match statement:
            case If():
                yield from in_loops(statement.then, loops)
                yield from in_loops(statement.orelse, loops)
            case For():
                yield from in_loops(statement.body, (*loops, statement))
            case While():
                yield from in_loops(statement.test, (*loops, statement))
                yield from in_loops(statement.body, (*loops, statement))


def last_read(function: Function, found: list, forms: set[Var], depth: int) -> int | None:
    """Before which place in the program all reads are of arrays that were made in a loop of this
    depth; None if a loop or the function hands one of them on, so that nobody can tell."""
    handed = [function.body.yields]
    for s, _ in found:
        if isinstance(s, For | While):
            handed += [s.inits, *(inner.yields for inner in blocks(s))]
    if any(not forms.isdisjoint(atoms) for atoms in handed):
        return None
    reading = [(at, loops) for at, (s, loops) in enumerate(found) if not forms.isdisjoint(reads(s))]
    around = {loops[depth] for _, loops in reading if len(loops) > depth}
    ends = [at + 1 for at, (_, loops) in enumerate(found) if not around.isdisjoint(loops)]
    return max([0, *(at for at, _ in reading), *ends])


def refuse_copied(statement: Apply) -> NoReturn:
    said, instead = COPIES[statement.function]
    raise UnsupportedSyntax(said, instead=instead, place=statement.place)


def is_view(statement: Apply) -> bool:
    return statement.function in VIEWS and statement.out.type.is_array
