"""Arrays that leave a loop or a branch and are changed after it, as copies of what left it.

After ``for _ in range(n): u = step(u)`` the array `u` is the one from before where `n` is zero, and
one made in the loop otherwise. What is stored into it then must not be read by the reverse sweep
where the program read the array from before; so it is stored into a copy. That is another program
where somebody else sees the memory, by another name or as an argument: it is refused.
"""

from dataclasses import replace

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Statement,
    Store,
    Var,
    While,
    binds,
    blocks,
    reads,
    walk,
    writes,
)
from adjoint.compile.transform.sharing import Sharers
from adjoint.errors import UnsupportedSyntax

Joining = If | For | While
Loops = tuple[For | While, ...]


def moved(function: Function) -> Function:
    """An equal function that stores into no array that a loop or branch hands out.

    Raises
    ------
    UnsupportedSyntax : where another name sees what is stored.
    """
    sharers = Sharers(function)
    stored = {sharers.root(s.array) for s in walk(function.body) if isinstance(s, Store)}
    loops = [s for s in walk(function.body) if isinstance(s, Joining) and not turns(s)]
    if not any(out.type.is_array and sharers.root(out) in stored for s in loops for out in s.outs):
        return function
    order = Order(function)
    changed: dict[Var, Var] = {}
    for loop in loops:
        for out in loop.outs:
            if out.type.is_array and order.is_stored_after(loop, out, sharers):
                order.require_unseen(loop, out, sharers)
                changed[out] = Var(out.name, out.type)

    return replace(function, body=with_copies(function.body, changed))


def with_copies(block: Block, changed: dict[Var, Var]) -> Block:
    """A block in which what is changed is a copy of what comes out of a statement."""
    found: list[Statement] = []
    for s in block.statements:
        match s:
            case If():
                then, orelse = with_copies(s.then, changed), with_copies(s.orelse, changed)
                s = replace(s, then=then, orelse=orelse)
            case For():
                s = replace(s, body=with_copies(s.body, changed))
            case While():
                test, body = with_copies(s.test, changed), with_copies(s.body, changed)
                s = replace(s, test=test, body=body)
        if isinstance(s, Joining):
            names = [out for out in s.outs if out in changed]
            s = replace(s, outs=tuple(changed.get(out, out) for out in s.outs))
            found.append(s)
            found += [Apply(v, operations.copy, (changed[v],), (), s.place) for v in names]
        else:
            found.append(s)
    return Block(tuple(found), block.yields)


def turns(loop: Joining) -> bool:
    """True for a loop that makes a turn for certain: what leaves it was made in it."""
    if not isinstance(loop, For):
        return False
    bounds = [b.value for b in (loop.start, loop.stop, loop.step) if isinstance(b, Const)]
    return len(bounds) == 3 and len(range(*map(int, bounds))) > 0  # type: ignore[arg-type]


class Order:
    """When the variables of a function are defined and read, as positions in its text."""

    def __init__(self, function: Function):
        self.begin: dict[Statement, int] = {}
        self.end: dict[Statement, int] = {}
        self.around: dict[Statement, Loops] = {}
        self.defined: dict[Var, int] = dict.fromkeys(function.params, 0)
        self.params = set(function.params)
        self.read: dict[Var, list[int]] = {}
        self.stores: list[tuple[Store, int]] = []
        self.now = 0
        self.block(function.body, ())

    def block(self, block: Block, loops: Loops) -> None:
        for s in block.statements:
            self.now += 1
            self.begin[s], self.around[s] = self.now, loops
            self.note(reads(s))
            self.defined.update(dict.fromkeys(binds(s), self.now))
            if isinstance(s, Store):
                self.stores.append((s, self.now))
            inner = (*loops, s) if isinstance(s, For | While) else loops
            for held in blocks(s):
                self.block(held, inner)
            self.now += 1
            self.end[s] = self.now
            self.defined.update(dict.fromkeys(writes(s), self.now))
        self.now += 1
        self.note(block.yields)

    def note(self, atoms: tuple) -> None:
        for atom in atoms:
            if isinstance(atom, Var):
                self.read.setdefault(atom, []).append(self.now)

    def is_stored_after(self, loop: Joining, out: Var, sharers: Sharers) -> bool:
        """True if something is stored into what a loop hands out, by a name from after the loop."""
        root, end = sharers.root(out), self.end[loop]
        return any(
            at > end and self.defined[s.array] >= end and sharers.root(s.array) is root
            for s, at in self.stores
        )

    def require_unseen(self, loop: Joining, out: Var, sharers: Sharers) -> None:
        """Refuse if another name may see what is stored."""
        root, begin = sharers.root(out), self.begin[loop]
        for var, positions in self.read.items():
            is_other = sharers.root(var) is root and self.defined[var] < begin
            if is_other and any(self.is_later(var, at, loop) for at in positions):
                refuse(out, loop)
        if any(sharers.root(param) is root for param in self.params):
            refuse(out, loop)

    def is_later(self, var: Var, at: int, loop: Joining) -> bool:
        """True if what is read at a position may be read after a loop."""
        if at > self.end[loop]:
            return True
        return any(
            self.defined[var] < self.begin[around] < at < self.end[around]
            for around in self.around[loop]
        )


def refuse(out: Var, loop: Joining) -> None:
    raise UnsupportedSyntax(
        f"the array `{out.name}` is changed in place after this, and another name may see it",
        instead="change a copy (x = x.copy())",
        place=loop.place,
    )
