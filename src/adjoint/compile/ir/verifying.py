"""The verifier of the intermediate representation: what every pass may rely on, and must keep.

A variable is set once, and before it is read; what blocks hand out has the types of what takes it;
effects stand where they may. `verify` raises `IllFormed`, which is always a defect of the compiler.
"""

from collections.abc import Iterable

from adjoint.compile.ir.nodes import (
    BOOL,
    INT,
    TYPES,
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
    walk,
)


class IllFormed(AssertionError):
    """A program of the intermediate representation that means nothing."""


def verify(function: Function) -> Function:
    """The function itself, if it is well formed.

    Raises
    ------
    IllFormed
        with the statement, if it is not.
    """
    Verifier(function).whole()
    return function


def require(condition: object, what: str, statement: object = None) -> None:
    if not condition:
        raise IllFormed(what if statement is None else f"{what}: {statement!r}")


class Verifier:
    """One walk over a function, with the variables that are set at each point."""

    def __init__(self, function: Function):
        self.function = function
        self.tapes: set[Tape] = set(function.tapes)
        self.ever: set[Var] = set()

    def whole(self) -> None:
        known: set[Var] = set()
        self.define(self.function.params, known, None)
        self.block(self.function.body, known)

    def define(self, variables: Iterable[Var], known: set[Var], s: Statement | None) -> None:
        for var in variables:
            require(var not in self.ever, f"{var} is set twice", s)
            self.ever.add(var)
            known.add(var)

    def read(self, atoms: Iterable[Atom], known: set[Var], s: object) -> None:
        for atom in atoms:
            if isinstance(atom, Const):
                require(type(atom.value) in TYPES, "a constant of no type", s)
            else:
                require(atom in known, f"{atom!r} is read where it is not set", s)

    def block(self, block: Block, known: set[Var]) -> None:
        """Check a block; what it sets is set only in it."""
        inside = set(known)
        for statement in block.statements:
            self.statement(statement, inside)
        self.read(block.yields, inside, "the yields of a block")

    def statement(self, s: Statement, known: set[Var]) -> None:
        match s:
            case Apply():
                self.read(s.args, known, s)
                self.define((s.out,), known, s)
            case Store():
                self.read((s.array, *s.index, s.value), known, s)
                check_store(s)
            case Push():
                require(s.tape in self.tapes, "a tape that the function does not have", s)
                self.read(s.values, known, s)
            case Pop():
                require(s.tape in self.tapes, "a tape that the function does not have", s)
                self.define(s.outs, known, s)
            case Raise():
                require(issubclass(s.exception, BaseException), "no exception", s)
            case If():
                self.branch(s, known)
            case For() | While():
                self.loop(s, known)
            case _:
                raise IllFormed(f"no statement: {s!r}")

    def branch(self, s: If, known: set[Var]) -> None:
        self.read((s.test,), known, s)
        require(s.test.type == BOOL, "a test that is not a bool", s)
        for side in (s.then, s.orelse):
            self.block(side, known)
            same_types(side.yields, s.outs, s)
        self.define(s.outs, known, s)

    def loop(self, s: For | While, known: set[Var]) -> None:
        self.read(s.inits, known, s)
        inside = set(known)
        if isinstance(s, For):
            bounds = (s.start, s.stop, s.step)
            self.read(bounds, known, s)
            require(all(b.type == INT for b in bounds), "a bound that is not an int", s)
            require(s.index.type == INT, "an index that is not an int", s)
            self.define((s.index,), inside, s)
        self.define(s.params, inside, s)
        if isinstance(s, While):
            self.block(s.test, inside)
            types = [atom.type for atom in s.test.yields]
            require(types == [BOOL], "the test of a loop is one bool", s)
            effects = any(isinstance(i, Store | Push | Pop) for i in walk(s.test))
            require(not effects, "the test of a loop has effects", s)
        self.block(s.body, inside)
        for values in (s.inits, s.body.yields, s.outs):
            same_types(values, s.params, s)
        self.define(s.outs, known, s)


def same_types(values: tuple[Atom, ...], targets: tuple[Var, ...], s: Statement) -> None:
    found, wanted = [v.type for v in values], [t.type for t in targets]
    require(found == wanted, f"{found} is handed to {wanted}", s)


def check_store(s: Store) -> None:
    require(s.array.type.is_array, "a store into a number", s)
    count = sum(atoms_of(entry) for entry in s.subscript.entries)
    require(len(s.index) == count, "an index that does not fit its subscript", s)
    require(not any(a.type.is_float for a in s.index), "an index that is a float", s)
    kept = s.array.type.is_float or not s.value.type.is_float
    require(kept, "a float is stored into an array of ints or bools", s)


def atoms_of(entry: object) -> int:
    """How many atoms an entry of a subscript takes."""
    return sum(entry) if isinstance(entry, tuple) else int(entry == "at")
