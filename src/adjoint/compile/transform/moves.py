"""Arrays that take turns: what a loop carries and changes is copied at the start of the turn.

Transforms refuse memory that is changed while it may be one of several arrays. Where two buffers
are swapped (``u, v = v, u``), a turn may as well change a copy of its own, if it can be shown that
nobody else sees the memory: the arrays carried are apart, and no other name of them is read later.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from adjoint.compile import operations
from adjoint.compile.ir.copying import Substitution
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    For,
    Function,
    If,
    Statement,
    Var,
    While,
    binds,
    blocks,
    free,
    reads,
    walk,
    writes,
)
from adjoint.compile.transform.aliases import Aliases, is_view
from adjoint.compile.transform.sharing import Sharers
from adjoint.errors import UnsupportedSyntax


def apart(function: Function) -> Function:
    """`function`, in which turns change copies of their own, if transforms would refuse it."""
    try:
        Aliases(function)
    except UnsupportedSyntax:
        return replace(function, body=Parting(function).block(function.body, set()))
    return function


class Movers(Sharers):
    """Which arrays are one memory: views, and what branches and loops hand on."""

    def __init__(self, function: Function):
        self.parent: dict[Var, Var] = {}
        for s in walk(function.body):
            match s:
                case Apply() if is_view(s):
                    self.unite(s.out, s.args[0])
                case If():
                    self.flow(s.outs, s.then.yields)
                    self.flow(s.outs, s.orelse.yields)
                case For() | While():
                    self.flow(s.params, s.inits)
                    self.flow(s.params, s.body.yields)
                    self.flow(s.params, s.outs)


class Parting:
    """One walk over a function.

    Attributes
    ----------
    homes : where each variable is defined: the blocks around it, and its place in the whole.
    makers : the statement that defines each variable, for its own block or those after it.
    """

    def __init__(self, function: Function):
        self.aliases = Aliases(function, flow=False)
        self.sharers = Movers(function)
        self.homes: dict[Var, tuple[tuple, int]] = {}
        self.makers: dict[Var, Statement | None] = {}
        self.classes: dict[Any, list[Var]] = {}
        for var in function.params:
            self.note(var, (), None)
        self.visit(function.body, ())
        for var in self.homes:
            if var.type.is_array:
                self.classes.setdefault(self.sharers.root(var), []).append(var)
        self.outside = {self.sharers.root(p) for p in function.params if p.type.is_array}

    def note(self, var: Var, path: tuple, maker: Statement | None) -> None:
        self.homes[var] = (path, len(self.homes))
        self.makers[var] = maker

    def visit(self, block: Block, path: tuple) -> None:
        for statement in block.statements:
            for number, inner in enumerate(blocks(statement)):
                within = (*path, (id(statement), isinstance(statement, If) and number))
                for var in binds(statement):
                    if var not in self.homes:
                        self.note(var, within, statement)
                self.visit(inner, within)
            for var in writes(statement):
                self.note(var, path, statement)

    # The walk.

    def block(self, block: Block, later: set[Var]) -> Block:
        """`block`, after which `later` may be read."""
        after = later | {y for y in block.yields if isinstance(y, Var)}
        rest = Block((), block.yields)
        for statement in reversed(block.statements):
            made, names = self.statement(statement, after)
            rest = Substitution(dict(names)).block(rest) if names else rest
            rest = Block((*made, *rest.statements), rest.yields)
            after = after | set(read_in(statement))
        return rest

    def statement(
        self, statement: Statement, after: set[Var]
    ) -> tuple[tuple[Statement, ...], dict[Var, Var]]:
        """What stands for a statement, and what its results are called after it."""
        match statement:
            case If():
                return self.chosen(statement, after)
            case For() | While():
                again = after | (set(free_in(statement)) - set(binds(statement)))
                statement = replace(statement, body=self.block(statement.body, again))
                made = self.turned(statement, again)
                outs = [out for out in statement.outs if self.is_left(statement, out, again)]
                return with_copies(made, outs)
        return (statement,), {}

    def turned(self, loop: For | While, after: set[Var]) -> For | While:
        """A loop whose turns begin with copies of what they change."""
        arrays = [(p, i) for p, i in zip(loop.params, loop.inits, strict=True) if p.type.is_array]
        copied = [
            (param, init)
            for param, init in arrays
            if param in self.aliases.changed and self.is_own(init, loop, after)
        ]
        copied = [
            param
            for param, _ in copied
            if all(other is param or self.are_apart(param, other, set()) for other, _ in arrays)
        ]
        if not copied:
            return loop
        fresh = {param: Var(param.name, param.type) for param in copied}
        starts = tuple(
            Apply(out, operations.copy, (param,), (), loop.place) for param, out in fresh.items()
        )
        body = Substitution(dict(fresh)).block(loop.body)
        return replace(loop, body=replace(body, statements=(*starts, *body.statements)))

    def chosen(
        self, statement: If, after: set[Var]
    ) -> tuple[tuple[Statement, ...], dict[Var, Var]]:
        """An `If` whose sides hand over copies of what is changed; of the results as well."""
        sides = [self.block(side, after) for side in (statement.then, statement.orelse)]
        numbers = [n for n, out in enumerate(statement.outs) if self.is_moved(statement, n, after)]
        then, orelse = (handed_over(side, numbers) for side in sides)
        outs = [statement.outs[n] for n in numbers if statement.outs[n] in self.aliases.changed]
        return with_copies(replace(statement, then=then, orelse=orelse), outs)

    def is_left(self, loop: For | While, out: Var, after: set[Var]) -> bool:
        """True if what a loop leaves is changed after it, and nobody else sees it then."""
        if not out.type.is_array or out not in self.aliases.changed:
            return False
        others = [other for other in loop.outs if other.type.is_array and other is not out]
        init = loop.inits[loop.outs.index(out)]
        return self.is_own(init, loop, after) and all(
            self.are_apart(out, other, set()) for other in others
        )

    def is_moved(self, statement: If, number: int, after: set[Var]) -> bool:
        """True if a result is memory that is changed and that nobody else sees later."""
        found = [side.yields[number] for side in (statement.then, statement.orelse)]
        out = statement.outs[number]
        if not out.type.is_array or not {out, *found} & self.aliases.changed:
            return False
        for source, side in zip(found, (statement.then, statement.orelse), strict=True):
            others = [y for y in side.yields if isinstance(y, Var) and y.type.is_array]
            if source in others:
                others.remove(source)
            here = isinstance(source, Var) and self.is_made_in(side, source)
            if not here and not self.is_own(source, statement, after):
                return False
            if not all(self.are_apart(source, other, set()) for other in others):
                return False
        return True

    # What is known of memory.

    def is_own(self, source: Atom, statement: Statement, after: set[Var]) -> bool:
        """True if no name that there was for the memory of `source` is in `after`."""
        if not isinstance(source, Var) or self.sharers.root(source) in self.outside:
            return False
        made = writes(statement) if isinstance(statement, If) else binds(statement)
        limit = min(self.homes[var][1] for var in made)
        names = self.classes[self.sharers.root(source)]
        return not any(v in after for v in names if self.homes[v][1] < limit)

    def is_made_in(self, side: Block, source: Var) -> bool:
        """True if memory is made by a block itself: not handed out there, nor a view of other."""
        maker = self.makers[self.viewed(source)]
        return isinstance(maker, Apply) and not is_view(maker) and maker in side.statements

    def are_apart(self, a: Var, b: Var, assumed: set[frozenset]) -> bool:
        """True if two variables that exist at one time certainly share no memory."""
        a, b = self.viewed(a), self.viewed(b)
        pair = frozenset((a, b))
        if a is b:
            return False
        if pair in assumed or self.sharers.root(a) is not self.sharers.root(b):
            return True
        assumed.add(pair)
        for one, other in ((a, b), (b, a)):
            maker = self.makers[one]
            if isinstance(maker, Apply) and self.is_before(other, one):
                return True
        maker = self.makers[a]
        if maker is None or maker is not self.makers[b]:
            return False
        return all(
            isinstance(x, Var) and isinstance(y, Var) and self.are_apart(x, y, assumed)
            for x, y in sources(maker, a, b)
        )

    def viewed(self, var: Var) -> Var:
        """The array that a view is one of."""
        maker = self.makers[var]
        while isinstance(maker, Apply) and is_view(maker) and isinstance(maker.args[0], Var):
            var = maker.args[0]
            maker = self.makers[var]
        return var

    def is_before(self, var: Var, other: Var) -> bool:
        """True if `var` has its value wherever `other` is defined."""
        (path, number), (inner, later) = self.homes[var], self.homes[other]
        return number < later and inner[: len(path)] == path


def with_copies(
    statement: Statement, outs: list[Var]
) -> tuple[tuple[Statement, ...], dict[Var, Var]]:
    """A statement and copies of some of its results, which stand for them from there on."""
    fresh = {out: Var(out.name, out.type) for out in outs}
    copies = [Apply(made, operations.copy, (out,)) for out, made in fresh.items()]
    return (statement, *copies), fresh


def handed_over(side: Block, numbers: list[int]) -> Block:
    """The side of an `If`, which hands over copies."""
    yields, copies = list(side.yields), []
    for number in numbers:
        source = yields[number]
        assert isinstance(source, Var)
        made = yields[number] = Var(source.name, source.type)
        copies.append(Apply(made, operations.copy, (source,)))
    return Block((*side.statements, *copies), tuple(yields))


def sources(maker: Statement, a: Var, b: Var) -> Iterable[tuple[Atom, Atom]]:
    """Of which pairs of variables `a` and `b`, which one statement defines, may be."""
    if isinstance(maker, If):
        i, j = maker.outs.index(a), maker.outs.index(b)
        return [(side.yields[i], side.yields[j]) for side in (maker.then, maker.orelse)]
    if not isinstance(maker, For | While):
        return [(a, a)]
    names = maker.outs if a in maker.outs and b in maker.outs else maker.params
    if a not in names or b not in names:
        return [(a, a)]
    i, j = names.index(a), names.index(b)
    return [(maker.inits[i], maker.inits[j]), (maker.body.yields[i], maker.body.yields[j])]


def read_in(statement: Statement) -> Iterable[Var]:
    """What a statement reads from before it, its blocks included."""
    found = [a for a in reads(statement) if isinstance(a, Var)]
    for inner in blocks(statement):
        found += free(inner)
    return found


def free_in(statement: Statement) -> Iterable[Var]:
    return [var for inner in blocks(statement) for var in free(inner)]
