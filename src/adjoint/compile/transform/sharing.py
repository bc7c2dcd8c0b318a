"""Values that are computed, or read, more than once: the first serves for all.

An operation on the same numbers gives the same number; an item read twice is the same while nothing
is stored into memory that the array may share (value numbering over the structure of the program,
as in Briggs, Cooper and Simpson, 1997). A compiler of machine code cannot do this: it does not know
which arrays share memory, nor that `cos` has no effects.
"""

from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.copying import Substitution
from adjoint.compile.ir.nodes import (
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
    walk,
)

PLAIN = frozenset((abs, float, int, bool, round, pow))
FRESH = (
    *(operations.copy, operations.take, operations.zeros, operations.empty, operations.full),
    operations.as_item,
    *(operations.appended, operations.appended_array, operations.lengthened, operations.shortened),
    *(operations.plus, operations.times, operations.where, operations.as_float, operations.divide),
    *(operations.sum_1_to_1, operations.sum_2_to_1, operations.sum_2_to_2, operations.sum_3_to_3),
    *(operations.sum_to, np.outer, np.dot, np.where, np.sum),
)
MODULES = ("math", "_operator", *operations.MODULES)


def share(function: Function) -> Function:
    """An equal function that computes and reads less."""
    return replace(function, body=Sharing(Sharers(function)).block(function.body))


def shared_with(forward: tuple[Statement, ...], backward: Block) -> Block:
    """The reverse block, reading what its forward block computed instead of computing it again."""
    sharing = Sharing(None)
    for statement in forward:
        if isinstance(statement, Apply):
            sharing.note(statement)
    return sharing.block(backward)


class Sharers:
    """Which arrays may share memory: views, and what branches and loops hand on."""

    def __init__(self, function: Function):
        self.parent: dict[Var, Var] = {}
        for s in walk(function.body):
            match s:
                case Apply() if s.out.type.is_array and not is_fresh(s):
                    for arg in s.args:
                        self.unite(s.out, arg)
                case If():
                    self.flow(s.outs, s.then.yields)
                    self.flow(s.outs, s.orelse.yields)
                case For() | While():
                    self.flow(s.params, s.inits)
                    self.flow(s.params, s.body.yields)
                    self.flow(s.params, s.outs)

    def flow(self, targets: tuple[Var, ...], sources: tuple[Atom, ...]) -> None:
        for target, source in zip(targets, sources, strict=True):
            self.unite(target, source)

    def unite(self, a: Var, b: Atom) -> None:
        if a.type.is_array and isinstance(b, Var) and b.type.is_array:
            first, second = self.root(a), self.root(b)
            if first is not second:
                self.parent[first] = second

    def root(self, var: Var) -> Var:
        while var in self.parent:
            var = self.parent[var]
        return var


class Sharing(Substitution):
    """One walk over a block, with what is known at each point.

    Attributes
    ----------
    known : the variable that holds the result of an operation.
    stores : how often memory was stored into so far.
    """

    def __init__(self, sharers: Sharers | None):
        super().__init__({})
        self.sharers = sharers
        self.known: dict[Hashable, Var] = {}
        self.stores: dict[Var, int] = {}

    def block(self, block: Block) -> Block:
        before = dict(self.known)
        statements = []
        for statement in block.statements:
            made = self.statement(statement)
            if not self.is_known(made):
                statements.append(made)
        yields = self.atoms(block.yields)
        self.known = before
        return Block(tuple(statements), yields)

    def is_known(self, s: Statement) -> bool:
        """True if the result of a statement is there; what reads it then reads what is there."""
        if not isinstance(s, Apply):
            return False
        key = self.key(s)
        if key is None:
            return False
        found = self.known.setdefault(key, s.out)
        if found is s.out:
            return False
        self.names[s.out] = found
        return True

    def note(self, s: Apply) -> None:
        key = self.key(s)
        if key is not None:
            self.known.setdefault(key, s.out)

    def statement(self, s: Statement) -> Statement:
        if isinstance(s, For | While):
            self.stored(s.body)
        made = super().statement(s)
        if isinstance(made, Store):
            self.store(made.array)
            self.note_stored(made)
        return made

    def note_stored(self, s: Store) -> None:
        """What is read of an item right after it was stored is what was stored."""
        whole = len(s.index) == s.array.type.ndim and set(s.subscript.entries) <= {"at"}
        if s.adds or not whole or not isinstance(s.value, Var) or not s.value.type.is_float:
            return
        read = Apply(s.value, operations.load, (s.array, *s.index), (("subscript", s.subscript),))
        if s.value.type.dtype == s.array.type.dtype and not any(a.type.is_array for a in s.index):
            self.known[self.key(read)] = s.value

    def stored(self, block: Block) -> None:
        for s in walk(block):
            if isinstance(s, Store):
                self.store(s.array)

    def store(self, array: Var) -> None:
        if self.sharers is not None:
            root = self.sharers.root(array)
            self.stores[root] = self.stores.get(root, 0) + 1

    def key(self, s: Apply) -> Hashable:
        """What two statements have in common if their results are the same; None if unknown."""
        arrays = [a for a in s.args if a.type.is_array]
        if s.out.type.is_array or not is_pure(s):
            return None
        state: Hashable = None
        if arrays and s.function is not operations.dim:
            if self.sharers is None or s.function not in (operations.load, operations.part):
                return None
            root = self.sharers.root(arrays[0])
            state = (root, self.stores.get(root, 0))
        return s.function, tuple(map(atom_key, s.args)), s.keywords, state


def is_fresh(s: Apply) -> bool:
    """True if the resulting array is new memory for certain."""
    function = s.function
    arithmetic = getattr(function, "__module__", "") == "_operator"
    return arithmetic or isinstance(function, np.ufunc) or function in FRESH


def is_pure(s: Apply) -> bool:
    """True for an operation known to do nothing but compute."""
    function = s.function
    if isinstance(function, np.ufunc) or function in PLAIN:
        return True
    return getattr(function, "__module__", "") in MODULES


def atom_key(atom: Atom) -> Hashable:
    """Equal for equal constants: of one type, and zeros of one sign."""
    return (type(atom.value), repr(atom.value)) if isinstance(atom, Const) else atom


def stored_parameters(function: Function) -> set[Var]:
    """The parameters into whose memory a program may store."""
    sharers = Sharers(function)
    stored = {sharers.root(s.array) for s in walk(function.body) if isinstance(s, Store)}
    return {p for p in function.params if p.type.is_array and sharers.root(p) in stored}
