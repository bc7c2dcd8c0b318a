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
from adjoint.compile.transform.aliases import is_view
from adjoint.errors import UnsupportedSyntax

Joining = If | For | While
Loops = tuple[For | While, ...]


def moved(function: Function) -> Function:
    """An equal function that stores into no array that a loop or branch hands out.

    Raises
    ------
    UnsupportedSyntax : where another name sees what is stored.
    """
    stored = {s.array for s in walk(function.body) if isinstance(s, Store)}
    joining = [s for s in walk(function.body) if isinstance(s, Joining)]
    if not stored or not any(out.type.is_array for s in joining for out in s.outs):
        return function
    names = Names(function)
    order = Order(function)
    changed: dict[Var, Var] = {}
    for s in joining:
        for place, out in enumerate(s.outs):
            if out.type.is_array and names.after(out) & stored and not is_made(s, place):
                order.require_unseen(s, out, names)
                changed[out] = Var(out.name, out.type)
    return replace(function, body=with_copies(function.body, changed))


def is_made(s: Joining, place: int) -> bool:
    """True if what comes out was made in a loop that turns for certain, and has no other name."""
    if not isinstance(s, For) or not turns(s):
        return False
    found = s.body.yields[place]
    made = {m.out for m in s.body.statements if isinstance(m, Apply) and not is_view(m)}
    return found in made and s.body.yields.count(found) == 1


class Names:
    """Which names the memory of an array goes by, after it had another one and before.

    Attributes
    ----------
    apart : statements that hand out different memory by each name.
    """

    def __init__(self, function: Function):
        self.later: dict[Var, set[Var]] = {}
        self.earlier: dict[Var, set[Var]] = {}
        self.separate: set[Var] = set()  # what loops carry, each in memory of its own
        self.apart: set[Joining] = set()
        statements = list(walk(function.body))
        for s in statements:
            match s:
                case Apply() if is_view(s):
                    self.link(s.args[:1], (s.out,))
                case If():
                    self.link(s.then.yields, s.outs)
                    self.link(s.orelse.yields, s.outs)
                case For() | While():
                    self.link(s.inits, s.params)
                    self.link(s.body.yields, s.outs)
                    if not turns(s):
                        self.link(s.inits, s.outs)
        for s in filter(lambda s: isinstance(s, Joining), statements):
            self.note(s)  # type: ignore[arg-type]

    def link(self, sources: tuple, targets: tuple[Var, ...]) -> None:
        for source, target in zip(sources, targets, strict=True):
            if isinstance(source, Var) and target.type.is_array:
                self.later.setdefault(source, set()).add(target)
                self.earlier.setdefault(target, set()).add(source)

    def note(self, s: Joining) -> None:
        """Find out whether a statement hands out different memory by each name."""
        if isinstance(s, If):
            if self.all_apart(s.then.yields) and self.all_apart(s.orelse.yields):
                self.apart.add(s)
            return
        if not self.all_apart(s.inits):
            return
        params = {p for p in s.params if p.type.is_array}
        self.separate |= params
        if self.all_apart(s.body.yields):
            self.apart.add(s)
        else:
            self.separate -= params

    def all_apart(self, atoms: tuple) -> bool:
        arrays = [a for a in atoms if isinstance(a, Var) and a.type.is_array]
        whole = [reached(self.before(a), self.later) for a in arrays]
        return not any(
            other in names
            for at, names in enumerate(whole)
            for other in (*arrays[:at], *arrays[at + 1 :])
        )

    def before(self, var: Var) -> set[Var]:
        """The names that the memory had before, in this turn of a loop that keeps it apart."""
        links = {v: s for v, s in self.earlier.items() if v not in self.separate}
        return reached({var}, links)

    def after(self, var: Var) -> set[Var]:
        return reached({var}, self.later)

    def others(self, s: Joining, out: Var) -> set[Var]:
        """The names of the memory that a statement hands out by one name, but for that one."""
        found = reached(reached({out}, self.earlier), self.later) - self.after(out)
        if s in self.apart:
            found -= {v for other in s.outs if other is not out for v in self.after(other)}
        return found


def reached(start: set[Var], links: dict[Var, set[Var]]) -> set[Var]:
    found, waiting = set(start), list(start)
    while waiting:
        for var in links.get(waiting.pop(), set()) - found:
            found.add(var)
            waiting.append(var)
    return found


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
        self.now = 0
        self.block(function.body, ())

    def block(self, block: Block, loops: Loops) -> None:
        for s in block.statements:
            self.now += 1
            self.begin[s], self.around[s] = self.now, loops
            self.note(reads(s))
            self.defined.update(dict.fromkeys(binds(s), self.now))
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

    def require_unseen(self, s: Joining, out: Var, names: Names) -> None:
        """Refuse if another name may see what is stored into what a statement hands out."""
        for var in names.others(s, out):
            seen = any(self.is_later(var, at, s) for at in self.read.get(var, ()))
            if seen or var in self.params:
                refuse(out, s)

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
